"""What the tests of trouble tickets share: the operator's desk with programs of its own, a call, a ticket."""

from __future__ import annotations

import json
from typing import Any

from django.core.cache import cache
from django.test import Client
from django.utils.encoding import iri_to_uri

from mingduan.api.tokens import digest
from mingduan.people.models import ApiToken, Organisation, User
from tests.cases.telecom import Desk, make

SCOPES = ["cases:read", "cases:write", "hooks"]
TYPE = "telecom/network-complaint"
COMPLAINT = {
    "ticketType": TYPE, "severity": "Major", "description": "晚上网速慢", "name": "网速慢", "externalId": "CRM-17",
    "relatedParty": [{"id": "c-1", "name": "王女士", "role": "customer", "@referredType": "Individual"}],
    "troubleTicketCharacteristic": [
        {"name": "trouble", "value": "slow_data"}, {"name": "place.address", "value": "幸福路8号"}, {"name": "customer.phone", "value": "13800000000"},
    ],
}  # fmt: skip
V5 = {
    **{k: v for k, v in COMPLAINT.items() if k not in ("externalId", "relatedParty")}, "@type": "TroubleTicket",
    "externalIdentifier": [{"@type": "ExternalIdentifier", "id": "CRM-17"}],
    "relatedParty": [{"@type": "RelatedPartyRefOrPartyRoleRef", "role": "customer",
                      "partyOrPartyRole": {"@type": "PartyRef", "id": "c-1", "name": "王女士"}}],
    "troubleTicketCharacteristic": [{"@type": "StringCharacteristic", **c} for c in COMPLAINT["troubleTicketCharacteristic"]],  # type: ignore[index]  # a literal above
}  # fmt: skip


def people() -> Desk:
    """The desk's people, and a customer with an account; each one's token is the login name, `-reads` only reads."""
    cache.clear()
    desk = make()
    home = Organisation.objects.create(name="大客户", kind="enterprise")
    desk.users["customer"] = User.objects.create_user(
        "customer", email="c@example.com", name="customer", organisation=home
    )
    for login, user in desk.users.items():
        for token, scopes in ((login, SCOPES), (f"{login}-reads", ["cases:read"])):
            ApiToken.objects.create(user=user, name="t", scopes=scopes, digest=digest(token))
    return desk


def call(who: str, method: str, path: str, body: Any = None, media: str = "application/json", **headers: str) -> Any:
    """One call; `path` begins with the version. No token when `who` is empty, the raw body when it is text."""
    sent = {k.replace("_", "-"): v for k, v in headers.items()}
    if who:
        sent["Authorization"] = f"Bearer {who}"
    content = body if isinstance(body, str | bytes) else "" if body is None else json.dumps(body)
    return Client(headers=sent).generic(
        method, iri_to_uri(f"/tmf-api/troubleTicket/{path}"), content, content_type=media
    )


def opened(who: str = "desk", version: str = "v4", **more: Any) -> dict[str, Any]:
    """A ticket just opened."""
    response = call(who, "POST", f"{version}/troubleTicket", {**(COMPLAINT if version == "v4" else V5), **more})
    assert response.status_code == 201, response.content.decode()
    told: dict[str, Any] = response.json()
    return told
