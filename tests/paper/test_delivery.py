"""Notices reach those they are for: once each, by inbox and mail, tried again when mail fails, with proof of service."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from icalendar import Calendar

from mingduan.cases import outbox
from mingduan.cases.act import Done, Side, open_case
from mingduan.cases.models import Outbox, Party
from mingduan.paper import delivery
from mingduan.paper.models import Delivery
from mingduan.paper.recipients import recipients
from mingduan.people.models import Interest, User
from mingduan.procedure.case import Actor

from .conftest import FACTS, OPENED, Story

LATER = OPENED + timedelta(days=40)


@pytest.fixture(autouse=True)
def _home(settings: Any, tmp_path: Any) -> None:
    settings.HOME = tmp_path


def names(story: Story, action: str, role: str) -> set[str]:
    return {r.name for r in recipients(story.notice(action, role), LATER)}


def test_a_party_is_everybody_of_its_organisation_and_an_office_its_holders(story: Story) -> None:
    story.pay()
    assert names(story, "receive_deposit", "appellant") == {"张三（恒通代维有限公司）", "李四（恒通代维有限公司）"}
    assert names(story, "file", "centre") == {"林静（通信网络代维资质评定机构）"}


def test_s01_8_3_whoever_an_interest_bars_and_whoever_left_receives_nothing(story: Story) -> None:
    organisation = story.people["enterprise"].organisation
    Interest.objects.create(user=story.people["centre"], organisation=organisation, kind="配偶任职")
    User.objects.filter(username="colleague").update(is_active=False)
    story.pay()
    assert names(story, "file", "centre") == set()
    assert names(story, "receive_deposit", "appellant") == {"张三（恒通代维有限公司）"}


def test_s01_6_3_1_once_both_sides_have_opened_the_ruling_it_is_served(story: Story) -> None:
    story.rule()
    for role, login in (("appellant", "enterprise"), ("respondent", "agency")):
        assert story.case.duties.get(deadline="serve_ruling").status in ("open", "late")
        reader = Client()
        reader.force_login(story.people[login])
        assert reader.get(f"/cases/{story.case.number}/notices/{story.notice('rule', role).pk}.pdf").status_code == 200
    assert story.case.duties.get(deadline="serve_ruling").status in ("met", "met_late")
    assert [e.body["actor_name"] for e in story.case.events.all() if e.body["action"] == "ruling_opened"] == ["系统"]


def test_s01_6_3_1_a_ruling_is_not_served_while_a_party_joined_in_has_not_opened_it(story: Story) -> None:
    Party.objects.create(case=story.case, role="appellant", name="远景", joined_from="CACE-SS-2026-0099")
    story.rule()
    for role, login in (("appellant", "enterprise"), ("respondent", "agency")):
        reader = Client()
        reader.force_login(story.people[login])
        reader.get(f"/cases/{story.case.number}/notices/{story.notice('rule', role).pk}.pdf")
    assert story.case.duties.get(deadline="serve_ruling").status in ("open", "late")


def test_each_recipient_gets_each_channel_once_however_often_it_is_tried(story: Story) -> None:
    story.pay()
    notice = story.notice("receive_deposit", "appellant")
    for _ in range(3):
        delivery.deliver({"notice": notice.pk}, LATER)
    assert sorted(Delivery.objects.values_list("name", "channel")) == [
        ("张三（恒通代维有限公司）", "inbox"), ("张三（恒通代维有限公司）", "mail"), ("李四（恒通代维有限公司）", "inbox"),
    ]  # fmt: skip
    assert len(mail.outbox) == 1
    message = mail.outbox[0]
    assert (message.to, notice.title in message.subject) == (["zhang@example.org"], True)
    name, content, kind = message.attachments[0]
    assert (name, kind, bytes(content[:5])) == (f"{story.case.number}-02.pdf", "application/pdf", b"%PDF-")
    assert message.extra_headers["Message-ID"] == Delivery.objects.get(channel="mail").message_id


def test_mail_that_fails_is_noted_and_tried_again_and_holds_up_no_inbox(story: Story, monkeypatch: Any) -> None:
    story.pay()
    Outbox.objects.exclude(topic="notice").delete()

    def closed(*_: Any) -> None:
        raise ConnectionRefusedError("no post office")

    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.EmailMessage.send", closed)
        outbox.run(LATER)
    assert Delivery.objects.filter(channel="mail", sent_at=None, error__contains="no post office").count() == 3
    assert Delivery.objects.filter(channel="inbox").count() == 6
    outbox.run(LATER + timedelta(minutes=5))
    assert set(Delivery.objects.filter(channel="mail").values_list("error", "sent_at")) == {
        ("", LATER + timedelta(minutes=5))
    }
    assert (len(mail.outbox), outbox.backlog()) == (3, 0)


def test_opening_the_notice_is_the_proof_of_service_and_only_the_first_time_counts(
    story: Story, client: Client
) -> None:
    outbox.run(LATER)
    notice = story.notice("file", "respondent")
    client.force_login(story.people["centre"])
    client.get(f"/cases/{story.case.number}/notices/{notice.pk}.pdf")
    assert Delivery.objects.get(notice=notice).read_at is None
    client.force_login(story.people["agency"])
    client.get(f"/cases/{story.case.number}/notices/{notice.pk}.pdf")
    first = Delivery.objects.get(notice=notice).read_at
    client.get(f"/cases/{story.case.number}/notices/{notice.pk}.pdf")
    assert first is not None
    assert Delivery.objects.get(notice=notice).read_at == first
    page = client.get(f"/cases/{story.case.number}/").content.decode()
    assert "查收" not in page
    client.force_login(story.people["centre"])
    assert "许安（安信认证有限公司） · 站内 · 送达" in client.get(f"/cases/{story.case.number}/").content.decode()


def test_whoever_filed_without_an_account_is_served_through_the_secret(story: Story, client: Client) -> None:
    done = open_case(
        rulebook="cace/appeal", action="file", actor=Actor("public", "王女士", frozenset(["appellant"])), at=OPENED, facts=FACTS,
        sides=[Side("appellant", "王女士"), Side("respondent", "安信", story.people["agency"].organisation)], title="王女士申诉",
    )  # fmt: skip
    assert isinstance(done, Done), done
    alone = Story(done.case, story.people)
    alone.pay()
    notice = alone.notice("receive_deposit", "appellant")
    outbox.run(LATER)
    waiting = Delivery.objects.get(notice=notice)
    assert (waiting.recipient, waiting.name, waiting.user) == (f"case:{done.case.number}", "王女士", None)
    client.post("/follow/", {"number": done.case.number, "secret": done.secret})
    client.get(f"/cases/{done.case.number}/notices/{notice.pk}.pdf")
    assert Delivery.objects.get(notice=notice).read_at is not None


def test_the_inbox_shows_unread_first_and_its_count_everywhere(story: Story, client: Client) -> None:
    story.pay()
    story.do("centre", "centre", "accept", major=False)
    outbox.run(LATER)
    user = story.people["enterprise"]
    latest = story.notice("accept", "appellant")
    client.force_login(user)
    assert delivery.unread(user) == 3
    client.get(f"/cases/{story.case.number}/notices/{latest.pk}.pdf")
    assert [d.notice.seq for d in delivery.inbox(user)] == [2, 1, 3]
    page = client.get("/inbox/").content.decode()
    assert page.index("申诉保证金收据") < page.index("受理通知")
    assert client.get("/procedures/").context["unread_notices"] == 2
    assert client.get("/inbox/").status_code == 200
    client.logout()
    assert client.get("/inbox/").status_code == 302


def test_one_bad_address_stops_no_other_and_goes_once_it_is_mended(story: Story) -> None:
    """An address that no header can hold, among good ones: everybody has the notice, the good mail goes once."""
    User.objects.filter(username="enterprise").update(email="zhang@example.org\nBcc: all@example.org")
    User.objects.filter(username="colleague").update(email="li@example.org")
    story.pay()
    Outbox.objects.exclude(payload={"notice": story.notice("receive_deposit", "appellant").pk}).delete()
    outbox.run(LATER)
    assert Delivery.objects.filter(channel="inbox").count() == 2
    assert [m.to for m in mail.outbox] == [["li@example.org"]]
    waiting = Delivery.objects.get(channel="mail", sent_at=None)
    assert "BadHeaderError" in waiting.error
    assert "1 封邮件未能寄出" in Outbox.objects.get(topic="notice").error
    User.objects.filter(username="enterprise").update(email="zhang@example.org")
    outbox.run(LATER + timedelta(minutes=5))
    assert [m.to for m in mail.outbox] == [["li@example.org"], ["zhang@example.org"]]
    assert not Delivery.objects.exclude(error="").exists()


def test_every_inbox_is_filled_before_the_first_mail_goes(story: Story, monkeypatch: Any) -> None:
    story.pay()
    notice, filled = story.notice("receive_deposit", "appellant"), []
    monkeypatch.setattr(
        "django.core.mail.EmailMessage.send", lambda _: filled.append(Delivery.objects.filter(channel="inbox").count())
    )
    delivery.deliver({"notice": notice.pk}, LATER)
    assert filled == [2]


def announced(story: Story, **facts: Any) -> Story:
    """The story as far as a meeting announced to both sides, each with an address."""
    User.objects.filter(username="agency").update(email="xu@example.org")
    story.pay()
    story.do("centre", "centre", "accept", major=False)
    story.announce(**facts)
    return story


def in_diaries(to: str) -> list[Any]:
    """What the mail sent to this address told a diary, in order: (method, event)."""
    outbox.run(LATER)
    sent = [a for m in mail.outbox if m.to == [to] for a in m.attachments if a[0] == "invitation.ics"]
    found = []
    for _, content, kind in sent:
        calendar = Calendar.from_ical(content)
        assert kind == f"text/calendar; method={calendar['METHOD']}"
        assert calendar.walk("VTIMEZONE")
        found.append((str(calendar["METHOD"]), calendar.walk("VEVENT")[0]))
    return found


def test_an_announced_meeting_comes_by_mail_with_its_place_and_its_usual_length(story: Story) -> None:
    announced(story)
    [(method, entry)] = in_diaries("zhang@example.org")
    assert (method, entry["SEQUENCE"], entry["STATUS"]) == ("REQUEST", 4, "CONFIRMED")
    assert entry["LOCATION"] == "月坛南街3号"
    assert entry["DTSTART"].params["TZID"] == "Asia/Shanghai"
    assert entry.decoded("DTSTART").isoformat() == "2026-10-15T09:30:00+08:00"
    assert entry.decoded("DTEND").isoformat() == "2026-10-15T11:30:00+08:00"
    assert entry["ATTENDEE"] == "mailto:zhang@example.org"


def test_the_length_that_was_announced_is_in_the_notice_and_in_diaries(story: Story) -> None:
    announced(story, meeting__length=45)
    assert "会议预计45分钟。" in story.notice("announce_meeting", "appellant").body
    [(_, entry)] = in_diaries("zhang@example.org")
    assert entry.decoded("DTEND").isoformat() == "2026-10-15T10:15:00+08:00"


def test_a_meeting_set_anew_moves_in_diaries(story: Story) -> None:
    announced(story)
    story.announce("2026-10-16T14:00:00+08:00")
    (_, first), (method, second) = in_diaries("zhang@example.org")
    assert first["UID"] == second["UID"]
    assert (method, second["SEQUENCE"]) == ("REQUEST", 5)
    assert second.decoded("DTSTART").isoformat() == "2026-10-16T14:00:00+08:00"


def test_a_meeting_of_an_appeal_withdrawn_is_struck_out_of_diaries(story: Story) -> None:
    announced(story)
    story.do("enterprise", "appellant", "withdraw")
    for address in ("zhang@example.org", "xu@example.org"):
        (_, first), (method, last) = in_diaries(address)
        assert (method, last["SEQUENCE"], last["STATUS"]) == ("CANCEL", 5, "CANCELLED")
        assert first["UID"] == last["UID"]
        assert first.decoded("DTSTART") == last.decoded("DTSTART")


def test_s01_8_4_a_stay_strikes_the_meeting_out_and_resuming_in_time_puts_it_back(story: Story) -> None:
    announced(story)
    story.do("centre", "centre", "stay", court="海淀法院（2026）京0108民初1号")
    story.do("centre", "centre", "resume")
    told = [(method, int(entry["SEQUENCE"])) for method, entry in in_diaries("xu@example.org")]
    assert told == [("REQUEST", 4), ("CANCEL", 5), ("REQUEST", 6)]


def test_what_happens_after_a_meeting_says_nothing_to_diaries(story: Story) -> None:
    announced(story)
    story.do("centre", "centre", "stay", after=timedelta(days=30), court="海淀法院（2026）京0108民初1号")
    story.do("centre", "centre", "resume")
    assert len(in_diaries("xu@example.org")) == 1
