"""Who calls: an account by its token, whoever holds a case's secret, or anybody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpRequest
from ninja.security import APIKeyHeader, HttpBearer

from mingduan.cases import catalogue
from mingduan.cases.access import Access, access, hash_secret, log_reading
from mingduan.cases.models import Case, Reading
from mingduan.cases.personal import veil
from mingduan.config import clock
from mingduan.people.models import ApiToken, User
from mingduan.procedure.engine import Engine
from mingduan.procedure.text import Text

from . import limits, tokens
from .problems import Problem


@dataclass(frozen=True, slots=True)
class Caller:
    """The account behind a token, or the secret shown instead; neither for the public."""

    user: User | None = None
    secret: str = ""

    @property
    def owner(self) -> str:
        """A name for what this caller keeps here between calls: its idempotency keys and uploads."""
        return f"user:{self.user.pk}" if self.user else f"secret:{hash_secret(self.secret)}" if self.secret else ""


class Token(HttpBearer):
    """A person's token. What it may do is the person's access, less the scopes it lacks."""

    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> Caller | None:
        """The caller, or None for a token that is unknown, revoked or whose owner has left."""
        found = (
            ApiToken.objects.select_related("user__organisation")
            .filter(digest=tokens.digest(token), revoked=False, user__is_active=True)
            .first()
        )
        if found is None:
            return None
        if self.scope not in found.scopes:
            raise Problem("scope-missing", Text(zh=f"所缺权限：{self.scope}", en=f"Missing: {self.scope}"))
        now = clock.now()
        if found.used_at is None or found.used_at < now - timedelta(
            minutes=1
        ):  # not each time: a read need not wait to write
            ApiToken.objects.filter(pk=found.pk).update(used_at=now)
        return Caller(found.user)


class CaseSecret(APIKeyHeader):
    """The secret told when a case was opened without an account; it opens that case only."""

    param_name = "Case-Secret"

    def authenticate(self, request: HttpRequest, key: str | None) -> Caller | None:
        """The caller; whether the secret is right shows when the case is asked for."""
        return Caller(secret=key) if key and "Authorization" not in request.headers else None


def anyone(request: HttpRequest) -> Caller | None:
    """The public; but a token that is sent and wrong is told, not passed over."""
    return Caller() if "Authorization" not in request.headers else None


READS: list[Callable[..., object]] = [Token("cases:read"), CaseSecret()]
WRITES: list[Callable[..., object]] = [Token("cases:write"), CaseSecret()]
HOOKS = Token("hooks")


def caller(request: HttpRequest) -> Caller:
    """The caller that ninja found."""
    found = request.auth  # type: ignore[attr-defined]  # ninja puts it there
    assert isinstance(found, Caller)  # noqa: S101  every operation names one of ours
    return found


def account(request: HttpRequest) -> User:
    """The account behind the call, where only a token is taken."""
    user = caller(request).user
    assert user is not None  # noqa: S101  a Token has one
    return user


def case_for(request: HttpRequest, number: str) -> tuple[Case, Access, Engine]:
    """The case, what the caller is in it, and its engine; the reading is logged (S01 8.1).

    Whoever may not read it can't tell that it exists, nor find out by trying secrets.
    """
    who, now = caller(request), clock.now()
    tries = (limits.address(request), number)
    if who.secret:
        limits.check("api-secret", *tries)
    found = Case.objects.prefetch_related("parties").filter(number=number).first()
    got = access(who.user, found, now, who.secret) if found else None
    if found is None or got is None or not got.reads:
        if who.secret:
            limits.count("api-secret", *tries)
        raise Problem("not-found")
    log_reading(found, got.actor, now, Reading.What.DATA, f"{request.path} {veil(found, got).log}".strip())
    return found, got, catalogue.kept(found.digest)
