"""The calendar invitation that goes with a notice that fixes a meeting, moves it, or tells that it will not be."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from icalendar import Calendar, Event, vCalAddress, vText

from mingduan.cases import catalogue
from mingduan.cases.act import events_of
from mingduan.cases.models import Notice
from mingduan.procedure.meeting import changed
from mingduan.procedure.period import TZ


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a diary is told: to keep (`REQUEST`) or to strike out (`CANCEL`) a meeting, as iCalendar."""

    method: str
    content: bytes


def invitation(notice: Notice, attendee: str = "") -> Invitation | None:
    """The invitation, or None when what the notice tells changed no meeting.

    One meeting keeps its UID; with each change its SEQUENCE grows, so that diaries move it, strike it out, put it back.
    """
    book = catalogue.kept(notice.case.digest).rulebook
    events = events_of(notice.case)[: notice.seq]
    change = changed(book, events)
    if change is None:
        return None
    meeting, event = change.meeting, events[-1]
    method, status = ("CANCEL", "CANCELLED") if meeting.off else ("REQUEST", "CONFIRMED")
    entry = Event()
    entry.add("uid", f"{notice.case.number}-{meeting.fact}@{settings.MAIL_DOMAIN}")
    entry.add("sequence", change.version)
    entry.add("status", status)
    entry.add("dtstamp", event.at)
    entry.add("dtstart", meeting.starts_at.astimezone(TZ))
    entry.add("dtend", meeting.ends_at.astimezone(TZ))
    entry.add("summary", f"{notice.title}：{notice.case.title}")
    entry.add("description", f"{notice.body}\n{notice.case.number}")
    if meeting.place:
        entry.add("location", meeting.place)
    organiser = vCalAddress(f"mailto:{settings.MAIL_ADDRESS}")
    organiser.params["cn"] = vText(event.actor_name)
    entry.add("organizer", organiser)
    if attendee:
        guest = vCalAddress(f"mailto:{attendee}")
        guest.params["role"] = vText("REQ-PARTICIPANT")
        if not meeting.off:
            guest.params["rsvp"] = vText("TRUE")
        entry.add("attendee", guest)
    calendar = Calendar()
    calendar.add("prodid", "-//Mingduan//Mingduan//ZH")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(entry)
    calendar.add_missing_timezones()
    return Invitation(method, calendar.to_ical())
