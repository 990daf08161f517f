"""The life of a certificate as pure values: what each change of the register makes of the certificates it touches.

The stored register and the proof of it both come from `apply`: the one incrementally, the other from all events.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Protocol

from mingduan.procedure.period import TZ

IN_FORCE = frozenset({"valid", "suspended"})


@dataclass(frozen=True, slots=True)
class Source:
    """The entry of a case that a change comes from; `Source("", 0)` is the passing of time."""

    case: str
    seq: int

    @classmethod
    def parse(cls, written: str) -> Source | None:
        """The entry written as 'CASE#7'; None when it is not one.

        Examples:
            >>> Source.parse("CACE-ZT-2026-0001#7")
            Source(case='CACE-ZT-2026-0001', seq=7)
            >>> Source.parse("nothing") is None
            True
        """
        case, _, seq = written.rpartition("#")
        return cls(case, int(seq)) if case and seq.isascii() and seq.isdecimal() and len(seq) < 9 else None


TIME = Source("", 0)


@dataclass(frozen=True, slots=True)
class Why:
    """Why a standing is what it is, in Chinese and, where the rulebook says it so, in English."""

    zh: str
    english: str = ""

    @property
    def en(self) -> str:
        """In English; in Chinese where there is no English."""
        return self.english or self.zh


ENDED = Why("有效期届满", "Its validity ended")


@dataclass(frozen=True, slots=True)
class Span:
    """What a certificate was from an instant on, until the next."""

    status: str
    since: datetime
    until: datetime | None
    name: str
    address: str
    scope: str
    reason: Why
    source: Source


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What one surveillance came to (S10 3.2(8))."""

    text: str
    approved_on: date
    source: Source


@dataclass(frozen=True, slots=True)
class Held:
    """A certificate with its whole history."""

    number: str
    holder: int
    specialty: str
    grade: str
    renewals: int
    issued_on: date
    valid_until: date
    next_surveillance_on: date | None
    auditing_body: str
    evaluating_body: str
    approving_body: str
    replaces: str
    source: Source
    spans: tuple[Span, ...]
    conclusions: tuple[Conclusion, ...] = ()

    @property
    def present(self) -> Span:
        """What it is now, as far as the register has been written."""
        return self.spans[-1]

    @property
    def in_force(self) -> bool:
        """Whether it is valid or suspended."""
        return self.present.status in IN_FORCE

    @property
    def ends(self) -> datetime:
        """The first instant after its validity: the midnight after its last day."""
        return _midnight(self.valid_until + timedelta(days=1))

    def at(self, instant: datetime) -> Span | None:
        """What it was at `instant`; None before it was issued. Expiry counts from its instant, written down or not."""
        known = expired(self, instant)
        return next((s for s in known.spans if s.since <= instant and (s.until is None or instant < s.until)), None)


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the register as an event tells it, with the parties it names resolved."""

    effect: str
    values: Mapping[str, Any]
    at: datetime
    source: Source
    holder: int | None = None
    auditing_body: str = ""

    def text(self, name: str, default: str = "") -> str:
        """A text of it, or `default` where it says nothing."""
        return str(self.values.get(name, default))

    @property
    def why(self) -> Why:
        """Its reason."""
        return Why(self.text("reason"), self.text("reason_en"))

    def day(self, name: str, default: date | None = None) -> date | None:
        """A day of it, or `default` where it says nothing."""
        return date.fromisoformat(self.values[name]) if name in self.values else default

    def must(self, name: str) -> date:
        """A day it can't be without. Raises KeyError."""
        return date.fromisoformat(self.values[name])


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), TZ).astimezone(UTC)


class Shelf(Protocol):
    """Where certificates are looked up."""

    def get(self, number: str) -> Held | None:
        """The certificate of that number."""

    def touched(self, source: Source) -> Sequence[Held]:
        """The certificates whose standing that entry changed."""

    def rivals(self, holder: int, specialty: str) -> Sequence[Held]:
        """The holder's certificates in force in a specialty."""


