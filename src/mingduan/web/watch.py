"""One page to follow an emergency by: clocks, who has confirmed, the roster, the log; readable at a glance, on a phone too.

It asks itself for what is new twice a minute without script, until whoever reads it stops that. What is on it is in the
rulebook (`watch`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mingduan.cases import catalogue
from mingduan.cases.access import log_reading
from mingduan.cases.act import state_of
from mingduan.cases.models import Case
from mingduan.config import clock
from mingduan.paper.models import Delivery
from mingduan.procedure.case import DutyStatus
from mingduan.procedure.engine import Engine
from mingduan.procedure.rulebook import Action, Choice, Deadline, Fact, Role, Rulebook

from .reader import case_for, linked
from .templatetags.mingduan import t

EVERY = 30  # seconds
LINES = 40  # of the log


@dataclass(frozen=True, slots=True)
class Goal:
    """A clock: what is owed by whom and when, how it stands (met, late, soon, open), and how long is left or over."""

    spec: Deadline
    role: Role
    due: datetime
    standing: str
    span: str


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Somebody who was told, and when they opened it."""

    name: str
    at: datetime | None


@login_required
@never_cache
@require_safe
def watch(request: HttpRequest, number: str) -> HttpResponse:
    """The page, for the body's own people."""
    case, got = case_for(request, number)
    engine = catalogue.kept(case.digest)
    book, now = engine.rulebook, clock.now()
    plan = book.watch
    if plan is None or not got.inside:
        raise Http404
    log_reading(case, got.actor, now)
    state = state_of(case)
    facts, standing_in = state.facts, _plan(case, book)
    live = state.state in plan.live and request.GET.get("still") != "1"
    do: list[tuple[str, Action]] = [
        (o.action, book.actions[o.action])
        for o in engine.options(state, got.actor, now)
        if o.open and not book.actions[o.action].corrects
    ]
    drill = plan.drill is not None and plan.drill in state.taken
    return render(request, "web/watch.html", {
        "case": case, "book": book, "state": book.states[state.state], "live": live, "running": state.state in plan.live, "every": EVERY,
        "drill": drill, "headline": _facts(book, facts, plan.headline),
        "shows": _facts(book, facts, plan.shows), "after": _facts(book, facts, plan.after), "goals": _goals(engine, case, now),
        "confirmed": _confirmed(case), "roster": facts.get(plan.roster) or standing_in.get(plan.roster, ()),
        "roster_fact": book.facts[plan.roster], "from_plan": not facts.get(plan.roster) and bool(standing_in.get(plan.roster)),
        "log": list(reversed(facts.get(plan.log, ())))[:LINES], "log_fact": book.facts[plan.log],
        "resources": facts.get(plan.resources) or standing_in.get(plan.resources, ()), "resources_fact": book.facts[plan.resources],
        "exercises": facts.get(plan.exercises, ()), "exercises_fact": book.facts[plan.exercises],
        "undrilled": _undrilled(book.facts[plan.exercises], facts.get(plan.exercises, ())) if drill else (), "do": do, "linked": linked(request, case),
        "since": _span((now - case.opened_at).total_seconds()), "now_shown": now,
    })  # fmt: skip


def _plan(case: Case, book: Rulebook) -> Mapping[str, Any]:
    """The facts of the body's plan in force: its roster and resources stand in where the case has none of its own."""
    assert book.watch is not None  # noqa: S101  the page has seen to it
    kept = Case.objects.filter(rulebook=case.rulebook, state=book.watch.plan).order_by("-opened_at").first()
    return kept.facts if kept else {}


def _facts(book: Rulebook, facts: Mapping[str, Any], names: Iterable[str]) -> list[tuple[Fact, Any]]:
    return [(book.facts[n], facts[n]) for n in names if facts.get(n) not in (None, "")]


def _undrilled(kept: Fact, done: Iterable[Mapping[str, Any]]) -> list[Choice]:
    """The steps that a drill has not come to."""
    drilled = {d["step"] for d in done}
    return [choice for name, choice in kept.of["step"].choices.items() if name not in drilled]


def _goals(engine: Engine, case: Case, now: datetime) -> list[Goal]:
    """The clocks, what is late first, what is met last."""
    book, found = engine.rulebook, []
    for duty in engine.duties(state_of(case), now):
        if duty.status == DutyStatus.WAIVED:
            continue
        left = (duty.due - now).total_seconds()
        met = duty.status in (DutyStatus.MET, DutyStatus.MET_LATE)
        late = duty.status in (DutyStatus.LATE, DutyStatus.MET_LATE)
        standing = ("met-late" if late else "met") if met else "late" if late or left < 0 else "soon" if left < 900 else "open"  # fmt: skip
        found.append(Goal(book.deadlines[duty.deadline], book.roles[duty.owner], duty.due, standing, _span(abs(left))))
    order = ("late", "soon", "open", "met-late", "met")
    return sorted(found, key=lambda g: (order.index(g.standing), g.due))


def _confirmed(case: Case) -> list[Confirmed]:
    """Everybody who was told that it began, those who have not opened it first."""
    rows = Delivery.objects.filter(notice__case=case, notice__seq=1, channel=Delivery.Channel.INBOX).order_by("name")
    told: dict[str, Confirmed] = {}
    for row in rows:  # whoever holds two offices is told twice and confirms once
        before = told.get(row.recipient)
        at = min(filter(None, (row.read_at, before.at if before else None)), default=None)
        told[row.recipient] = Confirmed(row.name, at)
    return sorted(told.values(), key=lambda c: (c.at is not None, c.name))


def _span(seconds: float) -> str:
    """A length of time, to the minute."""
    minutes = int(seconds // 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts_zh = [f"{days}天"] * (days > 0) + [f"{hours}小时"] * (hours > 0) + [f"{minutes}分"] * (days == 0)
    parts_en = [f"{days} d"] * (days > 0) + [f"{hours} h"] * (hours > 0) + [f"{minutes} min"] * (days == 0)
    return t("".join(parts_zh), " ".join(parts_en))
