"""What a rulebook is: the values a procedure is written in, each rule with the clause it comes from.

These classes are the published schema (`Rulebook.model_json_schema()`). They hold data and small derived
look-ups; `loading` reads them from YAML and tells mistakes, `engine` runs them, `verify` judges them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import time
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from .masking import Kind
from .period import Period
from .registering import Asked, MadeOf, Reaches, RegisteredParty, Registers, Scheduled
from .text import Text
from .uses import FieldWork, Figured, Improves, Matter, PersonalRequests, Post, Ticket, TicketStatus, Watch
from .values import Cel, Clause, Counter, FactName, Labelled, Name, PeriodField, RulebookId, Source, Value

Side = Literal["filer", "opponent", "body", "agent", "panel", "authority", "system"]


class Role(Labelled):
    """Who may act: a side of the case, a body's office, or people appointed to it case by case.

    `no_interest_within`: whoever had an interest in a party within this look-back can't be appointed.
    An `agent` is an organisation that works for the body in the case once an action engages it, and its people.
    """

    side: Side
    members: int | None = Field(None, ge=1, description="How many people the role needs when appointed.")
    no_interest_within: PeriodField | None = None
    handles: bool = Field(False, description="This party handles the case itself (audits): ties to it bar nobody.")
    told: RegisteredParty | None = Field(
        None, alias="register", description="Whom the register makes this party when a case opens."
    )
    named: FactName | None = Field(
        None, description="The fact that names this party where somebody else opens the case on its behalf."
    )
    personal: bool = Field(False, description="This party is a natural person: their name is personal data.")
    within: Name | None = Field(
        None,
        description="Held only by people of the organisation that is this party: by its mandate, or, where an action"
        " appoints to the role, by appointment among those who have the mandate. A party within itself acts and reads"
        " through those it gave the mandate.",
    )

    @property
    def inside(self) -> bool:
        """Whether it is on no party's side, and so sees what is confidential (S01 8.1)."""
        return self.side not in ("filer", "opponent")


class Parameter(Labelled):
    """A number of the procedure that a body may set: money in fen, a period, a whole number, or a time of day.

    `open`: a branch that carries out the procedure may set it otherwise for itself.
    """

    type: Literal["money", "period", "integer", "time"]
    value: int | str
    until: Name | None = Field(
        None, description="Money asked of the filer: the deadline by which it must have come in."
    )
    open: bool = Field(False, description="A branch may give its own value.")

    @property
    def constant(self) -> int | str | Period:
        """The value as the engine counts it: fen, a `Period`, an integer, or a time such as '22:00'. Raises ValueError."""
        if self.type == "period":
            return Period.parse(str(self.value))
        if self.type == "time":
            return time.fromisoformat(str(self.value)).isoformat("minutes")
        return int(self.value)


FactType = Literal[
    "text", "long_text", "date", "instant", "bool", "integer", "money", "choice", "files", "person", "people", "organisation",
    "records",
]  # fmt: skip


class Choice(Labelled):
    pass


class Fact(Labelled):
    """Something a case knows. `records` is a growing list, each record made of the fields in `of`."""

    type: FactType
    choices: Mapping[Name, Choice] = {}
    of: Mapping[Name, Fact] = {}
    help: Text | None = None
    confidential: bool = Field(False, description="Shown to the body's own people only, never to the parties.")
    personal: Kind | None = Field(
        None, description="It is personal data of this kind (PIPL 4), masked but for whom `shows_personal` names."
    )
    optional: bool = Field(False, description="Within records: the field may stay empty.")
    told: Asked | None = Field(
        None, alias="register", description="What the register tells, for actions that read it; nobody enters it."
    )
    lasts: FactName | None = Field(
        None, description="Of a meeting's instant: the whole-number fact that says for how many minutes it is called."
    )
    made_of: MadeOf | None = Field(None, description="The list of the filer's profile that this paper can be made of.")
    later: bool = Field(False, description="Within records: filled by the action that completes the record.")
    answers: Name | None = Field(
        None,
        description="The number of a record of this list, one that waits to be completed where there is such a thing.",
    )
    among: Name | None = Field(None, description="The name of somebody appointed to this role: forms offer them.")
    asked_of: tuple[Name, ...] = Field(
        (),
        description="Asked of these roles only: somebody else who may do the act is not asked, and refused who gives it.",
    )
    only_for: Mapping[FactName, tuple[Name, ...]] = Field(
        {},
        description="Asked only where another fact, a choice, is one of these: forms hide and leave it out elsewhere.",
    )
    capture: Literal["camera", "position", "signature"] | None = Field(
        None,
        description="What a phone can bring it with: files by its camera or drawn by hand, a text by its position.",
    )
    consent: FactName | None = Field(
        None, description="The yes or no without which a phone brings nothing: the consent of whom it is about."
    )


