"""The phone of whoever is sent out: their own jobs in order, and in each the forms of what they can do there.

Forms are the rulebook's. Every one of theirs stands on the page of the job, so that the whole job can be done without a
network: `field.js` keeps what is sent, in order, and sends it to `act_` when there is one. Without JavaScript the same
forms post to the same address. An act that comes late carries how long it waited (`waited`, seconds by the phone's own
clock): the event keeps the time it came and, beside it, the time it is said to have been done (decision 0035).
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from mingduan.cases import catalogue
from mingduan.cases.access import Access, access, log_reading
from mingduan.cases.act import act, done_before, state_of
from mingduan.cases.models import Case, EventRow
from mingduan.cases.personal import veil
from mingduan.complaints import fieldwork
from mingduan.complaints.dispatch import Point
from mingduan.complaints.fieldwork import Bound, Task
from mingduan.config import clock
from mingduan.people.models import User
from mingduan.procedure.case import Case as State
from mingduan.procedure.case import Reason, Refusal
from mingduan.procedure.engine import Engine
from mingduan.procedure.rulebook import Action, Rulebook
from mingduan.procedure.text import Text

from .forms import Field, facts, fields, place_errors
from .maps import Map, Mark, Way, draw
from .reader import reader
from .templatetags.mingduan import words

LONGEST = timedelta(days=30)  # what has waited longer than this is of a wrong clock
_GONE = Text(
    zh="这件工单已不归您办理（改派、收回或已办结），这一步没有记入。请告知主管",
    en="The job is no longer yours (given to somebody else, taken back or over); this step was not recorded. Tell your lead",
)


@dataclass(slots=True)
class Step:
    """One thing to do in a job: its form, and whether it can be done as the case stands now. `bounds`: what readings are held to."""

    name: str
    action: Action
    form: list[Field]
    open: bool
    reasons: tuple[Reason, ...]
    bounds: Mapping[str, Bound]
    done: bool = False
    refused: list[Reason] = field(default_factory=list)
    key: str = ""
    reason: str = ""

    @property
    def limits(self) -> str:
        """The bounds for the page's script."""
        return json.dumps({m: [b.limit, b.least] for m, b in self.bounds.items()})

    @property
    def measure(self) -> Field | None:
        """The field that says what was measured."""
        return next((f for f in self.form if f.input.fact.type == "choice"), None) if self.bounds else None

    @property
    def told(self) -> list[tuple[Any, Bound]]:
        """Each measure with its bound, as a table has it."""
        choices = self.measure.input.fact.choices if self.measure else {}
        return [(choices[m], b) for m, b in self.bounds.items()]


@require_GET
@never_cache
@login_required
def jobs(request: HttpRequest) -> HttpResponse:
    """Somebody's own jobs in order, with the map."""
    user, now = reader(request), clock.now()
    mine = fieldwork.mine(user, now)
    if not mine and not fieldwork.goes(user):
        raise Http404
    start = _base(user)
    round_ = fieldwork.in_order(mine, start, now)
    return render(request, "web/field.html", {"round": round_, "map": _map(round_), "now": now, "by": user.pk})


@never_cache
@login_required
@require_http_methods(["GET"])
def job(request: HttpRequest, number: str) -> HttpResponse:
    """One job: what one needs to know, and the form of each step."""
    case, got = _theirs(request, number)
    log_reading(case, got.actor, clock.now(), name=veil(case, got).log)
    return render(request, "web/field_job.html", _page(request, case, got))


@never_cache
@login_required
@require_http_methods(["POST"])
def act_(request: HttpRequest, number: str, action: str) -> HttpResponse:
    """Do a step. A program (`Accept: application/json`) is told what came of it: done, refused with reasons, or gone."""
    user, now = reader(request), clock.now()
    program = request.headers.get("Accept") == "application/json"
    key = request.POST.get("key", "")[:100]
    if program and request.POST.get("by") != str(user.pk):
        return JsonResponse({"outcome": "other"}, status=403)
    if key and (before := done_before(number=number, action=action, by=str(user.pk), key=key)):
        return _answer(request, before.case, program)
    try:
        case, got = _theirs(request, number)
    except Http404:
        if program and _was_theirs(user, number):
            return JsonResponse({"outcome": "gone", "reasons": [_told(Reason("gone", None, _GONE))]}, status=409)
        raise
    engine = catalogue.kept(case.digest)
    if action not in fieldwork.actions_of(engine.rulebook):
        raise Http404
    form = fields(engine.inputs(action, got.actor.roles), (), request.POST, {}, request.FILES)
    wrong = [r for f in form for r in f.errors]
    if not wrong:
        done = act(
            number=number, action=action, actor=got.actor, at=now, facts=facts(form), reason=request.POST.get("reason", ""), key=key,
            said_at=said_at(request.POST.get("waited", ""), now),
        )  # fmt: skip
        if not isinstance(done, Refusal):
            return _answer(request, case, program, engine.rulebook.actions[action])
        wrong = list(done.reasons)
    if program:
        return JsonResponse({"outcome": "refused", "reasons": [_told(r) for r in wrong]}, status=422)
    page = _page(request, case, got)
    step = next(s for s in page["steps"] if s.name == action)
    step.form, step.open, step.key, step.reason = form, True, key, request.POST.get("reason", "")
    step.refused = place_errors([f for f in form if not f.errors], wrong)
    _tell_apart(step)
    return render(request, "web/field_job.html", page | {"at": action}, status=422)


