"""Opening a ticket: a case under the rulebook that offers its type, filed by the caller or by their office for somebody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse

from mingduan.cases import catalogue
from mingduan.cases.access import opener, openings
from mingduan.cases.act import Side, open_case
from mingduan.config import clock
from mingduan.people.models import User
from mingduan.procedure.case import Refusal
from mingduan.procedure.engine import Engine
from mingduan.procedure.rulebook import Rulebook
from mingduan.procedure.uses import Ticket

from ..once import once
from . import sent
from .calls import Call
from .errors import conflict, refused
from .listing import find
from .reading import shown
from .tickets import status_of


def offered() -> dict[str, Engine]:
    """The rulebooks in force that offer tickets, by the ticket's type."""
    return {name: engine for name, engine in catalogue.in_force().items() if engine.rulebook.ticket is not None}


def created(call: Call) -> HttpResponse:
    """Open a case; the answer is the ticket it is told as."""
    engine = _engine(call.body)
    book, ticket = engine.rulebook, _ticket(engine)
    action, role, outside = _opening(call.user, book)
    status = status_of(book, book.actions[action].to or "")
    if call.body.get("status", status) != status:
        raise conflict(f"新的工单状态是 {status}", f"A new ticket is {status}")
    if call.body.get("troubleTicketRelationship"):
        raise conflict("工单之间的联系由办理步骤建立", "Tickets are linked by acts of the procedure")
    organisation = call.user.organisation
    name = organisation.name if organisation else str(call.user)
    sides = [Side(role, name, organisation, None if organisation else call.user)] if outside else []
    facts = _facts(call.body, engine, ticket, action)
    if outside and facts.get(book.roles[role].named or "") == name:  # who files says who they are: nothing to note
        del facts[book.roles[role].named or ""]
    by_itself = {n: v for n, v in ticket.otherwise.items() if outside and book.facts[n].asked_of and facts.get(n) == v}
    with once(call.request) as write:
        done = open_case(
            rulebook=book.id, action=action, actor=opener(call.user, name, role), at=clock.now(),
            facts=facts, sides=sides, title="", key=write.key, noted=by_itself,
        )  # fmt: skip
        if isinstance(done, Refusal):
            raise refused(done.reasons)
    response = shown(call, find(call, done.case.number), 201)
    response.headers["Location"] = call.href("troubleTicket", done.case.number)
    return response


def _engine(body: Mapping[str, Any]) -> Engine:
    known = offered()
    wanted = body.get("troubleTicketSpecification", {}).get("id", body["ticketType"])
    if wanted not in known:
        raise conflict(f"ticketType 应为：{'、'.join(known)}", f"`ticketType` is one of: {', '.join(known)}")
    return known[wanted]


def _ticket(engine: Engine) -> Ticket:
    assert engine.rulebook.ticket is not None  # noqa: S101  only such rulebooks are offered
    return engine.rulebook.ticket


def _opening(user: User, book: Rulebook) -> tuple[str, str, bool]:
    """The opening action, the caller's role in it, and whether they file for themselves."""
    for action, role in openings(user, book).items():
        return action, role, False
    if book.filing is None:
        raise conflict("这一程序由机构自己立案", "Only the body itself opens cases of this procedure")
    return *book.filing, True


def _facts(body: Mapping[str, Any], engine: Engine, ticket: Ticket, action: str) -> dict[str, Any]:
    """What the body says, as the opening action asks for it."""
    facts: dict[str, Any] = dict(ticket.otherwise)
    given: Mapping[str, str] = ticket.given  # type: ignore[assignment]  # its keys are members
    for member, value in body.items():
        fact = given.get(sent.member_of(member))
        if fact and member not in ("note", "links") and (said := sent.fact_of(member, value)) not in (None, ""):
            facts[fact] = said
    if notes := sent.texts(body.get("note", ())):
        facts[_known(given, "note")] = "\n".join(notes)
    attached = sent.attached(body.get("attachment", ()))
    if attached.links:
        facts[_known(given, "links")] = attached.links
    if attached.files:
        takes = next((i.name for i in engine.inputs(action) if i.fact.type == "files"), None)
        if takes is None:
            raise conflict("立案时不收附件", "Nothing is attached when such a ticket is opened")
        facts[takes] = list(attached.files)
    for party in body.get("relatedParty", ()):
        facts |= _party(party, ticket, engine.rulebook)
    return facts | sent.characteristics(body.get("troubleTicketCharacteristic", ()))


def _known(given: Mapping[str, str], member: str) -> str:
    if member not in given:
        raise conflict(f"立案时不收 {member}", f"No `{member}` is taken when such a ticket is opened")
    return given[member]


def _party(party: Mapping[str, Any], ticket: Ticket, book: Rulebook) -> dict[str, Any]:
    """The fact that names somebody on whose behalf the ticket is opened."""
    role = ticket.parties.get(str(party.get("role", "")))
    who = party.get("partyOrPartyRole", party)
    named = book.roles[role].named if role else None
    if named is None:
        words = ", ".join(ticket.parties)
        raise conflict(f"relatedParty 的 role 应为：{words}", f"The `role` of a relatedParty is one of: {words}")
    return {named: who["name"]} if who.get("name") else {}
