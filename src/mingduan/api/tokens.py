"""Tokens for programs: what they may do, and how one is made. Only a token's hash is kept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping

from mingduan.people.models import ApiToken, User
from mingduan.procedure.text import Text

SCOPES: Mapping[str, Text] = {
    "cases:read": Text(zh="读取案件、期限和通知", en="Read cases, duties and notices"),
    "cases:write": Text(zh="立案、办理、上传文件", en="Open cases, act, upload files"),
    "experts": Text(
        zh="读写专家名册：专业、利害关系和不在的日子",
        en="Read and write the register of experts: specialties, interests, days away",
    ),
    "profile": Text(zh="读写本企业档案", en="Read and write the own enterprise's profile"),
    "hooks": Text(zh="管理推送", en="Manage webhooks"),
    "account": Text(zh="日历地址；列出和撤销令牌", en="The calendar's address; list and revoke tokens"),
}


def mint(user: User, name: str, scopes: Iterable[str]) -> tuple[str, ApiToken]:
    """A new token and its row: the token itself is told only now."""
    token = secrets.token_urlsafe(32)
    return token, ApiToken.objects.create(user=user, name=name, scopes=sorted(scopes), digest=digest(token))


def digest(token: str) -> str:
    """How a token is kept: it has 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