class Stage(Labelled):
    pass


class State(Labelled):
    stage: Name
    end: bool = False
    ticket: TicketStatus | None = Field(None, description="The status of the trouble ticket (TMF621) in this state.")


class Account(Labelled):
    """An account of the case's ledger; `settled` ones must be zero before the file can close."""

    kind: Literal["asset", "liability", "income", "expense"]


class Guard(Value):
    """A condition that must hold, what to say when it does not, and what would put it right.

    `rule` says it as it should be, for lists of what holds; where it is missing the words of `else` stand for it.
    `else` and `remedy` may have {places}, as notices have: a fact, `due.deadline`, `parameter.name`.
    Where `when` does not hold there is nothing to ask. `remedied_by`: the actions that can put it right.
    """

    that: Cel
    when: Cel | None = None
    rule: Text | None = None
    otherwise: Text = Field(alias="else")
    remedy: Text | None = None
    remedied_by: tuple[Name, ...] = ()
    clause: Clause
    inferred: bool = Field(False, description="The source leaves this open; we settled it, and pages say so.")


class Posting(Value):
    """One ledger line: the same amount of fen debited and credited, so the books balance by shape."""

    debit: Name
    credit: Name
    amount: Cel


class TakesOver(Value):
    """Lists that a new case begins with: as they stand in the procedure's latest case in `state`, without what was completed there."""

    state: Name
    records: tuple[FactName, ...] = Field(min_length=1)


class Supersedes(Value):
    """There is one case of the procedure in `state`, the latest to come there: the system does `by` in any other that is."""

    state: Name
    by: Name


class OpensCase(Value):
    """The act opens a new, linked case: a next round, or the next instance.

    `remembers` keeps people of this case as a fact of the new one: fact → the role they had, in this round or before.
    """

    rulebook: str | None = Field(None, description="Rulebook of the new case; the same one when absent.")
    relation: Name
    action: Name = Field(description="The opening action of the new case.")
    carries: tuple[FactName, ...] = ()
    parties: Mapping[Name, Name] | None = Field(
        None, description="Role in the new case → the role here whose party takes it; absent: the same roles."
    )
    remembers: Mapping[FactName, Name] = {}
    takes_over: TakesOver | None = None


class Apart(Value):
    """Whoever did one of the actions `from` in this case can't do this one: duties that the source keeps separate."""

    others: tuple[Name, ...] = Field(min_length=1, alias="from")
    clause: Clause


class Notice(Value):
    """What those told receive: its title, its paragraphs and where they may turn next.

    `wording` fills the {places} of its words: a fact, `entry.field`, `due.deadline`, `parameter.name`,
    `balance.account`, `assigned.role`, a role (its party), or what the act brought; [[…]] falls away where a place in it is empty.
    """

    title: Text
    body: Text
    template: Name = "notice"
    remedies: Text | None = None


class Step(Labelled):
    """One step of a form that is filled in step by step: the facts asked for together."""

    asks: tuple[FactName, ...] = Field(min_length=1)


