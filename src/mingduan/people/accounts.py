"""What is kept of an account beside its person: proven e-mail, second factor, locks from failed sign-ins."""

from __future__ import annotations

import time
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.cache import cache

from .models import User

_DAY = 86_400


def privileged(user: Any) -> bool:
    """Whether somebody holds an office or manages accounts, and so ought to have a second factor."""
    return isinstance(user, User) and (user.is_staff or user.offices.exists())


def has_second_factor(user: User) -> bool:
    """Whether signing in asks this person for a code."""
    return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists())


def reset_second_factor(user: User) -> bool:
    """Take the second factor and its recovery codes off, for somebody who has lost both; whether there was one."""
    return bool(Authenticator.objects.filter(user=user).delete()[0])


def unlock(user: User) -> None:
    """Forget the failed sign-ins of this account from every address."""
    cache.set(_unlocked(user), time.time(), _DAY)


def lock_mark(user: User) -> str:
    """What failed sign-ins of this account are counted under until the next `unlock`."""
    return f"user:{user.pk}:{cache.get(_unlocked(user), 0)}"


def vouch(user: User) -> None:
    """Make the account's e-mail the one it is known by, on an administrator's word, unless somebody else proved it."""
    EmailAddress.objects.filter(user=user).exclude(email__iexact=user.email).delete()
    if address := user.email.lower():
        theirs = EmailAddress.objects.filter(email=address, verified=True).exclude(user=user).exists()
        EmailAddress.objects.update_or_create(
            user=user, email=address, defaults={"verified": not theirs, "primary": True}
        )


def proven(user: User) -> bool:
    """Whether the account has an e-mail that somebody proved or vouched for."""
    return bool(EmailAddress.objects.filter(user=user, verified=True).exists())


def _unlocked(user: User) -> str:
    return f"unlocked:{user.pk}"
