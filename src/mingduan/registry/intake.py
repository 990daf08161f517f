"""Files of an existing register that somebody brings to the page: taken over slice by slice in the background.

How far it is stands in the database with the rows themselves, so that a worker that dies leaves nothing half.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from mingduan.cases import outbox
from mingduan.cases.access import opener
from mingduan.people.models import User

from . import importing
from .imported import Import, ImportFault
from .importing import Outcome

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
    with transaction.atomic():
        row = Import.objects.select_for_update().get(pk=job.pk)
        table = importing.read(bytes(row.content))
        refused = set(row.faults.values_list("line", flat=True)) if row.dry_run else set()
        actor, first = opener(row.by, "", row.role), row.looked_at
        outcomes = list(importing.take_over(table, actor, at, begin=first, end=first + most, dry_run=row.dry_run, refused=refused))  # fmt: skip
        for outcome in outcomes:
            setattr(row, outcome.what, getattr(row, outcome.what) + 1)
        ImportFault.objects.bulk_create(f for outcome in outcomes for f in _faults(row, outcome))
        row.looked_at = first + len(outcomes)
        row.save()
    job.refresh_from_db()
    return not job.done


@outbox.handles(TOPIC)
def handle(payload: Mapping[str, Any], at: datetime) -> None:
    """One slice of a job; then the next is asked for."""
    job = Import.objects.get(pk=payload["import"])
    if not job.done and work(job, at):
        _ask(job, at)


def _ask(job: Import, at: datetime) -> None:
    outbox.put(TOPIC, f"import:{job.pk}:{job.looked_at}", {"import": job.pk}, at)


def _faults(job: Import, outcome: Outcome) -> list[ImportFault]:
    return [
        ImportFault(
            of=job, line=outcome.line, number=outcome.number[:20], what=outcome.what, columns=f.column[:200], wrong_zh=f.wrong.zh[:2000],
            wrong_en=f.wrong.en[:2000], right_zh=f.right.zh[:500] if f.right else "", right_en=f.right.en[:500] if f.right else "", clause=f.clause or "",
        )
        for f in outcome.faults
    ]  # fmt: skip
