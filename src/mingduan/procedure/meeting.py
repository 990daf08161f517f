"""A meeting as a case knows it: when it begins, how long it takes, where it is, and whether it will be.

A meeting is whatever instant an action asks for and a deadline counts back from: no procedure is known by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .case import Case, Event, fold
from .landmarks import meetings
from .rulebook import Rulebook

UNSAID = timedelta(hours=2)  # a diary needs an end also where the rulebook says nothing of how long it takes


@dataclass(frozen=True, slots=True)
class Meeting:
    """One meeting of a case; `off` when the case stands still or can no longer reach any step that fixes it."""

    fact: str
    starts_at: datetime
    ends_at: datetime
    place: str
    off: bool


@dataclass(frozen=True, slots=True)
class Change:
    """What one event did to a meeting."""

    meeting: Meeting
    event: Event


def meeting(book: Rulebook, case: Case, fact: str) -> Meeting | None:
    """The meeting that `fact` fixes, once it is fixed."""
    if not case.facts.get(fact):
        return None
    return told(book, case.facts, fact, off=off(book, case.state, case.stayed, fact))


def told(book: Rulebook, facts: Mapping[str, Any], fact: str, *, off: bool) -> Meeting:
    """The meeting that these facts tell of."""
    starts = datetime.fromisoformat(facts[fact])
    return Meeting(fact, starts, starts + length(book, facts, fact), place(book, facts, fact), off)


def length(book: Rulebook, facts: Mapping[str, Any], fact: str) -> timedelta:
    """How long it takes, as far as these facts say."""
    lasts = book.facts[fact].lasts
    if lasts is None:
        return UNSAID
    return timedelta(minutes=facts.get(lasts) or 0) or UNSAID


def place(book: Rulebook, facts: Mapping[str, Any], fact: str) -> str:
    """The text asked for together with it and said of the same thing: where it is."""
    stem = fact.split(".")[0]
    asked = [n for a in book.actions.values() if fact in a.asks for n in (*a.asks, *a.may_ask)]
    return next((str(facts[n]) for n in asked if n in facts and book.facts[n].type == "text" and n.split(".")[0] == stem), "")  # fmt: skip


def off(book: Rulebook, state: str, stayed: bool, fact: str) -> bool:
    """Whether a meeting to come will not be."""
    return stayed or not book.reachable[state] & callers(book, fact)


def ahead(book: Rulebook, facts: Mapping[str, Any], at: datetime) -> tuple[str, ...]:
    """The meetings that are still to come at `at`, as far as these facts say."""
    return tuple(n for n in meetings(book) if facts.get(n) and at < datetime.fromisoformat(facts[n]))


def callers(book: Rulebook, fact: str) -> frozenset[str]:
    """The actions that fix a meeting."""
    return frozenset(n for n, a in book.actions.items() if fact in a.asks)


def called(book: Rulebook, fact: str) -> frozenset[str]:
    """The roles called to a meeting: those that are told when it is fixed."""
    return frozenset(role for action in callers(book, fact) for role in book.actions[action].tells)


def changed(book: Rulebook, events: Sequence[Event]) -> Change | None:
    """What the last of `events` did to a meeting then still to come: fixed it, moved it, called it off or on again."""
    for fact in meetings(book):
        case = Case()
        known: Meeting | None = None
        latest: Change | None = None
        for event in events:
            case, latest = fold([event], case), None
            now = meeting(book, case, fact)
            if now is None:
                continue
            fixed = fact in event.facts
            if fixed or (known is not None and now != known and event.at < now.starts_at):
                known, latest = now, Change(now, event)
        if latest is not None:
            return latest
    return None
