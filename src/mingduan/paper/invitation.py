"""The calendar invitation to a meeting: with the notice that fixes it, moves it or calls it off, or by itself to somebody
who comes late or leaves.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from icalendar import Calendar, Event, vCalAddress, vText

from mingduan.cases import catalogue
from mingduan.cases.act import events_of
from mingduan.cases.models import Case, Notice
from mingduan.procedure import case as pure
from mingduan.procedure.meeting import Meeting, called, changed
from mingduan.procedure.period import TZ


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a diary is told: to keep (`REQUEST`) or to strike out (`CANCEL`) a meeting, as iCalendar.

    `fact`: which meeting; `said`: when and where it is; `sequence`: the number of the event that makes it so.
    """

    method: str
    content: bytes
    fact: str
    said: str
    sequence: int


def invitation(notice: Notice, attendee: str = "") -> Invitation | None:
    """The invitation, or None when what the notice tells changed no meeting, or none that its reader is called to."""
    book = catalogue.kept(notice.case.digest).rulebook
    change = changed(book, events_of(notice.case)[: notice.seq])
    if change is None or notice.role not in called(book, change.meeting.fact):
        return None
    text = f"{notice.body}\n{notice.case.number}"
    return written(notice.case, change.meeting, change.event, notice.title, text, attendee, keep=not change.meeting.off)


def written(
    case: Case, meeting: Meeting, event: pure.Event, title: str, text: str, attendee: str = "", *, keep: bool
) -> Invitation:
    """What `event` makes of a meeting in the diary of one attendee.

    One meeting keeps its UID; the SEQUENCE is the event's number, so that diaries follow the case whatever mail comes
    late, and each person's diary can be told apart from the others'.
    """
    method, status = ("REQUEST", "CONFIRMED") if keep else ("CANCEL", "CANCELLED")
    entry = Event()
    entry.add("uid", f"{case.number}-{meeting.fact}@{settings.MAIL_DOMAIN}")
    entry.add("sequence", event.seq)
    entry.add("status", status)
    entry.add("dtstamp", event.at)
    entry.add("dtstart", meeting.starts_at.astimezone(TZ))
    entry.add("dtend", meeting.ends_at.astimezone(TZ))
    entry.add("summary", f"{title}：{case.title}")
    entry.add("description", text)
    if meeting.place:
        entry.add("location", meeting.place)
    organiser = vCalAddress(f"mailto:{settings.MAIL_ADDRESS}")
    organiser.params["cn"] = vText(event.actor_name)
    entry.add("organizer", organiser)
    if attendee:
        guest = vCalAddress(f"mailto:{attendee}")
        guest.params["role"] = vText("REQ-PARTICIPANT")
        if keep:
            guest.params["rsvp"] = vText("TRUE")
        entry.add("attendee", guest)
    calendar = Calendar()
    calendar.add("prodid", "-//Mingduan//Mingduan//ZH")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(entry)
    calendar.add_missing_timezones()
    return Invitation(method, calendar.to_ical(), meeting.fact, said(meeting), event.seq)


def said(meeting: Meeting) -> str:
    """When and where a meeting is."""
    return (
        f"{meeting.starts_at.astimezone(TZ).isoformat()} {meeting.ends_at.astimezone(TZ).isoformat()} {meeting.place}"
    )
