"""Files of an existing register that somebody brings to the page: taken over slice by slice in the background.

How far it is stands in the database with the rows themselves, so that a worker that dies leaves nothing half.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from mingduan.cases import outbox
from mingduan.cases.access import opener
from mingduan.cases.taking import Outcome, advance
from mingduan.people.models import User

from . import importing
from .imported import Import, ImportFault
from .importing import Fault

TOPIC = "register.import"
SLICE = 200


def begin(name: str, content: bytes, *, by: User, role: str, at: datetime, dry_run: bool = False) -> Import:
    """A job for this file, asked of the outbox. Raises `importing.Unreadable`."""
    table = importing.read(content)
    with transaction.atomic():
        job = Import.objects.create(
            name=name[:200], content=content, by=by, role=role, asked_at=at, dry_run=dry_run, total=len(table.lines), unknown=list(table.unknown)[:50]
        )  # fmt: skip
        _ask(job, at)
    return job


def work(job: Import, at: datetime, most: int = SLICE) -> bool:
    """Take over the next rows; whether there are more."""

    def rows(row: Import) -> Iterator[Outcome[Fault]]:
        table, first = importing.read(bytes(row.content)), row.looked_at
        refused = set(row.faults.values_list("line", flat=True)) if row.dry_run else set()
        actor = opener(row.by, "", row.role)
        return importing.take_over(
            table, actor, at, begin=first, end=first + most, dry_run=row.dry_run, refused=refused
        )

    return advance(job, ImportFault, rows)


@outbox.handles(TOPIC)
def handle(payload: Mapping[str, Any], at: datetime) -> None:
    """One slice of a job; then the next is asked for."""
    job = Import.objects.get(pk=payload["import"])
    if not job.done and work(job, at):
        _ask(job, at)


def _ask(job: Import, at: datetime) -> None:
    outbox.put(TOPIC, f"import:{job.pk}:{job.looked_at}", {"import": job.pk}, at)
