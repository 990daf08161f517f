"""The demonstration's clock, put forward from the bar at the foot of every page. There is no such page elsewhere."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from mingduan.cases import catalogue
from mingduan.cases.access import visible
from mingduan.cases.queries import running
from mingduan.config import clock
from mingduan.people.models import User
from mingduan.procedure.calendar import WorkingCalendar
from mingduan.procedure.period import TZ

from .reader import whole
from .templatetags.mingduan import moment, t, words

MOST = 60  # working days at a time
NAMED = 4  # deadlines named of those that passed


@require_POST
def put_clock_forward(request: HttpRequest) -> HttpResponse:
    """Put the clock forward by an hour (`hours`) or to ten o'clock of a later working day (`days`)."""
    if not clock.is_demonstration():
        raise Http404
    now = clock.now()
    days, hours = whole(request.POST.get("days")) or 0, whole(request.POST.get("hours")) or 0
    to = now + timedelta(hours=min(max(hours, 0), 24))
    if 0 < days <= MOST:
        day = WorkingCalendar.china().add(now.astimezone(TZ).date(), days)
        to = datetime.combine(day, time(10), TZ)
    if to > now:
        clock.put_forward(to)
        messages.success(request, _told(request, now, clock.now()))
    back = request.POST.get("next", "")
    return redirect(back if url_has_allowed_host_and_scheme(back, {request.get_host()}) else "front")


def _told(request: HttpRequest, before: datetime, now: datetime) -> str:
    """What time it is now, and what fell due on the way in the cases the reader may see."""
    shown = moment(now)
    said = t(f"时钟已拨到{shown}。", f"It is {shown} now.")
    if not isinstance(request.user, User):
        return said
    missed = running().filter(case__in=visible(request.user, now), due__gt=before, due__lte=now)
    rows = list(missed.select_related("case").order_by("due", "case__number"))
    if not rows:
        return said + t("其间没有期限届满。", " No deadline has passed on the way.")
    named = [
        f"{words(catalogue.kept(r.case.digest).rulebook.deadlines[r.deadline])}（{r.case.number}）"
        for r in rows[:NAMED]
    ]
    more = t(f"等 {len(rows)} 项", f" and {len(rows) - NAMED} more") if len(rows) > NAMED else ""
    return (
        said
        + t("其间届满而未办的期限：", " Passed unmet on the way: ")
        + t("、", ", ").join(named)
        + more
        + t("。", ".")
    )
