"""Subscriptions: events about tickets told to a real server, in each version's own form, to whoever may see the ticket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from standardwebhooks import Webhook

from mingduan.api.models import Hook
from mingduan.api.tmf621 import described
from mingduan.cases import outbox
from mingduan.cases.models import Outbox
from tests.api.test_hooks import Receiver, served
from tests.cases.telecom import Desk

from .house import call, opened, people

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(settings) -> Desk:
    settings.HOOKS_TO_LOOPBACK = True
    return people()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with served() as server:
        yield server


def subscribe(who: str, url: str, version: str = "v4", query: str | None = None, status: int = 201) -> Any:
    body = {"callback": url, "@type": "Hub"} | ({"query": query} if query is not None else {})
    answer = call(who, "POST", f"{version}/hub", body)
    assert answer.status_code == status, answer.content.decode()
    return answer.json()


def work(later: timedelta = timedelta(0)) -> None:
    for _ in range(2):  # the first round fans out, the second sends
        outbox.run(timezone.now() + later, limit=1000)


def told(receiver: Receiver) -> list[dict[str, Any]]:
    return [json.loads(body) for _, body in receiver.got]


@pytest.mark.parametrize("version", ["v4", "v5"])
def test_a_ticket_opened_and_withdrawn_is_told_as_described(desk: Desk, receiver: Receiver, version: Any) -> None:
    secret = subscribe("customer", receiver.url, version)["secret"]
    number = opened("customer", relatedParty=[])["id"]
    call("customer", "DELETE", f"v4/troubleTicket/{number}")
    work()
    kinds = [e["eventType"] for e in told(receiver)]
    assert sorted(kinds) == ["TroubleTicketCreateEvent", "TroubleTicketDeleteEvent", "TroubleTicketStatusChangeEvent"]
    for event in told(receiver):
        described.check(version, event["eventType"], event)
        assert event["event"]["troubleTicket"]["id"] == number
    first = next(e for e in told(receiver) if e["eventType"] == "TroubleTicketCreateEvent")
    assert first["event"]["troubleTicket"]["status"] == "acknowledged"
    headers, body = receiver.got[0]
    assert headers["content-type"].startswith("application/json")
    Webhook(secret).verify(body, headers)


def test_each_kind_of_event_is_told(desk: Desk, receiver: Receiver) -> None:
    subscribe("desk", receiver.url)
    case = desk.dispatched("2026-03-10 09:00")
    for who, action, facts in (
        ("lead1", "accept", {}), ("lead1", "assign", {"people": [str(desk.users["engineer1"].pk)]}), ("engineer1", "talk", {"entry.said": "慢"}),
        ("engineer1", "report", {"result.kind": "by_phone", "result.cause": "x", "result.measures": "y", "result.resolved": True}),
        ("desk", "offer", {"offer.kind": "repair", "offer.text": "已修复"}), ("desk", "agree", {}), ("desk", "conclude", {"conclusion.text": "已修复"}),
    ):  # fmt: skip
        desk.do(who, case, action, "2026-03-10 10:00", **facts)
    work()
    by_seq: dict[str, list[str]] = {}
    for event in told(receiver):
        seq = event["eventId"].partition("#")[2].partition(":")[0]
        by_seq.setdefault(seq, []).append(event["eventType"].removeprefix("TroubleTicket").removesuffix("Event"))
    assert by_seq["1"] == ["Create"]
    assert set(by_seq[str(case.length)]) == {"AttributeValueChange", "StatusChange", "Resolved"}
    assert set(by_seq[str(case.length - 2)]) == {"AttributeValueChange", "StatusChange", "InformationRequired"}


def test_only_what_a_query_names_is_told(desk: Desk, receiver: Receiver) -> None:
    subscribe("customer", receiver.url, query="eventType=TroubleTicketStatusChangeEvent&status=cancelled")
    number = opened("customer", relatedParty=[])["id"]
    call("customer", "DELETE", f"v4/troubleTicket/{number}")
    work()
    assert [e["eventType"] for e in told(receiver)] == ["TroubleTicketStatusChangeEvent"]


def test_a_contractor_is_told_of_its_own_tickets_only(desk: Desk, receiver: Receiver) -> None:
    subscribe("lead2", receiver.url)
    desk.dispatched("2026-03-10 09:00")
    mine = desk.dispatched("2026-03-10 09:00", contractor=1)
    work()
    assert {e["event"]["troubleTicket"]["id"] for e in told(receiver)} == {mine.number}


def test_what_is_not_taken_is_tried_again(desk: Desk, receiver: Receiver) -> None:
    subscribe("customer", receiver.url)
    receiver.status = 503
    opened("customer", relatedParty=[])
    work()
    assert Outbox.objects.get(topic="hook").error == "Undelivered: HTTP 503"
    receiver.status = 200
    work(timedelta(minutes=1))
    assert len(receiver.got) == 2


@pytest.mark.parametrize(
    "callback", ["", "no address", "http://10.0.0.1/", "http://127.0.0.1/", "file:///etc/passwd", "x" * 600]
)
def test_nothing_is_sent_inside(desk: Desk, settings, callback: str) -> None:
    settings.HOOKS_TO_LOOPBACK = False
    assert subscribe("desk", callback, status=409)["message"]
    assert Hook.objects.count() == 0


@pytest.mark.parametrize("query", ["eventType=Nothing", "nothing=1"])
def test_a_query_that_means_nothing_is_told(desk: Desk, query: str) -> None:
    assert subscribe("desk", "http://127.0.0.1:9/", query=query, status=409)["message"]


def test_a_subscription_is_its_owners_own(desk: Desk) -> None:
    made = subscribe("desk", "http://127.0.0.1:9/", "v5")
    assert call("desk", "GET", f"v5/hub/{made['id']}").json()["callback"] == "http://127.0.0.1:9/"
    assert "secret" not in call("desk", "GET", f"v5/hub/{made['id']}").json()
    for who, version in (("lead1", "v5"), ("desk", "v4")):
        assert call(who, "DELETE", f"{version}/hub/{made['id']}").status_code == 404
    assert call("desk", "DELETE", f"v5/hub/{made['id']}").status_code == 204
    assert Hook.objects.count() == 0


def test_a_subscription_made_twice_with_one_key_is_one(desk: Desk) -> None:
    body = {"callback": "http://127.0.0.1:9/"}
    first, again = (call("desk", "POST", "v4/hub", body, Idempotency_Key="k").json() for _ in "12")
    assert first == again
    assert Hook.objects.count() == 1


@pytest.mark.parametrize(("version", "status"), [("v4", 201), ("v5", 204)])
def test_a_listener_takes_what_is_as_described(desk: Desk, version: str, status: int) -> None:
    event = {
        "@type": "TroubleTicketCreateEvent",
        "eventId": "1",
        "event": {"troubleTicket": {"@type": "TroubleTicket", "id": "X"}},
    }
    path = f"{version}/listener/troubleTicketCreateEvent"
    assert call("desk", "POST", path, event).status_code == status
    assert call("desk", "POST", path, {**event, "eventTime": 1}).status_code == 400
    assert call("", "POST", path, event).status_code == 401
