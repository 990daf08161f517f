"""What the tests of the interface share: its people, a call, an appeal filed."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from mingduan.api.tokens import digest
from mingduan.people.models import ApiToken, Office, Organisation, User

SCOPES = ["account", "cases:read", "cases:write", "experts", "hooks", "profile"]

REGISTRATION = {
    "credit_code": "91110000600037341L", "representative": "王恒", "region": "110108", "address": "北京市海淀区学院路1号",
    "contact": "张三", "phone": "010-12345678",
}  # fmt: skip


def make_people() -> None:
    """An officer, an enterprise, a stranger and two experts; each one's token is the login name, `-reads` only reads."""
    cache.clear()
    body = Organisation.objects.create(name="评定机构", kind="body")
    agency = Organisation.objects.create(name="安信认证", kind="agency")
    for login, role in (("centre", "centre"), ("enterprise", ""), ("stranger", ""), ("expert", ""), ("tied", "")):
        organisation = body if role else Organisation.objects.create(name=login, kind="enterprise")
        organisation = agency if login == "tied" else organisation
        user = User.objects.create_user(
            login, password="x", name=login, organisation=organisation, expert=login in ("expert", "tied")
        )
        if role:
            Office.objects.create(user=user, body="cace", role=role)
        for token, scopes in ((login, SCOPES), (f"{login}-reads", ["cases:read"])):
            ApiToken.objects.create(user=user, name="t", scopes=scopes, digest=digest(token))


def call(token: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
    """One call; no token when it is empty, the raw body when it is text."""
    sent = {k.replace("_", "-"): v for k, v in headers.items()}
    if token:
        sent["Authorization"] = f"Bearer {token}"
    content = body if isinstance(body, str | bytes) else "" if body is None else json.dumps(body)
    return Client(headers=sent).generic(method, f"/api{path}", content, content_type="application/json")


def filing(**more: Any) -> dict[str, Any]:
    """The body that files an appeal three days after the decision."""
    facts = {
        "grounds": "change_of_status", "decision.reference": "X", "statement": "不服", "requested": "撤销", "signed_by": "张三",
        "decision.notified_on": (timezone.localdate() - timedelta(3)).isoformat(),
    }  # fmt: skip
    opponent = Organisation.objects.get(name="安信认证").pk
    return {"rulebook": "cace/appeal", "opponent": opponent, "facts": facts, **more}


def filed(who: str = "enterprise") -> Any:
    """The answer to filing that appeal."""
    response = call(who, "POST", "/cases", filing())
    assert response.status_code == 201, response.content
    return response


def act(token: str, number: str, action: str, match: str = "*", **facts: Any) -> Any:
    """The answer to an act; a double underscore in a fact's name is a dot."""
    named = {k.replace("__", "."): v for k, v in facts.items()}
    return call(token, "POST", f"/cases/{number}/acts", {"action": action, "facts": named}, If_Match=match)


def pay(number: str) -> None:
    """The deposit comes in."""
    paid = act("centre", number, "receive_deposit", payment__amount=500_000, payment__on=timezone.localdate().isoformat())  # fmt: skip
    assert paid.status_code == 200, paid.content
