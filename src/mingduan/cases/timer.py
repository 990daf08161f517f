"""What happens because time has passed or its count has changed, done by the system through the same acts."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction

from mingduan.procedure.case import Actor, DutyStatus, Refusal
from mingduan.procedure.engine import Engine
from mingduan.procedure.rulebook import Rulebook
from mingduan.procedure.words import day

from . import catalogue
from .act import act, state_of, write_duties
from .models import Case, DutyRow

_log = logging.getLogger(__name__)
_counted_on: dict[str, str] = {}  # rulebook version → the version of the calendar its cases were last counted on here
_UNMET = (DutyStatus.OPEN, DutyStatus.LATE, DutyStatus.PAUSED)


def run_due(at: datetime) -> int:
    """Do every act that a missed deadline calls for at `at`; returns how many were done. Safe to repeat."""
    done = 0
    for row in DutyRow.objects.filter(status__in=("open", "late"), due__lt=at, case__stayed=False).select_related(
        "case"
    ):
        try:
            done += _missed(row, at)
        except Exception:  # whatever is wrong with one case, the deadlines of the others go on
            _log.exception("timer: %s %s failed", row.case.number, row.deadline)
    return done


def _missed(row: DutyRow, at: datetime) -> bool:
    """Do what the rulebook has done once this deadline has been missed, if anything."""
    book = catalogue.kept(row.case.digest).rulebook
    action = book.deadlines[row.deadline].when_missed
    if action is None:
        return False
    return not isinstance(act(number=row.case.number, action=action, actor=system(book), at=at), Refusal)


def recompute(at: datetime) -> int:
    """Count open duties again on the calendar as it is now; returns in how many cases one moved. Safe to repeat.

    A case whose duty moved has it on file, and the people it binds are told, by the action its rulebook has for that.
    Cases are looked at once in the life of a process, and again only when the calendar they are counted on changes.
    """
    moved = 0
    for digest in Case.objects.filter(ended=False).values_list("digest", flat=True).distinct():
        engine = catalogue.kept(digest)
        if _counted_on.get(digest) == engine.calendar.version:
            continue
        for case in Case.objects.filter(ended=False, digest=digest).order_by("pk").iterator(chunk_size=200):
            moved += _recount(engine, case, at)
        _counted_on[digest] = engine.calendar.version
    return moved


def _recount(engine: Engine, case: Case, at: datetime) -> bool:
    """Put a case's duties on the calendar of `engine`, and say so where a day moved."""
    book, stored = engine.rulebook, {row.deadline: row for row in case.duties.all()}
    duties = [d for d in engine.duties(state_of(case), at) if d.deadline in stored and d.status in _UNMET]
    moved = [d for d in duties if d.due != stored[d.deadline].due]
    action = next((name for name, spec in book.actions.items() if spec.recounts), None)
    if moved and action is not None:
        changes = "；".join(
            f"“{book.deadlines[d.deadline].zh}”由{day(stored[d.deadline].due)}改为{day(d.due)}" for d in moved
        )
        key = f"recount:{case.number}#{case.length}"  # of two workers one does it
        act(number=case.number, action=action, actor=system(book), at=at, reason=changes, key=key)
    elif any(d.due != stored[d.deadline].due or d.provisional != stored[d.deadline].provisional for d in duties):
        with transaction.atomic():
            held = Case.objects.select_for_update().get(pk=case.pk)
            write_duties(engine, held, state_of(held), at)
    return bool(moved)


def system(book: Rulebook) -> Actor:
    """The system as an actor in a case of this rulebook."""
    return Actor("timer", "系统", frozenset(n for n, r in book.roles.items() if r.side == "system"))
