"""A person's duties and meetings as an iCalendar feed, at an address nobody can guess."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from icalendar import Calendar, Event

from mingduan.cases.meetings import meetings
from mingduan.cases.models import Case
from mingduan.cases.queries import DueItem, my_duties
from mingduan.config import clock
from mingduan.people.models import User
from mingduan.procedure.period import TZ

from .models import Feed

PAST, AHEAD = timedelta(days=30), timedelta(days=400)


def renew(user: User) -> str:
    """A new address for this person's feed, told only now; the one before stops working."""
    token = secrets.token_urlsafe(24)
    Feed.objects.update_or_create(user=user, defaults={"digest": _digest(token), "created": clock.now()})
    return f"{settings.PUBLIC_URL}/calendar/{token}.ics"


def feed(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar behind an address; `If-None-Match` is answered."""
    found = Feed.objects.select_related("user__organisation").filter(digest=_digest(token), user__is_active=True).first()  # fmt: skip
    if found is None:
        raise Http404
    content = calendar(found.user, clock.now())
    etag = quote_etag(hashlib.sha256(content).hexdigest()[:32])
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response.headers["ETag"], response.headers["Cache-Control"] = etag, "private, no-cache"
    response.headers["Content-Disposition"] = 'attachment; filename="mingduan.ics"'
    answer = get_conditional_response(request, etag=etag, response=response)
    return answer if isinstance(answer, HttpResponse) else response


def calendar(user: User, at: datetime) -> bytes:
    """What this person owes, and the meetings of their cases that are ahead or lately past. The same while nothing changes."""
    made = Calendar()
    made.add("prodid", "-//Mingduan//Duties//ZH")
    made.add("version", "2.0")
    made.add("x-wr-calname", f"明断：{user}")
    made.add("refresh-interval;value=duration", "PT1H")
    for group in my_duties(user, at).values():
        for item in group:
            made.add_component(_duty(item))
    for entry in _meetings(user, at):
        made.add_component(entry)
    written: bytes = made.to_ical()
    return written


def _duty(item: DueItem) -> Event:
    provisional = "（暂定 provisional）" if item.provisional else ""
    entry = _entry(item.case, f"{item.case.number}-{item.deadline.en}", f"{item.label}{provisional}：{item.case.title}")
    # A deadline is an instant: the entry ends with it and takes no time of the day.
    entry.add("dtstart", item.due.astimezone(TZ).replace(microsecond=0))
    entry.add("transp", "TRANSPARENT")
    entry.add("description", f"{item.label} {item.label_en}\n第{item.clause}条\n{item.case.number} {item.case.title}")
    return entry


def _meetings(user: User, at: datetime) -> Iterator[Event]:
    today = at.astimezone(TZ).date()
    for meeting in meetings(user, today - PAST, today + AHEAD, at, user):
        if not meeting.off:
            uid = f"{meeting.case.number}-{meeting.fact.en}"
            entry = _entry(meeting.case, uid, f"{meeting.fact.zh}：{meeting.case.title}")
            entry.add("dtstart", meeting.starts_at.astimezone(TZ))
            entry.add("dtend", meeting.ends_at.astimezone(TZ))
            if meeting.place:
                entry.add("location", meeting.place)
            yield entry


def _entry(case: Case, uid: str, summary: str) -> Event:
    entry = Event()
    address = f"{settings.PUBLIC_URL}/cases/{case.number}/"
    entry.add("uid", f"{hashlib.sha256(uid.encode()).hexdigest()[:32]}@mingduan")
    entry.add("dtstamp", case.changed_at)
    entry.add("summary", summary)
    entry.add("url", address)
    return entry


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
