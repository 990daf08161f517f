"""Dispatch: the jobs that wait for somebody to be sent, a proposal beside each with its reasons, and sending them.

The operator's dispatcher chooses the company, the company's lead the person. What is proposed decides nothing: each job
goes to whom the form says, through the one way acts are done, and each is told what became of it.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mingduan.cases.access import access, visible
from mingduan.cases.act import act
from mingduan.cases.bulk import Outcome
from mingduan.cases.models import Case
from mingduan.cases.personal import masked
from mingduan.complaints import sending
from mingduan.complaints.dispatch import Point
from mingduan.complaints.sending import Person, Row, Step
from mingduan.config import clock
from mingduan.people.models import Organisation, User
from mingduan.procedure.case import Refusal
from mingduan.procedure.text import Text

from .forms import Field, facts, fields
from .maps import Map, Mark, Way, draw
from .reader import reader, whole
from .templatetags.mingduan import lang, words

MOST = 60  # jobs on a page: those that press most
_NOT = frozenset({"organisation", "people"})


@dataclass(frozen=True, slots=True)
class Choosing:
    """A job on the page: where it is as the sender may know it; who can be chosen, by id and in words, and who is chosen at first."""

    row: Row
    where: str
    options: Sequence[tuple[str, str]]
    chosen: str


@dataclass(frozen=True, slots=True)
class Tab:
    """A step and how many jobs wait in it."""

    step: Step
    count: int


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def dispatch(request: HttpRequest) -> HttpResponse:
    """The jobs of one step with proposals; and what became of those that were sent out."""
    user, now = reader(request), clock.now()
    steps = sending.steps(user)
    if not steps:
        raise Http404
    wanted = request.POST.get("step") or request.GET.get("step", "")
    seen = visible(user, now)  # worked out once: it asks for ties and versions
    tabs = [Tab(s, sending.cases(s, seen).count()) for s in steps]
    step = next((s for s in steps if s.key == wanted), None) or next((t.step for t in tabs if t.count), steps[0])
    post = request.POST if request.method == "POST" else None
    form = [
        f for f in fields(step.engine.inputs(step.name), (), post, _first(request, step)) if f.input.name not in _NOT
    ]
    outcomes: list[Outcome] = []
    picked = _picked(request)
    if post is not None and picked and not any(f.errors for f in form):
        outcomes = [_send(request, user, step, number, form) for number in picked]
        tabs = [Tab(s, sending.cases(s, seen).count()) for s in steps]
    found = sending.waiting(step, seen)
    skill = _skill(request, step)
    people = sending.crew(step, user, now)
    rows = sending.rows(found[:MOST], people, now, skill)
    companies = sending.companies(step)
    failed = [o for o in outcomes if not o.done]
    return render(request, "web/dispatch.html", {
        "step": step, "tabs": tabs, "rows": [_choosing(r, step, companies) for r in rows], "people": people, "form": form, "outcomes": outcomes,
        "done": len(outcomes) - len(failed), "none_picked": post is not None and not picked, "left": max(0, len(found) - MOST), "now": now,
        "map": _map(step, rows, people, now), "skills": sending.skills([step.book]), "skill": skill, "keeps_crew": keeps_crew(user),
        "key": secrets.token_urlsafe(12), "reason": request.POST.get("reason", "") if failed else "",
    }, status=422 if post is not None and (failed or not outcomes) else 200)  # fmt: skip


def keeps_crew(user: User) -> bool:
    """Whether this person keeps what is known of their own company's people: whoever appoints them."""
    return any(s.action.appoints for s in sending.steps(user))


def _first(request: HttpRequest, step: Step) -> dict[str, Any]:
    """What the form has at first: the skill looked for."""
    return {step.work.skill: request.GET.get("skill", "")} if step.work.skill else {}


def _skill(request: HttpRequest, step: Step) -> str:
    name = step.work.skill or ""
    asked = request.POST.get(name) or request.GET.get("skill", "")
    return asked if asked in sending.skills([step.book]) else ""