class Action(Labelled):
    """Something a person may do in a case, from which states, on what conditions, with what effects.

    An act asks for facts (`asks` must, `may_ask` may be given) and may: move the case (`to`),
    compute facts (`sets`), add a record (`adds`) or fill the rest of one (`completes`, some of it computed by `fills`),
    post money, engage an organisation, appoint or release people or let everybody in a role go (`vacates`), lengthen a deadline (`extends`), stay or resume the case, correct an
    earlier entry, link or open another case.
    """

    by: tuple[Name, ...] = Field(min_length=1)
    opens: bool = False
    since: tuple[Name, ...] = Field((), alias="from")
    to: Name | None = None
    asks: tuple[FactName, ...] = ()
    may_ask: tuple[FactName, ...] = ()
    suggests: Mapping[FactName, Cel] = Field({}, description="What a form has in place of an empty field at first.")
    steps: tuple[Step, ...] = Field((), description="How a long form is divided; what no step names comes last.")
    adds: Name | None = None
    completes: Name | None = None
    fills: Mapping[Name, Cel] = {}
    once_each: bool = Field(False, description="Each person may add one record only (a vote).")
    once: bool = False
    own_only: bool = Field(False, description="Not for a party whose case was joined to this one (a withdrawal).")
    when: tuple[Guard, ...] = ()
    sets: Mapping[FactName, Cel] = {}
    money: tuple[Posting, ...] = ()
    appoints: Name | None = None
    releases: Name | None = None
    engages: Name | None = Field(None, description="Makes an organisation this party, in the place of any before it.")
    vacates: tuple[Name, ...] = ()
    extends: Name | None = None
    stays: bool = False
    resumes: bool = False
    corrects: bool = False
    links: Name | None = Field(None, description="Links another case of the same rulebook, in this relation.")
    mirrored_by: Name | None = Field(None, description="The action that records the link in that other case, at once.")
    opens_case: OpensCase | None = None
    supersedes: Supersedes | None = None
    reads: tuple[FactName, ...] = Field(
        (), description="Facts the register is asked for just before the act is decided."
    )
    draws: Mapping[FactName, Counter] = Field({}, description="Fact → the counter whose next number it is.")
    reaches: tuple[Reaches, ...] = Field((), description="Counters that go on after numbers given out elsewhere.")
    registers: tuple[Registers, ...] = ()
    scheduled: Scheduled | None = None
    seals: bool = Field(False, description="Seals the file as an archive package.")
    destroys: bool = Field(False, description="Destroys the file's content; the certificate remains.")
    tells: tuple[Name, ...] = ()
    notice: Notice | None = None
    when_read: Name | None = Field(
        None, description="Done by the system once every party told by that action has opened its notice."
    )
    by_link: bool = Field(
        False, description="A customer without an account may do it through the unguessable link they are sent."
    )
    while_stayed: bool = Field(False, description="May be done while the case is stayed.")
    reasoned: bool = Field(False, description="Must be given a reason, which is kept on file.")
    signed: bool = Field(
        False, description="Whoever does it signs with their own second factor; who, how and when is kept."
    )
    apart: Apart | None = None
    recounts: bool = Field(False, description="Done by the system when a change of the calendar moves a deadline.")
    help: Text | None = None


class Alert(Value):
    """What the system does so long before a deadline ends, or after it has been missed, while nobody has met it.

    It waits until everybody that its action tells may be told; a warning that would come after the end is left out.
    Where the deadline or the time before or after it is of whole days, the alert falls within the rulebook's `hours`.
    """

    before: PeriodField | Name | None = None
    after: PeriodField | Name | None = None
    does: Name


ClockTime = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class Quiet(Labelled):
    """Hours at which some roles are told nothing; what falls into them waits until they are over.

    `from` and `until` are local times or parameters of type time; `days_off`: on days that are not working days as
    well, all day. `unless`: a case that does not wait.
    """

    roles: tuple[Name, ...] = Field(min_length=1, alias="for")
    since: ClockTime | Name = Field(alias="from")
    until: ClockTime | Name
    days_off: bool = False
    unless: Cel | None = None


class Hours(Value):
    """The hours of a day into which alerts fall that are counted in whole days: local times, or parameters of type time."""

    since: ClockTime | Name = Field("08:30", alias="from")
    until: ClockTime | Name = "18:00"
    clause: Clause | None = None
    inferred: bool = Field(False, description="The source leaves this open; we settled it, and pages say so.")


