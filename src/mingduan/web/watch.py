"""One page to follow an emergency by: clocks, who has confirmed, the roster, the log; readable at a glance, on a phone too.

It brings what is new by itself, until whoever reads it stops that, and takes a line for the log without leaving it; whoever was told
says with one tap that they know. What is on it is in the rulebook (`watch`).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from mingduan.cases import catalogue
from mingduan.cases.access import Access, access, log_reading
from mingduan.cases.act import state_of
from mingduan.cases.models import Case, Notice
from mingduan.config import clock
from mingduan.paper import delivery
from mingduan.paper.models import Delivery
from mingduan.people.models import User
from mingduan.procedure import case as pure
from mingduan.procedure.case import DutyStatus
from mingduan.procedure.engine import Engine
from mingduan.procedure.rulebook import Action, Choice, Deadline, Fact, Role, Rulebook

from .reader import case_for, linked, reader
from .templatetags.mingduan import t

EVERY = 10  # seconds
LINES = 40  # of the log
FRESH = 180  # seconds for which a line of the log is new


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


@dataclass(frozen=True, slots=True)
class Steps:
    """What the reader may do now: lines for the `log`, what one tap does (`at_once`), and what has a form of its own."""

    log: tuple[tuple[str, Action], ...]
    at_once: tuple[tuple[str, Action], ...]
    forms: tuple[tuple[str, Action], ...]


@dataclass(frozen=True, slots=True)
class Live:
    """An emergency or a drill that runs, as every page tells those who answer for it."""

    case: Case
    drill: bool


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
    running = state.state in plan.live
    live = running and request.GET.get("still") != "1"
    goals = _goals(engine, case, now)
    drill = plan.drill is not None and plan.drill in state.taken
    return render(request, "web/watch.html", {
        "case": case, "book": book, "state": book.states[state.state], "live": live, "running": running, "every": EVERY,
        "drill": drill, "headline": _facts(book, facts, plan.headline),
        "shows": _facts(book, facts, plan.shows), "after": _facts(book, facts, plan.after), "goals": goals,
        "confirmed": _confirmed(case), "to_confirm": running and bool(_unconfirmed(case, got, reader(request))),
        "roster": _by_post(book.facts[plan.roster], _there(facts, plan.roster) + _there(standing_in, plan.roster)),
        "roster_fact": book.facts[plan.roster], "from_plan": bool(_there(standing_in, plan.roster)),
        "log": list(reversed(facts.get(plan.log, ())))[:LINES], "log_fact": book.facts[plan.log],
        "fresh": (now - timedelta(seconds=FRESH)).isoformat(), "key": secrets.token_urlsafe(12),
        "resources": _there(facts, plan.resources) + _there(standing_in, plan.resources), "resources_fact": book.facts[plan.resources],
        "exercises": facts.get(plan.exercises, ()), "exercises_fact": book.facts[plan.exercises],
        "undrilled": _undrilled(book.facts[plan.exercises], facts.get(plan.exercises, ())) if drill else (), "steps": _steps(engine, state, got, now, goals), "linked": linked(request, case),
        "since": _span((now - case.opened_at).total_seconds()), "now_shown": now,
    })  # fmt: skip


@login_required
@require_POST
def confirm(request: HttpRequest, number: str) -> HttpResponse:
    """Whoever was told that it began says that they know: their copy of the notice counts as opened."""
    case, got = case_for(request, number)
    user = reader(request)
    if catalogue.kept(case.digest).rulebook.watch is None or not got.inside:
        raise Http404
    for notice in _unconfirmed(case, got, user):
        delivery.opened(notice, got, user, clock.now())
    return redirect("watch", number)


def live(user: User, now: datetime) -> list[Live]:
    """What runs now and is this person's to know of, real ones before drills, the latest first."""
    bodies = {body for body, _ in user.posts}
    books = [b for b in catalogue.in_use() if b.watch and b.id.split("/")[0] in bodies] if bodies else []
    found = []
    for book in books:
        assert book.watch is not None  # noqa: S101  only those were kept
        running = Case.objects.filter(digest=book.digest, state__in=book.watch.live).prefetch_related(
            "parties", "assignments"
        )
        found += [Live(c, book.watch.drill in state_of(c).taken) for c in running if access(user, c, now).inside]
    return sorted(found, key=lambda e: (not e.drill, e.case.opened_at), reverse=True)


def _steps(engine: Engine, state: pure.Case, got: Access, now: datetime, goals: Iterable[Goal]) -> Steps:
    """What the reader may do, what is owed first and what ends it last. What takes the case elsewhere is asked again, and never one tap."""
    book = engine.rulebook
    log = book.watch.log if book.watch else ""
    owed = [a for g in goals if not g.standing.startswith("met") for a in g.spec.met_by]
    found = [(o.action, book.actions[o.action]) for o in engine.options(state, got.actor, now) if o.open]
    found = sorted((f for f in found if not f[1].corrects), key=lambda f: (bool(f[1].to), f[0] not in owed))
    lines = tuple(f for f in found if f[1].adds == log)
    at_once = tuple(f for f in found if not (f[1].to or f[1].reasoned or f[1].signed or engine.inputs(f[0])))
    return Steps(lines, at_once, tuple(f for f in found if f not in at_once and f not in lines))


def _plan(case: Case, book: Rulebook) -> Mapping[str, Any]:
    """The facts of the body's plan in force: its roster and resources are there for every other case."""
    assert book.watch is not None  # noqa: S101  the page has seen to it
    held = Case.objects.filter(rulebook=case.rulebook, state=book.watch.plan).exclude(pk=case.pk)
    kept = held.order_by("changed_at").last()
    return kept.facts if kept else {}


def _there(facts: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The entries of a list that still stand."""
    return [r for r in facts.get(name, ()) if "completed_by" not in r]


def _by_post(fact: Fact, rows: Iterable[Mapping[str, Any]]) -> list[tuple[Choice, list[Mapping[str, Any]]]]:
    """The roster by post, in the rulebook's order: the command post first; nobody twice."""
    posts: dict[str, dict[Any, Mapping[str, Any]]] = {name: {} for name in fact.of["post"].choices}
    for row in rows:
        posts.setdefault(row["post"], {}).setdefault((row["name"], row["phone"]), row)
    return [(choice, list(posts[name].values())) for name, choice in fact.of["post"].choices.items() if posts[name]]


def _unconfirmed(case: Case, got: Access, user: User) -> list[Notice]:
    """The notices that it began which are the reader's and which they have not opened."""
    read = Delivery.objects.filter(notice__case=case, notice__seq=1, user=user, channel=Delivery.Channel.INBOX).exclude(
        read_at=None
    )
    if read.exists():
        return []
    return list(Notice.objects.filter(case=case, seq=1, role__in=got.actor.roles))


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
