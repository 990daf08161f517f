"""The calendar of meetings: by month, week or as a list, with days off, absences and, when asked, deadlines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from mingduan.cases import catalogue
from mingduan.cases.access import visible
from mingduan.cases.board import handlers
from mingduan.cases.meetings import Meeting, absences, meetings
from mingduan.cases.queries import running
from mingduan.config import clock
from mingduan.people.models import Absence, User
from mingduan.procedure.calendar import FIRST, LAST, WorkingCalendar
from mingduan.procedure.days import Mark, mark
from mingduan.procedure.period import TZ

from .reader import reader, whole

VIEWS = (("month", "月", "Month"), ("week", "周", "Week"), ("agenda", "列表", "List"))
AHEAD = 60


@dataclass(frozen=True, slots=True)
class DueOn:
    """A deadline that ends on a day: its name, in which case."""

    zh: str
    en: str
    number: str
    late: bool


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the calendar with all that is on it."""

    mark: Mark
    today: bool
    within: bool
    meetings: tuple[Meeting, ...]
    dues: tuple[DueOn, ...]
    away: tuple[Absence, ...]
    provisional: bool

    @property
    def bare(self) -> bool:
        """Nothing on it."""
        return not (self.meetings or self.dues or self.away)


@login_required
def calendar(request: HttpRequest) -> HttpResponse:
    """The meetings of the reader's cases."""
    user, now = reader(request), clock.now()
    today = now.astimezone(TZ).date()
    view = request.GET.get("view", "month")
    view = view if view in {name for name, *_ in VIEWS} else "month"
    day = _day(request.GET.get("day"), today)
    known = list(handlers(user))
    person = next((p for p in known if p.pk == whole(request.GET.get("person"))), None)
    with_dues = request.GET.get("dues") == "1"
    first, last, previous, following = _span(view, day)
    grid = view != "agenda"
    start = first - timedelta(days=first.weekday()) if grid else first
    end = last + timedelta(days=6 - last.weekday()) if grid else last
    days = _days(user, now, start, end, first, last, person, known, with_dues, daily=grid)
    return render(request, "web/meetings.html", {
        "view": view, "views": [(n, zh, en, _query(request.GET, view=n)) for n, zh, en in VIEWS], "day": day, "first": first, "last": last,
        "weeks": [days[i : i + 7] for i in range(0, len(days), 7)] if grid else [], "days": [d for d in days if not d.bare],
        "any": any(d.meetings for d in days), "people": known, "person": person, "dues": with_dues,
        "previous": _query(request.GET, day=previous.isoformat()), "next": _query(request.GET, day=following.isoformat()),
        "this": _query(request.GET, day=""),
    })  # fmt: skip


def _days(
    user: User, now: datetime, start: date, end: date, first: date, last: date, person: User | None, known: list[User],
    with_dues: bool, *, daily: bool,
) -> list[Day]:  # fmt: skip
    """Each day with what is on it; `daily`: an absence on each of its days, else on its first only."""
    china, today = WorkingCalendar.china(), now.astimezone(TZ).date()
    found = meetings(user, start, end, now, person)
    away = absences([person] if person else known or [user], start, end)
    dues: dict[date, list[DueOn]] = {}
    if with_dues:
        rows = running().filter(
            case__in=visible(user, now), due__gte=_midnight(start), due__lt=_midnight(end + timedelta(1))
        )
        for row in rows.select_related("case").order_by("due", "case__number"):
            spec = catalogue.kept(row.case.digest).rulebook.deadlines[row.deadline]
            on = row.due.astimezone(TZ).date()
            dues.setdefault(on, []).append(DueOn(spec.zh, spec.en, row.case.number, row.due < now))
    return [
        Day(
            mark(china, on), on == today, first <= on <= last, tuple(m for m in found if m.day == on), tuple(dues.get(on, ())),
            tuple(a for a in away if a.on(on) and (daily or on in (a.since, start))), china.is_provisional(on),
        )
        for on in (start + timedelta(days=i) for i in range((end - start).days + 1))
    ]  # fmt: skip


def _span(view: str, day: date) -> tuple[date, date, date, date]:
    """First and last day shown, and a day of the spans before and after."""
    if view == "month":
        first = day.replace(day=1)
        following = (first + timedelta(days=31)).replace(day=1)
        return first, following - timedelta(days=1), first - timedelta(days=1), following
    first = day - timedelta(days=day.weekday()) if view == "week" else day
    step = timedelta(days=7 if view == "week" else AHEAD)
    return first, first + step - timedelta(days=1), first - step, first + step


def _day(written: str | None, today: date) -> date:
    """The day asked for, if the calendar reaches it and a span on either side."""
    try:
        day = date.fromisoformat(written or "")
    except ValueError:
        return today
    return day if FIRST + timedelta(days=100) < day < LAST - timedelta(days=100) else today


def _query(query: QueryDict, **changes: str) -> str:
    members = {n: query.get(n, "") for n in ("view", "day", "person", "dues")} | changes
    made = QueryDict(mutable=True)
    made.update({n: v for n, v in members.items() if v})
    return made.urlencode()


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=TZ)
