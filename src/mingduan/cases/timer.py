"""What happens because time has passed or its count has changed, done by the system through the same acts."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction

from mingduan.procedure.case import Actor, Duty, DutyStatus, Refusal
from mingduan.procedure.engine import Engine
from mingduan.procedure.rulebook import Deadline, Rulebook
from mingduan.procedure.text import Text
from mingduan.procedure.words import day, moment

from . import catalogue
from .act import act, state_of, write_duties
from .models import Case, DutyRow

_log = logging.getLogger(__name__)
_counted_on: dict[str, str] = {}  # rulebook version → the version of the calendar its cases were last counted on here
_again: dict[str, set[int]] = {}  # rulebook version → the cases that could not be counted, to be tried in each round
_told: set[tuple[str, int, str]] = set()  # case, its length, action: refusals that were logged
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


def run_alerts(at: datetime) -> int:
    """Give every warning and escalation whose time has come at `at`; returns how many were given. Safe to repeat."""
    done = 0
    for row in DutyRow.objects.filter(alert_at__lte=at, case__stayed=False).select_related("case"):
        try:
            done += _alert(row, at)
        except Exception:  # whatever is wrong with one case, the alerts of the others go on
            _log.exception("timer: alert of %s %s failed", row.case.number, row.deadline)
    return done


def _alert(row: DutyRow, at: datetime) -> bool:
    """Give the alert that is next for this duty as it stands at `at`, if it still is one."""
    case, engine = row.case, catalogue.kept(row.case.digest)
    duty = next((d for d in engine.duties(state_of(case), at) if d.deadline == row.deadline), None)
    if duty is None or duty.alert is None or duty.alert.at > at:
        DutyRow.objects.filter(pk=row.pk).update(alert_at=duty.alert.at if duty and duty.alert else None)
        return False
    book = engine.rulebook
    outcome = act(
        number=case.number, action=duty.alert.action, actor=system(book), at=at,
        reason=_by_when(book.deadlines[row.deadline], duty.due), alert=(row.deadline, duty.alert.number),
        key=f"alert:{row.deadline}#{duty.alert.number}:{duty.anchored_at.isoformat()}/{duty.due.isoformat()}",  # of two workers one does it
    )  # fmt: skip
    return not isinstance(outcome, Refusal)


def _by_when(deadline: Deadline, due: datetime) -> Text:
    """What is due and by when, as an alert says it."""
    return Text(
        zh=f"“{deadline.zh}”最迟{moment(due)}", en=f"“{deadline.en}” is due by {moment(due, 'en')} at the latest"
    )


def _missed(row: DutyRow, at: datetime) -> bool:
    """Do what the rulebook has done once this deadline has been missed, if anything and not done yet."""
    book = catalogue.kept(row.case.digest).rulebook
    action = book.deadlines[row.deadline].when_missed
    if action is None or any(taken > row.due for taken in state_of(row.case).taken.get(action, ())):
        return False
    return _done(row.case, action, book, at)


def recompute(at: datetime) -> int:
    """Count open duties again on the calendar as it is now; returns in how many cases one moved. Safe to repeat.

    A case whose duty moved has it on file, and the people it binds are told, by the action its rulebook has for that.
    Cases are looked at once in the life of a process, and again only when the calendar they are counted on changes;
    one that could not be counted stops no other, and is tried again in the next round.
    """
    moved = 0
    for digest in Case.objects.filter(ended=False).values_list("digest", flat=True).distinct():
        engine = catalogue.kept(digest)
        running = Case.objects.filter(ended=False, digest=digest)
        if _counted_on.get(digest) == engine.calendar.version:
            running = running.filter(pk__in=_again.get(digest, ()))
        failed = set()
        for pk in list(running.order_by("pk").values_list("pk", flat=True)):
            try:
                done = _recount(engine, Case.objects.get(pk=pk), at)
            except Exception:  # whatever is wrong with one case, the others are counted
                _log.exception("timer: case %s could not be counted again", pk)
                done = None
            if done is None:
                failed.add(pk)
            else:
                moved += done
        _counted_on[digest], _again[digest] = engine.calendar.version, failed
    return moved


def _recount(engine: Engine, case: Case, at: datetime) -> bool | None:
    """Put a case's duties on the calendar of `engine`, and say so where a day moved; None where that was refused."""
    book, stored = engine.rulebook, {row.deadline: row for row in case.duties.all()}
    duties = [d for d in engine.duties(state_of(case), at) if d.deadline in stored and d.status in _UNMET]
    moved = [d for d in duties if d.due != stored[d.deadline].due]
    action = next((name for name, spec in book.actions.items() if spec.recounts), None)
    if moved and action is not None:
        key = f"recount:{case.number}#{case.length}"  # of two workers one does it
        return _done(case, action, book, at, _changes(book, stored, moved), key) or None
    if any(d.due != stored[d.deadline].due or d.provisional != stored[d.deadline].provisional for d in duties):
        with transaction.atomic():
            held = Case.objects.select_for_update().get(pk=case.pk)
            write_duties(engine, held, state_of(held), at)
    return bool(moved)


def _changes(book: Rulebook, stored: Mapping[str, DutyRow], moved: Iterable[Duty]) -> Text:
    """Which deadlines moved from which day to which."""
    days = [(book.deadlines[d.deadline], stored[d.deadline].due, d.due) for d in moved]
    return Text(
        zh="；".join(f"“{spec.zh}”由{day(old)}改为{day(new)}" for spec, old, new in days),
        en="; ".join(f"“{spec.en}” from {day(old, 'en')} to {day(new, 'en')}" for spec, old, new in days),
    )


def _done(case: Case, action: str, book: Rulebook, at: datetime, reason: Text | str = "", key: str = "") -> bool:
    """Do an act as the system; whether it was done. A refusal is logged, once for the case as it stands."""
    outcome = act(number=case.number, action=action, actor=system(book), at=at, reason=reason, key=key)
    if not isinstance(outcome, Refusal):
        return True
    if (case.number, case.length, action) not in _told:
        _told.add((case.number, case.length, action))
        why = "；".join(r.text.zh for r in outcome.reasons)
        _log.warning("timer: %s %s refused: %s", case.number, action, why)
    return False


def system(book: Rulebook) -> Actor:
    """The system as an actor in a case of this rulebook."""
    return Actor("timer", "系统", frozenset(n for n, r in book.roles.items() if r.side == "system"))