class Deadline(Labelled):
    """A period counted from or back from an anchor (an action taken, or a date or instant fact).

    within/after: due at the end of the period. at_least/before: the last lawful day counted back.
    not_before/after: the earliest instant. `met_by` makes it a duty of `owner`; `limits` refuses the
    named actions on the wrong side of it; `when_missed` is done by the system once it has passed.
    `alerts` warn before its end and escalate after it, one after another.
    `each`: every anchor act calls for a meeting act of its own, in their order.
    """

    within: PeriodField | Name | None = None
    at_least: PeriodField | Name | None = None
    not_before: PeriodField | Name | None = None
    after: FactName | None = None
    before: FactName | None = None
    owner: Name | None = None
    met_by: tuple[Name, ...] = ()
    limits: tuple[Name, ...] = ()
    when: Cel | None = None
    when_missed: Name | None = None
    alerts: tuple[Alert, ...] = ()
    each: bool = False
    recorded: bool = Field(False, description="Its owner acts outside (pays); somebody else records it with `met_by`.")
    runs_through_stay: bool = False


class ShowsPersonal(Value):
    """To whom personal data is shown as it is: these facts (all, where none is named), during these states (always,
    where none is named), or, where `reasoned`, once they have said what they need it for.
    """

    to: tuple[Name, ...] = Field(min_length=1)
    facts: tuple[FactName, ...] = ()
    during: tuple[Name, ...] = ()
    reasoned: bool = False
    clause: Clause
    inferred: bool = False


class Override(Value):
    """Law prevails: who may do an act that a rule of the procedure forbids, naming the legal basis."""

    by: tuple[Name, ...] = Field(min_length=1)
    clause: Clause


