"""Who can be appointed in a case: the experts by specialty, availability, load and ties, each with the reasons against.

Also the one place where the record of somebody appointed is made: a caller names people, and never says what
their interests are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from mingduan.people.interests import person_record, with_ties
from mingduan.people.models import Mandate, Organisation, Specialty, User
from mingduan.procedure import case as pure
from mingduan.procedure.case import Act, Actor
from mingduan.procedure.engine import Engine
from mingduan.procedure.interests import conflicts, described
from mingduan.procedure.period import TZ, Period
from mingduan.procedure.text import Text
from mingduan.procedure.words import day

from . import catalogue
from .models import Case, EventRow, Party
from .queries import either


@dataclass(frozen=True, slots=True)
class Candidate:
    """An expert as somebody choosing a panel sees them. `against`: why not to appoint them; empty for a lawful choice.

    `own`: of the organisation that appoints, as an agency's auditors are for its audit team.
    """

    user: User
    record: Mapping[str, Any]
    load: int
    against: tuple[Text, ...]
    own: bool = False


def candidates(
    case: Case, state: pure.Case, engine: Engine, role: str, at: datetime, specialty: Specialty | None = None
) -> list[Candidate]:
    """The experts not yet in `role`: lawful ones first, those of the organisation that appoints before others, then by load.

    `specialty`: only those who know it will do.
    """
    look_back = engine.rulebook.roles[role].no_interest_within or Period.parse("0d")
    days, parties, before = _days(engine, state, at), _parties(case, engine), earlier_members(state)
    members, appointing = {p["id"] for p in state.assigned.get(role, ())}, _appointing(case, engine, role)
    found = []
    for user in eligible(case, engine, role).exclude(pk__in=members):
        record = person_record(user, parties, days)
        against = []
        near = conflicts(record["interests"], look_back, at, engine.calendar)
        if near:
            why = "；".join(described(i) for i in near)
            against.append(Text(zh=f"与当事人有利害关系：{why}", en=f"An interest in a party: {why}"))
        if record["id"] in before:
            against.append(Text(zh="参加过上一轮审理", en="Took part in the earlier round"))
        if record["absent"]:
            zh, en = ("、".join(day(d) for d in days), ", ".join(day(d, "en") for d in days))
            against.append(Text(
                zh=f"已登记{zh}不在，届时不能参加：另选他人，或改定日期",
                en=f"Registered as away on {en}, when the case needs them: choose somebody else, or another day"))  # fmt: skip
        if specialty is not None and specialty not in user.specialties.all():
            against.append(Text(zh=f"专业不是{specialty.zh}", en=f"Does not know {specialty.en.lower()}"))
        against = against or _barred(engine, state, role, record, at)
        own = user.organisation_id in appointing
        found.append(Candidate(user, record, user.load, tuple(against), own))  # type: ignore[attr-defined]  # annotated
    return sorted(found, key=lambda c: (len(c.against), not c.own, c.load, c.user.pk))


def _appointing(case: Case, engine: Engine, role: str) -> frozenset[int]:
    """The organisations in the case that appoint to `role`; none where the body does."""
    by = {r for a in engine.rulebook.actions.values() if a.appoints == role for r in a.by}
    return frozenset(p.organisation_id for p in case.parties.all() if p.role in by and p.organisation_id)


def _barred(engine: Engine, state: pure.Case, role: str, record: Mapping[str, Any], at: datetime) -> list[Text]:
    """What the rulebook itself has against appointing this person: what would not stand against somebody unknown."""
    action, spec = next((n, a) for n, a in engine.rulebook.actions.items() if a.appoints == role)

    def against(person: Mapping[str, Any]) -> dict[Text, Text]:
        asked = Act(action, Actor("", "", frozenset(spec.by)), at, {"people": [person]})
        return {f.text: f.reason.text for f in engine.check(state, asked) if f.rule == "guard" and f.reason}

    said, anybody = against(record), against({"id": "0", "name": "—"})
    return [text for rule, text in said.items() if rule not in anybody]


def propose(found: Iterable[Candidate], n: int) -> list[Candidate]:
    """The `n` best lawful candidates, or as many as there are: of the organisation that appoints, else from different
    employers where that can be, then the least loaded.
    """
    left, chosen = [c for c in found if not c.against], list[Candidate]()
    while left and len(chosen) < n:
        taken = [c.record["employer"] for c in chosen]
        best = min(left, key=lambda c: (not c.own, taken.count(c.record["employer"]), c.load, c.user.pk))
        left.remove(best)
        chosen.append(best)
    return chosen


def wanted(engine: Engine, state: pure.Case, role: str) -> int:
    """How many members `role` still lacks."""
    return max((engine.rulebook.roles[role].members or 1) - len(state.assigned.get(role, ())), 0)


def earlier_members(state: pure.Case) -> frozenset[str]:
    """The ids of everybody ever appointed in the earlier rounds of this matter (S01 8.4)."""
    numbers = [number for relation, number in state.links if relation == "round_of"]
    seen, members = set[str](), set[str]()
    while numbers:
        number = numbers.pop()
        seen.add(number)
        for body in EventRow.objects.filter(case__number=number).values_list("stored", flat=True):
            members |= {p["id"] for p in body.get("appointed", ("", ()))[1]}
            relation, other = body.get("link", ("", ""))
            if relation == "round_of" and other not in seen:
                numbers.append(other)
    return frozenset(members)


def recorded(
    case: Case, state: pure.Case, engine: Engine, action: str, facts: Mapping[str, Any], at: datetime
) -> dict[str, Any]:
    """The facts of an act with each person it names, by id or by a record with one, as the record kept of them.

    Somebody who is not on the register, or not in the role, stays as named, for the engine to refuse.
    """
    made, spec = dict(facts), engine.rulebook.actions.get(action)
    if spec is not None and spec.appoints and isinstance(facts.get("people"), list):
        ids = [i for p in facts["people"] if (i := _id(p)).isdecimal() and len(i) < 19]
        known = {str(u.pk): u for u in eligible(case, engine, spec.appoints).filter(pk__in=ids)}
        days, parties = _days(engine, state, at), _parties(case, engine)
        made["people"] = [
            person_record(known[_id(p)], parties, days) if _id(p) in known else _id(p) for p in facts["people"]
        ]
    if spec is not None and spec.releases and "person" in facts:
        members = {p["id"]: dict(p) for p in state.assigned.get(spec.releases, ())}
        made["person"] = members.get(_id(facts["person"]), facts["person"])
    return engaging(engine, action, made)


def engaging(engine: Engine, action: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of an act with the organisation it engages as the record kept of it; one that can't be engaged stays as
    named, for the engine to refuse.
    """
    spec = engine.rulebook.actions.get(action)
    if spec is None or not spec.engages or "organisation" not in facts:
        return dict(facts)
    wanted = _id(facts["organisation"])
    offered = {str(o.pk): {"id": str(o.pk), "name": o.name} for o in engageable(engine, spec.engages)}
    return {**facts, "organisation": offered.get(wanted, wanted)}


