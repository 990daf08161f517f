"""The tickets a person may see that a query asks for. What the store can tell it is asked; the rest is read off the tickets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet, prefetch_related_objects
from django.utils.translation import get_language

from mingduan.cases import catalogue
from mingduan.cases.access import access, log_listing, log_reading, visible
from mingduan.cases.models import Case, Reading
from mingduan.cases.queries import by_version, either
from mingduan.config import clock
from mingduan.people.interests import TIES
from mingduan.people.models import User

from .calls import Call
from .errors import TmfError, conflict
from .query import Condition, Query, instant, ordered
from .tickets import MEMBERS, Seen, render, see

# What only one member is told from, so that a search through all tickets reads it only when that member is asked about.
_BESIDE = {"links": "troubleTicketRelationship", "duties": "expectedResolutionDate"}
ALWAYS = frozenset({"id", "href", "@type"})
MOST_READ = 5000  # as many tickets are read for one list; more are refused, and what would find fewer is told
_ORDERS = {"id": "number", "creationDate": "opened_at", "lastUpdate": "changed_at"}


def language() -> str:
    """The reader's language."""
    return "en" if (get_language() or "").startswith("en") else "zh"


def tickets(user: User) -> QuerySet[Case]:
    """The cases that this person may see and that are offered as tickets, in the order they were opened."""
    offered = [book.digest for book in catalogue.in_use() if book.ticket is not None]
    found = visible(user, clock.now()).filter(digest__in=offered)
    return found.order_by("pk").select_related("key").prefetch_related("parties", "assignments", "events")