@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, from where its scope is /field/; it holds nothing of anybody's."""
    path = finders.find("web/field-worker.js")
    assert isinstance(path, str)  # noqa: S101  it is shipped with the package
    with open(path, encoding="utf-8") as source:
        return HttpResponse(
            source.read(), content_type="text/javascript; charset=utf-8", headers={"Cache-Control": "no-cache"}
        )


def said_at(waited: str, now: datetime) -> datetime | None:
    """When what waited so many seconds was done; None where it hardly waited, or the phone's clock can't be right."""
    try:
        since = timedelta(seconds=float(waited or 0))
    except (ValueError, OverflowError):
        return None
    return now - since if timedelta(minutes=1) <= since <= LONGEST else None


def _theirs(request: HttpRequest, number: str) -> tuple[Case, Access]:
    """The case, for the one sent out in it; for anybody else there is none."""
    user = reader(request)
    case = Case.objects.prefetch_related("parties").filter(number=number).first()
    if case is None or not fieldwork.is_theirs(user, case):
        raise Http404
    got = access(user, case, clock.now())
    work = catalogue.kept(case.digest).rulebook.field_work
    if work is None or work.by not in got.actor.roles:
        raise Http404
    return case, got


def _was_theirs(user: User, number: str) -> bool:
    """Whether this person was ever sent out in the case: then they may be told that it is theirs no longer."""
    for body in EventRow.objects.filter(case__number=number).values_list("stored", flat=True):
        if any(p["id"] == str(user.pk) for p in body.get("appointed", ("", ()))[1]):
            return True
    return False


def _page(request: HttpRequest, case: Case, got: Access) -> dict[str, Any]:
    engine, now = catalogue.kept(case.digest), clock.now()
    state = state_of(case)
    task = fieldwork.tasks([case], {case.digest: frozenset(fieldwork.actions_of(engine.rulebook))})[0]
    view = veil(case, got)
    return {
        "case": case, "book": engine.rulebook, "task": task, "steps": _steps(engine, state, got, now), "now": now, "by": got.actor.id,
        "state": engine.rulebook.states[case.state], "record": _record(engine.rulebook, view.state(state)),
        "shown": [(fact, view(value)) for fact, value in task.shown], "where": view.text(task.address),
    }  # fmt: skip


def _steps(engine: Engine, state: State, got: Access, now: datetime) -> list[Step]:
    options = {o.action: o for o in engine.options(state, got.actor, now)}
    made = []
    for name, action in fieldwork.actions_of(engine.rulebook).items():
        form = fields(
            engine.inputs(name, got.actor.roles), (), None, {**state.facts, **dict.fromkeys(action.suggests, "")}
        )
        option = options[name]
        bounds = fieldwork.bounds(engine, state, name, got.actor, now)
        step = Step(
            name,
            action,
            form,
            option.open,
            tuple(option.reasons),
            bounds,
            name in state.taken,
            key=secrets.token_urlsafe(12),
        )
        _tell_apart(step)
        made.append(step)
    return made


def _tell_apart(step: Step) -> None:
    """Several forms on one page ask for fields of the same name: their ids differ by the step."""
    for one in step.form:
        one.form = step.name


def _record(book: Rulebook, state: State) -> list[tuple[Any, list[Any]]]:
    """What has been recorded on site so far, list by list."""
    lists = {a.adds for a in fieldwork.actions_of(book).values() if a.adds}
    return [(book.facts[n], rows) for n in book.facts if n in lists and (rows := state.facts.get(n))]


def _base(user: User) -> Point | None:
    worker = getattr(user, "field_worker", None)
    if worker is None or worker.latitude is None or worker.longitude is None:
        return None
    return Point(worker.latitude, worker.longitude)


def _map(round_: fieldwork.Round) -> Map | None:
    """Where the jobs are, numbered as they are taken, and the way from one to the next."""
    marks = [
        Mark(v.job.place, str(n), f"{n}. {t.address}", "", f"/field/{t.case.number}/")
        for n, (t, v) in enumerate(round_.visits, 1)
    ]
    if not marks:
        return None
    start = [Mark(round_.start, "起", words(Text(zh="出发", en="Start")), "person")] if round_.start else []
    return draw([*start, *marks], [Way(tuple(m.place for m in (*start, *marks)))], width=440, height=320)


def _answer(request: HttpRequest, case: Case, program: bool, action: Action | None = None) -> HttpResponse:
    if program:
        return JsonResponse({"outcome": "done"})
    if action is not None:
        messages.success(request, words(Text(zh=f"{action.zh}：已办理", en=f"{action.en}: done")))
    theirs = isinstance(request.user, User) and fieldwork.is_theirs(request.user, case)
    return redirect("field_job", case.number) if theirs else redirect("field")


def _told(reason: Reason) -> dict[str, str]:
    """A reason as the phone shows it, in the reader's language."""
    return {
        "text": words(reason.text), "remedy": words(reason.remedy) if reason.remedy else "", "input": reason.input or "",
        "clause": reason.clause or "",
    }  # fmt: skip


__all__ = ["Step", "Task", "act_", "job", "jobs", "said_at", "worker"]
