"""Statistics of a body, for its officers: figures of a time, charts with their tables, each bar leading to its cases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.safestring import SafeString

from mingduan.cases import catalogue
from mingduan.cases.access import overseen
from mingduan.cases.ledger import standings
from mingduan.cases.models import Case
from mingduan.cases.statistics import Figures, Punctual, Share, counted, figures
from mingduan.config import clock
from mingduan.procedure.period import TZ
from mingduan.procedure.rulebook import Rulebook
from mingduan.procedure.text import Text

from .charts import Bar, bars, columns
from .reader import officer
from .templatetags.mingduan import t, words

Cell = str | int | float
_KEPT = ("var(--series-1)", "var(--series-2)", "var(--bad)")  # in time, late, not at all
BAR = 200  # the longest bar: with its label it fits half a screen, and a phone a little smaller
MOST = 14  # bars of a chart; its table has all
_YEARS = 20  # as far back as a time may reach


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with the table behind it; a cell of the table may lead somewhere."""

    name: str
    title: Text
    chart: SafeString | None
    header: tuple[str, ...]
    rows: tuple[tuple[tuple[Cell, ...], str], ...]
    note: str = ""
    cut: int = 0


@login_required
def statistics(request: HttpRequest) -> HttpResponse:
    """The figures of the time asked for; the last twelve months unless asked otherwise."""
    now = clock.now()
    cases = overseen(officer(request), now)
    today = now.astimezone(TZ).date()
    since, until = _span(request.GET, today)
    rulebook = request.GET.get("rulebook", "")
    used = set(cases.values_list("rulebook", flat=True).distinct())
    books = [e.rulebook for e in catalogue.in_force().values() if e.rulebook.id in used]
    every, cases = cases, counted(cases, rulebook)
    found = figures(cases, since, until, now)
    span = {"since": since.isoformat(), "until": until.isoformat()}
    board = span | _of(rulebook)
    entered = _entered(every.exclude(pk__in=cases.values("pk")), since, until, span) if not rulebook else []
    return render(request, "web/statistics.html", {
        "found": found, "since": since, "until": until, "rulebook": rulebook, "books": books, "spans": _spans(today),
        "figures": shown_figures(found, rulebook, board, several=len(books) > 1 and not rulebook),
        "entered": entered, "money": [a for a in standings(cases, since, until) if a.debited or a.credited or a.balance], "pending": _address(rulebook=rulebook, waiting="decision"),
        "links": {
            "opened": _address(**board), "late": _address(rulebook=rulebook, due="late"), "stayed": _address(rulebook=rulebook, stayed="1"),
            "again": _address(**board, round="1"),
        },
    })  # fmt: skip


def shown_figures(found: Figures, rulebook: str, board: dict[str, str], *, several: bool) -> list[Figure]:
    """Every chart with its table, in the order of the page; `several` procedures are told apart."""
    return [
        _volume(found, rulebook), _outcomes(found, several=several), _grounds(found, board, several=several), _lengths(found), _load(found),
        _punctual("deadlines", Text(zh="各期限按时率（项）", en="Punctuality by deadline"), found.deadlines, link=True),
        _punctual("roles", Text(zh="各责任方按时率（项）", en="Punctuality by role"), found.roles, link=False),
    ]  # fmt: skip


def statistics_rows(request: HttpRequest) -> Iterator[list[str | int | float]]:
    """The tables of the page, one under another, each row beginning with the name of its table."""
    now = clock.now()
    cases, (since, until) = overseen(officer(request), now), _span(request.GET, now.astimezone(TZ).date())
    rulebook = request.GET.get("rulebook", "")
    cases = counted(cases, rulebook)
    several = not rulebook and cases.values("rulebook").distinct().count() > 1
    found = figures(cases, since, until, now)
    for figure in shown_figures(found, rulebook, {}, several=several):
        yield [words(figure.title), *figure.header]
        yield from ([words(figure.title), *cells] for cells, _ in figure.rows)


