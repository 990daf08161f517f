"""Choosing a panel on the page of an act that appoints: the candidates, a specialty to filter by, a proposal."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import HttpRequest

from mingduan.cases.models import Case
from mingduan.cases.panels import Candidate, candidates, propose, wanted
from mingduan.config import clock
from mingduan.people.models import Specialty
from mingduan.procedure import case as pure
from mingduan.procedure.engine import Engine
from mingduan.procedure.interests import described

from .forms import Person
from .reader import whole


@dataclass(frozen=True, slots=True)
class Panel:
    """What the page shows above its form. `short`: how many lawful candidates a proposal lacks."""

    people: list[Person]
    specialties: QuerySet[Specialty]
    specialty: Specialty | None
    wanted: int
    proposing: bool
    proposed: list[Candidate]

    @property
    def short(self) -> int:
        """How many lawful candidates a proposal lacks."""
        return self.wanted - len(self.proposed)


def panel_for(request: HttpRequest, case: Case, state: pure.Case, engine: Engine, action: str) -> Panel | None:
    """The choice of a panel, on the page of an act that appoints one."""
    role = engine.rulebook.actions[action].appoints
    if role is None:
        return None
    specialty = Specialty.objects.filter(pk=whole(request.GET.get("specialty")) or 0).first()
    found = candidates(case, state, engine, role, clock.now(), specialty)
    proposing, n = "propose" in request.GET, wanted(engine, state, role)
    proposed = propose(found, n) if proposing else []
    return Panel([_person(c) for c in found], Specialty.objects.all(), specialty, n, proposing, proposed)


def _person(candidate: Candidate) -> Person:
    """A candidate in one line, with the ties that are too old to matter."""
    user, record = candidate.user, candidate.record
    specialties = list(user.specialties.all())
    zh = (
        f"{user} · {'、'.join(s.zh for s in specialties) or '—'} · {record['employer'] or '—'} · 在办{candidate.load}件"
    )
    en = f"{user} · {', '.join(s.en for s in specialties) or '—'} · {record['employer'] or '—'} · {candidate.load} open"
    told = "；".join(described(i) for i in record["interests"])
    if told and not candidate.against:
        zh, en = f"{zh} · 已超过回避年限：{told}", f"{en} · interests past the look-back: {told}"
    return Person(record, zh, en, candidate.against)
