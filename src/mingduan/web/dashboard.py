"""Dashboards of complaints: volume, punctuality, handling time and satisfaction by class, level, area, company, channel and
time; each bar leads to its cases, behind each chart stands its table (docs/decisions/0036).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from mingduan.cases.access import overseen
from mingduan.cases.board import Search, board
from mingduan.cases.figured import PARTS, Cell, Sums, cells, figured
from mingduan.config import clock
from mingduan.people.models import User
from mingduan.procedure.period import TZ
from mingduan.procedure.rulebook import Rulebook
from mingduan.procedure.text import Text

from .charts import LABELS, Bar, bars, columns
from .diagram import wide
from .reader import officer
from .templatetags.mingduan import t, words

WEEKS, LONG = 13, 400  # weeks shown unless asked otherwise; days from which months are shown
MOST, ROOM = 14, 410  # bars of a chart (the table has all); pixels for a bar and its label
TITLES: Mapping[str, Text] = {
    "class": Text(zh="类别", en="Class"), "level": Text(zh="级别", en="Level"), "area": Text(zh="片区", en="Area"),
    "company": Text(zh="代维单位", en="Contractor"), "channel": Text(zh="渠道", en="Channel"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measure:
    """What a chart can show: its name, its unit, how it is read off sums (None: nothing to tell), and what its bars lead to."""

    name: str
    title: Text
    unit: str
    of: Callable[[Sums], float | None]
    leads: tuple[tuple[str, str], ...] = ()

    def said(self, sums: Sums) -> str:
        """The value as people read it."""
        value = self.of(sums)
        if value is None:
            return "—"
        return t(f"{value:.1f}小时", f"{value:.1f} h") if self.unit == "h" else f"{value:.0f}{self.unit}"


MEASURES = (
    Measure("volume", Text(zh="投诉件数", en="Complaints"), "", lambda s: s.cases),
    Measure("punctual", Text(zh="按时率", en="In time"), "%", lambda s: s.punctual, (("punctual", "no"),)),
    Measure("hours", Text(zh="平均处理时长", en="Mean handling time"), "h", lambda s: s.hours),
    Measure("satisfied", Text(zh="满意率", en="Content"), "%", lambda s: s.satisfied, (("content", "no"),)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One value of a part with its sums; `link`: the board with its cases."""

    label: str
    sums: Sums
    link: str

    @property
    def told(self) -> list[str]:
        """Its figures as the table has them."""
        return [m.said(self.sums) for m in MEASURES]


@dataclass(frozen=True, slots=True)
class Pressing:
    """How many cases press now, and the board with them; `bad`: there should be none."""

    title: Text
    count: int
    link: str
    bad: bool


