"""The weekly report of hot spots: made for each body and week by the worker, kept, and what became of each spot.

What is found depends on the complaints alone: not on who asks, nor on when within the week the worker gets to it. A report is a
record: complaints that are taken in afterwards are told beside it, and counted in a new version when an officer asks for one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from mingduan.cases import catalogue, outbox
from mingduan.cases.act import Done, act, open_case
from mingduan.cases.figured import figured, placed
from mingduan.cases.models import Case
from mingduan.cases.timer import system
from mingduan.procedure.case import Actor, Refusal
from mingduan.procedure.engine import Engine
from mingduan.procedure.period import TZ
from mingduan.procedure.rulebook import Rulebook

from .hotspots import SHUFFLES, HotSpot, Seen, cell_of, hot_spots
from .models import FoundHotSpot, HotSpotReport

TOPIC = "complaints.hotspots"
WEEKS, BACK = 8, 4  # weeks looked at; past weeks that are made up for where their report is missing
PLACES = 4  # names told with a spot


def daily(at: datetime) -> int:
    """Ask for the reports of past weeks that are missing, and measure improvements whose time has come. Safe to repeat."""
    return _ask(at) + measure(at)


def _ask(at: datetime) -> int:
    monday = _monday(at.astimezone(TZ).date())
    weeks = [monday - timedelta(weeks=n) for n in range(1, BACK + 1)]
    asked = 0
    for body in bodies():
        kept = set(HotSpotReport.objects.filter(body=body, week__in=weeks).values_list("week", flat=True))
        for week in sorted(set(weeks) - kept):
            if not placed(body, week, week + timedelta(days=6)):
                continue  # nothing to tell; files of tickets may still be taken in
            outbox.put(TOPIC, f"{TOPIC}:{body}:{week}", {"body": body, "week": week.isoformat()}, at)
            asked += 1
    return asked


def bodies() -> list[str]:
    """Those whose complaints have places."""
    return sorted({name.split("/")[0] for name, b in figured().items() if b.figures and b.figures.position})


@outbox.handles(TOPIC)
def _work(payload: Mapping[str, Any], at: datetime) -> None:
    make(payload["body"], date.fromisoformat(payload["week"]), at, version=payload.get("version", 1))


def later(report: HotSpotReport) -> int:
    """How many complaints of the days looked at have been taken in since the report was made."""
    return max(0, len(_seen(report.body, report.first, report.last)) - report.complaints)


def reissue(report: HotSpotReport, at: datetime) -> None:
    """Ask for the report's next version, once. Raises ValueError where nothing has come in since, or it is not the latest."""
    if HotSpotReport.objects.filter(
        body=report.body, week=report.week, version__gt=report.version
    ).exists() or not later(report):
        raise ValueError("only a latest report that later complaints are missing from is made anew")
    version, week = report.version + 1, report.week.isoformat()
    outbox.put(
        TOPIC, f"{TOPIC}:{report.body}:{week}:{version}", {"body": report.body, "week": week, "version": version}, at
    )


def make(body: str, week: date, at: datetime, shuffles: int = SHUFFLES, version: int = 1) -> HotSpotReport:
    """The report of a body's week that begins on Monday `week`, from the eight weeks that end with it; each version is made once.
    Raises ValueError for a week that is not over at `at`, or that begins on another day.
    """
    last = week + timedelta(days=6)
    if week.weekday() or last >= at.astimezone(TZ).date():
        raise ValueError("a report is about a week from Monday to Sunday that is over")
    if kept := HotSpotReport.objects.filter(body=body, week=week, version=version).first():
        return kept
    first = last - timedelta(weeks=WEEKS) + timedelta(days=1)
    seen = _seen(body, first, last)
    found = hot_spots([s for s, _ in seen], first, last, ends_from=week, shuffles=shuffles)
    in_week = Counter(s.cell for s, _ in seen if s.day >= week)
    with transaction.atomic():
        report, new = HotSpotReport.objects.get_or_create(
            body=body, week=week, version=version,
            defaults={"first": first, "made_at": at, "complaints": len(seen), "shuffles": shuffles, "cells": dict(sorted(in_week.items()))},
        )  # fmt: skip
        if new:
            before = _improved(body, week)
            FoundHotSpot.objects.bulk_create(
                FoundHotSpot(
                    of=report, rank=n, cells=list(s.cells), places=_places(s, seen), since=s.since, until=s.until,
                    observed=s.observed, expected=s.expected, p=s.p, case=next((case for cell, case in before.items() if cell in s.cells), ""),
                )
                for n, s in enumerate(found, 1)
            )  # fmt: skip
    return report


def _improved(body: str, week: date) -> dict[str, str]:
    """Cell → the improvement that an earlier version of the week's report led to: it is not opened a second time."""
    led = FoundHotSpot.objects.filter(of__body=body, of__week=week).exclude(case="").order_by("of__version", "rank")
    return {cell: spot.case for spot in led for cell in spot.cells}


