"""The virus scan: what is found is refused, what can't be scanned is held until it can."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from mingduan.cases import files, outbox, scanning
from mingduan.cases.files import FileHeld, FileRefusal, StoredFile, receive

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
LETTER, VIRUS = "一封信".encode(), b"plain words with EVIL in them"
down = False


def scanner(content: bytes) -> str:
    """A scanner as an operator might plug in."""
    if down:
        raise scanning.ScannerDown("no answer")
    return "Evil.Test" if b"EVIL" in content else ""


@pytest.fixture(autouse=True)
def plugged(settings, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.HOME, settings.SCANNER = tmp_path, f"{__name__}.scanner"
    monkeypatch.setattr(f"{__name__}.down", False)


def test_a_file_with_a_virus_is_refused_by_name_and_not_kept(tmp_path) -> None:
    refused = receive("信.txt", VIRUS, NOW)
    assert isinstance(refused, FileRefusal)
    assert "Evil.Test" in refused.text.zh
    assert not list(tmp_path.rglob("*"))


def test_a_file_is_held_while_the_scanner_is_down_and_freed_by_the_next_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.down", True)
    kept = receive("信.txt", LETTER, NOW)
    assert isinstance(kept, StoredFile)
    with pytest.raises(FileHeld):
        files.read(kept.sha256)
    assert outbox.run(NOW) == 0
    with pytest.raises(FileHeld):
        files.read(kept.sha256)
    monkeypatch.setattr(f"{__name__}.down", False)
    assert outbox.run(NOW + timedelta(minutes=5)) == 1
    assert files.read(kept.sha256) == LETTER


def test_a_held_file_in_which_a_virus_is_found_later_is_destroyed_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.down", True)
    kept = receive("信.txt", VIRUS, NOW)
    assert isinstance(kept, StoredFile)
    monkeypatch.setattr(f"{__name__}.down", False)
    outbox.run(NOW + timedelta(minutes=5))
    with pytest.raises(FileHeld) as held:
        files.read(kept.sha256)
    assert "Evil.Test" in held.value.text.zh
    with pytest.raises(FileNotFoundError):
        files.content(kept.sha256)


class Clamd(socketserver.StreamRequestHandler):
    """ClamAV's INSTREAM, as its manual describes it: chunks with their length before them, a zero at the end."""

    def handle(self) -> None:
        assert self.rfile.readline() == b"nINSTREAM\n"
        content = b""
        while size := struct.unpack("!L", self.rfile.read(4))[0]:
            content += self.rfile.read(size)
        self.wfile.write(b"stream: Evil.Test FOUND\n" if b"EVIL" in content else b"stream: OK\n")


@pytest.fixture
def daemon(settings) -> Iterator[None]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Clamd) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.CLAMD = f"127.0.0.1:{server.server_address[1]}"
        settings.SCANNER = "mingduan.cases.scanning.clamd"
        yield
        server.shutdown()


def test_clamavs_daemon_is_asked_over_its_socket(daemon: None) -> None:
    assert scanning.scan(LETTER) == ""
    assert scanning.scan(VIRUS) == "Evil.Test"


def test_a_daemon_that_does_not_answer_is_down(settings) -> None:
    settings.SCANNER, settings.CLAMD = "mingduan.cases.scanning.clamd", "127.0.0.1:1"
    with pytest.raises(scanning.ScannerDown):
        scanning.scan(LETTER)
