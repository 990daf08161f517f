"""The board: the cases a person may see, searched, filtered, sorted, each with the duty that comes next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from operator import attrgetter

from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet, Subquery, prefetch_related_objects

from mingduan.people.models import User
from mingduan.procedure import landmarks
from mingduan.procedure.period import TZ
from mingduan.procedure.rulebook import Deadline, Role, Rulebook, State

from . import catalogue
from .access import visible
from .figured import narrowed
from .models import Assignment, Case, DutyRow, EventRow, Party
from .personal import shown_party
from .queries import by_version, either, owed, running

SORTS = {
    "opened": ("opened_at", "id"), "number": ("number",), "title": ("title", "id"), "state": ("state", "id"), "due": ("next_due", "id"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked of the board; an empty member asks nothing.

    `due`: late, week. `waiting`: acceptance, decision, filed (away), anything (not ended), handled (not only entered). `state`: a state's name, or a stage's with
    a dot before it. `sort`: a name of SORTS, with a minus before it for the other way round. `figures`: the cases of
    which figures are made, as `figured.narrowed` takes it.
    """

    text: str = ""
    rulebook: str = ""
    state: str = ""
    grounds: str = ""
    outcome: str = ""
    due: str = ""
    waiting: str = ""
    deadline: str = ""
    handler: int | None = None
    since: date | None = None
    until: date | None = None
    stayed: bool = False
    mine: bool = False
    round: bool = False
    sort: str = "-opened"
    figures: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Next:
    """The earliest duty of a case that still runs: what, by whom, by when."""

    spec: Deadline
    role: Role
    due: datetime
    provisional: bool
    late: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A case as the board shows it."""

    case: Case
    book: Rulebook
    state: State
    parties: tuple[str, ...]
    next: Next | None


def board(user: User, search: Search, at: datetime, seen: QuerySet[Case] | None = None) -> QuerySet[Case]:
    """The cases that `search` asks for among those this person may see, in its order.

    `seen`: those they may see, for whoever asks more than once.
    """
    cases = visible(user, at) if seen is None else seen
    if search.text:
        cases = cases.filter(_mentions(search.text, user))
    if search.rulebook:
        cases = cases.filter(rulebook=search.rulebook)
    if search.state:
        cases = cases.filter(_in_state(search.state))
    for wanted, fact_of in ((search.grounds, landmarks.grounds_fact), (search.outcome, attrgetter("outcome"))):
        if wanted:
            names = {name for book in catalogue.in_use() if (name := fact_of(book))}
            cases = cases.filter(either(Q(**{f"facts__{name}": wanted}) for name in names))
    if search.waiting:
        cases = cases.filter(_waiting(search.waiting))
    if search.due or search.deadline:
        duties = running()
        if search.due == "late":
            duties = duties.filter(due__lt=at)
        elif search.due:
            duties = duties.filter(due__gte=at, due__lte=_week_ends(at))
        if search.deadline:
            duties = duties.filter(deadline=search.deadline)
        # not a correlated EXISTS: SQLite would walk every late duty once for each case
        cases = cases.filter(pk__in=duties.values("case"))
    if search.handler is not None:
        cases = cases.filter(
            Exists(Assignment.objects.filter(case=OuterRef("pk"), user=search.handler))
            | Exists(EventRow.objects.filter(case=OuterRef("pk"), actor=str(search.handler)))
        )
    if search.since:
        cases = cases.filter(opened_at__gte=_starts(search.since))
    if search.until:
        cases = cases.filter(opened_at__lt=_starts(search.until) + timedelta(days=1))
    if search.stayed:
        cases = cases.filter(stayed=True)
    if search.mine:
        cases = cases.filter(_mine(user, at))
    if search.round:
        cases = cases.filter(facts__round__gt=1)
    if search.figures:
        cases = narrowed(cases, search.figures, at)
    return _sorted(cases, search.sort)


def lines(cases: Iterable[Case], at: datetime) -> list[Line]:
    """The rows of a page of the board; a fixed number of queries however many there are."""
    found = list(cases)
    prefetch_related_objects(found, "parties")
    owed = running().filter(case__in=[c.pk for c in found]).order_by("-due", "-deadline")
    soonest = {duty.case_id: duty for duty in owed}
    return [_line(case, soonest.get(case.pk), at) for case in found]


def handlers(user: User) -> QuerySet[User]:
    """Those who may be asked for by name: the officers of the reader's bodies and the experts appointed there."""
    bodies = {body for body, _ in user.posts}
    experts = Assignment.objects.filter(either(Q(case__rulebook__startswith=f"{body}/") for body in bodies)).values(
        "user"
    )
    return User.objects.filter(Q(offices__body__in=bodies) | Q(pk__in=experts)).distinct().order_by("name")


