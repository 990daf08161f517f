"""Meetings: whose diary shows which, and times proposed that satisfy every deadline and every diary."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from mingduan.cases.act import events_of, state_of
from mingduan.cases.catalogue import kept
from mingduan.cases.meetings import Proposal, propose
from mingduan.cases.models import Case
from mingduan.people.models import Absence, User
from mingduan.procedure.case import Act, Actor, Event
from mingduan.procedure.period import TZ

from . import office
from .office import CHINA, accepted, ago, do, signed_in

pytestmark = pytest.mark.django_db
LENGTH = timedelta(minutes=120)  # of the rulebook
NOW = datetime(2026, 9, 21, 12, tzinfo=TZ)  # Mid-Autumn and National Day lie ahead, 10 October is a make-up Saturday


@pytest.fixture(autouse=True)
def people() -> None:
    office.people()


def proposed(case: Case, at: datetime = NOW + timedelta(hours=2), n: int = 3) -> Proposal:
    centre = User.objects.get(username="centre")
    found = propose(
        case,
        state_of(case),
        kept(case.digest),
        "announce_meeting",
        Actor(str(centre.pk), "centre", frozenset(["centre"])),
        at,
        n,
    )
    assert found is not None
    return found


def meet(case: Case, at: datetime, starts_at: datetime, **facts: Any) -> Case:
    return do(
        case,
        "centre",
        "centre",
        "announce_meeting",
        at,
        meeting__starts_at=starts_at.isoformat(),
        meeting__place="三号会议室",
        **facts,
    )


def test_the_first_day_leaves_the_notice_and_the_last_is_within_the_limit() -> None:
    found = proposed(accepted(NOW), n=99)
    assert found.slots[0].starts_at.date() == date(2026, 9, 29)
    assert found.last == found.slots[-1].starts_at.date() == date(2026, 10, 19)
    assert found.slots[0].notice == 5
    assert found.slots[-1].spare == 0
    assert [r.clause for r in found.before] == ["6.2.3"]
    assert "15个工作日" in found.after[0].text.zh


def test_each_time_is_lawful_to_the_engine_and_worked() -> None:
    case = accepted(NOW)
    engine, state = kept(case.digest), state_of(case)
    for slot in proposed(case, n=99).slots:
        facts = {"meeting.starts_at": slot.written, "meeting.place": "一"}
        act = Act("announce_meeting", Actor("1", "x", frozenset(["centre"])), NOW + timedelta(hours=2), facts)
        assert isinstance(engine.decide(state, act), Event)
        start = slot.starts_at.astimezone(TZ)
        assert CHINA.is_working(start.date())
        assert time(9) <= start.time()
        assert (start + LENGTH).time() <= time(17)


def test_it_works_round_a_meeting_of_the_same_people() -> None:
    first, second = accepted(NOW), accepted(NOW)
    taken = proposed(first).slots[0].starts_at
    meet(first, NOW + timedelta(hours=2), taken)
    again = proposed(second, NOW + timedelta(hours=3)).slots[0].starts_at
    assert again.date() == taken.date()
    assert abs(again - taken) >= LENGTH


def test_it_works_round_a_meeting_for_as_long_as_that_one_was_called() -> None:
    """A morning's meeting of four hours leaves the afternoon; the form offers the rulebook's length."""
    first, second = accepted(NOW), accepted(NOW)
    morning = proposed(first).slots[0].starts_at
    meet(first, NOW + timedelta(hours=2), morning, meeting__length=240)
    assert proposed(second, NOW + timedelta(hours=3)).slots[0].starts_at == morning + timedelta(hours=5)
    form = signed_in("centre").get(f"/cases/{second.number}/do/announce_meeting/").content.decode()
    assert re.search(r'name="meeting.length"[^>]*value="120"|value="120"[^>]*name="meeting.length"', form)


def test_a_day_on_which_somebody_called_is_away_is_left_out() -> None:
    case = accepted(NOW)
    day = proposed(case).slots[0].starts_at.date()
    Absence.objects.create(user=User.objects.get(username="centre"), since=day, until=day + timedelta(days=1))
    found = proposed(case)
    assert found.slots[0].starts_at.date() > day + timedelta(days=1)
    assert found.busy == 2


def test_when_no_time_will_do_it_says_which_rules_leave_none() -> None:
    found = proposed(accepted(NOW), datetime(2026, 10, 13, 12, tzinfo=TZ))
    assert found.slots == ()
    assert found.last is None
    assert {r.clause for r in (*found.before, *found.after)} == {"6.2.3"}


def test_an_action_that_fixes_no_meeting_has_no_proposal() -> None:
    case = accepted(NOW)
    assert (
        propose(
            case,
            state_of(case),
            kept(case.digest),
            "take_evidence",
            Actor("1", "x", frozenset(["centre"])),
            NOW + timedelta(hours=2),
        )
        is None
    )


def test_one_click_fills_the_form_and_the_form_goes_through() -> None:
    case = accepted(ago(1))
    client = signed_in("centre")
    page = client.get(f"/cases/{case.number}/do/announce_meeting/")
    slot = page.context["slots"].slots[0]
    assert "建议时间" in page.content.decode()
    filled = client.post(
        f"/cases/{case.number}/do/announce_meeting/", {"slot": slot.written, "meeting.place": "三号会议室"}
    )
    value = next(f.value for f in filled.context["form"] if f.input.name == "meeting.starts_at")
    assert value == slot.starts_at.astimezone(TZ).strftime("%Y-%m-%dT%H:%M")
    evil = client.get(f"/cases/{case.number}/do/announce_meeting/", {"slot": "2026-99-99<script>"})
    assert next(f.value for f in evil.context["form"] if f.input.name == "meeting.starts_at") == ""
    told = {"meeting.starts_at": value, "meeting.place": "三号会议室"}
    assert client.post(f"/cases/{case.number}/do/announce_meeting/", told).status_code == 302
    assert [e.action for e in events_of(case)][-1] == "announce_meeting"


def on_the_calendar(login: str, day: date, **query: object) -> list[str]:
    page = signed_in(login).get("/meetings/", {"day": day.isoformat(), **query})
    return [m.case.number for d in page.context["days"] for m in d.meetings]


@pytest.mark.parametrize("view", ["month", "week", "agenda"])
def test_meetings_are_seen_by_those_of_the_case_only(view: str) -> None:
    mine, theirs = accepted(ago(2)), accepted(ago(2), "远景维护")
    day = CHINA.add(timezone.localdate(), 8)
    for case in (mine, theirs):
        meet(case, ago(1), datetime.combine(day, time(9), TZ))
    assert on_the_calendar("enterprise", day, view=view) == [mine.number]
    assert set(on_the_calendar("centre", day, view=view)) == {mine.number, theirs.number}
    assert theirs.number not in signed_in("enterprise").get(f"/meetings/?day={day}&view={view}&dues=1").content.decode()


def test_a_meeting_of_a_case_withdrawn_is_called_off() -> None:
    case = accepted(ago(2))
    day = CHINA.add(timezone.localdate(), 8)
    meet(case, ago(1), datetime.combine(day, time(9), TZ))
    do(case, "enterprise", "appellant", "withdraw", timezone.now())
    page = signed_in("centre").get(f"/meetings/?day={day}")
    assert "不再举行" in page.content.decode()


def test_a_diary_holds_only_that_persons_meetings() -> None:
    case = accepted(ago(2))
    day = CHINA.add(timezone.localdate(), 8)
    meet(case, ago(1), datetime.combine(day, time(9), TZ))
    secretary = User.objects.get(username="secretary")
    assert on_the_calendar("centre", day, person=secretary.pk) == []
    assert on_the_calendar("enterprise", day, person=secretary.pk) == [case.number], "a party has no diaries to ask for"


def test_days_off_and_make_up_days_are_named_and_deadlines_shown_when_asked() -> None:
    page = signed_in("centre").get("/meetings/?day=2026-10-01").content.decode()
    assert "国庆节补班" in page
    case = accepted(ago(1))
    due = timezone.localdate() + timedelta(days=20)
    assert case.number not in signed_in("centre").get(f"/meetings/?day={due}").content.decode()
    assert any(
        case.number in signed_in("centre").get(f"/meetings/?day={due + timedelta(days=n)}&dues=1").content.decode()
        for n in (0, 31)
    )


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "nonsense", ""])
def test_any_day_asked_for_gives_a_page(day: str) -> None:
    assert signed_in("centre").get("/meetings/", {"day": day}).status_code == 200


def test_the_calendar_asks_to_sign_in(client) -> None:
    assert client.get("/meetings/").headers["Location"].startswith("/login/")
