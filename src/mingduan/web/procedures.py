"""The procedures themselves as pages: drawn, in words, with every clause, and all dates if one began on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from mingduan.cases import catalogue
from mingduan.cases.access import openings
from mingduan.config import clock
from mingduan.people.models import User
from mingduan.procedure.calendar import WorkingCalendar
from mingduan.procedure.days import Mark, between, skipped
from mingduan.procedure.engine import Engine
from mingduan.procedure.period import Period, Unit
from mingduan.procedure.rulebook import Action, Deadline, Fact, Parameter, Role, Rulebook, State
from mingduan.procedure.text import Text
from mingduan.procedure.values import Labelled
from mingduan.procedure.verify import Coverage, Window, coverage, windows

from .diagram import draw
from .templatetags.mingduan import lang, words, yuan

_SIDES = {
    "filer": Text(zh="提出一方", en="filer"), "opponent": Text(zh="对方", en="other side"), "body": Text(zh="本机构", en="the body"),
    "agent": Text(zh="受托办理", en="works for the body"),
    "panel": Text(zh="逐案组成", en="formed for the case"), "authority": Text(zh="主管部门", en="authority"), "system": Text(zh="系统", en="system"),
}  # fmt: skip
_BY_CALENDAR = Text(
    zh="按日历计，不扣除休息日；末日逢休息日顺延",
    en="counted by the calendar; a last day off moves on to a working day",
)
_KINDS = {
    "states": Text(zh="状态", en="state"), "actions": Text(zh="步骤", en="step"), "deadlines": Text(zh="期限", en="deadline"),
    "roles": Text(zh="角色", en="role"), "facts": Text(zh="事项", en="fact"), "parameters": Text(zh="参数", en="parameter"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """An action in a state's list: who, with what deadlines, and where it leads."""

    action: Action
    roles: tuple[Role, ...]
    to: State | None
    deadlines: tuple[Deadline, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """A deadline in words: how long, counted from what, whose, met or limiting what."""

    name: str
    spec: Deadline
    length: str
    anchor: str
    owner: Role | None
    met_by: tuple[Action, ...]
    limits: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Date:
    """One date of the “what if”: the deadline, its last day, and how one gets there."""

    number: int
    window: Window
    term: Term
    reason: Text
    provisional: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of the small calendar beside the dates, with the numbers of those that fall on it."""

    mark: Mark
    numbers: tuple[int, ...]
    first: bool


def procedures(request: HttpRequest) -> HttpResponse:
    """Every procedure that runs here."""
    return render(request, "web/procedures.html", {"engines": catalogue.in_force().values()})


def procedure(request: HttpRequest, body: str, procedure: str) -> HttpResponse:
    """One procedure: the diagram, stages, steps, deadlines, coverage; and all its dates if filed on a day."""
    engine = catalogue.current(f"{body}/{procedure}")
    if engine is None:
        raise Http404
    book = engine.rulebook
    today = clock.today()
    start, dates = _dates(engine, request.GET.get("from", ""), today)
    stages = [
        (stage, [(n, s, *_steps(book, n)) for n, s in book.states.items() if s.stage == key])
        for key, stage in book.stages.items()
    ]
    return render(request, "web/procedure.html", {
        "may_open": [(a, book.actions[a]) for a in openings(request.user if isinstance(request.user, User) else None, book)],
        "book": book, "diagram": draw(book, lang()), "about": "", "stages": stages,
        "opening": [_step(book, book.actions[a]) for a in book.opening], "terms": [_term(engine, n) for n in book.deadlines],
        "roles": [(r, words(_SIDES[r.side])) for r in book.roles.values()],
        "parameters": [(p, _value(p)) for p in book.parameters.values()],
        "coverage": [(row, _carriers(book, row)) for row in coverage(book)], "start": start, "today": today, "dates": dates,
        "weeks": _weeks(engine.calendar, start, dates) if dates else [],
    })  # fmt: skip


def _dates(engine: Engine, asked: str, today: date) -> tuple[date, list[Date]]:
    """All dates from the day asked for; from today where it is none or beyond the calendar."""
    for written in (asked, today.isoformat()):
        try:
            start = date.fromisoformat(written)
            found = windows(engine.rulebook, start, engine.calendar)
        except ValueError:
            continue
        return start, [
            Date(
                number, window, _term(engine, window.deadline), _reason(engine, window),
                engine.calendar.is_provisional(window.last),
            )
            for number, window in enumerate(found, 1)
        ]  # fmt: skip
    return today, []


def _reason(engine: Engine, window: Window) -> Text:
    """How the count came to its last day."""
    spec = engine.rulebook.deadlines[window.deadline]
    period = engine.rulebook.period(spec.within or spec.at_least or "")
    return skipped(engine.calendar, window.since, window.last) if period.unit is Unit.WORKING_DAYS else _BY_CALENDAR


def _weeks(calendar: WorkingCalendar, start: date, dates: list[Date]) -> list[tuple[date, list[Cell]]]:
    """The days from `start` to the last date in whole weeks, at most half a year of them."""
    last = min(max(d.window.last for d in dates), start + timedelta(days=183))
    monday, sunday = start - timedelta(days=start.weekday()), last + timedelta(days=6 - last.weekday())
    on: dict[date, tuple[int, ...]] = {}
    for day, same in groupby(dates, key=lambda d: d.window.last):
        on[day] = tuple(d.number for d in same)
    cells = [Cell(mark, on.get(mark.day, ()), mark.day == start) for mark in between(calendar, monday, sunday)]
    return [(cells[i].mark.day, cells[i : i + 7]) for i in range(0, len(cells), 7)]


def _steps(book: Rulebook, state: str) -> tuple[list[Step], list[Step]]:
    """What can be done in a state: the steps that lead on, and those that leave it so."""
    found = [_step(book, a) for a in book.actions.values() if state in a.since]
    leading = [s for s in found if s.to not in (None, book.states[state])]
    return leading, [s for s in found if s not in leading]


def _step(book: Rulebook, action: Action) -> Step:
    name = next(n for n, a in book.actions.items() if a is action)
    terms = tuple(d for d in book.deadlines.values() if name in (*d.met_by, *d.limits))
    return Step(action, tuple(book.roles[r] for r in action.by), book.states[action.to] if action.to else None, terms)


def _term(engine: Engine, name: str) -> Term:
    book, spec = engine.rulebook, engine.rulebook.deadlines[name]
    length = book.period(spec.within or spec.at_least or spec.not_before or "").text(lang())
    anchor = spec.after or spec.before or ""
    named: Action | Fact = book.actions.get(anchor) or book.facts[anchor]
    return Term(
        name, spec, length, words(named), book.roles[spec.owner] if spec.owner else None,
        tuple(book.actions[a] for a in spec.met_by), tuple(book.actions[a] for a in spec.limits),
    )  # fmt: skip


def _value(parameter: Parameter) -> str:
    constant = parameter.constant
    if isinstance(constant, Period):
        return constant.text(lang())
    return yuan(int(constant)) if parameter.type == "money" else str(constant)


def _carriers(book: Rulebook, row: Coverage) -> list[tuple[str, str, Labelled | None]]:
    """The rules that carry a clause: where each stands on the page, what kind it is, and its name."""
    made = []
    for path in row.carried_by:
        kind, _, name = path.partition("/")
        found = getattr(book, kind, {}).get(name) if kind in _KINDS else None
        made.append((f"{kind}-{name}", words(_KINDS[kind]) if kind in _KINDS else path, found))
    return made
