"""Signing an act: whoever acts proves with a code of their own second factor that it is them. A code is good once."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

from allauth.core import context
from allauth.mfa import app_settings
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt
from django.http import HttpRequest

from mingduan.config import clock
from mingduan.procedure.case import Reason, Signature
from mingduan.procedure.text import Text

from .accounts import has_second_factor
from .models import User

_EMPTY = Text(zh="须由办理人以本人的两步验证签署", en="Whoever does it signs with their own second factor")
_GIVE = Text(zh="填写本人的动态码或恢复码", en="Give the code of your authenticator, or a recovery code")
_NONE = Text(zh="您的账号还没有设置两步验证，不能签署", en="Your account has no second factor to sign with")
_SET_UP = Text(zh="请先在“账号”页设置两步验证", en="Set one up under Account first")
_WRONG = Text(zh="动态码不对、已过期或已用过", en="The code is wrong, has expired or was used before")
_NEXT = Text(
    zh="每个动态码只能用一次：等验证器显示下一个，再填写",
    en="A code is good once: wait for the next one your authenticator shows",
)
_LOCKED = Text(zh="动态码连续输错次数过多", en="Too many wrong codes")
_WAIT = Text(zh="请 10 分钟后再试", en="Try again in 10 minutes")


def sign(user: User | None, code: str, at: datetime) -> Signature | Reason:
    """The signature of `user` at `at` that `code` proves, or why it proves none.

    Wrong codes are counted with those of signing in, and lock the second factor for a while as they do there.
    """
    if user is None or not has_second_factor(user):
        return no_signature(_NONE, _SET_UP)
    if not code:
        return no_signature(_EMPTY, _GIVE)
    if context.request is None:  # asked for from the command line
        with context.request_context(_local()):
            return sign(user, code, at)
    form = AuthenticateForm({"code": code}, user=user)
    if not form.is_valid():
        locked = form.has_error("code", "too_many_login_attempts")
        return no_signature(_LOCKED, _WAIT) if locked else no_signature(_WRONG, _NEXT)
    form.authenticator.record_usage()
    return Signature(str(user.pk), str(form.authenticator.type), at)


def no_signature(text: Text, remedy: Text) -> Reason:
    """Why an act is not signed."""
    return Reason("signature", None, text, remedy, "signature")


def publish(user: User, secret: str) -> None:
    """Give a demonstration's account a second factor whose codes are shown to whoever tries it out."""
    TOTP.activate(user, secret)
    for factor in Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP):
        factor.data["published"] = True
        factor.save(update_fields=["data"])


def published(user: User | None) -> Authenticator | None:
    """The second factor of a demonstration's account whose codes are shown; none in an office that works."""
    if user is None or not clock.is_demonstration():
        return None
    found: Authenticator | None = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    return found if found and found.data.get("published") else None


@dataclass(frozen=True, slots=True)
class Shown:
    """The codes of a published second factor from now on, each good for `seconds`; `since`: when the first began."""

    codes: tuple[str, ...]
    since: int
    seconds: int = app_settings.TOTP_PERIOD


def shown(user: User | None, number: int = 40) -> Shown | None:
    """The codes to show to whoever acts as a demonstration's account."""
    factor = published(user)
    if factor is None:
        return None
    secret, first = decrypt(factor.data["secret"]), int(time.time()) // app_settings.TOTP_PERIOD
    codes = (format_hotp_value(hotp_value(secret, first + i)) for i in range(number))
    return Shown(tuple(codes), first * app_settings.TOTP_PERIOD)


def _local() -> HttpRequest:
    """What failures are counted under where there is no request: this machine."""
    request = HttpRequest()
    request.META["REMOTE_ADDR"] = "127.0.0.1"
    return request
