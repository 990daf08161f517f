"""A case as one reader may see it, told as a trouble ticket: each member of the ticket by itself, so that none is made in vain."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from django.conf import settings

from mingduan.cases import catalogue
from mingduan.cases.access import Access
from mingduan.cases.act import events_of
from mingduan.cases.models import Case
from mingduan.cases.personal import Veil, veil
from mingduan.cases.queries import may_see
from mingduan.cases.visible import visible_papers
from mingduan.procedure import case as pure
from mingduan.procedure.case import DutyStatus, Event, fold
from mingduan.procedure.engine import Engine
from mingduan.procedure.rulebook import Fact, Rulebook
from mingduan.procedure.ticket import told_in
from mingduan.procedure.uses import Ticket

from .calls import address
from .concerns import concerns
from .described import Version

SEPARATOR = "\n"
_OVER = (DutyStatus.WAIVED.value,)
_KINDS = {"bool": "Boolean", "integer": "Integer", "money": "Integer"}


@dataclass(frozen=True)
class Seen:
    """A case under a rulebook that offers tickets, as it was after `events`, for one reader."""

    case: Case
    got: Access
    version: Version
    lang: str
    events: Sequence[Event]
    origin: str = field(default_factory=lambda: str(settings.PUBLIC_URL))

    @cached_property
    def engine(self) -> Engine:
        """The engine of the version that the case began under."""
        return catalogue.kept(self.case.digest)

    @property
    def book(self) -> Rulebook:
        """Its rulebook."""
        return self.engine.rulebook

    @cached_property
    def ticket(self) -> Ticket:
        """How the rulebook has it told."""
        assert self.book.ticket is not None  # noqa: S101  only such cases are tickets
        return self.book.ticket

    @cached_property
    def state(self) -> pure.Case:
        """The case as its events leave it."""
        return fold(self.events)

    @cached_property
    def view(self) -> Veil:
        """What of its personal data this reader has as it is."""
        return veil(self.case, self.got, self.events)

    def fact(self, name: str) -> Any:
        """A fact as this reader may know it, or None."""
        value = self.state.facts.get(name)
        return None if value in ("", [], {}) or not may_see(self.book, name, self.got.inside) else value

    def told(self, member: str) -> tuple[Fact, Any] | None:
        """The first known fact that tells a member, with its value."""
        named: Mapping[str, tuple[str, ...]] = self.ticket.told  # type: ignore[assignment]  # its keys are members
        for name in named.get(member, ()):
            if (value := self.fact(name)) is not None:
                return self.book.facts[name], value
        return None

    def href(self, resource: str, name: str) -> str:
        """The absolute address of a resource of this version."""
        return self.origin + address(self.version, resource, name)


def see(case: Case, got: Access, version: Version, lang: str, origin: str = "") -> Seen:
    """The case as it is now."""
    return Seen(case, got, version, lang, events_of(case), **({"origin": origin} if origin else {}))


def status_of(book: Rulebook, state: str, stayed: bool = False) -> str:
    """The status of a ticket in a state of its case; a case that is stayed is held."""
    return "held" if stayed else book.states[state].ticket or ""


def render(seen: Seen, wanted: Iterable[str] | None = None) -> dict[str, Any]:
    """The ticket: all that is known of it, or of what is wanted."""
    members = MEMBERS[seen.version]
    names = list(members) if wanted is None else [n for n in members if n in set(wanted)]
    found = {name: members[name](seen) for name in names}
    return {name: seen.view(value) for name, value in found.items() if value not in (None, [], "")}


def stamp(at: datetime) -> str:
    """An instant as RFC 3339 has it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _text(member: str) -> Callable[[Seen], str | None]:
    def tell(seen: Seen) -> str | None:
        found = seen.told(member)
        return str(found[1]) if found else None

    return tell


def _wanted(seen: Seen) -> str | None:
    """When the sender wants it resolved."""
    written = _text("requestedResolutionDate")(seen)
    return stamp(datetime.fromisoformat(written)) if written else None


def _name(seen: Seen) -> str:
    return _text("name")(seen) or seen.case.title