def expired(held: Held, at: datetime) -> Held:
    """The certificate at `at`: expired from the instant its validity ended, if it was in force until then."""
    if not held.in_force or at < held.ends:
        return held
    return _turn(held, "expired", max(held.ends, held.present.since), ENDED, TIME)


def apply(shelf: Shelf, change: Change) -> tuple[Held, ...]:
    """The certificates that `change` makes or changes, as they are after it; those that leave force come first."""
    effect = change.effect
    if effect == "issue":
        made = _issued(change, change.text("number"), None)
        over = [e for r in shelf.rivals(made.holder, made.specialty) if (e := expired(r, change.at)) is not r]
        return (*over, made)
    if effect == "transfer":
        return (_transferred(change),)
    if effect in ("hold", "restore"):
        return _undone(shelf, change)
    if effect == "reapply":
        return _redone(shelf, change)
    if effect == "announce":
        return ()
    old = shelf.get(change.text("replaces") or change.text("number"))
    if old is None:
        return ()
    old = expired(old, change.at)
    if effect == "replace":
        return _turned(old, "replaced", change), _issued(change, change.text("number"), old)
    if effect == "amend":
        present = old.present
        changed = _turn(
            old, present.status, change.at, change.why, change.source,
            name=change.text("name") or present.name, address=change.text("address") or present.address,
            scope=change.text("scope") or present.scope,
        )  # fmt: skip
        return (changed,)
    if effect == "maintain":
        said = Conclusion(change.text("conclusion"), change.must("approved_on"), change.source)
        following = day if (day := change.must("next_surveillance_on")) < old.valid_until else None
        return (replace(old, next_surveillance_on=following, conclusions=(*old.conclusions, said)),)
    status = {"suspend": "suspended", "lift": "valid", "withdraw": "withdrawn", "cancel": "cancelled"}[effect]
    turned = _turned(old, status, change)
    if (following := change.day("next_surveillance_on")) is not None:
        turned = replace(turned, next_surveillance_on=following if following < old.valid_until else None)
    return (turned,)


def _issued(change: Change, number: str, old: Held | None) -> Held:
    """A new certificate; what it says nothing of it takes from the one it replaces."""
    issued, following = change.must("issued_on"), change.day("next_surveillance_on")
    if old is None:
        if change.holder is None:
            raise ValueError(f"no organisation is there to hold {number}")
        made = Held(
            number, change.holder, change.text("specialty").upper(), change.text("grade").upper(), int(change.values.get("renewals", 0)),
            issued, change.must("valid_until"), following, change.auditing_body, change.text("evaluating_body"), change.text("approving_body"),
            "", change.source, (),
        )  # fmt: skip
        name, address, scope = change.text("name"), change.text("address"), change.text("scope")
    else:
        made = replace(
            old, number=number, grade=change.text("grade").upper(), renewals=int(change.values.get("renewals", old.renewals)),
            issued_on=issued, valid_until=change.day("valid_until") or old.valid_until, next_surveillance_on=following or old.next_surveillance_on,
            auditing_body=change.auditing_body or old.auditing_body, replaces=old.number, source=change.source, spans=(), conclusions=(),
        )  # fmt: skip
        name, address, scope = old.present.name, old.present.address, old.present.scope
    span = Span("valid", change.at, None, name, address, scope, change.why, change.source)
    return replace(made, spans=(span,))


