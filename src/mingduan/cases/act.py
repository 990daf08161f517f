"""The one way anything is written about a case: decide, then store event, standing, duties, money and notices at once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
from django.db import transaction

from mingduan.config.tracing import traced
from mingduan.people.models import User
from mingduan.procedure import case as pure
from mingduan.procedure.case import Act, Actor, Event, Origin, Reason, Refusal, Signature, fold
from mingduan.procedure.engine import Engine
from mingduan.procedure.rulebook import Action
from mingduan.procedure.text import Text

from . import catalogue, chain, enclosed, erasing, panels, registrar, storing
from .access import access
from .counters import Counters
from .models import Case, Party, RulebookVersion
from .opening import open_case
from .sides import Side, sides_of
from .storing import Done, notice_words, write_duties

__all__ = ["Done", "Side", "act", "done_before", "events_of", "notice_words", "open_case", "sides_of", "state_of", "write_duties"]  # fmt: skip


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
    if done := storing.seen([key]).get(
        key
    ):  # asked with the case locked, so that the same request twice at once is done once
        return done
    if seen is not None and _moved_on(case, seen):
        return Refusal(action, (_overtaken(case),))
    engine = catalogue.kept(case.digest)
    before = state_of(case)
    known = panels.recorded(case, before, engine, action, facts or {}, at)
    sides = sides_of(case)
    counters = Counters()
    supplied = registrar.supplied(engine, action, known, before.facts, sides, at, counters, registrar.appointed())
    counters.write()
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
    storing.store([storing.write(engine, case, before, linked, key=key)])
    if isinstance(refused := _supersede(engine, case, action, at), Refusal):
        transaction.set_rollback(True)
        return refused
    return Done(case, outcome.seq)


def done_before(*, number: str, action: str, by: str, key: str) -> Done | None:
    """What came of an act that `by` (an actor's id) sent before with this key, even if the case is theirs no longer."""
    key = _receipt(number, by, action, key)
    return storing.seen([key]).get(key)


def events_of(case: Case) -> list[Event]:
    """The case's events, oldest first; of a case disposed of, those that remain."""
    return [Event.from_json(row.body) for row in case.events.all() if not chain.is_tombstone(row.stored)]


def state_of(case: Case, events: Sequence[Event] | None = None) -> pure.Case:
    """The case as its events leave it (`events`: where they have been read); of a case disposed of, as those that
    remain leave it.
    """
    return msgspec.structs.replace(fold(events_of(case) if events is None else events), length=case.length)


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


def _receipt(number: str, by: str, action: str, key: str) -> str:
    """The key under which an act is remembered: one person's, for one action in one case."""
    return key and hashlib.sha256(f"{number}\n{by}\n{action}\n{key}".encode()).hexdigest()


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