def _picked(request: HttpRequest) -> list[str]:
    """The jobs to send out: the one whose own button was pressed, or those ticked."""
    one = request.POST.get("one")
    return [one] if one else list(dict.fromkeys(request.POST.getlist("case")))[:MOST]


def _send(request: HttpRequest, user: User, step: Step, number: str, form: Sequence[Field]) -> Outcome:
    """Do the step in one case, with whom the form says."""
    now, chosen = clock.now(), request.POST.get(f"who-{number}", "")
    case = Case.objects.prefetch_related("parties").filter(number=number, rulebook=step.book.id).first()
    got = access(user, case, now) if case else None
    if case is None or got is None or not got.reads:
        raise Http404
    who: dict[str, Any] = {"people": [chosen] if chosen else []} if step.action.appoints else {"organisation": chosen}
    done = act(
        number=number, action=step.name, actor=got.actor, at=now, facts=facts(form) | {n: v for n, v in who.items() if v},
        reason=request.POST.get("reason", ""), seen=whole(request.POST.get(f"seen-{number}")), key=request.POST.get("key", "")[:100],
    )  # fmt: skip
    return Outcome(number, case.title, done.reasons if isinstance(done, Refusal) else ())


def _choosing(row: Row, step: Step, companies: Sequence[Organisation]) -> Choosing:
    """Who can be chosen for a job: the company's people, or the companies, each with what would be so with them."""
    if step.action.appoints:
        options = [(str(o.person.user.pk), _line(str(o.person.user), o.about, o.against)) for o in row.offers]
        return Choosing(row, _where(row, step), options, str(row.proposed.user.pk) if row.proposed else "")
    options = []
    for company in companies:
        theirs = [o for o in row.offers if o.person.user.organisation_id == company.pk]
        fit = [o for o in theirs if not o.against]
        best = min(fit, key=lambda o: o.person.held) if fit else None
        options.append((str(company.pk), _company(company, len(theirs), len(fit), best.person if best else None)))
    return Choosing(row, _where(row, step), options, str(row.proposed.user.organisation_id) if row.proposed else "")


def _where(row: Row, step: Step) -> str:
    """The address, masked where the procedure does not show it to whoever takes the step."""
    task = row.task
    return masked(task.book, step.action.by, task.case.state, task.work.address, task.address)


def _line(name: str, about: Sequence[Text], against: Sequence[Text]) -> str:
    between = "，" if lang() == "zh" else ", "
    said = between.join([*("✕ " + words(t) for t in against), *(words(t) for t in about)])
    return f"{name} · {said}"


def _company(company: Organisation, all_: int, fit: int, best: Person | None) -> str:
    told = Text(zh=f"{fit}/{all_}人可派", en=f"{fit} of {all_} can go")
    if best is None:
        told = Text(zh=f"✕ {all_}人都不能派", en=f"✕ none of {all_} can go")
    return f"{company} · {words(told)}"


def _map(step: Step, rows: Sequence[Row], people: Sequence[Person], now: datetime) -> Map | None:
    """Where the jobs and the people's bases are, and the way each would go."""
    marks, ways = [], []
    by_person: dict[int, list[tuple[int, Point]]] = {}
    for n, row in enumerate(rows, 1):
        if (place := row.task.place) is None:
            continue
        late = row.task.due is not None and row.task.due < now
        marks.append(Mark(place, str(n), f"{n}. {_where(row, step)}", "late" if late else "", f"#j{n}"))
        if row.visit is not None and row.proposed is not None:
            by_person.setdefault(row.proposed.user.pk, []).append((row.visit.order, place))
    for person in people:
        worker = person.worker
        if worker is None or worker.latitude is None or worker.longitude is None or not marks:
            continue
        base = Point(worker.latitude, worker.longitude)
        marks.append(Mark(base, str(person.user)[:1], str(person.user), "person"))
        if visits := sorted(by_person.get(person.user.pk, ()), key=lambda v: v[0]):
            ways.append(Way((base, *(p for _, p in visits))))
    return draw(marks, ways, width=560, height=440)