def _line(case: Case, duty: DutyRow | None, at: datetime) -> Line:
    book = catalogue.kept(case.digest).rulebook
    following = None
    if duty is not None:
        spec, owner = book.deadlines[duty.deadline], book.roles[duty.owner]
        following = Next(spec, owner, duty.due, duty.provisional, duty.due < at)
    return Line(case, book, book.states[case.state], tuple(shown_party(p, book) for p in case.parties.all()), following)


def _mentions(text: str, user: User) -> Q:
    """Number, title, a party's name, or the words of the case itself. A natural person is found by a part of the name only by
    whoever sees it anyhow: to the others a part would tell what is masked.
    """
    masked = either(Q(role__in=roles, case__digest__in=d) for roles, d in by_version(lambda b: _masked(b, user)))
    parties = Party.objects.filter(
        (Q(name__icontains=text) & ~(masked & Q(organisation=None))) | Q(name__iexact=text)
    ).values("case")
    names = sorted({name for book in catalogue.in_use() for name in landmarks.searchable(book)})
    words = (Q(**{f"facts__{name}__icontains": text}) for name in names)
    return either([Q(number__icontains=text), Q(title__icontains=text), Q(pk__in=parties), *words])


def _masked(book: Rulebook, user: User) -> frozenset[str]:
    """The roles of natural persons whose names this person sees masked unless they say why, or at times."""
    body = book.id.split("/")[0]
    held = {role for at, role in user.posts if at == body}
    rules = [r for r in book.shows_personal if held & set(r.to) and not r.reasoned and not r.during]
    return frozenset(
        n for n, role in book.roles.items()
        if role.personal and not any(not r.facts or role.named in r.facts for r in rules)
    )  # fmt: skip


def _in_state(state: str) -> Q:
    if not state.startswith("."):
        return Q(state=state)
    stage = state[1:]
    return either(
        Q(state__in=states, digest__in=digests)
        for states, digests in by_version(lambda b: frozenset(n for n, s in b.states.items() if s.stage == stage))
    )


def _waiting(kind: str) -> Q:
    which = {
        "acceptance": landmarks.waits_for_acceptance, "decision": landmarks.waits_for_decision, "filed": landmarks.filed_away,
        "anything": landmarks.running, "handled": landmarks.handled,
    }.get(kind)  # fmt: skip
    return either(Q(state__in=s, digest__in=d) for s, d in by_version(which)) if which else Q()


def _mine(user: User, at: datetime) -> Q:
    """I am a party or appointed, or owe something in it."""
    sides = Q(user=user)
    if user.organisation_id is not None:
        sides |= Q(organisation=user.organisation_id)
    return either([
        Q(pk__in=Party.objects.filter(sides).values("case")),
        Q(pk__in=Assignment.objects.filter(user=user).values("case")),
        Q(pk__in=owed(user, at).values("case")),
    ])  # fmt: skip


def _sorted(cases: QuerySet[Case], sort: str) -> QuerySet[Case]:
    name, down = sort.lstrip("-"), sort.startswith("-")
    fields = SORTS.get(name, SORTS["opened"])
    if name == "due":
        soonest = (
            running().filter(case=OuterRef("pk")).order_by().values("case").annotate(first=Min("due")).values("first")
        )
        cases = cases.annotate(next_due=Subquery(soonest))
    return cases.order_by(*(F(f).desc(nulls_last=True) if down else F(f).asc(nulls_last=True) for f in fields))


def _starts(day: date) -> datetime:
    return datetime.combine(day, time(), TZ)


def _week_ends(at: datetime) -> datetime:
    """The end of this week's Sunday."""
    today = at.astimezone(TZ).date()
    return _starts(today + timedelta(days=7 - today.weekday())) - timedelta(microseconds=1)