def _volume(found: Figures, rulebook: str) -> Figure:
    opened, decided = t("立案", "opened"), t("裁决", "decided")
    parts: list[Bar] = []
    rows = []
    busy = next((n for n, m in enumerate(found.months) if m.opened or m.decided), 0)
    for month in found.months[min(busy, max(len(found.months) - 6, 0)) :]:
        label, last = f"{month.first:%Y-%m}", (month.first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        link = _address(since=month.first.isoformat(), until=last.isoformat(), **_of(rulebook))
        parts += [
            Bar(label, month.opened, f"{label} {opened} {month.opened}", link, opened),
            Bar(label, month.decided, f"{label} {decided} {month.decided}", link, decided),
        ]
        rows.append(((label, month.opened, month.decided), link))
    chart = columns(parts, series=(opened, decided), width=1060) if any(p.value for p in parts) else None
    return Figure(
        "volume",
        Text(zh="每月立案与裁决（件）", en="Opened and decided by month"),
        chart,
        (t("月份", "Month"), opened, decided),
        tuple(rows),
    )


def _outcomes(found: Figures, *, several: bool) -> Figure:
    return _shares("outcomes", Text(zh="裁决结果（件）", en="Outcomes"), found.outcomes, {}, "outcome", several=several)


def _grounds(found: Figures, board: dict[str, str], *, several: bool) -> Figure:
    return _shares("grounds", Text(zh="立案事由（件）", en="Grounds"), found.grounds, board, "grounds", several=several)


def _shares(
    name: str, title: Text, shares: tuple[Share, ...], board: dict[str, str], member: str, *, several: bool
) -> Figure:
    total = sum(s.count for s in shares)
    made = []
    for share in shares:
        label = f"{words(share.book.title)} · {words(share.choice)}" if several else words(share.choice)
        link = _address(**board | {member: share.name, "rulebook": share.book.id})
        made.append((label, share.count, f"{100 * share.count / total:.0f}%", link))
    shown = made if len(made) <= MOST else sorted(made, key=lambda m: -m[1])[:MOST]
    drawn = [Bar(label, n, f"{label} {n}（{part}）", link) for label, n, part, link in shown]
    chart = bars(drawn, width=BAR) if drawn else None
    rows = tuple(((label, n, part), link) for label, n, part, link in made)
    return Figure(
        name, title, chart, (words(title), t("件", "Cases"), t("占比", "Share")), rows, cut=len(made) - len(shown)
    )


def _lengths(found: Figures) -> Figure:
    parts = []
    for low, high, n in found.spread:
        label = f"{low}–{high}" if high is not None else f"≥{low}"
        parts.append(Bar(label, n, t(f"{label}个工作日：{n}件", f"{label} working days: {n}")))
    chart = columns(parts, width=460) if any(p.value for p in parts) else None
    rows = tuple(((words(x.book.title), x.count, f"{x.median:g}", x.ninth, x.longest), "") for x in found.lengths)
    header = (
        t("程序", "Procedure"),
        t("件", "Cases"),
        t("中位数", "Median"),
        t("九成在此以内", "Nine in ten within"),
        t("最长", "Longest"),
    )
    return Figure(
        "lengths", Text(zh="从立案到裁决的工作日", en="Working days from opening to decision"), chart, header, rows,
        t("图为各区间件数，表为各程序的分布", "The chart counts cases by range; the table has each procedure"),
    )  # fmt: skip


def _punctual(name: str, title: Text, found: tuple[Punctual, ...], *, link: bool) -> Figure:
    series = (t("按时", "in time"), t("逾期办理", "met late"), t("逾期未办", "not met"))
    several = len({p.book.id for p in found}) > 1
    parts: list[Bar] = []
    rows = []
    for place, p in enumerate(found):
        label = f"{words(p.spec)}（{words(p.book.title)}）" if several else words(p.spec)
        leads = _address(rulebook=p.book.id, deadline=p.name, due="late") if link and p.late else ""
        for kind, n in zip(series, (p.met, p.met_late, p.late), strict=True):
            if n and place < MOST:
                parts.append(Bar(label, n, f"{label} {kind} {n}", leads if kind == series[2] else "", kind))
        rows.append(((label, p.met, p.met_late, p.late, f"{p.rate:.0f}%"), leads))
    return Figure(
        name, title, bars(parts, series=series, tones=_KEPT, width=BAR) if parts else None,
        (t("期限", "Deadline") if link else t("责任方", "Role"), *series, t("按时率", "In time")), tuple(rows), cut=max(len(found) - MOST, 0),
    )  # fmt: skip


def _load(found: Figures) -> Figure:
    parts = [
        Bar(
            str(x.user),
            x.appointed,
            t(f"{x.user} 在办{x.appointed}件", f"{x.user}: {x.appointed} open"),
            _address(handler=str(x.user.pk), waiting="decision"),
        )
        for x in found.load
        if x.appointed
    ]
    rows = tuple(((str(x.user), x.appointed, x.acts), _address(handler=str(x.user.pk))) for x in found.load)
    header = (t("人员", "Person"), t("在办（受指派）", "Open (appointed)"), t("期间办理步骤", "Steps in the time"))
    return Figure(
        "load",
        Text(zh="专家与经办人负荷（在办件数）", en="Load of experts and officers"),
        bars(parts, width=BAR) if parts else None,
        header,
        rows,
    )


def _of(rulebook: str) -> dict[str, str]:
    """What the board is asked for so that it shows the cases counted here."""
    return {"rulebook": rulebook} if rulebook else {"waiting": "handled"}


def _entered(left: QuerySet[Case], since: date, until: date, span: dict[str, str]) -> list[tuple[Rulebook, int, str]]:
    """What was only entered in the time and is not among the figures: procedure, how many, where they are listed."""
    begins, ends = (datetime.combine(d, time(), TZ) for d in (since, until + timedelta(days=1)))
    rows = (
        left.filter(opened_at__gte=begins, opened_at__lt=ends)
        .values("rulebook")
        .annotate(n=Count("pk"))
        .order_by("rulebook")
    )
    books = catalogue.in_force()
    return [
        (books[r["rulebook"]].rulebook, r["n"], _address(rulebook=r["rulebook"], **span))
        for r in rows
        if r["rulebook"] in books
    ]


def _span(query: QueryDict, today: date) -> tuple[date, date]:
    """The time asked for, in order and within reason."""
    since, until = (_day(query.get(name), today) for name in ("since", "until"))
    until = until or today
    since = since or (today.replace(day=1) - timedelta(days=330)).replace(day=1)
    return (since, until) if since <= until else (until, since)


def _spans(today: date) -> list[tuple[str, str, str]]:
    january = today.replace(month=1, day=1)
    before = january - timedelta(days=1)
    quarter = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
    return [
        ("近12个月", "Last 12 months", ""), ("本季度", "This quarter", f"since={quarter}"), ("今年", "This year", f"since={january}"),
        ("去年", "Last year", f"since={before.replace(month=1, day=1)}&until={before}"),
    ]  # fmt: skip


def _day(written: str | None, today: date) -> date | None:
    try:
        day = date.fromisoformat(written or "")
    except ValueError:
        return None
    return day if abs(day.year - today.year) <= _YEARS else None


def _address(**asked: str) -> str:
    return "/cases/?" + urlencode({name: value for name, value in asked.items() if value})
