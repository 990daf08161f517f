"""The weekly report of hot spots: a map of cells without outside tiles, each hot spot in words, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

import h3
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from mingduan.cases import catalogue
from mingduan.cases.access import opener, openings
from mingduan.cases.models import Case
from mingduan.complaints import reports
from mingduan.complaints.dispatch import Point
from mingduan.complaints.models import FoundHotSpot, HotSpotReport
from mingduan.config import clock
from mingduan.people.models import User
from mingduan.procedure.case import Refusal
from mingduan.procedure.rulebook import State
from mingduan.procedure.text import Text

from .maps import Map, Mark, Shape, draw
from .reader import officer
from .templatetags.mingduan import t, words

SHADES = 5  # steps of the legend: more can't be told apart


@dataclass(frozen=True, slots=True)
class Became:
    """What became of a hot spot: its improvement case, how it stands, and the complaints before and after once counted."""

    number: str
    state: State
    counted: Mapping[str, int] | None

    @property
    def change(self) -> Text | None:
        """Before and after, in one sentence."""
        if self.counted is None:
            return None
        c = self.counted
        return Text(
            zh=f"同样的网格、同样的天数：改进前{c['before']}件，改进后{c['after']}件；其他地方同期{c['elsewhere_before']}件和{c['elsewhere_after']}件。",
            en=f"The same cells over equal spans: {c['before']} before, {c['after']} after; elsewhere {c['elsewhere_before']} and {c['elsewhere_after']}.",
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """A hot spot as the page tells it."""

    spot: FoundHotSpot
    became: Became | None

    @property
    def ratio(self) -> Text:
        """How much more than chance."""
        times = f"{self.spot.ratio:.1f}"
        return Text(zh=f"是偶然情况下的{times}倍", en=f"{times} times as many as chance would bring")

    @property
    def chance(self) -> Text:
        """How likely chance alone is, as what was tried."""
        tried = self.spot.of.shuffles
        as_strong = round(self.spot.p * (tried + 1)) - 1
        if as_strong <= 0:
            return Text(
                zh=f"把日期在投诉之间随机打乱{tried}次，没有一次这样集中。", en=f"With the days shuffled among the complaints {tried} times, it was never this concentrated.",
            )  # fmt: skip
        return Text(
            zh=f"把日期在投诉之间随机打乱{tried}次，有{as_strong}次这样集中（p＝{self.spot.p:.3f}）。",
            en=f"With the days shuffled among the complaints {tried} times, {as_strong} were this concentrated (p = {self.spot.p:.3f}).",
        )


@login_required
@require_safe
def hot_spots(request: HttpRequest) -> HttpResponse:
    """The report of the week asked for; the latest unless asked otherwise."""
    user = officer(request)
    own = own_bodies(user)
    if not own:
        raise Http404
    body = request.GET.get("body", "") if request.GET.get("body") in own else own[0]
    weeks = list(HotSpotReport.objects.filter(body=body, version=1).values_list("week", flat=True)[:53])
    asked = _day(request.GET.get("week", ""))
    week = asked if asked in weeks else next(iter(weeks), None)
    versions = list(HotSpotReport.objects.filter(body=body, week=week)) if week else []
    report = next((r for r in versions if str(r.version) == request.GET.get("version")), next(iter(versions), None))
    latest = report is not None and report == versions[0]
    spots = [Shown(s, _became(s.case)) for s in report.spots.select_related("of")] if report else []
    return render(request, "web/hotspots.html", {
        "report": report, "versions": versions, "later": reports.later(report) if report is not None and latest else 0, "weeks": weeks, "spots": spots, "body": body, "bodies": own, "may": bool(_role(user, body)[1]),
        "map": _map(report, spots) if report else None, "caption": _caption(report) if report else "",
        "cells": sorted(report.cells.items(), key=lambda c: (-c[1], c[0])) if report else (),
        "hot": {c for s in spots for c in s.spot.cells}, "shades": _shades(report) if report else (),
    })  # fmt: skip


@login_required
@require_POST
def improve(request: HttpRequest, pk: int) -> HttpResponse:
    """Open the improvement of a hot spot."""
    user = officer(request)
    spot = FoundHotSpot.objects.select_related("of").filter(pk=pk, of__body__in=own_bodies(user)).first()
    engine, role = _role(user, spot.of.body) if spot else (None, "")
    if spot is None or engine is None or not role:
        raise Http404
    done = reports.improve(spot, engine, opener(user, "", role), clock.now())
    if isinstance(done, Refusal):
        messages.error(request, "；".join(words(r.text) for r in done.reasons))
        return redirect("hot_spots")
    messages.success(request, t(f"已立改进事项{done.case.number}", f"Improvement {done.case.number} opened"))
    return redirect("case", done.case.number)


@login_required
@require_POST
def reissue(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a new version of a report, with the complaints that were taken in after it was made."""
    user = officer(request)
    report = HotSpotReport.objects.filter(pk=pk, body__in=own_bodies(user)).first()
    if report is None or not _role(user, report.body)[1]:
        raise Http404
    try:
        reports.reissue(report, clock.now())
    except ValueError:
        messages.info(
            request, t("没有后到的投诉，或者已有新版。", "No complaint has come in since, or there is a newer version.")
        )
    else:
        messages.success(
            request,
            t(
                "新一版正在生成，一两分钟后可看；本版保留。",
                "A new version is being made: look again in a minute or two. This one stays.",
            ),
        )
    return redirect(f"{reverse('hot_spots')}?{urlencode({'body': report.body, 'week': report.week.isoformat()})}")


