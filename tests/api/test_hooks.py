"""Webhooks against a real server: signed, seen only as far as the owner may see, tried again, never sent inside."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from mingduan.api import sending
from mingduan.api.models import Delivery, Hook
from mingduan.api.sending import NotAllowed, target
from mingduan.cases import outbox
from mingduan.cases.models import Case, EventRow, Outbox

from .client import act, call, filed, make_people, pay

pytestmark = pytest.mark.django_db


class Receiver(HTTPServer):
    """Another house's server, which keeps what it gets and answers as told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.status = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/in?from=mingduan"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
        self.send_response(self.server.status)
        if self.server.status == 302:
            self.send_header("Location", self.server.url)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@contextmanager
def served() -> Iterator[Receiver]:
    """Such a server, as long as it is needed."""
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with served() as server:
        yield server


@pytest.fixture(autouse=True)
def people(settings) -> None:
    settings.HOOKS_TO_LOOPBACK = True
    make_people()


def hook(owner: str, url: str, *types: str) -> dict[str, Any]:
    response = call(owner, "POST", "/hooks", {"url": url, "types": list(types)})
    assert response.status_code == 201, response.content
    return response.json()


def work(later: timedelta = timedelta(0)) -> None:
    for _ in range(2):  # the first round fans out, the second sends
        outbox.run(timezone.now() + later, limit=1000)


def test_an_event_arrives_as_a_cloudevent_whose_signature_another_library_verifies(receiver: Receiver) -> None:
    secret = hook("enterprise", receiver.url)["secret"]
    number = filed().json()["number"]
    work()
    ((headers, body),) = receiver.got
    told = Webhook(secret).verify(body, headers)
    assert headers["content-type"].startswith("application/cloudevents+json")
    assert {k: told[k] for k in ("specversion", "id", "type", "subject")} == {
        "specversion": "1.0", "id": f"{number}#1", "type": "mingduan.case.file", "subject": number,
    }  # fmt: skip
    assert told["data"]["event"]["facts"]["requested"] == "撤销"
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body.replace("撤销".encode(), "维持".encode()), headers)
    assert [d["delivered"] for d in call("enterprise", "GET", f"/hooks/{Hook.objects.get().pk}/deliveries").json()["items"]] == [True]  # fmt: skip


def test_only_those_who_may_read_the_case_are_told(receiver: Receiver) -> None:
    hook("stranger", receiver.url)
    filed()
    work()
    assert receiver.got == []


def test_only_the_types_wanted_are_sent(receiver: Receiver) -> None:
    hook("enterprise", receiver.url, "mingduan.case.receive_deposit")
    pay(filed().json()["number"])
    work()
    assert [json.loads(body)["type"] for _, body in receiver.got] == ["mingduan.case.receive_deposit"]


def test_what_is_confidential_is_not_told_to_a_party(receiver: Receiver) -> None:
    hook("enterprise", receiver.url)
    hook("centre", receiver.url)
    case = Case.objects.get(number=filed().json()["number"])
    body = {**case.events.get().body, "seq": 2, "action": "vote", "entry": {"records": "votes", "values": {"vote": "upheld"}}}  # fmt: skip
    EventRow.objects.create(case=case, seq=2, stored=body, before="", hash="")
    outbox.put("event", "event:test", {"number": case.number, "seq": 2}, timezone.now())
    work()
    assert [json.loads(body)["type"] for _, body in receiver.got].count("mingduan.case.vote") == 1


def test_a_message_not_taken_is_tried_again_later(receiver: Receiver) -> None:
    hook("enterprise", receiver.url)
    receiver.status = 503
    filed()
    work()
    assert Outbox.objects.get(topic="hook").error == "Undelivered: HTTP 503"
    receiver.status = 200
    work(timedelta(minutes=1))
    assert [d.status for d in Delivery.objects.all()] == [200, 503]
    work(timedelta(days=1))
    assert len(receiver.got) == 2


