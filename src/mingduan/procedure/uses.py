"""What pages and programs read off a rulebook beside its course: tickets, letters, field work, figures, improvements, a page
to follow an urgent case by, and a door that asks what people come with. The engine runs none of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from .values import FactName, Labelled, Name, Value

TicketStatus = Literal[
    "acknowledged", "rejected", "pending", "held", "inProgress", "cancelled", "closed", "resolved",
]  # fmt: skip
TicketMember = Literal[
    "name", "description", "severity", "priority", "channel", "externalId", "requestedResolutionDate", "relatedEntity", "links", "note",
]  # fmt: skip


class TicketAct(Value):
    """An act by which a program adds to a ticket: the input that takes its words, and the one that takes files."""

    action: Name
    text: str
    files: str | None = None


class Ticket(Value):
    """How a case of this procedure is told, opened and changed as a trouble ticket (TMF621).

    `told`: member of the ticket → the facts that tell it, the first that is known. `given`: member → the fact that it
    gives when a ticket is opened; `otherwise`: what is given where nothing is said. `parties`: what other systems call
    somebody → the role. `due`: the deadlines whose last is the expected resolution. `notes`: the facts and fields of
    records told as notes. `adds`: the acts that take notes and files. `withdraw`: what deleting the ticket does.
    `asks`: the acts that ask the customer for something.
    """

    told: Mapping[TicketMember, tuple[FactName, ...]]
    given: Mapping[TicketMember, FactName]
    otherwise: Mapping[FactName, str] = {}
    parties: Mapping[str, Name] = {}
    due: tuple[Name, ...] = ()
    notes: tuple[FactName, ...] = ()
    adds: tuple[TicketAct, ...] = ()
    withdraw: Name | None = None
    asks: tuple[Name, ...] = ()


Channel = Literal["email", "sms"]


class Saying(Value):
    """A letter that says nothing but one of these words is this act, with these facts."""

    action: Name
    words: Mapping[str, Mapping[FactName, str]]


class Post(Value):
    """How what comes by e-mail and text message is taken into cases of this procedure.

    `opens`: the channels by which somebody may file, with what is given where they can't say it. `text`, `files`, `address`
    and `number`: the facts that take the words, the files, and the sender's e-mail and telephone. `adds`: the acts that
    take a later letter of the filer, the first that is open; `says`: those that a word alone does.
    """

    opens: Mapping[Channel, Mapping[FactName, str]] = {}
    text: FactName
    files: FactName
    address: FactName
    number: FactName
    adds: tuple[TicketAct, ...] = Field(min_length=1)
    says: tuple[Saying, ...] = ()
    keeps: Name | None = Field(
        None, description="The period, a parameter, for which what a letter said is kept that came into no case."
    )


class PersonalRequests(Value):
    """How what people ask about their personal data (PIPL 45) is recorded and answered: what is `wanted` ('copy') of which `cases`
    or `everywhere`, how the `identity` was verified ('secret', 'account', 'contact' or 'document') and by which `contact`; and
    the acts that record each step.
    """

    wanted: FactName
    cases: FactName
    everywhere: FactName
    identity: FactName
    contact: FactName
    proves: Name
    gives: Name
    erases: Name | None = Field(
        None, description="The act that erases what a request for 'erase' is about (PIPL 47); nothing must keep it."
    )
    notes: Name | None = Field(
        None, description="The act by which the system says what forbids that now: it asks for one text."
    )


class FieldWork(Value):
    """That somebody goes out in the cases of a procedure: who, and the facts that say where, with what skill and when."""

    by: Name = Field(description="The role of whoever goes; it is held within an organisation that is a party.")
    done: Name = Field(description="The action that hands the work back; visits are held to the deadlines it meets.")
    address: FactName
    position: FactName | None = Field(None, description="The text with latitude and longitude.")
    area: FactName | None = None
    skill: FactName | None = Field(None, description="The choice that says which skill it takes.")
    agreed: FactName | None = Field(None, description="The instant agreed with whom is visited.")
    first: FactName | None = Field(None, description="The yes or no that says it goes before all others.")
    minutes: int = Field(60, ge=1, description="How long a visit is reckoned to take.")
    shows: tuple[FactName, ...] = Field((), description="What whoever goes needs to have at hand, and no more.")


Slice = Literal["class", "level", "area", "channel"]
Found = Literal["report", "where", "cells", "since", "until", "observed", "expected"]
Compared = Literal[
    "before", "after", "elsewhere_before", "elsewhere_after", "before_from", "before_until", "after_from", "after_until"
]


class Figured(Value):
    """Of which facts figures over many cases are made, for dashboards and hot spots: what is left out is not told.

    `ends`: actions, or facts with an instant; the first of them ends the handling. `company`: a party, or the text that
    names it. `due`: the deadlines by which a case is punctual or not. `content`: the choices that mean satisfied.
    """

    came: FactName | None = Field(None, description="The instant at which the matter came up; else the case's opening.")
    ends: tuple[FactName, ...] = ()
    position: FactName | None = Field(None, description="The text with latitude and longitude.")
    address: FactName | None = None
    by: Mapping[Slice, FactName] = Field({}, description="The choices or texts by which cases are told apart.")
    company: FactName | None = None
    due: tuple[Name, ...] = ()
    satisfaction: FactName | None = None
    content: tuple[Name, ...] = ()


class Improves(Value):
    """Cases of this procedure put a hot spot right. `found`: the facts in which the opening `action` takes what the report
    found. So many `days` (a whole-number parameter) after the day `finished`, the system does `measure`, giving the
    complaints of the same cells before and after, and those of everywhere else, as `compared`.
    """

    action: Name
    found: Mapping[Found, FactName]
    finished: FactName
    days: Name
    measure: Name
    compared: Mapping[Compared, FactName]


class Watch(Value):
    """One page to follow an urgent case by. `live`: the states in which it is followed; `drill`: the opening act that makes
    it a drill; `plan`: the state of the case of this procedure whose roster and resources stand in for its own.
    """

    live: tuple[Name, ...] = Field(min_length=1)
    drill: Name | None = None
    plan: Name
    headline: tuple[FactName, ...]
    shows: tuple[FactName, ...] = ()
    after: tuple[FactName, ...] = ()
    roster: FactName = Field(description="Records with name, post and phone.")
    resources: FactName = Field(description="Records with kind, what and where.")
    log: FactName = Field(description="Records with what and text.")
    exercises: FactName = Field(description="Records with step, minutes, goal and met.")


class Matter(Labelled):
    """Something people come with, in their own words, and what that answers of the filing's form."""

    answers: Mapping[FactName, str]