def engageable(engine: Engine, role: str) -> QuerySet[Organisation]:
    """The organisations that can be engaged as `role`: those with somebody who has the mandate for it."""
    body = engine.rulebook.id.split("/")[0]
    given = Mandate.objects.filter(body=body, role=role, user__is_active=True)
    return Organisation.objects.filter(pk__in=given.values("user__organisation")).order_by("name")


def eligible(case: Case, engine: Engine, role: str) -> QuerySet[User]:
    """Who may be appointed to `role`: the register's experts, or those of the organisation it is held within who have
    the mandate for it.
    """
    within = engine.rulebook.roles[role].within
    if within is None:
        return experts()
    body = engine.rulebook.id.split("/")[0]
    engaged = Party.objects.filter(case=case, role=within).values("organisation")
    return _with_load(
        User.objects.filter(organisation__in=engaged, mandates__body=body, mandates__role=role, is_active=True)
    )


def experts(specialty: int | None = None, text: str = "") -> QuerySet[User]:
    """The register's experts with all that records are made of, and their load (the cases that have a step for them now), the least
    loaded first; those who know a field of work, or whose name or employer's has `text` in it, where asked.
    """
    found = User.objects.filter(expert=True, is_active=True)
    if specialty:
        found = found.filter(pk__in=User.objects.filter(specialties=specialty).values("pk"))
    if text:
        found = found.filter(Q(name__icontains=text) | Q(organisation__name__icontains=text))
    return _with_load(found)


def _with_load(users: QuerySet[User]) -> QuerySet[User]:
    load = Count("assignment__case", filter=_at_work(), distinct=True)
    return with_ties(users.annotate(load=load).order_by("load", "pk"))


def _at_work() -> Q:
    """Assignments whose role has a step to take as the case stands: an auditor is free once the report is approved."""
    found: dict[tuple[str, frozenset[str]], list[str]] = {}
    for book in catalogue.in_use():
        for role in {a.appoints for a in book.actions.values() if a.appoints}:
            states = frozenset(s for a in book.actions.values() if role in a.by for s in a.since)
            found.setdefault((role, states), []).append(book.digest)
    return either(
        Q(assignment__role=role, assignment__case__state__in=states, assignment__case__digest__in=versions)
        for (role, states), versions in found.items()
    )


def _parties(case: Case, engine: Engine) -> list[int]:
    """The organisations to which a tie counts: not those that handle the case themselves."""
    roles = engine.rulebook.roles
    return [p.organisation_id for p in case.parties.all() if p.organisation_id and not roles[p.role].handles]


def _days(engine: Engine, state: pure.Case, at: datetime) -> list[date]:
    """The days on which the case needs its people: every instant it has ahead, or the day itself."""
    facts = engine.rulebook.facts
    instants = [datetime.fromisoformat(v) for n, v in state.facts.items() if n in facts and facts[n].type == "instant"]
    return [i.astimezone(TZ).date() for i in instants if i > at] or [at.astimezone(TZ).date()]


def _id(person: Any) -> str:
    """The id that an act gives for somebody: itself, or within a record."""
    return str(person.get("id", "")) if isinstance(person, Mapping) else str(person)
