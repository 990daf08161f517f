"""Idempotency keys: a write repeated with its key is done once; the key with another request is a problem."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.http import HttpRequest

from mingduan.cases import files

from .caller import caller
from .models import Sent, Upload
from .problems import Problem

KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Once:
    """One write. `key` goes into `cases.act`; `made` is what an earlier call with the same key made, if it did."""

    key: str = ""
    row: Sent | None = None

    @property
    def made(self) -> str:
        """The name of what was made before, or empty."""
        return self.row.made if self.row else ""

    def keep(self, made: str) -> None:
        """Remember what this call made."""
        if self.row:
            self.row.made = made
            self.row.save()


@contextmanager
def once(request: HttpRequest) -> Iterator[Once]:
    """One transaction around a write: what fails in it leaves its key unused.

    Of two calls with the same key at the same time the second waits for the first.
    """
    written = request.headers.get("Idempotency-Key", "")
    with transaction.atomic():
        if not written:
            yield Once()
            return
        sent = f"{request.method}\n{request.get_full_path()}\n{_content(request)}"
        key = hashlib.sha256(f"{caller(request).owner}\n{written}".encode("utf-8", "replace")).hexdigest()
        digest = hashlib.sha256(sent.encode()).hexdigest()
        row, _ = Sent.objects.get_or_create(key=key, defaults={"digest": digest})
        if row.digest != digest:
            raise Problem("key-reused")
        yield Once(f"api:{key}", row)


@transaction.atomic
def forget(at: datetime) -> int:
    """Forget keys and uploads that nobody came back with for thirty days; returns how many. A file that went into no
    case meanwhile is let go.
    """
    old = Upload.objects.filter(at__lt=at - KEPT)
    files.let_go(old.values_list("sha256", flat=True), at)
    return Sent.objects.filter(at__lt=at - KEPT).delete()[0] + old.delete()[0]


def _content(request: HttpRequest) -> str:
    """The hash of what was sent: of its members and its files' content when it is a form, whose boundary differs each time."""
    if not request.FILES:
        return hashlib.sha256(request.body).hexdigest()
    digest = hashlib.sha256(repr(sorted(request.POST.lists())).encode("utf-8", "replace"))
    for name in sorted(request.FILES):
        for upload in request.FILES.getlist(name):
            digest.update(f"{name}\n{upload.name}\n".encode("utf-8", "replace"))
            for part in upload.chunks():
                digest.update(part)
            upload.seek(0)
    return digest.hexdigest()