@dataclass(frozen=True, slots=True)
class Panel:
    """A chart and the rows behind it."""

    name: str
    title: Text
    chart: SafeString | None
    rows: tuple[Row, ...]
    cut: int


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter: its name, its title, and the values there are with their words."""

    name: str
    title: Text
    values: tuple[tuple[str, str], ...]
    chosen: str


@login_required
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """The figures of the time asked for; the last 13 weeks unless asked otherwise."""
    user, now = officer(request), clock.now()
    held = {body for body, _ in user.posts}
    books = {n: b for n, b in figured().items() if n.split("/")[0] in held}
    if not books:
        raise Http404
    today = now.astimezone(TZ).date()
    since, until = _span(request.GET, today)
    monthly = (until - since).days > LONG
    rulebook = request.GET.get("rulebook", "") if request.GET.get("rulebook") in books else ""
    seen = overseen(user, now).filter(rulebook__in=[rulebook] if rulebook else list(books))
    found = cells(seen, since, until, now, monthly=monthly)
    chosen = {p: v for p in PARTS if (v := request.GET.get(p, ""))}
    wanted = [c for c in found if all(c.parts[p] == v for p, v in chosen.items())]
    measure = next((m for m in MEASURES if m.name == request.GET.get("measure")), MEASURES[0])
    asked = {"rulebook": rulebook, **chosen}
    span = {"came_since": since.isoformat(), "came_until": until.isoformat()}
    here = {"since": since.isoformat(), "until": until.isoformat(), **asked}
    total, days = sum((c.sums for c in wanted), Sums()), (until - since).days + 1
    earlier = cells(seen, since - timedelta(days=days), since - timedelta(days=1), now, monthly=monthly)
    before = sum((c.sums for c in earlier if all(c.parts[p] == v for p, v in chosen.items())), Sums())
    panels = [_over_time(wanted, since, until, measure, asked, monthly=monthly)]
    panels += [_panel(p, wanted, books, measure, asked | span) for p in PARTS]
    return render(request, "web/dashboard.html", {
        "since": since, "until": until, "rulebook": rulebook, "books": list(books.values()), "measure": measure,
        "choices": [_choice(p, found, books, chosen.get(p, "")) for p in PARTS], "total": total,
        "tiles": [(m, m.said(total), m.said(before) if before.cases else "", "?" + urlencode({n: v for n, v in (here | {"measure": m.name}).items() if v})) for m in MEASURES],
        "days": days, "pressing": _pressing(user, now, rulebook, chosen | {"came_until": today.isoformat()}),
        "panels": [p for p in panels if p.rows], "header": [words(m.title) for m in MEASURES], "spans": _spans(today),
        "cases": _board(asked | span),
    })  # fmt: skip


def _pressing(user: User, now: datetime, rulebook: str, figures: Mapping[str, str]) -> list[Pressing]:
    """What to see to today, whenever it came: what is late and what falls due this week, each leading to its cases."""
    told = (("late", Text(zh="现已逾期", en="late now")), ("week", Text(zh="本周到期", en="due this week")))
    return [
        Pressing(title, board(user, Search(rulebook=rulebook, due=due, figures=figures), now).count(), _board({"rulebook": rulebook, "due": due, **figures}), due == "late")
        for due, title in told
    ]  # fmt: skip


def _over_time(
    found: list[Cell], since: date, until: date, measure: Measure, asked: Mapping[str, str], *, monthly: bool
) -> Panel:  # fmt: skip
    """Every week or month of the time, those with nothing too."""
    sums: dict[date, Sums] = {}
    first = since.replace(day=1) if monthly else since - timedelta(days=since.weekday())
    while first <= until:
        sums[first] = Sums()
        first = (first + timedelta(days=31)).replace(day=1) if monthly else first + timedelta(days=7)
    for c in found:
        sums[c.begins] = sums.get(c.begins, Sums()) + c.sums
    rows, starts = [], sorted(sums)
    for n, begins in enumerate(starts):
        last = min(starts[n + 1] - timedelta(days=1) if n + 1 < len(starts) else until, until)
        span = {"came_since": max(begins, since).isoformat(), "came_until": last.isoformat()}
        label = f"{begins:%Y-%m}" if monthly else f"{begins:%m-%d}"
        rows.append(Row(label, sums[begins], _board({**asked, **span, **dict(measure.leads)})))
    title = Text(zh="每月", en="By month") if monthly else Text(zh="每周（周一起）", en="By week (from Monday)")
    parts = [_bar(r, measure) for r in rows]
    chart = columns(parts, width=1060) if any(p.value for p in parts) else None
    return Panel("volume", title, chart, tuple(rows), 0)


def _panel(part: str, found: Iterable[Cell], books: Mapping[str, Rulebook], measure: Measure, asked: Mapping[str, str]) -> Panel:  # fmt: skip
    """The values of one part, those with most cases first; levels in their own order."""
    sums: dict[str, Sums] = {}
    for c in found:
        sums[c.parts[part]] = sums.get(c.parts[part], Sums()) + c.sums
    named = part_names(part, books)
    order = list(named)
    values = sorted(sums, key=lambda v: (order.index(v) if v in order else len(order)) if part == "level" else (v == "", -sums[v].cases, v))  # fmt: skip
    rows = tuple(
        Row(named.get(v, v) or t("未填写", "not given"), sums[v], _board({**asked, part: v, **dict(measure.leads)}) if v else "")
        for v in values
    )  # fmt: skip
    if set(sums) == {""}:
        rows = ()
    parts = [_bar(r, measure) for r in rows[:MOST] if measure.of(r.sums) is not None]
    labels = min(max((wide(p.label, 13) for p in parts), default=0), LABELS)
    chart = bars(parts, width=round(ROOM - labels)) if any(p.value for p in parts) else None
    return Panel(part, TITLES[part], chart, rows, max(len(rows) - MOST, 0))


def _bar(row: Row, measure: Measure) -> Bar:
    value = measure.of(row.sums)
    said = f"{row.label} {words(measure.title)} {measure.said(row.sums)}"
    return Bar(row.label, round(value or 0, 1), said, row.link if row.sums.cases else "")


def _choice(part: str, found: Iterable[Cell], books: Mapping[str, Rulebook], chosen: str) -> Choice:
    named = part_names(part, books)
    there = {c.parts[part] for c in found} - {""} | ({chosen} if chosen else set())
    order = {v: n for n, v in enumerate(named)}
    values = sorted(there, key=lambda v: (order.get(v, len(order)), v))
    return Choice(part, TITLES[part], tuple((v, named.get(v, v)) for v in values), chosen)


def part_names(part: str, books: Mapping[str, Rulebook]) -> dict[str, str]:
    """What the values of a part are called, in the order of the rulebooks."""
    named: dict[str, str] = {}
    for book in books.values():
        fact = book.facts.get(book.figures.by.get(part, "")) if book.figures and part != "company" else None  # type: ignore[call-overload]  # a part is one of the names
        for value, choice in (fact.choices if fact else {}).items():
            named.setdefault(value, words(choice))
    return named


def _board(asked: Mapping[str, str]) -> str:
    return "/cases/?" + urlencode({n: v for n, v in asked.items() if v})


def _span(query: QueryDict, today: date) -> tuple[date, date]:
    """The time asked for, in order and within reason."""
    since, until = (_day(query.get(n, ""), today) for n in ("since", "until"))
    until = until or today
    since = since or until - timedelta(days=until.weekday(), weeks=WEEKS - 1)
    return (since, until) if since <= until else (until, since)


def _spans(today: date) -> list[tuple[str, str, str]]:
    return [
        ("近13周", "Last 13 weeks", ""), ("近4周", "Last 4 weeks", f"since={today - timedelta(weeks=4)}"),
        ("今年", "This year", f"since={today.replace(month=1, day=1)}"),
    ]  # fmt: skip


def _day(written: str, today: date) -> date | None:
    try:
        day = date.fromisoformat(written)
    except ValueError:
        return None
    return day if abs(day.year - today.year) <= 20 else None
