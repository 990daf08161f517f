"""The calendar feed: duties and meetings, at a secret address."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone
from icalendar import Calendar

from mingduan.api import feed
from mingduan.people.models import User
from mingduan.procedure.calendar import WorkingCalendar
from mingduan.procedure.period import TZ

from .client import act, filed, make_people, pay

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def people() -> None:
    make_people()


def address(login: str) -> str:
    return urlsplit(feed.renew(User.objects.get(username=login))).path


def entries(path: str) -> list[Any]:
    response = Client().get(path)
    assert response.headers["Content-Type"].startswith("text/calendar")
    return list(Calendar.from_ical(response.content).walk("VEVENT"))


def test_a_duty_is_an_entry_that_ends_with_its_deadline_and_leads_to_the_case() -> None:
    number = filed().json()["number"]
    found = [e for e in entries(address("centre")) if "决定是否受理" in e["summary"]]
    assert len(found) == 1
    assert str(found[0]["url"]).endswith(f"/cases/{number}/")
    assert found[0].decoded("dtstart").astimezone(TZ).strftime("%H:%M:%S") == "23:59:59"
    assert not [e for e in entries(address("enterprise")) if "决定是否受理" in e["summary"]]


def test_a_meeting_is_an_entry_for_whoever_is_in_the_case() -> None:
    number = filed().json()["number"]
    pay(number)
    assert act("centre", number, "accept", major=False).status_code == 200
    day = WorkingCalendar.china().add(timezone.localdate(), 8)
    starts = f"{day.isoformat()}T09:30:00+08:00"
    told = act("centre", number, "announce_meeting", meeting__starts_at=starts, meeting__place="会议室")
    assert told.status_code == 200, told.content
    meeting = [e for e in entries(address("enterprise")) if "dtend" in e]
    assert [e.decoded("dtstart").isoformat() for e in meeting] == [starts]
    assert not [e for e in entries(address("stranger")) if "dtend" in e]


def test_the_feed_is_sent_again_only_when_it_has_changed() -> None:
    path = address("centre")
    etag = Client().get(path).headers["ETag"]
    assert Client().get(path, headers={"if-none-match": etag}).status_code == 304
    filed()
    assert Client().get(path, headers={"if-none-match": etag}).status_code == 200


def test_an_address_replaced_or_of_somebody_who_left_no_longer_works() -> None:
    old, new = address("centre"), address("centre")
    assert (Client().get(old).status_code, Client().get(new).status_code) == (404, 200)
    User.objects.filter(username="centre").update(is_active=False)
    assert Client().get(new).status_code == 404
    assert timezone.now() - User.objects.get(username="centre").feed.created < timedelta(minutes=1)
