"""Mail fetched from a real IMAP server: encrypted, once each, whatever fails between the two."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, connections

from mingduan.cases.models import Case
from mingduan.complaints.models import Letter, Mailbox
from mingduan.complaints.post import boxes, polling
from mingduan.people.sealing import seal

from .hostile import HOSTILE
from .imap import PASSWORD, Server, Wire
from .letters import MORNING, written

pytestmark = pytest.mark.django_db
_USERS = itertools.count()


@pytest.fixture(scope="session")
def _dovecot() -> Iterator[Server]:
    server = Server()
    server.start()
    yield server
    server.remove()


@pytest.fixture
def server(_dovecot: Server, monkeypatch: Any) -> Server:
    """The server, trusted, with an empty mailbox."""
    monkeypatch.setenv("SSL_CERT_FILE", str(_dovecot.certificate))
    _dovecot.user = f"kefu{next(_USERS)}"
    return _dovecot


def box(server: Server, **given: Any) -> Mailbox:
    settled = {
        "host": "localhost",
        "port": server.tls,
        "security": "tls",
        "user": server.user,
        "password": seal(PASSWORD),
        **given,
    }
    return Mailbox.objects.update_or_create(
        body="telecom", defaults={"kind": "imap", "address": "kefu@telecom.example", **settled}
    )[0]


def look(mailbox: Mailbox, minutes: int = 0) -> int:
    mailbox.refresh_from_db()
    return polling.look(mailbox, MORNING + timedelta(minutes=minutes))


def test_a_letter_is_fetched_over_tls_marked_and_left_unread_for_whoever_reads_the_mailbox(server: Server) -> None:
    server.deliver(written().as_bytes())
    mailbox = box(server)
    assert (look(mailbox), look(mailbox)) == (1, 0)
    mailbox.refresh_from_db()
    assert (mailbox.polled_at, mailbox.error, Case.objects.count()) == (MORNING, "", 1)
    (flags,) = server.flags()
    assert "$MingduanTaken" in flags
    assert "Seen" not in flags


def test_starttls_serves_as_well(server: Server) -> None:
    server.deliver(written().as_bytes())
    assert look(box(server, port=server.port, security="starttls")) == 1


def test_a_folder_for_what_is_taken_is_made_and_used(server: Server) -> None:
    server.deliver(written().as_bytes())
    mailbox = box(server, done_folder="Taken")
    assert (look(mailbox), look(mailbox)) == (1, 0)
    assert (server.flags(), len(server.flags(folder="Taken"))) == ([], 1)


@pytest.mark.parametrize(
    "given",
    [
        {"password": seal("wrong")},
        {"host": "127.0.0.1", "folder": "NoSuch"},
        {"security": "none", "host": "mail.example.cn"},
    ],
)
def test_what_keeps_a_mailbox_from_being_read_is_noted_without_its_password(
    server: Server, given: dict[str, Any]
) -> None:
    mailbox = box(server, **given)
    assert look(mailbox) == 0
    mailbox.refresh_from_db()
    assert (mailbox.failures, mailbox.failed_at) == (1, MORNING)
    assert mailbox.error
    assert PASSWORD not in mailbox.error


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(server: Server, monkeypatch: Any) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    server.deliver(written().as_bytes())
    mailbox = box(server)
    assert look(mailbox) == 0
    mailbox.refresh_from_db()
    assert "CERTIFICATE_VERIFY_FAILED" in mailbox.error


def test_a_server_that_is_down_is_asked_less_and_less_and_nothing_is_lost(server: Server) -> None:
    server.deliver(written().as_bytes())
    mailbox = box(server)
    server.stop()
    try:
        asked = 0
        for minute in range(60):
            at = MORNING + timedelta(minutes=minute)
            polling.poll(at)
            mailbox.refresh_from_db()
            asked += mailbox.failed_at == at
    finally:
        server.start()
    assert 5 <= asked <= 12
    assert mailbox.error
    polling.poll(MORNING + timedelta(minutes=90))
    mailbox.refresh_from_db()
    assert (Case.objects.count(), mailbox.failures, mailbox.error) == (1, 0, "")


def test_a_server_that_is_too_slow_is_given_up_for_now(server: Server, monkeypatch: Any) -> None:
    monkeypatch.setattr(boxes, "TIMEOUT", boxes.SocketTimeout(connect=2, read=0.3))
    server.deliver(written().as_bytes())
    with Wire(server.port, delay=0.6) as wire:
        mailbox = box(server, security="none", port=wire.port)
        assert look(mailbox) == 0
    mailbox.refresh_from_db()
    assert "timed out" in mailbox.error
    monkeypatch.undo()
    assert look(box(server, security="none", port=server.port), 1) == 1


@pytest.mark.parametrize("done_folder", ["", "Taken"])
def test_the_wire_cut_between_fetching_and_marking_makes_no_second_case(server: Server, done_folder: str) -> None:
    server.deliver(written().as_bytes(), written("第二封").as_bytes())
    with Wire(server.port, on=b"UID MOVE" if done_folder else b"UID STORE") as wire:
        mailbox = box(server, security="none", port=wire.port, done_folder=done_folder)
        assert (look(mailbox), wire.cut) == (0, 1)  # it came in, but the look failed
    assert Case.objects.count() == 1
    mailbox = box(server, security="none", port=server.port, done_folder=done_folder)
    assert look(mailbox, 5) == 1
    assert (Case.objects.count(), Letter.objects.count(), look(mailbox, 6)) == (2, 2, 0)


def test_the_wire_cut_while_fetching_leaves_the_letter_for_the_next_look(server: Server) -> None:
    server.deliver(written().as_bytes())
    with Wire(server.port, on=b"BODY.PEEK") as wire:
        assert look(box(server, security="none", port=wire.port)) == 0
    assert (Letter.objects.count(), look(box(server), 5)) == (0, 1)


def test_a_mailbox_rebuilt_with_other_uids_brings_nothing_twice(server: Server) -> None:
    mailbox = box(server, folder="Rebuilt")
    for _ in range(2):
        with server.client() as client:
            client.create("Rebuilt")
            client.append("Rebuilt", None, None, written().as_bytes())
        look(mailbox)
        with server.client() as client:
            client.delete("Rebuilt")
    assert (Case.objects.count(), Letter.objects.count()) == (1, 1)


def test_mail_from_before_the_day_named_stays_where_it_is(server: Server) -> None:
    server.deliver(written().as_bytes())
    assert look(box(server, since=date.today() + timedelta(days=2))) == 0
    assert look(box(server, since=date.today() - timedelta(days=2))) == 1


def test_of_one_too_large_only_the_headers_are_fetched_and_it_is_shown(server: Server, monkeypatch: Any) -> None:
    for module in (boxes, polling):
        monkeypatch.setattr(module, "MAX_BYTES", 5_000)
    server.deliver(written("长" * 20_000, subject="很长").as_bytes(), written().as_bytes())
    assert look(box(server)) == 2
    large, small = Letter.objects.order_by("pk")
    assert (large.what, large.subject, small.what) == ("waits", "很长", "opened")


def test_twenty_hostile_letters_hold_up_nobody(server: Server) -> None:
    server.deliver(*HOSTILE.values(), written().as_bytes())
    mailbox = box(server)
    look(mailbox)
    mailbox.refresh_from_db()
    assert (mailbox.error, Letter.objects.filter(subject="话费问题", what="opened").count()) == ("", 1)
    assert Letter.objects.count() == len(HOSTILE) + 1
    assert look(mailbox, 1) == 0
    assert all("$MingduanTaken" in f for f in server.flags())


KILLED = """
import django, os, signal
django.setup()
from mingduan.complaints.models import Mailbox
from mingduan.complaints.post import boxes, polling
boxes.Imap.done = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
from tests.complaints.post.letters import MORNING
polling.look(Mailbox.objects.get(), MORNING)
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="the child is told the database by its file")
def test_a_worker_killed_between_the_act_and_the_mark_has_done_it_once(
    flushable: None, server: Server, settings: Any
) -> None:
    server.deliver(written().as_bytes())
    mailbox = box(server)
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}", "MINGDUAN_HOME": str(settings.HOME),
        "DJANGO_SETTINGS_MODULE": "mingduan.config.settings", "MINGDUAN_SECRET_KEY": settings.SECRET_KEY,
    }  # fmt: skip
    connections.close_all()
    child = subprocess.run(
        [sys.executable, "-c", KILLED], env=environment, capture_output=True, check=False, timeout=60
    )
    assert child.returncode == -9, child.stderr.decode()
    assert (Case.objects.count(), "$MingduanTaken" in server.flags()[0]) == (1, False)
    assert (look(mailbox, 1), Case.objects.count(), Letter.objects.count()) == (0, 1, 1)
    assert "$MingduanTaken" in server.flags()[0]


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_that_look_at_once_one_takes_each_letter(flushable: None, server: Server) -> None:
    server.deliver(*(written(f"第{n}封", sender=f"c{n}@example.cn").as_bytes() for n in range(6)))
    mailbox = box(server)

    def work() -> None:
        try:
            polling.look(Mailbox.objects.get(pk=mailbox.pk), MORNING)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    look(mailbox, 1)
    assert (Case.objects.count(), Letter.objects.count()) == (6, 6)