def find(call: Call, number: str, *, note: bool = True) -> Seen:
    """The ticket with this id as the caller sees it, its reading noted. What they may not see does not exist."""
    now = clock.now()
    case = tickets(call.user).filter(number=number).first()
    got = access(call.user, case, now) if case is not None else None
    if case is None or got is None or not got.reads:
        raise TmfError("not-found")
    seen = see(case, got, call.version, language(), call.request.build_absolute_uri("/").rstrip("/"))
    if note:
        log_reading(case, got.actor, now, Reading.What.DATA, f"{call.request.path} {seen.view.log}".strip())
    return seen


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a list: its tickets as told, the places they have in it, and how long all of it is."""

    items: list[dict[str, Any]]
    places: range
    total: int


def page(call: Call, query: Query) -> Page:
    """The part of the list that was asked for."""
    prefetch_related_objects(
        [call.user], "offices", "mandates", *TIES
    )  # what bars a reader is asked once, not for each ticket
    asked = tickets(call.user)
    narrowed = [_narrowed(condition) for condition in query.conditions]
    for wanted in narrowed:
        asked = asked if wanted is None else asked.filter(wanted)
    if not query.paths and None not in narrowed and all(name in _ORDERS for name, _ in query.sort):
        order = [f"{'-' if down else ''}{_ORDERS[name]}" for name, down in query.sort]
        total = asked.count()
        places = query.window(total)
        seen = [s for case in asked.order_by(*order, "pk")[places.start : places.stop] if (s := _seen(call, case))]
    else:
        for condition in query.conditions:
            asked = asked if (likely := _likely(condition)) is None else asked.filter(likely)
        _few_enough(asked)
        kept = list(_kept(call, query, asked))
        rows = ordered(kept, query.sort, lambda row: row[1])
        total = len(rows)
        places = query.window(total)
        seen = [row[0] for row in rows[places.start : places.stop]]
    prefetch_related_objects([one.case for one in seen], *_BESIDE)
    for log in {one.view.log for one in seen}:
        shown_so = [(one.case, one.got.actor) for one in seen if one.view.log == log]
        log_listing(shown_so, clock.now(), Reading.What.DATA, f"{call.request.path} {log}".strip())
    shown = None if query.fields is None else query.fields | ALWAYS
    return Page([render(one, shown) for one in seen], places, total)


def _few_enough(asked: QuerySet[Case]) -> None:
    """Refuse a list for which too many tickets would have to be read one by one."""
    if asked.order_by()[: MOST_READ + 1].count() > MOST_READ:
        raise conflict(
            f"这样筛选或排序须逐件读取{MOST_READ}件以上的工单：请再用 id、status、ticketType、creationDate、lastUpdate 或 externalId 缩小范围",
            f"More than {MOST_READ} tickets would have to be read one by one for this: narrow it by `id`, `status`, `ticketType`, `creationDate`, `lastUpdate` or `externalId` as well",
        )


def _kept(call: Call, query: Query, asked: QuerySet[Case]) -> Iterator[tuple[Seen, Mapping[str, Any]]]:
    beside = [relation for relation, member in _BESIDE.items() if query.looked_at is None or member in query.looked_at]
    for case in asked.prefetch_related(*beside).iterator(chunk_size=500):
        if (seen := _seen(call, case)) is not None:
            told = render(seen, query.looked_at)
            if query.keeps(told):
                yield seen, told


def _seen(call: Call, case: Case) -> Seen | None:
    got = access(call.user, case, clock.now())
    return see(case, got, call.version, language(), call.request.build_absolute_uri("/").rstrip("/")) if got.reads else None  # fmt: skip


def _narrowed(condition: Condition) -> Q | None:
    """The condition as the store asks it, where the store can; it means the same there."""
    if condition.path == ("status",):
        return _status(condition)
    if condition.path in _DATES:
        return _dated(_DATES[condition.path], condition)
    if condition.path in _NAMES and condition.operator in ("eq", "ne"):
        found = Q(**{f"{_NAMES[condition.path]}__in": condition.values})
        return ~found if condition.operator == "ne" else found
    return None


def _likely(condition: Condition) -> Q | None:
    """What is so of every ticket the condition keeps, as far as the store can tell: only those are read. None for nothing.

    A member told from texts and choices equals a value where one of its facts does; what a ticket concerns names it. What a
    reader has masked may be asked for as they see it, so nothing is said of that.
    """
    if condition.operator != "eq" or any(instant(v) or "*" in v or not v.strip() for v in condition.values):
        return None
    if (member := _SAYS.get(condition.path)) is None:
        return None

    found = []
    for book in catalogue.in_use():
        told: Mapping[str, tuple[str, ...]] = book.ticket.told if book.ticket else {}  # type: ignore[assignment]  # its keys are members
        lookups = [(name, how, value) for name in told.get(member, ()) for how, value in _lookups(member, condition)]
        found.append(Q(digest=book.digest) & either(Q(**{f"facts__{n}__{how}": value}) for n, how, value in lookups))
    return either(found)


def _lookups(member: str, condition: Condition) -> Iterator[tuple[str, Any]]:
    if member == "relatedEntity":
        yield from (("icontains", value) for value in condition.values)
    else:
        yield "in", list(condition.values)


_SAYS: Mapping[tuple[str, ...], str] = {
    ("externalId",): "externalId", ("externalIdentifier", "id"): "externalId", ("severity",): "severity", ("priority",): "priority",
    ("channel", "id"): "channel",
    **{("relatedEntity", *path): "relatedEntity" for part in ("role", "id", "name", "@referredType") for path in ((part,), ("entity", part))},
}  # fmt: skip
_NAMES: Mapping[tuple[str, ...], str] = {("id",): "number", ("ticketType",): "rulebook"}
_DATES: Mapping[tuple[str, ...], str] = {("creationDate",): "opened_at", ("lastUpdate",): "changed_at"}


def _dated(field: str, condition: Condition) -> Q:
    instants = [at for value in condition.values if (at := instant(value))]
    lookup = {"eq": "exact", "ne": "exact"}.get(condition.operator, condition.operator)
    found = either(Q(**{f"{field}__{lookup}": at}) for at in instants)
    return ~found if condition.operator == "ne" else found


def _status(condition: Condition) -> Q:
    """Cases in the states that have one of these statuses; a case that is stayed is held."""

    def holds(status: str | None) -> bool:
        return status is not None and condition.holds({"status": status})

    running = by_version(lambda b: frozenset(n for n, s in b.states.items() if holds(s.ticket)))
    found = [Q(state__in=states, digest__in=digests, stayed=False) for states, digests in running]
    return either([*found, Q(stayed=True)] if holds("held") else found)


def members(call: Call) -> frozenset[str]:
    """The names of a ticket's members in this version."""
    return frozenset(MEMBERS[call.version])
