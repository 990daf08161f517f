"""Files of tickets that somebody brings to the page: taken in slice by slice in the background.

How far it is stands in the database with the cases themselves, so that a worker that dies leaves nothing half.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from mingduan.cases import outbox
from mingduan.cases.taking import Fault, Outcome, advance
from mingduan.people.models import User
from mingduan.procedure.case import Actor

from . import layout, tickets
from .layout import File, Layout
from .models import KeptLayout, TicketFault, TicketFile

TOPIC = "complaints.import"
SLICE = 500


def keep(body: str, name: str, content: bytes, *, by: User, at: datetime) -> TicketFile:
    """Keep a file until its columns are mapped. Raises `sheet.Unreadable`."""
    file = layout.read(content)
    return TicketFile.objects.create(
        body=body, name=name[:200], content=content, by=by, asked_at=at, total=len(file.lines)
    )


def remembered(body: str, file: File) -> Layout | None:
    """The mapping this body last used for files with the same headings."""
    kept = KeptLayout.objects.filter(body=body, headings=file.digest).first()
    return Layout.from_json(kept.mapping) if kept else None


def remember(body: str, file: File, mapping: Layout, at: datetime) -> None:
    """Keep a mapping for the next file with the same headings."""
    KeptLayout.objects.update_or_create(
        body=body, headings=file.digest, defaults={"mapping": mapping.to_json(), "at": at}
    )


def begin(job: TicketFile, mapping: Layout, at: datetime) -> None:
    """Take a kept file in with this mapping; asked of the outbox."""
    with transaction.atomic():
        job.mapping, job.begun = mapping.to_json(), True
        job.save(update_fields=["mapping", "begun"])
        remember(job.body, layout.read(bytes(job.content)), mapping, at)
        _ask(job, at)


def work(job: TicketFile, at: datetime, most: int = SLICE) -> bool:
    """Take in the next rows; whether there are more."""

    def rows(row: TicketFile) -> Iterator[Outcome[Fault]]:
        file, mapping, first = layout.read(bytes(row.content)), Layout.from_json(row.mapping), row.looked_at
        return tickets.take_in(file, mapping, actor(row.by, row.body), at, begin=first, end=first + most)

    return advance(job, TicketFault, rows)


def actor(user: User, body: str) -> Actor:
    """An officer with all the offices they hold in a body."""
    return Actor(str(user.pk), str(user), frozenset(user.offices.filter(body=body).values_list("role", flat=True)))


@outbox.handles(TOPIC)
def handle(payload: Mapping[str, Any], at: datetime) -> None:
    """One slice of a file; then the next is asked for."""
    job = TicketFile.objects.get(pk=payload["file"])
    if job.begun and not job.done and work(job, at):
        _ask(job, at)


def _ask(job: TicketFile, at: datetime) -> None:
    outbox.put(TOPIC, f"tickets:{job.pk}:{job.looked_at}", {"file": job.pk}, at)