def _channel(seen: Seen) -> dict[str, Any] | None:
    found = seen.told("channel")
    if found is None:
        return None
    fact, value = found
    choice = fact.choices.get(value)
    return {**_type(seen, "ChannelRef"), "id": str(value), "name": choice.text.in_(seen.lang) if choice else str(value)}


def _status(seen: Seen) -> str:
    return status_of(seen.book, seen.state.state or seen.case.state, seen.state.stayed)


def _changes(seen: Seen) -> Iterator[tuple[str, datetime, str]]:
    """Each change of the status, when, and why."""
    state, stayed, last = "", False, ""
    for event in seen.events:
        state, stayed = event.state or state, event.stay == "begin" if event.stay else stayed
        status = status_of(seen.book, state, stayed) if state else last
        if status != last:
            why = event.why or seen.book.actions[event.action].text
            yield status, event.at, why.in_(seen.lang)
            last = status


def _history(seen: Seen) -> list[dict[str, Any]]:
    if seen.version == "v4":
        return [{"status": s, "changeDate": stamp(at), "changeReason": why} for s, at, why in _changes(seen)]
    return [
        {"@type": "StatusChange", "status": s, "statusChangeDate": stamp(at), "statusChangeReason": why}
        for s, at, why in _changes(seen)
    ]


def _changed(seen: Seen) -> str | None:
    return next((stamp(at) for _, at, _ in reversed(list(_changes(seen)))), None)


def _change_reason(seen: Seen) -> str | None:
    return next((why for _, _, why in reversed(list(_changes(seen)))), None)


def _resolved(seen: Seen) -> str | None:
    """When it was resolved, while it is resolved or closed."""
    if _status(seen) not in ("resolved", "closed"):
        return None
    return next((stamp(at) for status, at, _ in reversed(list(_changes(seen))) if status == "resolved"), None)


def _expected(seen: Seen) -> str | None:
    wanted = seen.ticket.due
    due = [d.due for d in seen.case.duties.all() if d.deadline in wanted and d.status not in _OVER]
    return stamp(max(due)) if due else None


def _created(seen: Seen) -> str:
    return stamp(seen.case.opened_at)


def _updated(seen: Seen) -> str:
    return stamp(seen.events[-1].at if seen.events else seen.case.changed_at)


def _notes(seen: Seen) -> list[dict[str, Any]]:
    found = []
    for event in seen.events:
        if texts := list(_noted(seen, event)):
            found.append({
                **_type(seen, "Note"), "id": str(event.seq), "author": event.actor_name, "date": stamp(event.at),
                "text": SEPARATOR.join(texts),
            })  # fmt: skip
    return found


def _noted(seen: Seen, event: Event) -> Iterator[str]:
    """The words of an event that are told as a note, as far as this reader may see them."""
    for note in seen.ticket.notes:
        records, name, _ = told_in(seen.book, note)
        if not may_see(seen.book, records or name, seen.got.inside):
            continue
        given = event.entry.values if event.entry is not None and event.entry.records == records else {}
        value = given.get(name) if records else event.facts.get(name)
        if isinstance(value, str) and value.strip():
            yield value


def _attachments(seen: Seen) -> list[dict[str, Any]]:
    """The files this reader may open, then the addresses that were sent; nothing is fetched from those."""
    found = {}
    for paper in visible_papers(seen.state.facts, seen.book, seen.got.inside):
        url = f"{seen.origin}/api/cases/{seen.case.number}/files/{paper['sha256']}"
        kind = str(paper.get("media_type", "application/octet-stream"))
        found[paper["sha256"]] = {
            **_type(seen, "Attachment"), "id": paper["sha256"], "href": url, "url": url, "name": paper["name"], "mimeType": kind,
            "attachmentType": "picture" if kind.startswith("image/") else "document",
            "size": {"amount": paper.get("size", 0), "units": "byte"},
        }  # fmt: skip
    links = seen.told("links")
    sent = [line for line in str(links[1]).split(SEPARATOR) if line] if links else []
    return [*found.values(), *({**_type(seen, "Attachment"), "name": url, "url": url} for url in sent)]


