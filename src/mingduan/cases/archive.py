"""The files kept: until when, what holds them, and which may be disposed of now. The engine is asked, not second-guessed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet, prefetch_related_objects

from mingduan.procedure import landmarks
from mingduan.procedure.case import Actor, Event, Reason, fold
from mingduan.procedure.rulebook import Action, Deadline, Rulebook, State

from . import catalogue
from .models import Case, DutyRow
from .queries import by_version, either


@dataclass(frozen=True, slots=True)
class Kept:
    """A file: where it stands, the deadline that keeps it and when that is over, and why it may not go yet."""

    case: Case
    book: Rulebook
    state: State
    keeps: Deadline | None
    until: datetime | None
    provisional: bool
    disposal: Action | None
    may_go: bool
    reasons: tuple[Reason, ...]

    @property
    def gone(self) -> bool:
        """Disposed of."""
        return self.case.state in landmarks.disposed(self.book)

    @property
    def held(self) -> bool:
        """Kept by a rule other than the time: a hold."""
        return any(r.rule == "guard" for r in self.reasons)


def files(cases: QuerySet[Case], at: datetime, which: str = "") -> QuerySet[Case]:
    """Those of `cases` that are over. `which`: 'kept' for those whose procedure says when they may
    be disposed of, 'over' for those whose time is over, 'gone' for those disposed of, '' for all."""
    states = landmarks.disposed if which == "gone" else landmarks.filed_away
    found = cases.filter(either(Q(state__in=s, digest__in=d) for s, d in by_version(states)))
    if which == "kept":
        ends = [d for _, digests in by_version(landmarks.disposed) for d in digests]
        return found.filter(digest__in=ends, ended=False).order_by("-opened_at", "id")
    if which == "gone":
        return found.order_by("-changed_at", "id")
    if which == "over":
        kept = _keeping().filter(case=OuterRef("pk"), due__lt=at)
        found = found.filter(Exists(kept), ended=False)
    return found.order_by("-opened_at", "id")


def narrowed(found: QuerySet[Case], rulebook: str = "", text: str = "") -> QuerySet[Case]:
    """Those of `found` of a procedure and with the text in number or title; an empty one asks nothing."""
    if rulebook:
        found = found.filter(rulebook=rulebook)
    if text:
        found = found.filter(Q(number__icontains=text) | Q(title__icontains=text))
    return found


def kept(cases: Iterable[Case], at: datetime) -> list[Kept]:
    """The files of a page, each put to its engine; a fixed number of queries however many."""
    found = list(cases)
    prefetch_related_objects(found, "events")
    keeping = {row.case_id: row for row in _keeping().filter(case__in=[c.pk for c in found])}
    return [_kept(case, keeping.get(case.pk), at) for case in found]


def _kept(case: Case, row: DutyRow | None, at: datetime) -> Kept:
    engine = catalogue.kept(case.digest)
    book = engine.rulebook
    name = next((n for n, a in book.actions.items() if a.destroys), None)
    state = fold(Event.from_json(event.body) for event in case.events.all())
    may_go = False
    reasons: tuple[Reason, ...] = ()
    if name is not None and not case.ended:
        whoever = Actor("", "", frozenset(book.actions[name].by))
        option = next(o for o in engine.options(state, whoever, at) if o.action == name)
        may_go, reasons = option.open, option.reasons
    return Kept(
        case, book, book.states[case.state], book.deadlines[row.deadline] if row else None, row.due if row else None,
        bool(row and row.provisional), book.actions[name] if name else None, may_go, reasons,
    )  # fmt: skip


def _keeping() -> QuerySet[DutyRow]:
    """The duties that open the door to disposal: the retention periods."""
    return DutyRow.objects.filter(
        either(Q(deadline__in=names, case__digest__in=d) for names, d in by_version(landmarks.openers))
    )
