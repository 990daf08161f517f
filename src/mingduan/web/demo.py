"""The demonstration's clock, put forward from the bar at the foot of every page. There is no such page elsewhere."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from mingduan.config import clock
from mingduan.procedure.calendar import WorkingCalendar
from mingduan.procedure.period import TZ

from .reader import whole

MOST = 60  # working days at a time


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
    clock.put_forward(max(to, now))
    back = request.POST.get("next", "")
    return redirect(back if url_has_allowed_host_and_scheme(back, {request.get_host()}) else "front")
