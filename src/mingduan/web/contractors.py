"""The contractors: who is at work under which contract, and each one's page from entry to exit.

Managers see all; a contractor's people see their own company only. Which procedures and facts is in the scorecard (`reads.roster`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mingduan.cases import catalogue
from mingduan.cases.access import visible
from mingduan.cases.models import Case, EventRow, Party
from mingduan.complaints import fieldwork, sending
from mingduan.complaints.scorecard.card import RosterOf
from mingduan.complaints.scorecard.looks import Look, looks
from mingduan.complaints.scorecard.store import reads_of
from mingduan.config import clock
from mingduan.people.models import FieldWorker, Mandate, Organisation
from mingduan.procedure.landmarks import over
from mingduan.procedure.period import TZ
from mingduan.procedure.rulebook import Choice, Fact, Guard, Rulebook, State
from mingduan.registry import search
from mingduan.registry.enterprises import TechnicianCertificate
from mingduan.registry.models import Certificate
from mingduan.registry.wording import wording

from .charts import Bar, columns
from .reader import reader


@dataclass(frozen=True, slots=True)
class Engaged:
    """A contractor in the list: the case of its entry, where that stands, and of its exit, if any."""

    organisation: Organisation
    entry: Case | None
    state: State | None
    group: str
    contract: tuple[tuple[Fact, Any], ...]
    exit: Case | None
    gone: bool


@dataclass(frozen=True, slots=True)
class Checked:
    """One of a contractor's people and the certificate it named, held against the register: `kind` and `expires_on` as it
    says; `found`: whether the register has it for this company.
    """

    name: str
    post: str
    number: str
    found: bool
    kind: str
    expires_on: date | None
    expired: bool


@dataclass(frozen=True, slots=True)
class Sendable:
    """One of a contractor's people who can be sent out: their skills in words, and when they work next."""

    worker: FieldWorker
    skills: tuple[Choice, ...]
    next: tuple[datetime, datetime] | None


@login_required
@never_cache
@require_safe
def contractors(request: HttpRequest) -> HttpResponse:
    """Every contractor, those at work first."""
    one, roster = _asked(request)
    listed = sorted(
        (_engaged(o, roster) for o in _known(one, roster)), key=lambda e: (e.gone, e.group, e.organisation.name)
    )
    return render(request, "web/contractors.html", {"look": one, "listed": listed, "never": _never(roster)})


@login_required
@never_cache
@require_safe
def contractor(request: HttpRequest, pk: int) -> HttpResponse:
    """One contractor: contract, scope, people, its qualification, its cases and its scores."""
    one, roster = _asked(request)
    organisation = next((o for o in _known(one, roster) if o.pk == pk), None)
    if organisation is None:
        raise Http404
    user, now = reader(request), clock.now()
    today = now.astimezone(TZ).date()
    found = _engaged(organisation, roster)
    facts = found.entry.facts if found.entry else {}
    book = catalogue.kept(found.entry.digest).rulebook if found.entry else None
    body = one.card.id.split("/")[0]
    cases = visible(user, now).filter(pk__in=Party.objects.filter(organisation=organisation).values("case"))
    settled = Case.objects.filter(
        rulebook=catalogue.of_body(body, reads_of(one.card).settled_by), parties__organisation=organisation, facts__month__isnull=False
    ).order_by("opened_at")  # fmt: skip
    return render(request, "web/contractor.html", {
        "look": one, "found": found, "organisation": organisation, "book": book, "never": _never(roster),
        "scopes": _records(book, roster.scope, facts), "staff": list(_staff(organisation, facts.get(roster.staff, ()), today)),
        "crew": _crew(organisation, now), "acting": _acting(organisation, body), "accounted": _accounted(cases, roster),
        "certificate": _certificate(facts.get(roster.qualification, ""), today), "cases": _listed(cases), "scores": _scores(settled), "settled": list(settled)[::-1],
    })  # fmt: skip


def _asked(request: HttpRequest) -> tuple[Look, RosterOf]:
    """What the reader may see, by the first card that is for them; for anybody else there is no such page."""
    found = looks(reader(request))
    if not found:
        raise Http404
    return found[0], reads_of(found[0].card).roster


def _known(one: Look, roster: RosterOf) -> QuerySet[Organisation]:
    """The companies that applied, work or have cases with the body, or only the reader's own."""
    body = one.card.id.split("/")[0]
    roles = Party.objects.filter(case__rulebook__startswith=f"{body}/", organisation__isnull=False)
    # Asked apart: within the other question PostgreSQL looked through every party again for each organisation.
    found = Organisation.objects.filter(pk__in=set(roles.values_list("organisation", flat=True)))
    return found if one.all else found.filter(pk=int(one.own))


