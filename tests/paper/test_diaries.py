"""Diaries agree with the case: who comes late to a panel is invited to its meeting, who leaves it is told not to come."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from icalendar import Calendar

from mingduan.cases import outbox
from mingduan.cases.models import Outbox
from mingduan.paper import diaries
from mingduan.paper.models import Diary
from mingduan.people.models import User

from .conftest import Story

Told = list[tuple[str, str, int]]


@pytest.fixture(autouse=True)
def _home(settings: Any, tmp_path: Any) -> None:
    settings.HOME = tmp_path


def experts(*numbers: int) -> list[dict[str, str]]:
    made = []
    for n in numbers:
        user, _ = User.objects.get_or_create(
            username=f"expert{n}", defaults={"name": f"专家{n}", "expert": True, "email": f"expert{n}@example.org"}
        )
        made.append({"id": str(user.pk), "name": user.name})
    return made


@pytest.fixture
def called(story: Story) -> Story:
    """A meeting announced to both sides and a panel of three, and told to their diaries."""
    story.pay()
    story.do("centre", "centre", "accept", major=True)
    story.do("centre", "centre", "form_panel", people=experts(0, 1, 2))
    story.announce()
    assert [t[:2] for t in news(story)] == [
        ("expert0@example.org", "REQUEST"), ("expert1@example.org", "REQUEST"), ("expert2@example.org", "REQUEST"), ("zhang@example.org", "REQUEST"),
    ]  # fmt: skip
    return story


def news(story: Story, after: timedelta = timedelta(minutes=10)) -> Told:
    """What diaries are told by what the outbox now does: to whom, what, and the SEQUENCE."""
    mail.outbox.clear()
    outbox.run(story.clock + after, limit=500)
    sent = [(m.to[0], a[1]) for m in mail.outbox for a in m.attachments if a[0] == "invitation.ics"]
    told = ((to, Calendar.from_ical(content)) for to, content in sent)
    return sorted((to, str(c["METHOD"]), int(c.walk("VEVENT")[0]["SEQUENCE"])) for to, c in told)


def leave(story: Story, n: int) -> int:
    return story.do("centre", "centre", "recuse", person=experts(n)[0], reason="与当事人有利害关系")


def test_a_member_who_leaves_is_told_not_to_come_and_nobody_else_is(called: Story) -> None:
    seq = leave(called, 1)
    assert news(called) == [("expert1@example.org", "CANCEL", seq)]
    message = next(m for m in mail.outbox if m.to == ["expert1@example.org"])
    assert "不必再参加" in message.subject
    assert "2026年10月15日" in message.body


def test_a_member_who_comes_late_is_invited_to_the_same_meeting(called: Story) -> None:
    leave(called, 1)
    news(called)
    seq = called.do("centre", "centre", "form_panel", people=experts(3, 4, 5)[:1])
    assert news(called) == [("expert3@example.org", "REQUEST", seq)]
    message = next(m for m in mail.outbox if m.to == ["expert3@example.org"] and "请您参加" in m.subject)
    entry = Calendar.from_ical(message.attachments[0][1]).walk("VEVENT")[0]
    assert entry["UID"].startswith(f"{called.case.number}-meeting.starts_at@")
    assert (entry["LOCATION"], entry["STATUS"]) == ("月坛南街3号", "CONFIRMED")


def test_a_meeting_set_anew_reaches_who_came_late_and_not_who_left(called: Story) -> None:
    leave(called, 1)
    called.do("centre", "centre", "form_panel", people=experts(3))
    news(called)
    called.announce("2026-10-16T14:00:00+08:00")
    assert [to for to, *_ in news(called)] == [
        "expert0@example.org", "expert2@example.org", "expert3@example.org", "zhang@example.org",
    ]  # fmt: skip


def test_a_meeting_called_off_is_struck_out_also_where_no_notice_goes(called: Story) -> None:
    called.do("enterprise", "appellant", "withdraw")
    assert [t[:2] for t in news(called)] == [
        ("expert0@example.org", "CANCEL"), ("expert1@example.org", "CANCEL"), ("expert2@example.org", "CANCEL"), ("zhang@example.org", "CANCEL"),
    ]  # fmt: skip


def test_each_is_told_once_however_often_it_is_tried(called: Story) -> None:
    seq = leave(called, 1)
    news(called)
    mail.outbox.clear()
    diaries.reconcile({"number": called.case.number, "seq": seq}, called.clock)
    assert mail.outbox == []


def test_mail_that_fails_is_tried_again_for_those_it_failed_for(called: Story, monkeypatch: Any) -> None:
    leave(called, 1)
    leave(called, 2)
    send = mail.EmailMessage.send

    def failing(message: mail.EmailMessage) -> int:
        if message.to == ["expert1@example.org"]:
            raise ConnectionRefusedError("no post office")
        return send(message)

    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.EmailMessage.send", failing)
        assert [to for to, *_ in news(called)] == ["expert2@example.org"]
    assert "expert1@example.org" in Outbox.objects.filter(topic="diaries").exclude(error="").first().error
    assert [to for to, *_ in news(called, timedelta(hours=1))] == ["expert1@example.org"]
    assert set(Diary.objects.filter(called=False).values_list("user__username", flat=True)) == {"expert1", "expert2"}


def test_after_the_meeting_nobody_is_told_anything(called: Story) -> None:
    leave(called, 1)
    assert news(called, timedelta(days=40)) == []