def _transferred(change: Change) -> Held:
    """A certificate issued before the register was kept here: valid from its issue, and what it is since it became that."""
    if change.holder is None:
        raise ValueError(f"no organisation is there to hold {change.text('number')}")
    issued, until = change.must("issued_on"), change.must("valid_until")
    following = day if (day := change.must("next_surveillance_on")) < until else None
    begun = Span(
        "valid", _midnight(issued), None, change.text("name"), change.text("address"), change.text("scope"), change.why, change.source
    )  # fmt: skip
    held = Held(
        change.text("number"), change.holder, change.text("specialty").upper(), change.text("grade").upper(), int(change.values.get("renewals", 0)),
        issued, until, following, change.text("auditing_body"), change.text("evaluating_body"), change.text("approving_body"),
        "", change.source, (begun,),
    )  # fmt: skip
    if (status := change.text("status")) not in ("valid", "expired"):
        held = _turn(held, status, _midnight(change.must("since")), change.why, change.source)
    return expired(held, change.at)


def _undone(shelf: Shelf, change: Change) -> tuple[Held, ...]:
    """The standing before the contested decision, for those that still stand as it left them.

    A certificate it issued is annulled, whatever has become of it since; an earlier one comes back.
    """
    contested = Source.parse(change.text("entry"))
    made = []
    for held in _touched(shelf, contested, change.at):
        if held.present.source == TIME:
            made.append((held, held))
        elif held.source == contested and held.in_force:
            made.append((held, _turned(held, "annulled", change)))
        elif held.source != contested and held.present.source == contested:
            place = next(i for i, s in enumerate(held.spans) if s.source == contested)
            made.append((held, _as(held, held.spans[place - 1], change)))
    return _settled(shelf, made, change.at)


def _redone(shelf: Shelf, change: Change) -> tuple[Held, ...]:
    """What the contested decision had made of those that its own case's hold has taken it from.

    What stands again is that decision, or what had followed from it: a later round may still undo it.
    """
    contested = Source.parse(change.text("entry"))
    made = []
    for held in _touched(shelf, contested, change.at):
        decided = next(s for s in held.spans if s.source == contested)
        if held.present.source.case == change.source.case:
            before = held.spans[-2]
            made.append((held, _as(held, before, change, before.source)))
        elif held.in_force and any(s.source.case == change.source.case for s in held.spans):
            made.append((held, _as(held, replace(held.present, status=decided.status), change, contested)))
    return _settled(shelf, made, change.at)


def _touched(shelf: Shelf, contested: Source | None, at: datetime) -> list[Held]:
    return [expired(held, at) for held in shelf.touched(contested)] if contested else []


def _settled(shelf: Shelf, made: Sequence[tuple[Held, Held]], at: datetime) -> tuple[Held, ...]:
    """Each certificate as it was and shall be: one that comes back into force gives way to another that is in force.

    Those that leave force come first, so that there are never two.
    """
    after = {held.number: held for _, held in made}
    for was, held in made:
        if held.in_force and not was.in_force:
            rivals = {r.number: expired(r, at) for r in shelf.rivals(held.holder, held.specialty)} | after
            if any(r.in_force for number, r in rivals.items() if number != held.number):
                given_way = replace(held.present, status="replaced")
                after[held.number] = replace(held, spans=(*held.spans[:-1], given_way))
    return tuple(sorted(after.values(), key=lambda held: held.in_force))


def _as(held: Held, span: Span, change: Change, source: Source | None = None) -> Held:
    """The certificate as it was in `span`, from the change on."""
    back = _turn(
        held, span.status, change.at, change.why, source or change.source,
        name=span.name, address=span.address, scope=span.scope,
    )  # fmt: skip
    return expired(back, change.at)


def _turned(held: Held, status: str, change: Change) -> Held:
    return _turn(held, status, change.at, change.why, change.source)


def _turn(
    held: Held, status: str, at: datetime, reason: Why, source: Source,
    *, name: str | None = None, address: str | None = None, scope: str | None = None,
) -> Held:  # fmt: skip
    """The certificate with its present span closed and a new one begun; never before the present one began."""
    present = held.present
    since = max(at, present.since)
    span = Span(
        status, since, None, present.name if name is None else name, present.address if address is None else address,
        present.scope if scope is None else scope, reason, source,
    )  # fmt: skip
    return replace(held, spans=(*held.spans[:-1], replace(present, until=since), span))