def own_bodies(user: User) -> list[str]:
    """The bodies with placed complaints of which somebody holds an office."""
    held = {body for body, _ in user.posts}
    return [b for b in reports.bodies() if b in held] if held else []


def _role(user: User, body: str) -> tuple[Any, str]:
    """The procedure of improvement and the role in which this person may open it; no role: they may not."""
    engine = reports.improving(body)
    if engine is None or engine.rulebook.improves is None:
        return None, ""
    return engine, openings(user, engine.rulebook).get(engine.rulebook.improves.action, "")


def _became(number: str) -> Became | None:
    case = Case.objects.filter(number=number).first() if number else None
    if case is None:
        return None
    book = catalogue.kept(case.digest).rulebook
    counted = {n: case.facts.get(f) for n, f in (book.improves.compared if book.improves else {}).items()}
    numbers: dict[str, int] = {n: v for n, v in counted.items() if isinstance(v, int)}
    return Became(number, book.states[case.state], numbers if "after" in numbers else None)


def _map(report: HotSpotReport, spots: list[Shown]) -> Map | None:
    most = max(report.cells.values(), default=1)
    hot = {c: s.spot.rank for s in spots for c in s.spot.cells}
    shapes = [_shape(c, n, most, hot.get(c)) for c, n in report.cells.items()]
    shapes += [_shape(c, 0, most, rank) for c, rank in hot.items() if c not in report.cells]
    shapes.sort(key=lambda s: s.kind == "hot")  # the lines of hot spots lie on top
    marks = [Mark(_middle(s.spot.cells), str(s.spot.rank), t(f"热点{s.spot.rank}：{'、'.join(s.spot.places)}", f"Hot spot {s.spot.rank}: {', '.join(s.spot.places)}")) for s in spots]  # fmt: skip
    return draw(marks, shapes=shapes, width=760, height=560)


def _shape(cell: str, complaints: int, most: int, rank: int | None) -> Shape:
    said = t(f"{complaints}件", f"{complaints} complaints")
    if rank is not None:
        said += t(f"，热点{rank}", f", hot spot {rank}")
    corners = tuple(Point(latitude, longitude) for latitude, longitude in h3.cell_to_boundary(cell))
    return Shape(corners, said, _shade(complaints, most), kind="plain" if rank is None else "hot")


def _shade(complaints: int, most: int) -> float:
    """How dark a cell is, in as many steps as can be told apart."""
    step = -(-complaints * SHADES // most) if complaints else 0
    return 0.9 * step / SHADES


def _shades(report: HotSpotReport) -> list[tuple[float, str]]:
    """The legend: each step with the counts it stands for."""
    most = max(report.cells.values(), default=0)
    steps: dict[float, list[int]] = {}
    for n in range(1, most + 1):
        steps.setdefault(_shade(n, most), []).append(n)
    return [(s, f"{min(ns)}–{max(ns)}" if len(ns) > 1 else str(ns[0])) for s, ns in steps.items()]


def _middle(cells: list[str]) -> Point:
    places = [h3.cell_to_latlng(c) for c in cells]
    return Point(sum(p[0] for p in places) / len(places), sum(p[1] for p in places) / len(places))


def _caption(report: HotSpotReport) -> str:
    return t(
        f"{report.week:%Y-%m-%d}至{report.last:%Y-%m-%d}各网格（约0.7平方公里）的投诉件数，北在上；数字为热点序号",
        f"Complaints of {report.week:%Y-%m-%d} to {report.last:%Y-%m-%d} by cell (about 0.7 km²), north up; numbers are hot spots",
    )  # fmt: skip


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None
