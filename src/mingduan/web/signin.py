"""Signing in and up with allauth, in our words and by our rules: lockout, who must prove an e-mail, second factors."""

from __future__ import annotations

import math
import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.stages import EmailVerificationStage
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse

from mingduan.people.accounts import lock_mark, privileged, proven, vouch
from mingduan.people.models import Enrolment, User
from mingduan.people.sealing import seal, unseal
from mingduan.people.second_factor import published
from mingduan.people.spoken import both

from .templatetags.mingduan import t

_FAILED = "login_failed"
_APP = "allauth.account"


_WRONG = both("账号或密码不对，请核对后再试", "The account or the password is not right. Check and try again")


class Adapter(DefaultAccountAdapter):
    """Accounts as this office runs them.

    Failed sign-ins are counted by address and account together: whoever guesses locks out themselves, not the
    account's owner, who signs in from elsewhere all the same.
    """

    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": both("此账号已停用，请联系管理员", "This account is disabled. Ask an administrator"),
        "duplicate_email": both("这就是您现在的邮箱", "This is your e-mail already"),
        "email_password_mismatch": _WRONG,
        "username_password_mismatch": _WRONG,
        "invalid_login": _WRONG,
        "enter_current_password": both("当前密码不对", "The current password is not right"),
        "incorrect_code": both("验证码不对或已过期", "The code is not right or has expired"),
        "incorrect_password": both("密码不对", "The password is not right"),
        "invalid_password_reset": both("重设密码的链接已失效", "The link for a new password is no longer valid"),
        "rate_limited": both("操作过于频繁，请稍后再试", "Too many requests. Try again later"),
        "too_many_login_attempts": both(
            "连续失败次数过多，请 10 分钟后再试", "Too many failures. Try again in 10 minutes"
        ),
        "same_as_current": both("新内容与现在的相同", "This is the same as before"),
    }

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        typed = (credentials.get("email") or credentials.get("username") or "").strip().lower()
        user = User.objects.filter(Q(username__iexact=typed) | Q(email__iexact=typed)).first() if typed else None
        account = lock_mark(user) if user else f"name:{typed}"
        return f"{self.get_client_ip(request)}|{account}"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse, saying when to try again, once there were too many failures."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            minutes = self._wait(request, self._get_login_attempts_cache_key(request, **credentials))
            raise ValidationError(
                t(
                    f"连续失败次数过多，请在 {minutes} 分钟后再试；忘记密码可以重设",
                    f"Too many failures. Try again in {minutes} min, or reset the password",
                ),
                code="too_many_login_attempts",
            ) from None

    def _wait(self, request: HttpRequest, key: str) -> int:
        """The whole minutes until the oldest failure of a full count is forgotten."""
        free = time.time()
        for rate in ratelimit.get_rates(app=_APP, action=_FAILED):
            seen = cache.get(ratelimit.get_cache_key(request, app=_APP, action=_FAILED, rate=rate, key=key), [])
            if len(seen) >= rate.amount:
                free = max(free, seen[-1] + rate.duration)
        return max(1, math.ceil((free - time.time()) / 60))

    def get_login_stages(self) -> list[str]:
        """The usual stages, with our rules of who must prove an e-mail and who gives a code."""
        replaced = {_path(EmailVerificationStage): _path(EmailStage), _path(AuthenticateStage): _path(CodeStage)}
        return [replaced.get(stage, stage) for stage in super().get_login_stages()]

    def format_email_subject(self, subject: str) -> str:
        """The subject with our name before it."""
        return f"{t('【明断】', '[Mingduan] ')}{subject}"

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Back to the account's page."""
        return reverse("account")


class EmailStage(EmailVerificationStage):
    """Whoever signed up proves the e-mail first; for an account an administrator made, the administrator vouches."""

    def handle(self) -> Any:
        """Pass, or ask for the proof."""
        user = self.login.user
        if user is not None and not Enrolment.objects.filter(user=user).exists():
            if not proven(user):
                vouch(user)
            return None, True
        return super().handle()


class CodeStage(AuthenticateStage):
    """Signing in asks for a code of the second factor; where a demonstration shows it to everybody, it would prove nothing."""

    def handle(self) -> Any:
        """Pass, or ask for the code."""
        return (None, True) if published(self.login.user) else super().handle()


def _path(stage: type) -> str:
    return f"{stage.__module__}.{stage.__name__}"


class SecondFactorAdapter(DefaultMFAAdapter):
    """Second factors in our words; whoever must have one can't take it off."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "cannot_delete_authenticator": both(
            "您的职务要求两步验证，不能关闭", "Your office demands a second factor; it cannot be taken off"
        ),
        "incorrect_code": both("验证码不对或已过期", "The code is not right or has expired"),
    }

    def get_totp_issuer(self) -> str:
        """The name shown in the authenticator."""
        return "明断 Mingduan"

    def encrypt(self, text: str) -> str:
        """A second factor's secret as the database keeps it."""
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """The secret again; one kept before secrets were sealed is as it was."""
        return unseal(encrypted_text)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Whether this factor may be taken off."""
        return not (settings.REQUIRE_SECOND_FACTOR and privileged(authenticator.user))