def improving(body: str) -> Engine | None:
    """The procedure in which this body puts hot spots right."""
    own = (e for n, e in catalogue.in_force().items() if n.startswith(f"{body}/"))
    return next((e for e in own if e.rulebook.improves is not None), None)


def improve(spot: FoundHotSpot, engine: Engine, actor: Actor, at: datetime) -> Done | Refusal:
    """Open the improvement of a hot spot, once, with what the report found."""
    book = engine.rulebook
    assert book.improves is not None  # noqa: S101  `improving` has seen to it
    told: dict[str, Any] = {
        "report": f"{spot.of.week.isoformat()}#{spot.rank}", "where": "、".join(spot.places) or spot.cells[0], "cells": " ".join(spot.cells),
        "since": spot.since.isoformat(), "until": spot.until.isoformat(), "observed": spot.observed, "expected": f"{spot.expected:.1f}",
    }  # fmt: skip
    with transaction.atomic():
        done = open_case(
            rulebook=book.id, action=book.improves.action, actor=actor, at=at, sides=(), title=f"{book.title.zh}：{told['where']}"[:200],
            facts={fact: told[part] for part, fact in book.improves.found.items()}, key=f"hotspot:{spot.pk}",
        )  # fmt: skip
        if isinstance(done, Done):
            FoundHotSpot.objects.filter(pk=spot.pk).update(case=done.case.number)
    return done


def measure(at: datetime) -> int:
    """Count before and after in every improvement that has been finished for as long as its rulebook compares. Safe to
    repeat: what is measured waits no more.
    """
    done = 0
    for digest in Case.objects.filter(ended=False, rulebook__in=_improving()).values_list("digest", flat=True).distinct():  # fmt: skip
        book = catalogue.kept(digest).rulebook
        waits = book.actions[book.improves.measure].since if book.improves else ()
        for case in Case.objects.filter(digest=digest, state__in=waits):
            facts = _compared(case, book, at)
            done += facts is not None and not isinstance(_measured(case, book, facts, at), Refusal)
    return done


def _measured(case: Case, book: Rulebook, facts: Mapping[str, Any], at: datetime) -> Done | Refusal:
    assert book.improves is not None  # noqa: S101  only such cases are measured
    return act(number=case.number, action=book.improves.measure, actor=system(book), at=at, facts=facts)


def _improving() -> list[str]:
    return [n for n, e in catalogue.in_force().items() if e.rulebook.improves is not None]


def _compared(case: Case, book: Rulebook, at: datetime) -> dict[str, Any] | None:
    """The complaints of the case's cells, and of everywhere else, over equal spans: up to the hot spot's last day, and from
    the day after the work was finished; None while the second is not over.
    """
    plan = book.improves
    finished = case.facts.get(plan.finished) if plan else None
    if plan is None or not finished:
        return None
    span = timedelta(days=int(book.parameters[plan.days].constant) - 1)  # type: ignore[arg-type]  # the loader has checked that it is a whole number
    until = date.fromisoformat(str(case.facts[plan.found["until"]]))
    begins = date.fromisoformat(str(finished)) + timedelta(days=1)
    if begins + span >= at.astimezone(TZ).date():
        return None
    body, cells = case.rulebook.split("/")[0], set(str(case.facts[plan.found["cells"]]).split())
    told: dict[str, Any] = {}
    for name, since, last in (("before", until - span, until), ("after", begins, begins + span)):
        inside = [s.cell in cells for s, _ in _seen(body, since, last)]
        told |= {
            name: sum(inside), f"elsewhere_{name}": len(inside) - sum(inside),
            f"{name}_from": since.isoformat(), f"{name}_until": last.isoformat(),
        }  # fmt: skip
    return {fact: told[part] for part, fact in plan.compared.items()}


def _seen(body: str, first: date, last: date) -> list[tuple[Seen, str]]:
    """The complaints of those days whose position can be read, with the name of their place."""
    found = []
    for position, address, at in placed(body, first, last):
        try:
            latitude, longitude = (float(x) for x in position.split(","))
            found.append((Seen(cell_of(latitude, longitude), at.astimezone(TZ).date()), address))
        except ValueError:  # a position that is none has no cell
            continue
    return found


def _places(spot: HotSpot, seen: Iterable[tuple[Seen, str]]) -> list[str]:
    """What the places of a spot's complaints are called, the most frequent first."""
    cells = set(spot.cells)
    named = Counter(a for s, a in seen if a and s.cell in cells and spot.since <= s.day <= spot.until)
    return [name for name, _ in sorted(named.items(), key=lambda n: (-n[1], n[0]))[:PLACES]]


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
