"""An enterprise's profile as applications see it: what the register answers about the filer, and what its form offers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.db.models import Sum

from mingduan.cases import catalogue
from mingduan.people.models import Organisation
from mingduan.procedure.rulebook import Fact, Rulebook

from .enterprises import Enterprise, Equipment

QUESTIONS: Mapping[str, Callable[[Enterprise], Any]] = {
    "enterprise": lambda e: e.organisation.name,
    "credit_code": lambda e: e.credit_code,
    "representative": lambda e: e.representative,
    "address": lambda e: e.address,
    "region": lambda e: e.region,
    "technicians": lambda e: e.technicians.count(),
    "instruments": lambda e: _quantity(e, Equipment.Kind.INSTRUMENT),
    "vehicles": lambda e: _quantity(e, Equipment.Kind.VEHICLE),
    "sites": lambda e: e.sites.count(),
}


def answer(question: str, filer: Organisation | None) -> Any:
    """The profile's answer; None for somebody who has none."""
    enterprise = Enterprise.objects.select_related("organisation").filter(organisation=filer).first() if filer else None
    return QUESTIONS[question](enterprise) if enterprise else None


def purposes() -> dict[str, Fact]:
    """What papers can be kept ready for: every kind of file that a filing which asks the profile wants."""
    found: dict[str, Fact] = {}
    for engine in catalogue.in_force().values():
        if engine.rulebook.filing and asked_by(engine.rulebook):
            files = (i for i in engine.inputs(engine.rulebook.filing[0]) if i.fact.type == "files")
            found = {i.name: i.fact for i in files} | found
    return found


def asked_by(book: Rulebook) -> bool:
    """Whether whoever files under this rulebook is asked for their profile: it is an application for a certificate."""
    reads = book.actions[book.filing[0]].reads if book.filing else ()
    return any((told := book.facts[name].told) is not None and told.ask in QUESTIONS for name in reads)


def offered(organisation: Organisation, today: date) -> dict[str, Any]:
    """The facts with which an application's form begins: the papers kept in the profile that have not expired, each
    under the fact it is kept for, and the day the first of them expires under `<fact>.expires_on`'s group.
    """
    facts: dict[str, Any] = {}
    enterprise = Enterprise.objects.filter(organisation=organisation).first()
    for paper in enterprise.papers.order_by("id") if enterprise else ():
        if paper.expires_on is None or paper.expires_on >= today:
            facts.setdefault(paper.fact, []).append(paper.record)
            if paper.expires_on:
                name, day = f"{paper.fact.split('.')[0]}.expires_on", paper.expires_on.isoformat()
                facts[name] = min(day, facts.get(name, day))
    return facts


def certificate_fact(book: Rulebook) -> str:
    """The fact in which a procedure about the filer's own certificate takes its number; empty for any other."""
    asked = (fact.told for fact in book.facts.values())
    return next((told.of for told in asked if told is not None and told.ask == "own" and told.of), "")


def _quantity(enterprise: Enterprise, kind: str) -> int:
    return enterprise.equipments.filter(kind=kind).aggregate(n=Sum("quantity"))["n"] or 0