def test_a_hook_that_never_answers_is_stopped_and_says_why(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mingduan.api.events.ATTEMPTS", 2)
    made = hook("enterprise", receiver.url)
    receiver.status = 500
    filed()
    work()
    work(timedelta(hours=1))
    stopped = call("enterprise", "GET", f"/hooks/{made['id']}").json()
    assert (stopped["active"], "2" in stopped["stopped"]) == (False, True)
    assert call("enterprise", "PATCH", f"/hooks/{made['id']}", {"active": True}).json()["stopped"] == ""


def test_gone_stops_a_hook_at_once(receiver: Receiver) -> None:
    hook("enterprise", receiver.url)
    receiver.status = 410
    filed()
    work()
    assert not Hook.objects.get().active


def test_no_redirect_is_followed(receiver: Receiver) -> None:
    hook("enterprise", receiver.url)
    receiver.status = 302
    filed()
    work()
    assert len(receiver.got) == 1
    assert Delivery.objects.get().status == 302


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/", "http://localhost:8000/", "http://[::1]/", "http://10.0.0.1/", "http://192.168.1.1/", "http://172.16.0.1/",
     "http://169.254.169.254/latest/meta-data/", "http://[fe80::1]/", "http://[fd00::1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:10.0.0.1]/",
     "http://[64:ff9b::a00:1]/", "http://[2002:a00:1::]/", "http://0.0.0.0/", "http://224.0.0.1/", "http://2130706433/", "http://0x7f.1/",
     "ftp://example.org/", "file:///etc/passwd", "http://user:pw@93.184.216.34/", "http:///x", "http://93.184.216.34:99999/", "javascript:1",
     "http://93.184.216.34/\r\nX: y"],
)  # fmt: skip
def test_nothing_is_sent_inside(settings, url: str) -> None:
    settings.HOOKS_TO_LOOPBACK = False
    with pytest.raises(NotAllowed):
        target(url)
    assert call("enterprise", "POST", "/hooks", {"url": url}).status_code == 422


def test_a_public_address_is_taken_and_a_private_one_beside_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    assert target("https://93.184.216.34/x?y").path == "/x?y"
    both = [(0, 0, 0, "", (a, 443)) for a in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    with pytest.raises(NotAllowed):
        target("https://example.org/")


def test_the_connection_goes_to_the_address_that_was_looked_at(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    looked = target(receiver.url)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("resolved a second time"))
    monkeypatch.setattr(sending.socket, "create_connection", lambda where, *_: _connected(where))
    assert sending.post(looked, b"{}", {}) == 200


def _connected(where: tuple[str, int]) -> socket.socket:
    assert where[0] == "127.0.0.1"
    made = socket.socket()
    made.connect(where)
    return made


def test_a_server_that_dribbles_does_not_hold_us_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "TIMEOUT", 0.5)
    stop = threading.Event()
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        thread = threading.Thread(target=_dribble, args=(server, stop))
        thread.start()
        began = timezone.now()
        with pytest.raises((OSError, HTTPException)):
            sending.post(target(f"http://127.0.0.1:{server.getsockname()[1]}/"), b"{}", {})
        stop.set()
        thread.join()
    assert timedelta(seconds=0.4) < timezone.now() - began < timedelta(seconds=3)


def _dribble(server: socket.socket, stop: threading.Event) -> None:
    """A byte of an answer now and then, for ten seconds at most."""
    made, _ = server.accept()
    with made, suppress(OSError):
        for _ in range(100):
            if stop.wait(0.1):
                return
            made.send(b"H")


def test_a_hook_is_its_owners_own() -> None:
    made = hook("enterprise", "http://127.0.0.1:9/")
    assert call("stranger", "GET", f"/hooks/{made['id']}").status_code == 404
    assert call("stranger", "DELETE", f"/hooks/{made['id']}").status_code == 404
    assert call("enterprise-reads", "GET", "/hooks").status_code == 403
    assert call("enterprise", "DELETE", f"/hooks/{made['id']}").status_code == 204
    assert Hook.objects.count() == 0


def test_a_hook_made_twice_with_one_key_is_one(receiver: Receiver) -> None:
    first, again = (
        call("enterprise", "POST", "/hooks", {"url": receiver.url}, Idempotency_Key="k").json() for _ in range(2)
    )
    assert first == again
    assert act("stranger", "none", "withdraw").status_code == 404