class Rulebook(Value):
    """A whole procedure. Immutable; `version` and `digest` name exactly what a case began under."""

    id: RulebookId
    version: str = Field(min_length=1)
    title: Text
    desk: Text | None = Field(None, description="The heading of the front desk under which it is filed.")
    place: int = Field(50, description="Where it stands among those of its desk: the smaller, the earlier.")
    titled: tuple[FactName, ...] = Field(
        (), description="What a case without parties is about: the first of these that it opens with."
    )
    matters: tuple[Matter, ...] = Field(
        (), description="What people come with. A desk whose rulebooks all say so has one door, which asks for it."
    )
    reports: Mapping[Literal["number", "holder"], FactName] | None = Field(
        None,
        description="It takes reports about certificates from anybody; which facts of its form a certificate's page fills in.",
    )
    outcome: FactName | None = Field(
        None,
        description="The choice that says how a case came out, for figures; whatever action asks for it decides the case.",
    )
    source: Source
    number: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9-]*$")] = Field(description="Case number prefix.")
    extends: RulebookId | None = Field(None, description="The rulebook of which this is a branch's own version.")
    ticket: Ticket | None = Field(None, description="Cases are offered to other systems as trouble tickets (TMF621).")
    post: Post | None = Field(None, description="E-mail and text messages become cases, and join them.")
    next_instance: tuple[Text, ...] = ()
    quiet: tuple[Quiet, ...] = Field((), description="When whom may not be told anything.")
    hours: Hours = Field(
        Hours(), description="When alerts of periods of whole days are given: nobody is woken by a day that begins."
    )
    shows_personal: tuple[ShowsPersonal, ...] = ()
    keeps_personal: Name | None = Field(
        None,
        description="The period, a parameter, for which the law has personal data kept after a case's end (PIPL 47).",
    )
    holds_personal: FactName | None = Field(
        None, description="The yes while which a file is on hold, so that nothing personal in it is erased."
    )
    personal_requests: PersonalRequests | None = Field(
        None, description="Cases of this procedure are people's requests about their personal data (PIPL 45)."
    )
    override: Override | None = None
    field_work: FieldWork | None = None
    figures: Figured | None = None
    improves: Improves | None = None
    watch: Watch | None = None
    parameters: Mapping[Name, Parameter] = {}
    roles: Mapping[Name, Role]
    facts: Mapping[FactName, Fact] = {}
    accounts: Mapping[Name, Account] = {}
    stages: Mapping[Name, Stage]
    states: Mapping[Name, State]
    actions: Mapping[Name, Action]
    deadlines: Mapping[Name, Deadline] = {}
    digest: str = ""

    @cached_property
    def opening(self) -> tuple[str, ...]:
        """Names of the actions that open a case."""
        return tuple(name for name, action in self.actions.items() if action.opens)

    @cached_property
    def filing(self) -> tuple[str, str] | None:
        """The action with which somebody outside files, and their role; None where the body or the system opens."""
        found = ((a, r) for a in self.opening for r in self.actions[a].by if self.roles[r].side == "filer")
        return next(found, None)

    @cached_property
    def reachable(self) -> Mapping[str, frozenset[str]]:
        """State → the actions that can still be taken from it or from a state it can lead to."""
        direct = {s: frozenset(a for a, spec in self.actions.items() if s in spec.since) for s in self.states}
        moves = {s: {self.actions[a].to or s for a in direct[s]} for s in self.states}
        found: dict[str, frozenset[str]] = {}
        for start in self.states:
            seen, todo = {start}, [start]
            while todo:
                for nxt in moves[todo.pop()] - seen:
                    seen.add(nxt)
                    todo.append(nxt)
            found[start] = frozenset(a for s in seen for a in direct[s])
        return found

    @cached_property
    def deadlines_limiting(self) -> Mapping[str, tuple[str, ...]]:
        """Action → the deadlines that limit when it may be taken."""
        return {a: tuple(d for d, spec in self.deadlines.items() if a in spec.limits) for a in self.actions}

    def period(self, value: Period | str) -> Period:
        """A deadline's period: written out, or the value of the period parameter it names."""
        if isinstance(value, Period):
            return value
        constant = self.parameters[value].constant
        assert isinstance(constant, Period)  # the loader has checked that the parameter is a period
        return constant

    def time_of_day(self, value: str) -> time:
        """A time of day: written out, or the value of the time parameter it names."""
        return time.fromisoformat(str(self.parameters[value].constant) if value in self.parameters else value)

    @cached_property
    def mandated(self) -> frozenset[str]:
        """The roles that a mandate of the party's organisation gives by itself: those to which nobody is appointed."""
        appointed = {action.appoints for action in self.actions.values()}
        return frozenset(name for name, role in self.roles.items() if role.within and name not in appointed)

    def within(self, role: str) -> tuple[str, ...]:
        """The roles held by people of the organisation that is this party, itself aside."""
        return tuple(name for name, spec in self.roles.items() if spec.within == role != name)

    def inputs(self, action: str) -> Iterator[Input]:
        """What the act must or may bring, in order: the facts it asks for, then what its effects need."""
        spec = self.actions[action]
        for name in spec.asks:
            yield Input(name=name, fact=self.facts[name], required=True)
        for name in spec.may_ask:
            yield Input(name=name, fact=self.facts[name], required=False)
        if spec.completes:
            records = self.facts[spec.completes]
            named = {"zh": records.zh, "en": records.en, "clause": records.clause, "answers": spec.completes}
            entry = EFFECT_INPUTS["entry"].model_copy(update=named)
            yield Input(name="entry", fact=entry, required=True)
        if listed := spec.adds or spec.completes:
            for name, field in self.facts[listed].of.items():
                if field.later == bool(spec.completes) and name not in spec.fills:
                    yield Input(name=f"entry.{name}", fact=field, required=not field.optional)
        for wanted, name in (
            (spec.engages, "organisation"),
            (spec.appoints, "people"),
            (spec.releases, "person"),
            (spec.extends, "until"),
            (spec.links, "case"),
            (spec.corrects, "corrects"),
        ):
            if wanted:
                yield Input(name=name, fact=EFFECT_INPUTS[name], required=True)


class Input(Value):
    """One thing an act asks of whoever does it."""

    name: str
    fact: Fact
    required: bool


EFFECT_INPUTS: Mapping[str, Fact] = {
    "organisation": Fact(zh="单位", en="Organisation", type="organisation"),
    "people": Fact(zh="人选", en="People", type="people"),
    "person": Fact(zh="人员", en="Person", type="person"),
    "until": Fact(zh="延长至", en="Until", type="date"),
    "case": Fact(zh="案件编号", en="Case number", type="text"),
    "corrects": Fact(zh="更正的记录序号", en="Number of the entry corrected", type="integer"),
    "entry": Fact(zh="所答复的记录序号", en="Number of the entry answered", type="integer"),
}
