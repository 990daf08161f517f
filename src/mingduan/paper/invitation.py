"""The calendar invitation that goes with a notice of a meeting.

A meeting is whatever instant an action asks for and a deadline counts back from: no procedure is known by name.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from icalendar import Calendar, Event, vCalAddress, vText

from mingduan.cases import catalogue
from mingduan.cases.act import events_of
from mingduan.cases.meetings import LENGTH
from mingduan.cases.models import Notice
from mingduan.procedure import case as pure
from mingduan.procedure.period import TZ
from mingduan.procedure.rulebook import Rulebook


def invitation(notice: Notice, attendee: str = "") -> bytes | None:
    """The invitation as iCalendar, or None when the notice is not of a meeting.

    One meeting keeps its UID; each time it is set anew its SEQUENCE grows, so that diaries move it.
    """
    book = catalogue.kept(notice.case.digest).rulebook
    events = events_of(notice.case)[: notice.seq]
    event = events[-1]
    fact = meeting_fact(book, event)
    if fact is None:
        return None
    starts = datetime.fromisoformat(event.facts[fact]).astimezone(TZ)
    entry = Event()
    entry.add("uid", f"{notice.case.number}-{fact}@{settings.MAIL_DOMAIN}")
    entry.add("sequence", sum(fact in e.facts for e in events) - 1)
    entry.add("dtstamp", event.at)
    entry.add("dtstart", starts)
    entry.add("dtend", starts + LENGTH)
    entry.add("summary", f"{notice.title}：{notice.case.title}")
    entry.add("description", f"{notice.body}\n{notice.case.number}")
    if (place := _place(book, event, fact)) is not None:
        entry.add("location", place)
    organiser = vCalAddress(f"mailto:{settings.MAIL_ADDRESS}")
    organiser.params["cn"] = vText(event.actor_name)
    entry.add("organizer", organiser)
    if attendee:
        guest = vCalAddress(f"mailto:{attendee}")
        guest.params["rsvp"], guest.params["role"] = vText("TRUE"), vText("REQ-PARTICIPANT")
        entry.add("attendee", guest)
    calendar = Calendar()
    calendar.add("prodid", "-//Mingduan//Mingduan//ZH")
    calendar.add("version", "2.0")
    calendar.add("method", "REQUEST")
    calendar.add_component(entry)
    calendar.add_missing_timezones()
    made: bytes = calendar.to_ical()
    return made


def meeting_fact(book: Rulebook, event: pure.Event) -> str | None:
    """The instant that this event set and a deadline counts back from."""
    counted = {d.before for d in book.deadlines.values() if d.before}
    return next(
        (n for n in book.actions[event.action].asks if n in counted and n in event.facts and book.facts[n].type == "instant"),
        None,
    )  # fmt: skip


def _place(book: Rulebook, event: pure.Event, fact: str) -> str | None:
    """The text that the same act gave of the same thing: where it is."""
    spec = book.actions[event.action]
    return next(
        (
            str(event.facts[n])
            for n in (*spec.asks, *spec.may_ask)
            if n in event.facts and book.facts[n].type == "text" and n.split(".")[0] == fact.split(".")[0]
        ),
        None,
    )
