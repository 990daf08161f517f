"""What pages and programs read: lists of cases and duties, never changing anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import reduce
from operator import or_

from django.db.models import Exists, OuterRef, Q, QuerySet

from mingduan.people.models import User
from mingduan.procedure import landmarks
from mingduan.procedure.period import TZ
from mingduan.procedure.rulebook import Deadline, Role, Rulebook

from . import catalogue
from .access import Access, visible
from .models import Assignment, Case, DutyRow, Notice, Party


@dataclass(frozen=True, slots=True)
class DueItem:
    """One duty as a list shows it: in which case, which deadline, who owes it, from which clause."""

    case: Case
    deadline: Deadline
    owner: Role
    due: datetime
    provisional: bool

    @property
    def label(self) -> str:
        """What is due, in Chinese."""
        return self.deadline.zh

    @property
    def label_en(self) -> str:
        """What is due, in English."""
        return self.deadline.en

    @property
    def clause(self) -> str:
        """The clause it comes from."""
        return self.deadline.clause or ""

    @property
    def action(self) -> str:
        """The first of the actions that meet it."""
        return self.deadline.met_by[0]


def owed(user: User, at: datetime) -> QuerySet[DutyRow]:
    """The duties this person owes, by office, by side or by appointment, in the cases they may see."""
    office = Q()
    for body, role in user.offices.values_list("body", "role").union(user.mandates.values_list("body", "role")):
        office |= Q(case__rulebook__startswith=f"{body}/", owner=role)
    mine = Q(user=user)
    if user.organisation_id is not None:
        mine |= Q(organisation=user.organisation_id, everybody=True)
    side = Exists(Party.objects.filter(mine, case=OuterRef("case"), role=OuterRef("owner")))
    named = Exists(Assignment.objects.filter(user=user, case=OuterRef("case"), role=OuterRef("owner")))
    wanted = Q(side) | Q(named)
    return still_owed().filter(case__in=visible(user, at)).filter(wanted | office if office else wanted)


def owed_items(user: User, at: datetime) -> list[DueItem]:
    """The duties this person owes, earliest first."""
    return _items(owed(user, at), at)


def owed_now(user: User, at: datetime) -> int:
    """How many of this person's duties are late or due today."""
    return owed(user, at).filter(due__lte=_day_ends(at)).count()


def awaited(user: User, at: datetime) -> list[DueItem]:
    """What others owe in the cases this person is a party of or appointed to, earliest first."""
    mine = Q(parties__user=user) | Q(assignments__user=user)
    if user.organisation_id is not None:
        mine |= Q(parties__organisation=user.organisation_id)
    cases = visible(user, at).filter(pk__in=Case.objects.filter(mine).values("pk"))
    rows = still_owed().filter(case__in=cases).exclude(pk__in=owed(user, at).values("pk"))
    return _items(rows, at)


def my_duties(user: User, at: datetime) -> dict[str, list[DueItem]]:
    """What this person owes: 'late', 'today', 'week', 'later', each by deadline; provisional ones are marked."""
    ends = _day_ends(at)
    groups: dict[str, list[DueItem]] = {"late": [], "today": [], "week": [], "later": []}
    for item in _items(owed(user, at), at):
        due = item.due
        name = "late" if due < at else "today" if due <= ends else "week" if due <= ends + timedelta(7) else "later"
        groups[name].append(item)
    return groups


def still_owed() -> QuerySet[DutyRow]:
    """Duties that run: not met, not past meeting, the case not stayed. With deadlines that only open a door."""
    over: dict[tuple[str, frozenset[str]], list[str]] = {}
    for book in catalogue.in_use():
        for state in book.states:
            over.setdefault((state, landmarks.spent(book, state)), []).append(book.digest)
    past = (Q(case__state=s, deadline__in=names, case__digest__in=d) for (s, names), d in over.items() if names)
    return DutyRow.objects.filter(status__in=("open", "late"), case__stayed=False).exclude(either(past))


def running() -> QuerySet[DutyRow]:
    """Duties that run and can be late: a deadline that only opens a door (a retention period) never is."""
    doors = by_version(landmarks.openers)
    return still_owed().exclude(either(Q(deadline__in=names, case__digest__in=d) for names, d in doors))


def by_version(names: Callable[[Rulebook], frozenset[str]]) -> list[tuple[frozenset[str], list[str]]]:
    """What a landmark names, with the rulebook versions in which it does."""
    found: dict[frozenset[str], list[str]] = {}
    for book in catalogue.in_use():
        if got := names(book):
            found.setdefault(got, []).append(book.digest)
    return list(found.items())


def either(conditions: Iterable[Q | Exists]) -> Q:
    """Any of the conditions; none at all matches nothing."""
    return reduce(or_, (Q(c) for c in conditions), Q(pk__in=()))


def _items(rows: QuerySet[DutyRow], at: datetime) -> list[DueItem]:
    """The duties as a list shows them; an earliest day is a duty only once it is over."""
    items = []
    for row in rows.select_related("case").order_by("due", "id"):
        book = catalogue.kept(row.case.digest).rulebook
        spec = book.deadlines[row.deadline]
        if spec.not_before is None or row.due <= at:
            owner = book.roles[row.owner]
            items.append(DueItem(row.case, spec, owner, row.due, row.provisional))
    return items


def _day_ends(at: datetime) -> datetime:
    return datetime.combine(at.astimezone(TZ).date(), time.max, TZ)


def may_see(book: Rulebook, fact: str, inside: bool) -> bool:
    """Whether a reader may see a fact or list of a case: confidential ones are for the body's own people (S01 8.1)."""
    spec = book.facts.get(fact)
    return inside or spec is None or not spec.confidential


@dataclass(frozen=True, slots=True)
class Told:
    """What one event told: the notice as the reader has it, and every addressee's own one that they may see."""

    notice: Notice
    all: tuple[Notice, ...]


def may_read_notice(notice: Notice, got: Access) -> bool:
    """Whether a notice is this reader's: their role's, or any for the body's own people."""
    return got.inside or notice.role in got.actor.roles


def notices_for(case: Case, got: Access) -> list[Told]:
    """The notices of the case that the reader may see, latest first, one for each event."""
    by_event: dict[int, list[Notice]] = {}
    for notice in case.notices.all():
        if may_read_notice(notice, got):
            by_event.setdefault(notice.seq, []).append(notice)
    return [
        Told(next((n for n in notices if n.role in got.actor.roles), notices[0]), tuple(notices))
        for notices in by_event.values()
    ]
