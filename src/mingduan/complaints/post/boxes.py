"""Where mail waits: a folder of the home, or a mailbox on an IMAP server.

A box is opened for one look. It lists what waits, gives one message at a time, and is told when that one has been dealt with;
only then does the message go out of the way.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError

from mingduan.people.sealing import unseal

from ..models import Mailbox
from .reading import MAX_BYTES

TAKEN = b"$MingduanTaken"
MOST = 50  # messages of one look
TIMEOUT = SocketTimeout(connect=10, read=20)
_LOOPBACK = frozenset(("localhost", "127.0.0.1", "::1"))


class Unreachable(OSError):
    """The mailbox can't be used now; the message says why."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that waits: what names it for ever, and its size."""

    place: str
    size: int


class Box(Protocol):
    """An opened mailbox. Everything may raise OSError."""

    def waiting(self) -> list[Waiting]:
        """What waits, the oldest first."""
        ...

    def fetch(self, message: Waiting) -> bytes | None:
        """One message; None when somebody took it away meanwhile."""
        ...

    def done(self, message: Waiting) -> None:
        """Put one out of the way: it is dealt with."""
        ...


@contextmanager
def opened(mailbox: Mailbox) -> Iterator[Box]:
    """The box of a mailbox, for one look. Raises Unreachable."""
    if mailbox.kind == Mailbox.Kind.FOLDER:
        yield Folder(Path(settings.HOME) / "mail" / "incoming" / mailbox.body)
        return
    client = None
    try:
        client = _connected(mailbox)
        yield Imap(client, mailbox)
    except (
        IMAPClientError,
        ImproperlyConfigured,
    ) as error:  # the server refuses, or our key is not the one it was sealed with
        raise Unreachable(str(error)) from error
    finally:
        if client is not None:
            with suppress(IMAPClientError, OSError):  # it may be gone already
                client.logout()


class Folder:
    """Messages as files that end in .eml; those dealt with are moved into `done`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / "done").mkdir(parents=True, exist_ok=True)

    def waiting(self) -> list[Waiting]:
        """What waits, the oldest first."""
        found = sorted((f.stat().st_mtime_ns, f.name, f.stat().st_size) for f in self.path.glob("*.eml") if f.is_file())
        return [Waiting(f"{when}/{name}", size) for when, name, size in found[:MOST]]

    def fetch(self, message: Waiting) -> bytes | None:
        """One message, of which no more is read than can be taken."""
        try:
            with self._file(message).open("rb") as file:
                return file.read(MAX_BYTES + 1)
        except FileNotFoundError:
            return None

    def done(self, message: Waiting) -> None:
        """Move one away."""
        with suppress(FileNotFoundError):  # another worker was faster
            os.replace(self._file(message), self.path / "done" / message.place.replace("/", "-"))

    def _file(self, message: Waiting) -> Path:
        return self.path / message.place.partition("/")[2]


class Imap:
    """A folder on an IMAP server. Messages dealt with are moved where the mailbox says, else marked with a keyword of ours, else,
    where the server keeps none, as seen.
    """

    def __init__(self, client: IMAPClient, mailbox: Mailbox) -> None:
        self.client, self.mailbox = client, mailbox
        told = client.select_folder(mailbox.folder)
        self.validity = int(told[b"UIDVALIDITY"])
        flags = told.get(b"PERMANENTFLAGS", ())
        self.mark = TAKEN if b"\\*" in flags or TAKEN in flags else b"\\Seen"

    def waiting(self) -> list[Waiting]:
        """What waits, the oldest first."""
        wanted: list[object] = ["UNDELETED"]
        if not self.mailbox.done_folder:
            wanted += ["UNKEYWORD", TAKEN.decode()] if self.mark == TAKEN else ["UNSEEN"]
        if self.mailbox.since:
            wanted += ["SINCE", self.mailbox.since]
        uids = sorted(self.client.search(wanted))[:MOST]
        sizes = self.client.fetch(uids, ["RFC822.SIZE"]) if uids else {}
        return [Waiting(f"{self.validity}:{uid}", int(sizes[uid][b"RFC822.SIZE"])) for uid in uids if uid in sizes]

    def fetch(self, message: Waiting) -> bytes | None:
        """One message, not marked as seen by it; of one too large only the headers."""
        uid, part = self._uid(message), "BODY.PEEK[HEADER]" if message.size > MAX_BYTES else "BODY.PEEK[]"
        got = self.client.fetch([uid], [part]).get(uid, {})
        return next((bytes(v) for k, v in got.items() if k.startswith(b"BODY[") and v is not None), None)

    def done(self, message: Waiting) -> None:
        """Move or mark one."""
        uid, to = self._uid(message), self.mailbox.done_folder
        if not to:
            self.client.add_flags([uid], [self.mark], silent=True)
            return
        if not self.client.folder_exists(to):
            self.client.create_folder(to)
        if self.client.has_capability("MOVE"):
            self.client.move([uid], to)
        else:
            self.client.copy([uid], to)
            self.client.delete_messages([uid], silent=True)

    def _uid(self, message: Waiting) -> int:
        return int(message.place.partition(":")[2])


def _connected(mailbox: Mailbox) -> IMAPClient:
    """A client that has signed in. Never in clear text to another machine."""
    tls = ssl.create_default_context()
    if mailbox.security == Mailbox.Security.NONE and mailbox.host not in _LOOPBACK:
        raise Unreachable("不加密只能用于本机 / only this machine may be used without encryption")
    direct = mailbox.security == Mailbox.Security.TLS
    client = IMAPClient(mailbox.host, mailbox.port, ssl=direct, ssl_context=tls if direct else None, timeout=TIMEOUT)
    try:
        if mailbox.security == Mailbox.Security.STARTTLS:
            client.starttls(tls)
        client.login(mailbox.user, unseal(mailbox.password))
    except BaseException:
        with suppress(IMAPClientError, OSError):
            client.shutdown()
        raise
    return client