def _parties(seen: Seen) -> list[dict[str, Any]]:
    """Who takes part: the parties, and those appointed, as the page of the case shows them."""
    roles = seen.book.roles
    found = []
    for party in seen.case.parties.all():
        kind = "Organization" if party.organisation_id else "Individual"
        name = str(party.organisation_id or party.user_id or f"party-{party.pk}")
        found.append((party.role, name, party.name, kind))
    engaged = {role for role, *_ in found}
    for role, people in seen.state.assigned.items():
        if role in roles and role not in engaged:
            found += [(role, str(p["id"]), str(p["name"]), "Individual") for p in people]
    if seen.version == "v4":
        return [{"id": i, "name": n, "role": r, "@referredType": k} for r, i, n, k in found]
    return [
        {"@type": "RelatedPartyRefOrPartyRoleRef", "role": r,
         "partyOrPartyRole": {"@type": "PartyRef", "id": i, "name": n, "@referredType": k}}
        for r, i, n, k in found
    ]  # fmt: skip


def _entities(seen: Seen) -> list[dict[str, Any]]:
    found = seen.told("relatedEntity")
    if found is None:
        return []
    said = [c.shown() for c in concerns(str(found[1]))]
    if seen.version == "v4":
        return said
    return [
        {"@type": "RelatedEntity", "role": e.pop("role"), "entity": {"@type": "EntityRef", **e}} for e in said
    ]  # fmt: skip


def _relations(seen: Seen) -> list[dict[str, Any]]:
    """The cases it is linked to, by number; whether the reader may open them is asked when they do."""
    return [
        {**_type(seen, "TroubleTicketRelationship"), "id": link.number, "href": seen.href("troubleTicket", link.number),
         "relationshipType": link.relation}
        for link in seen.case.links.all()
    ]  # fmt: skip


def _external(seen: Seen) -> list[dict[str, Any]]:
    found = _text("externalId")(seen)
    return [{"@type": "ExternalIdentifier", "id": found}] if found else []


def _specification(seen: Seen) -> dict[str, Any]:
    book = seen.book
    return {
        "@type": "TroubleTicketSpecificationRef", "id": book.id, "href": seen.href("troubleTicketSpecification", book.id),
        "name": book.title.in_(seen.lang), "version": book.version,
    }  # fmt: skip


def _characteristics(seen: Seen) -> list[dict[str, Any]]:
    """Every other fact that this reader may know, by its name in the rulebook."""
    plain = ((n, f, seen.fact(n)) for n, f in seen.book.facts.items() if f.type not in ("records", "files", "person", "people", "organisation"))  # fmt: skip
    found = []
    for name, fact, value in plain:
        if value is not None:
            kind = _KINDS.get(fact.type, "String")
            found.append({"@type": f"{kind}Characteristic", "name": name, "valueType": kind.lower(), "value": value})
    return found


def _type(seen: Seen, name: str) -> dict[str, str]:
    return {"@type": name}


def _constant(value: str) -> Callable[[Seen], str]:
    return lambda seen: value


_BOTH: Mapping[str, Callable[[Seen], Any]] = {
    "id": lambda s: s.case.number,
    "href": lambda s: s.href("troubleTicket", s.case.number),
    "name": _name,
    "description": _text("description"),
    "severity": _text("severity"),
    "priority": _text("priority"),
    "ticketType": lambda s: s.case.rulebook,
    "status": _status,
    "creationDate": _created,
    "lastUpdate": _updated,
    "requestedResolutionDate": _wanted,
    "expectedResolutionDate": _expected,
    "resolutionDate": _resolved,
    "statusChangeDate": _changed,
    "statusChangeReason": _change_reason,
    "channel": _channel,
    "note": _notes,
    "attachment": _attachments,
    "relatedParty": _parties,
    "relatedEntity": _entities,
    "troubleTicketRelationship": _relations,
    "troubleTicketCharacteristic": _characteristics,
    "@type": _constant("TroubleTicket"),
}
MEMBERS: Mapping[Version, Mapping[str, Callable[[Seen], Any]]] = {
    "v4": {**_BOTH, "externalId": _text("externalId"), "statusChange": _history},
    "v5": {**_BOTH, "externalIdentifier": _external, "statusChangeHistory": _history, "troubleTicketSpecification": _specification},
}  # fmt: skip
