"""Events told as TMF621 has them: what happened in a case, by the kinds that the descriptions know, with the ticket as it was then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings

from mingduan.cases import catalogue
from mingduan.cases.access import access, log_reading
from mingduan.cases.act import events_of
from mingduan.cases.models import EventRow, Reading
from mingduan.cases.visible import visible_event

from ..events import SHAPES, Message, Shape
from ..models import Hook
from .calls import BASE
from .described import Version
from .query import conditions
from .tickets import MEMBERS, Seen, render, stamp, status_of

KINDS = ("Create", "AttributeValueChange", "StatusChange", "Delete", "Resolved", "InformationRequired")
_CHANGES = ("facts", "entry", "appointed", "released", "engaged", "vacated", "link")


def name(kind: str) -> str:
    """The type of an event of this kind."""
    return f"TroubleTicket{kind}Event"


def kinds(row: EventRow) -> tuple[str, ...]:
    """What an event of a case is for its ticket; nothing where its procedure offers none."""
    book = catalogue.kept(row.case.digest).rulebook
    if book.ticket is None or "action" not in row.stored:
        return ()
    if row.seq == 1:
        return ("Create",)
    before, after = _status(row, row.seq - 1), _status(row, row.seq)
    action = row.stored["action"]
    found = [
        ("AttributeValueChange", any(row.stored.get(part) for part in _CHANGES)),
        ("StatusChange", before != after),
        ("Resolved", before != after == "resolved"),
        ("InformationRequired", action in book.ticket.asks),
        ("Delete", action == book.ticket.withdraw),
    ]
    return tuple(kind for kind, so in found if so)


def _status(row: EventRow, length: int) -> str:
    """The status after the first `length` events."""
    state, stayed = "", False
    for event in events_of(row.case)[:length]:
        state, stayed = event.state or state, event.stay == "begin" if event.stay else stayed
    return status_of(catalogue.kept(row.case.digest).rulebook, state, stayed) if state else ""


def _wanted(hook: Hook, row: EventRow) -> Sequence[str]:
    wanted = set(hook.types) or {name(kind) for kind in KINDS}
    return [kind for kind in kinds(row) if name(kind) in wanted]


def _message(version: Version, hook: Hook, row: EventRow, kind: str, at: datetime) -> Message | None:
    """The message, with the ticket as the hook's owner may see it; None when nothing of it is theirs to see."""
    case, got = row.case, access(hook.user, row.case, at)
    if not got.reads or visible_event(row.body, catalogue.kept(case.digest).rulebook, got.inside) is None:
        return None
    seen = Seen(case, got, version, "zh", [e for e in events_of(case) if e.seq <= row.seq])
    ticket = render(seen)
    if not all(c.holds(ticket) for c in conditions(hook.query, frozenset(MEMBERS[version]))):
        return None
    log_reading(case, got.actor, at, Reading.What.DATA, f"{hook.url} {seen.view.log}".strip())
    kept = f"{case.number}#{row.seq}:{kind}"
    happened = stamp(seen.events[-1].at)
    occurred = "timeOcurred" if version == "v4" else "timeOccurred"  # version 4 has it spelt so
    told: dict[str, Any] = {
        "@type": name(kind), "eventId": kept, "eventTime": happened, "eventType": name(kind), occurred: happened, "correlationId": case.number,
        "domain": "troubleTicket", "title": seen.book.actions[row.stored["action"]].zh, "event": {"troubleTicket": ticket},
    }  # fmt: skip
    if version == "v5":
        told["reportingSystem"] = {
            "@type": "EntityRef",
            "id": settings.PUBLIC_URL,
            "href": f"{settings.PUBLIC_URL}{BASE}/v5",
        }
    return Message(kept, name(kind), "application/json", told)


def shape(version: Version) -> str:
    """The shape of the hooks that a version's hub makes."""
    return f"tmf621-{version}"


SHAPES[shape("v4")] = Shape(_wanted, partial(_message, "v4"))
SHAPES[shape("v5")] = Shape(_wanted, partial(_message, "v5"))
