"""The one way anything is written about a case: decide, then store event, standing, duties, money and notices at once."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec
from django.db import IntegrityError, transaction

from mingduan.config.tracing import traced
from mingduan.people.models import Organisation, User
from mingduan.procedure import case as pure
from mingduan.procedure.attachments import attachments
from mingduan.procedure.case import Act, Actor, Event, Origin, Reason, Refusal, Signature, fold
from mingduan.procedure.engine import Engine
from mingduan.procedure.masking import mask
from mingduan.procedure.meeting import ahead, called
from mingduan.procedure.period import TZ
from mingduan.procedure.rulebook import Action, Rulebook
from mingduan.procedure.text import Text
from mingduan.procedure.wording import written

from . import catalogue, chain, enclosed, erasing, keyring, outbox, panels, registrar
from .access import access, barred, hash_secret
from .models import (
    Assignment,
    Case,
    DutyRow,
    Enclosure,
    EventRow,
    LedgerLine,
    Link,
    Notice,
    Party,
    Receipt,
    RulebookVersion,
)
from .personal import addressed


@dataclass(frozen=True, slots=True)
class Side:
    """A party as a case is opened: its role, name, the account or organisation behind it, and, where another case
    brought it, that case's number.
    """

    role: str
    name: str
    organisation: Organisation | None = None
    user: User | None = None
    joined_from: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """What came of an act: the case and its event. `secret` is told once, when the case is opened."""

    case: Case
    seq: int
    secret: str = ""


@traced("open case", "rulebook", "action")
def open_case(
    *, rulebook: str, action: str, actor: Actor, at: datetime, facts: Mapping[str, Any], sides: Sequence[Side],
    title: str, key: str = "", origin: Origin | None = None, secret: str = "", noted: Mapping[str, Any] | None = None,
) -> Done | Refusal:  # fmt: skip
    """Open a case under the rulebook in force. `key`: idempotency; the same key gives the same case back.
    `secret`: what opens the case without an account; made here unless given. `noted`: facts that the way it came in says
    (its channel), whoever files.

    Parties that the register names, or that are engaged by the act, are added to `sides`; without a `title` the case is called by who is against whom.
    Raises KeyError for a rulebook that does not exist.
    """
    try:
        noting = noted or {}
        wanted = Act(action, actor, at, {**facts, **noting}, origin=origin, noted=frozenset(noting))
        return _opened(rulebook, wanted, sides, title, key, secret)
    except IntegrityError:  # the same request twice at once: whoever came second is given what the first one opened
        if done := _seen(key):
            return done
        raise


@transaction.atomic
def _opened(rulebook: str, wanted: Act, sides: Sequence[Side], title: str, key: str, secret: str) -> Done | Refusal:
    action, actor, at, origin = wanted.action, wanted.actor, wanted.at, wanted.origin
    facts: Mapping[str, Any] = wanted.facts
    if done := _seen(key):
        return done
    engine = catalogue.in_force()[rulebook]
    facts = panels.engaging(engine, action, facts)
    sides = [
        *sides,
        *(Side(r, o.name, o) for r, o in registrar.parties(engine, facts, sides)),
        *_named(engine, facts, sides),
        *_agents(engine, action, actor, facts),
    ]
    supplied = registrar.supplied(engine, action, facts, {}, sides, at)
    asked = Act(action, actor, at, dict(facts), origin=origin, supplied=supplied, noted=wanted.noted)
    outcome = engine.decide(None, asked)
    spec = engine.rulebook.actions.get(action)
    if not isinstance(outcome, Refusal) and spec and (reason := barred(actor, engine.rulebook, spec, sides, at)):
        outcome = Refusal(action, (reason,))
    if not isinstance(outcome, Refusal) and origin is None:  # what another case hands on is that case's
        outcome = enclosed.kept(engine, outcome, facts, {}, {})
    if isinstance(outcome, Refusal):
        transaction.set_rollback(True)  # a number drawn for nothing goes back
        return outcome
    catalogue.keep(engine)
    secret = secret or secrets.token_urlsafe(16)
    case = Case(
        number=_next_number(engine, at), rulebook=rulebook, digest=engine.rulebook.digest,
        title=title or _called(engine.rulebook, sides, facts),
        secret=hash_secret(secret), opened_at=at, length=0, head=chain.START,
    )  # fmt: skip
    _store(engine, case, pure.Case(), outcome, sides)
    _remember(key, case, outcome.seq)
    return Done(case, outcome.seq, secret)


def _called(book: Rulebook, sides: Sequence[Side], facts: Mapping[str, Any]) -> str:
    """What a case is called: its first party and the procedure, and the other side where there is one against it; without
    parties the procedure and what it is about.
    """
    if not sides:
        about = next((str(facts[n]) for n in book.titled if facts.get(n)), "")
        return " ".join(f"{book.title.zh}：{about}".split())[:80] if about else book.title.zh
    against = {n for n, r in book.roles.items() if r.side == "opponent" and not (r.told or r.handles)}
    other = next((s.name for s in sides[1:] if s.role in against), "")
    first, role = sides[0], book.roles.get(sides[0].role)
    # Every list shows the title: a natural person's name stands in none (PIPL 6).
    name = mask("name", first.name) if role and role.personal and first.organisation is None else first.name
    return (f"{name}与{other}{book.title.zh}案" if other else f"{name}{book.title.zh}")[:200]


@traced("act", "number", "action")
@transaction.atomic
def act(
    *, number: str, action: str, actor: Actor, at: datetime, facts: Mapping[str, Any] | None = None,
    reason: str | Text = "", legal_basis: str = "", correction: Mapping[str, Any] | None = None, seen: int | None = None, key: str = "",
    signature: Signature | None = None, alert: tuple[str, int] | None = None, said_at: datetime | None = None,
) -> Done | Refusal:  # fmt: skip
    """Do `action` in case `number`. `seen`: the length of the case as the actor saw it; if it has moved on since (by
    more than what the system told about a deadline, its `alert`), the act is refused and told so. `key`: idempotency,
    for this actor and action in this case. `said_at`: when it was done, where it could only be sent later. `signature`: the actor's own, where the rulebook wants the act signed.
    Raises Case.DoesNotExist.
    """
    key = _receipt(number, actor.id, action, key)
    case = _locked(number, facts or {})
    if done := _seen(key):  # asked with the case locked, so that the same request twice at once is done once
        return done
    if seen is not None and _moved_on(case, seen):
        return Refusal(action, (_overtaken(case),))
    engine = catalogue.kept(case.digest)
    before = state_of(case)
    known = panels.recorded(case, before, engine, action, facts or {}, at)
    sides = sides_of(case)
    supplied = registrar.supplied(engine, action, known, before.facts, sides, at)
    why, why_en = (reason.zh, reason.en) if isinstance(reason, Text) else (reason, "")
    wanted = Act(
        action, actor, at, known, why, legal_basis, dict(correction or {}), supplied=supplied, number=number,
        reason_en=why_en, signature=signature, alert=alert, said_at=said_at,
    )  # fmt: skip
    outcome = engine.decide(before, wanted)
    if not isinstance(outcome, Refusal):
        outcome = enclosed.kept(engine, outcome, known, correction or {}, before.facts)
    if isinstance(outcome, Refusal):
        transaction.set_rollback(True)  # a number drawn for nothing goes back
        return outcome
    linked = _in_other_case(engine, case, actor, at, outcome)
    if isinstance(linked, Refusal):
        transaction.set_rollback(True)
        return linked
    if erasing.erases(case, action):
        if reasons := erasing.hindrances(case, at):
            transaction.set_rollback(True)
            return Refusal(action, reasons)
        linked = erasing.erase(case, linked)
    _store(engine, case, before, linked, ())
    if isinstance(refused := _supersede(engine, case, action, at), Refusal):
        transaction.set_rollback(True)
        return refused
    _remember(key, case, outcome.seq)
    return Done(case, outcome.seq)


def done_before(*, number: str, action: str, by: str, key: str) -> Done | None:
    """What came of an act that `by` (an actor's id) sent before with this key, even if the case is theirs no longer."""
    return _seen(_receipt(number, by, action, key))


def events_of(case: Case) -> list[Event]:
    """The case's events, oldest first; of a case disposed of, those that remain."""
    return [Event.from_json(row.body) for row in case.events.all() if not chain.is_tombstone(row.stored)]


def state_of(case: Case, events: Sequence[Event] | None = None) -> pure.Case:
    """The case as its events leave it (`events`: where they have been read); of a case disposed of, as those that
    remain leave it.
    """
    return msgspec.structs.replace(fold(events_of(case) if events is None else events), length=case.length)


def _store(engine: Engine, case: Case, before: pure.Case, event: Event, sides: Sequence[Side]) -> None:
    after, book = fold([event], before), engine.rulebook
    body = event.to_json()
    stored, key = keyring.seal(case, book, body)
    head = chain.link(case.head, case.number, stored)
    previous = case.head
    case.state, case.facts, case.balances = after.state, dict(after.facts), dict(after.balances)
    case.length, case.head, case.changed_at = after.length, head, event.at
    case.stayed, case.ended = after.stayed, book.states[after.state].end
    case.save()
    if key is not None:
        key.case = case
        key.save()
    EventRow.objects.create(case=case, seq=event.seq, stored=stored, before=previous, hash=head)
    if named := {sha256 for _, sha256 in attachments(body)}:
        Enclosure.objects.bulk_create(Enclosure(case=case, seq=event.seq, sha256=sha256) for sha256 in sorted(named))
    Party.objects.bulk_create(
        Party(
            case=case,
            role=s.role,
            name=s.name,
            organisation=s.organisation,
            user=s.user,
            joined_from=s.joined_from,
            everybody=_everybody(book, s.role),
        )
        for s in sides
    )
    LedgerLine.objects.bulk_create(
        LedgerLine(case=case, seq=event.seq, debit=m.debit, credit=m.credit, amount=m.amount) for m in event.money
    )
    if event.vacated:
        Assignment.objects.filter(case=case, role__in=event.vacated).delete()
        Party.objects.filter(case=case, role__in=event.vacated).delete()
    if event.engaged:
        _engage(engine, case, event.engaged)
    if event.appointed:
        for person in event.appointed[1]:
            Assignment.objects.get_or_create(case=case, role=event.appointed[0], user_id=int(person["id"]))
    if event.released:
        Assignment.objects.filter(case=case, role=event.released[0], user_id=int(event.released[1])).delete()
    if event.link is not None:
        Link.objects.create(case=case, seq=event.seq, relation=event.link[0], number=event.link[1])
    write_duties(engine, case, after, event.at)
    if event.registers and (keeper := registrar.appointed()):
        keeper.enter(case, event)
    _tell(engine, case, event, after)
    _ask(engine, case, event, after)


def _ask(engine: Engine, case: Case, event: Event, after: pure.Case) -> None:
    """Ask for what follows outside this transaction: subscribers told, the file sealed or destroyed, and, while a meeting
    is ahead, the diaries of those called to it set right, once all of them may be told.
    """
    spec = engine.rulebook.actions[event.action]
    work = {"number": case.number, "seq": event.seq}
    outbox.put("event", f"event:{case.number}#{event.seq}", work, event.at)
    for wanted, topic in ((spec.seals, "seal"), (spec.destroys, "destroy")):
        if wanted:
            outbox.put(topic, f"{topic}:{case.number}#{event.seq}", work, event.at)
    book = engine.rulebook
    if coming := ahead(book, after.facts, event.at):
        due = max((engine.told_at(after, r, event.at) for fact in coming for r in called(book, fact)), default=event.at)
        outbox.put("diaries", f"diaries:{case.number}#{event.seq}", work, due)


def write_duties(engine: Engine, case: Case, after: pure.Case, at: datetime) -> None:
    """Put the case's duties as they stand at `at` in the place of those stored."""
    case.duties.all().delete()
    DutyRow.objects.bulk_create(
        DutyRow(
            case=case, deadline=d.deadline, owner=d.owner, due=d.due, met_at=d.met_at, status=d.status.value,
            provisional=d.provisional, clause=d.clause or "", alert_at=d.alert.at if d.alert else None,
        )
        for d in engine.duties(after, at)
    )  # fmt: skip


def _tell(engine: Engine, case: Case, event: Event, after: pure.Case) -> None:
    """A notice to each role the action tells, as soon as the rulebook lets it be told: its own words, or that the step
    was taken. A role to which people are appointed is told once there are some.
    """
    spec = engine.rulebook.actions[event.action]
    title, body, remedies = notice_words(engine, case, event, after)
    appointed = {action.appoints for action in engine.rulebook.actions.values()}
    for role in (r for r in spec.tells if r not in appointed or after.assigned.get(r)):
        masked = addressed(case, role, [event])
        notice = Notice.objects.create(
            case=case, seq=event.seq, role=role, title=masked.text(title)[:200], body=masked.text(body), remedies=masked.text(remedies), at=event.at
        )  # fmt: skip
        outbox.put("notice", f"notice:{notice.pk}", {"notice": notice.pk}, engine.told_at(after, role, event.at))


def notice_words(engine: Engine, case: Case, event: Event, after: pure.Case, lang: str = "zh") -> tuple[str, str, str]:
    """Title, text and remedies of the notice of `event`: the rulebook's words, or that the step was taken."""
    spec = engine.rulebook.actions[event.action]
    if spec.notice is None:
        told = Text(zh=f"{event.actor_name}已办理“{spec.zh}”。", en=f"{event.actor_name} has done “{spec.en}”.")
        return spec.text.in_(lang), told.in_(lang), ""
    named: dict[str, list[str]] = {}
    for party in case.parties.all():
        named.setdefault(party.role, []).append(party.name)
    parties = {role: ("、" if lang == "zh" else ", ").join(names) for role, names in named.items()}
    title, body, remedies = (
        written(engine.rulebook, engine.calendar, text, after, event, parties, lang) if text else ""
        for text in (spec.notice.title, spec.notice.body, spec.notice.remedies)
    )
    return title, body, remedies


def _in_other_case(engine: Engine, case: Case, actor: Actor, at: datetime, event: Event) -> Event | Refusal:
    """Do what the event asks for in another case, in this transaction: the event, with its link to that case."""
    spec = engine.rulebook.actions[event.action]
    if event.opens is not None:
        opened = _open_linked(case, actor, at, event.opens)
        if isinstance(opened, Refusal):
            return opened
        return msgspec.structs.replace(event, link=(event.opens["relation"], opened.case.number))
    if event.link is not None and spec.mirrored_by:
        other = Case.objects.filter(number=event.link[1], rulebook=case.rulebook).exclude(pk=case.pk).first()
        # Whoever may not open that case must not write into it, nor learn that it is there (S01 8.3).
        if other is None or not _reads(actor, other, at):
            return Refusal(event.action, (_not_linkable(event.link[1], spec.clause),))
        mirror = catalogue.kept(other.digest).rulebook.actions.get(spec.mirrored_by)
        by = Actor(actor.id, actor.name, frozenset(mirror.by if mirror else ()))
        _bring(case, other)
        mirrored = act(number=other.number, action=spec.mirrored_by, actor=by, at=at, facts={"case": case.number})
        if isinstance(mirrored, Refusal):
            return Refusal(event.action, mirrored.reasons)
    return event


def _locked(number: str, facts: Mapping[str, Any]) -> Case:
    """The case to act in, locked; with the other case that the act names, in one fixed order, so that two cases joined
    to each other at the same time wait for each other only one way. Raises Case.DoesNotExist.
    """
    other = facts.get("case")
    named = {number, other} if isinstance(other, str) and other.isprintable() else {number}
    locked = {c.number: c for c in Case.objects.select_for_update().filter(number__in=named).order_by("number")}
    if number not in locked:
        raise Case.DoesNotExist(number)
    return locked[number]


def sides_of(case: Case) -> list[Side]:
    """The case's parties, its own before those that another case brought."""
    parties = case.parties.select_related("organisation", "user")
    return [Side(p.role, p.name, p.organisation, p.user, p.joined_from) for p in parties]


def _bring(case: Case, other: Case) -> None:
    """Make the parties of a case that is joined to another parties there: they see it and are told of what happens in
    it. Who is a party there already stays one only; whoever follows with a secret is known by nothing else.
    """
    roles = catalogue.kept(other.digest).rulebook.roles
    there = {_who(s) for s in sides_of(other)}
    for n, side in enumerate(sides_of(case)):
        by_secret = n == 0 and side.user is None and side.organisation is None
        if side.role in roles and (by_secret or _who(side) not in there):
            Party.objects.create(
                case=other, role=side.role, name=side.name, organisation=side.organisation, user=side.user,
                joined_from=side.joined_from or case.number,
            )  # fmt: skip


def _who(side: Side) -> tuple[Any, ...]:
    return side.role, side.organisation or side.user or side.name


def _reads(actor: Actor, other: Case, at: datetime) -> bool:
    """Whether an actor with an account may open another case; the system, and whoever has none, has no such bounds."""
    user = User.objects.filter(pk=actor.id).first() if actor.id.isdigit() else None
    return user is None or access(user, other, at).reads


def _open_linked(case: Case, actor: Actor, at: datetime, opens: Mapping[str, Any]) -> Done | Refusal:
    """Open the case an act gives rise to, for the same parties or those the rulebook names."""
    sides = sides_of(case)
    first = [s.role for s in sides[:1]]  # whose secret it is
    if "parties" in opens:
        own = {s.role: s for s in reversed(sides)}
        sides = [replace(own[old], role=new) for new, old in opens["parties"].items() if old in own]
    rulebook = catalogue.of_body(case.rulebook.split("/")[0], opens["rulebook"])
    opening = catalogue.in_force()[rulebook].rulebook.actions[opens["action"]]
    following = int(case.facts.get("round", 1)) + 1 if opens["relation"] == "round" else 1
    opened = open_case(
        rulebook=rulebook, action=opens["action"], actor=_opening_actor(actor, rulebook, opening),
        at=at, facts=opens["facts"], title="" if "parties" in opens else case.title,
        sides=sides,
        origin=Origin(opens["relation"], case.number, following, {**opens.get("remembers", {}), **_taken_over(rulebook, opens)}),
    )  # fmt: skip
    heir = list(opens["parties"].values())[:1] if "parties" in opens else first
    if not isinstance(opened, Refusal) and first and heir == first:
        # Whoever follows this case with its secret follows what comes of it with the same.
        Case.objects.filter(pk=opened.case.pk).update(secret=case.secret)
    return opened


def _opening_actor(actor: Actor, rulebook: str, opening: Action) -> Actor:
    """Whoever opens a case out of another: in the role in which their office lets them, or else in the first that may."""
    user = User.objects.filter(pk=actor.id).first() if actor.id.isdigit() else None
    held = {role for body, role in user.posts if body == rulebook.split("/")[0]} if user is not None else set()
    return Actor(actor.id, actor.name, frozenset([next((r for r in opening.by if r in held), opening.by[0])]))


def _taken_over(rulebook: str, opens: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The lists that a case begins with, from the procedure's case in the state named. Their entries are that case's: here
    they go by numbers below nought, which no entry of this case has.
    """
    if (taken := opens.get("takes_over")) is None:
        return {}
    held = Case.objects.filter(rulebook=rulebook, state=taken["state"]).order_by("changed_at").last()
    lists = {n: [r for r in held.facts.get(n, ()) if "completed_by" not in r] for n in taken["records"]} if held else {}
    return {n: [{**r, "seq": -i} for i, r in enumerate(rows, 1)] for n, rows in lists.items() if rows}


def _supersede(engine: Engine, case: Case, action: str, at: datetime) -> Refusal | None:
    """What stood in the place that this case has come to stands there no more, in this transaction."""
    if (spec := engine.rulebook.actions[action].supersedes) is None or case.state != spec.state:
        return None
    # Of two that come to the place at once the second waits here until the first stands there, and then sees it.
    list(RulebookVersion.objects.select_for_update().filter(rulebook=case.rulebook).order_by("pk"))
    others = Case.objects.select_for_update().filter(rulebook=case.rulebook, state=spec.state).exclude(pk=case.pk)
    for other in others.order_by("number"):
        book = catalogue.kept(other.digest).rulebook
        by = Actor("timer", "系统", frozenset(n for n, r in book.roles.items() if r.side == "system"))
        if spec.by not in book.actions:  # begun under a version that knew no such step: it goes on as it began
            continue
        why = Text(zh=f"由{case.title}（{case.number}）取代", en=f"Replaced by {case.number}")
        when = max(at, other.changed_at)  # the other may have come there while this one waited
        if isinstance(done := act(number=other.number, action=spec.by, actor=by, at=when, reason=why), Refusal):
            return done
    return None


def _not_linkable(number: str, clause: str | None) -> Reason:
    return Reason(
        "input", clause,
        Text(zh=f"“{number}”不是同一程序中的另一案件", en=f"“{number}” is not another case of the same procedure"),
        Text(zh="请填写另案的编号，且不能是本案", en="Give the number of another case, not of this one"), "case",
    )  # fmt: skip


def _next_number(engine: Engine, at: datetime) -> str:
    """The next case number of the rulebook's prefix and year: no gap, never twice."""
    name = f"{engine.rulebook.id.split('/')[0].upper()}-{engine.rulebook.number}-{at.astimezone(TZ).year}"
    return f"{name}-{registrar.draw(name):04}"


def _receipt(number: str, by: str, action: str, key: str) -> str:
    """The key under which an act is remembered: one person's, for one action in one case."""
    return key and hashlib.sha256(f"{number}\n{by}\n{action}\n{key}".encode()).hexdigest()


def _seen(key: str) -> Done | None:
    receipt = Receipt.objects.select_related("case").filter(key=key).first() if key else None
    return Done(receipt.case, receipt.seq) if receipt else None


def _remember(key: str, case: Case, seq: int) -> None:
    if key:
        Receipt.objects.create(key=key, case=case, seq=seq)


def _named(engine: Engine, facts: Mapping[str, Any], sides: Sequence[Side]) -> list[Side]:
    """The parties on whose behalf somebody else opens the case, called as they are named there."""
    taken, roles = {s.role for s in sides}, engine.rulebook.roles
    said = [(r, str(facts.get(spec.named, "")).strip()) for r, spec in roles.items() if spec.named and r not in taken]
    return [Side(role, name[:200]) for role, name in said if name]


def _agents(engine: Engine, action: str, actor: Actor, facts: Mapping[str, Any]) -> list[Side]:
    """The organisation that a case is opened for, where the act engages one, or that the actor acts for by its mandate."""
    book, found = engine.rulebook, list[Side]()
    spec = book.actions.get(action)
    engaged = facts.get("organisation")
    if spec is not None and spec.engages and isinstance(engaged, Mapping):
        organisation = Organisation.objects.get(pk=int(engaged["id"]))
        found.append(Side(spec.engages, organisation.name, organisation))
    acting = {book.roles[r].within for r in actor.roles & book.mandated} - {None, *(s.role for s in found)}
    user = (
        User.objects.select_related("organisation").filter(pk=actor.id).first()
        if acting and actor.id.isdigit()
        else None
    )
    if user is not None and user.organisation is not None:
        found += [Side(role, user.organisation.name, user.organisation) for role in sorted(filter(None, acting))]
    return found


def _everybody(book: Rulebook, role: str) -> bool:
    """Whether a party that is an organisation acts through all its people, or through those it gave the mandate."""
    return book.roles[role].within != role


def _engage(engine: Engine, case: Case, engaged: tuple[str, Mapping[str, Any]]) -> None:
    """Put an organisation in the place of whoever was this party before."""
    role, wanted = engaged
    organisation = Organisation.objects.get(pk=int(wanted["id"]))
    Party.objects.update_or_create(
        case=case, role=role, joined_from="",
        defaults={"name": organisation.name, "organisation": organisation, "user": None, "everybody": _everybody(engine.rulebook, role)},
    )  # fmt: skip


def _moved_on(case: Case, seen: int) -> bool:
    """Whether more has happened since the case had `seen` than what the system told about its deadlines."""
    since = [] if seen == case.length else list(case.events.filter(seq__gt=seen))
    return len(since) != case.length - seen or any("alert" not in row.stored for row in since)


def _overtaken(case: Case) -> Reason:
    remains = events_of(case)
    look = Text(zh="请看过最新情况再办理", en="Look at the case as it is now, then decide")
    if not remains or remains[-1].seq != case.length:  # the latest entry is itself destroyed
        return Reason("overtaken", None, Text(
            zh="您打开本页后，案件已有变化", en="The case has changed since you opened this page"), look)  # fmt: skip
    last = next(e for e in reversed(remains) if e.alert is None)
    who, what = last.actor_name, catalogue.kept(case.digest).rulebook.actions[last.action]
    text = Text(zh=f"您打开本页后，{who}办理了“{what.zh}”", en=f"Since you opened this page {who} did “{what.en}”")
    return Reason("overtaken", None, text, look)
