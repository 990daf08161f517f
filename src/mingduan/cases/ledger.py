"""The books of a body: its journal, what each account stands at, and the cases in which money is still open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum, TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from mingduan.procedure import landmarks
from mingduan.procedure.period import TZ
from mingduan.procedure.rulebook import Account, Action, Rulebook

from . import catalogue
from .models import Case, EventRow, LedgerLine
from .queries import either


@dataclass(frozen=True, slots=True)
class Posting:
    """A line of the journal: when, by which step of which case, which account to which."""

    line: LedgerLine
    at: datetime
    by: str
    action: Action
    debit: Account
    credit: Account


@dataclass(frozen=True, slots=True)
class Standing:
    """An account over a time: what it stood at before, what moved, what it stands at, each on its natural side."""

    name: str
    account: Account
    before: int
    debited: int
    credited: int

    @property
    def balance(self) -> int:
        """What it stands at afterwards."""
        return self.before + _natural(self.account, self.debited - self.credited)


@dataclass(frozen=True, slots=True)
class Open:
    """A case in which money is held or owed: the account and how much."""

    case: Case
    sums: tuple[tuple[Account, int], ...]


def journal(
    cases: QuerySet[Case], since: date | None = None, until: date | None = None, account: str = "", *, newest_first: bool = False
) -> QuerySet[LedgerLine]:  # fmt: skip
    """The lines of these cases between two local days, by time; with `at`, `action` and `by` of their events."""
    lines = LedgerLine.objects.filter(case__in=cases)
    if account:
        lines = lines.filter(Q(debit=account) | Q(credit=account))
    lines = lines.annotate(at=_of_event("at"), action=_of_event("action"), by=_of_event("actor_name"))
    if since:
        lines = lines.filter(at__gte=_written(since))
    if until:
        lines = lines.filter(at__lt=_written(until + timedelta(days=1)))
    return lines.order_by("-at", "-id") if newest_first else lines.order_by("at", "id")


def postings(lines: Iterable[LedgerLine]) -> list[Posting]:
    """Lines of a journal with the words of their rulebooks; their cases must be at hand."""
    made = []
    for line in lines:
        book = catalogue.kept(line.case.digest).rulebook
        at, action, by = (getattr(line, name) for name in ("at", "action", "by"))
        made.append(
            Posting(
                line,
                datetime.fromisoformat(at),
                by,
                book.actions[action],
                book.accounts[line.debit],
                book.accounts[line.credit],
            )
        )
    return made


def standings(cases: QuerySet[Case], since: date | None = None, until: date | None = None) -> list[Standing]:
    """Every account of these cases over the time, in the order the rulebooks name them."""
    earlier = _moved(journal(cases, None, since - timedelta(days=1))) if since else {}
    moved = _moved(journal(cases, since, until))
    accounts: dict[str, Account] = {}
    for book in _books(cases):
        for name, account in book.accounts.items():
            accounts.setdefault(name, account)
    made = []
    for name, account in accounts.items():
        debited, credited = earlier.get(name, (0, 0))
        made.append(Standing(name, account, _natural(account, debited - credited), *moved.get(name, (0, 0))))
    return made


def unsettled(cases: QuerySet[Case]) -> QuerySet[Case]:
    """The cases in which something is held for a party, owed to one, or owed by one, oldest first."""
    names = {n for book in _books(cases) for n in landmarks.settleable(book)}
    open_ = (Q(**{f"balances__{n}__{side}": 0}) for n in names for side in ("lt", "gt"))
    return cases.filter(either(open_)).order_by("opened_at", "id")


def still_open(cases: Iterable[Case]) -> list[Open]:
    """What is open in each of these cases."""
    made = []
    for case in cases:
        book = catalogue.kept(case.digest).rulebook
        sums = tuple(
            (book.accounts[n], _natural(book.accounts[n], case.balances[n]))
            for n in landmarks.settleable(book)
            if case.balances.get(n)
        )
        made.append(Open(case, sums))
    return made


def _of_event(key: str) -> Subquery:
    """A member of the event that a line was booked with."""
    event = EventRow.objects.filter(case=OuterRef("case"), seq=OuterRef("seq"))
    return Subquery(event.values_list(Cast(KeyTextTransform(key, "stored"), TextField()))[:1])


def _moved(lines: QuerySet[LedgerLine]) -> dict[str, tuple[int, int]]:
    """Account → what was debited and what was credited to it."""
    sums: dict[str, list[int]] = {}
    for place, side in enumerate(("debit", "credit")):
        for name, amount in lines.order_by().values_list(side).annotate(Sum("amount")):
            sums.setdefault(name, [0, 0])[place] = amount
    return {name: (debited, credited) for name, (debited, credited) in sums.items()}


def _books(cases: QuerySet[Case]) -> list[Rulebook]:
    return [catalogue.kept(d).rulebook for d in cases.order_by("digest").values_list("digest", flat=True).distinct()]


def _natural(account: Account, raw: int) -> int:
    return raw if account.kind in ("asset", "expense") else -raw


def _written(day: date) -> str:
    """The beginning of a local day as events write instants, to the second."""
    return datetime.combine(day, time(), TZ).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