def _engaged(organisation: Organisation, roster: RosterOf) -> Engaged:
    def latest(rulebook: str, role: str) -> Case | None:
        theirs = Party.objects.filter(role=role, organisation=organisation, case__rulebook=rulebook)
        return Case.objects.filter(pk__in=theirs.values("case")).order_by("opened_at").last()

    entry, leaving = latest(roster.rulebook, roster.contractor), latest(roster.leaving, roster.leaver)
    left = leaving is not None and EventRow.objects.filter(case=leaving, action=roster.left).exists()
    if entry is not None and leaving is not None and entry.opened_at > leaving.opened_at:
        leaving, left = None, False  # it came back
    book = catalogue.kept(entry.digest).rulebook if entry else None
    facts = entry.facts if entry else {}
    return Engaged(
        organisation, entry, book.states[entry.state] if book and entry else None, str(facts.get(roster.group, "")),
        tuple((book.facts[n], facts[n]) for n in roster.contract if book and n in facts), leaving, left,
    )  # fmt: skip


def _never(roster: RosterOf) -> list[Guard]:
    """What the rulebook holds a contract's scope to."""
    engine = catalogue.current(roster.rulebook)
    actions = engine.rulebook.actions.values() if engine else ()
    return [guard for action in actions if action.adds == roster.scope for guard in action.when]


def _records(book: Rulebook | None, name: str, facts: Any) -> tuple[list[Fact], list[list[tuple[Fact, Any]]]]:
    """A list of the entry as a table: its heading and its rows."""
    if book is None or name not in book.facts:
        return [], []
    of = book.facts[name].of
    return list(of.values()), [[(spec, row.get(n, "")) for n, spec in of.items()] for row in facts.get(name, ())]


def _staff(organisation: Organisation, rows: Any, today: date) -> Iterator[Checked]:
    """The contractor's people, the certificate of each held against the register of the qualification scheme."""
    known = {
        (c.technician.name, c.number): c
        for c in TechnicianCertificate.objects.filter(technician__enterprise__organisation=organisation).select_related(
            "technician"
        )
    }
    for row in rows:
        name, number = str(row.get("name", "")), str(row.get("certificate", ""))
        held = known.get((name, number))
        until = held.expires_on if held else None
        yield Checked(
            name,
            str(row.get("post", "")),
            number,
            held is not None,
            held.name if held else "",
            until,
            until is not None and until < today,
        )


def _crew(organisation: Organisation, now: datetime) -> list[Sendable]:
    """Its people who can be sent out, as their lead keeps them."""
    known = sending.skills(fieldwork.in_use())
    workers = FieldWorker.objects.filter(user__organisation=organisation, user__is_active=True).select_related("user")
    return [
        Sendable(w, tuple(known[s] for s in w.skills if s in known), sending.shift(w, now))
        for w in workers.order_by("user__name", "pk")
    ]


def _acting(organisation: Organisation, body: str) -> int:
    """How many accounts act for it: without one it can be given no work, and none may be left once it has gone."""
    given = Mandate.objects.filter(body=body, user__organisation=organisation, user__is_active=True)
    return given.values("user").distinct().count()


def _accounted(cases: QuerySet[Case], roster: RosterOf) -> list[tuple[Case, str]]:
    """What was decided about who is held to account, newest first."""
    if roster.accountability is None:
        return []
    fact = roster.accountability
    return [
        (case, str(case.facts[fact]))
        for case in cases.filter(**{f"facts__{fact}__isnull": False}).order_by("-opened_at")
    ]


@dataclass(frozen=True, slots=True)
class Qualified:
    """The contractor's own certificate as the register has it today."""

    number: str
    specialty: Any
    grade: Any
    standing: Any
    good: bool
    valid_until: date


def _certificate(number: str, today: date) -> Qualified | None:
    row = Certificate.objects.filter(number=number).first() if number else None
    if row is None:
        return None
    status, book = search.status_on(row, today), wording()
    return Qualified(
        number,
        book.specialty(row.specialty),
        book.grade(row.grade),
        book.standing(status),
        status == "valid",
        row.valid_until,
    )


def _listed(cases: QuerySet[Case]) -> list[tuple[Rulebook, int, int, list[tuple[Case, State]]]]:
    """The contractor's cases by procedure: how many, how many still run (the others are only kept until they are disposed of), and the latest few."""
    found: dict[str, list[Case]] = {}
    for case in cases.order_by("-opened_at"):
        found.setdefault(case.rulebook, []).append(case)
    listed = []
    for of_one in found.values():
        book = catalogue.kept(of_one[0].digest).rulebook
        rows = [(c, catalogue.kept(c.digest).rulebook.states[c.state]) for c in of_one[:5]]
        listed.append(
            (book, len(of_one), sum(c.state not in over(catalogue.kept(c.digest).rulebook) for c in of_one), rows)
        )
    return listed


def _scores(settled: QuerySet[Case]) -> SafeString | None:
    """The scores over time."""
    parts = [
        Bar(c.facts["month"], float(c.facts["score"]), f"{c.facts['month']} {c.facts['score']}", f"/cases/{c.number}/")
        for c in settled
    ]
    return columns(parts, width=min(90 * len(parts), 900)) if parts else None


__all__ = ["contractor", "contractors"]
