"""The page of a case: who may open it, what it says first, what each entry changed, what it is linked to."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from mingduan.cases import outbox
from mingduan.cases.models import Case, Reading

from . import office
from .desk import do, file_case, filing
from .office import accepted, ago, ruled, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("desk")]


@pytest.mark.parametrize(
    ("login", "status"),
    [
        ("centre", 200),
        ("committee", 200),
        ("secretary", 200),
        ("enterprise", 200),
        ("agency", 200),
        ("stranger", 404),
        (None, 404),
    ],
)
def test_who_may_open_a_case(login: str | None, status: int) -> None:
    case = file_case()
    client = signed_in(login) if login else Client()
    assert client.get(f"/cases/{case.number}/").status_code == status
    assert Reading.objects.filter(case=case).exists() == (status == 200)


def test_a_stranger_cannot_act_and_does_not_see_the_case_in_lists() -> None:
    case = file_case()
    assert do("stranger", case, "withdraw") == 404
    assert case.number not in signed_in("stranger").get("/cases/").content.decode()
    assert case.number in signed_in("agency").get("/cases/").content.decode()


def test_text_of_a_party_is_never_markup() -> None:
    client = signed_in("enterprise")
    client.post("/file/cace/appeal/", filing(statement="<script>alert(1)</script>"))
    case = Case.objects.get()
    page = client.get(f"/cases/{case.number}/")
    assert "<script>alert" not in page.content.decode()
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]


def test_a_paper_is_uploaded_and_read_only_by_whoever_may_read_the_case(settings, tmp_path) -> None:
    settings.HOME = tmp_path
    paper = SimpleUploadedFile("申诉书.pdf", b"%PDF-1.7\n%%EOF", "text/html")
    signed_in("enterprise").post("/file/cace/appeal/", {**filing(), "papers": paper})
    case = Case.objects.get()
    address = f"/cases/{case.number}/files/{case.facts['papers'][0]['sha256']}/"
    assert address in signed_in("centre").get(f"/cases/{case.number}/").content.decode()
    got = signed_in("agency").get(address)
    assert got.content.startswith(b"%PDF")
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert signed_in("stranger").get(address).status_code == 404
    assert Client().get(address).status_code == 404
    assert signed_in("centre").get(f"/cases/{case.number}/files/{'0' * 64}/").status_code == 404


def shown(login: str, case: Case) -> str:
    return signed_in(login).get(f"/cases/{case.number}/").content.decode()


def part(page: str, anchor: str) -> str:
    """One section of the page."""
    found = re.search(rf'<section id="{anchor}".*?</section>', page, re.S)
    assert found, anchor
    return found[0]


def test_what_comes_next_is_first_whose_it_is_and_by_when() -> None:
    case = accepted(ago(1))
    mine, theirs = part(shown("centre", case), "next"), part(shown("enterprise", case), "next")
    assert "轮到您" in mine
    assert f"/cases/{case.number}/do/announce_meeting/" in mine
    assert "轮到您" not in theirs
    assert "评定中心" in theirs
    assert "还有" in theirs


def test_late_is_said_in_the_heading() -> None:
    case = accepted(ago(20))
    assert re.search(r'class="tag solid">逾期 \d', shown("centre", case))


def test_each_entry_tells_what_it_changed_in_words() -> None:
    case = accepted(ago(1))
    told = part(shown("centre", case), "timeline")
    assert "¥5,000.00" in told
    assert "→ 已受理" in told
    assert "安信7号" in told


def test_a_corrected_entry_shows_what_it_was() -> None:
    case = file_case()
    do("centre", case, "correct", **{"corrects": "1", "fix.signed_by": "李四", "reason": "误录"})
    told = part(shown("enterprise", case), "timeline")
    assert re.search("李四.*原记：.*张三", told, re.S)
    assert "已更正" in told


def test_only_who_may_correct_is_offered_it() -> None:
    case = file_case()
    assert "?entry=1" in shown("centre", case)
    assert "?entry=1" not in shown("enterprise", case)


def test_a_clause_says_what_it_is_about() -> None:
    page = shown("centre", file_case())
    key = re.search('popovertarget="([^"]+)" title="S01 6.1 期限、书面形式与保证金"', page)
    assert key
    assert f'id="{key[1]}" popover' in page


def test_linked_cases_lead_to_each_other() -> None:
    case = ruled(ago(12))
    assert do("enterprise", case, "readjudicate", statement="理由不充分") == 302
    following = Case.objects.exclude(pk=case.pk).get()
    assert f"/cases/{following.number}/" in part(shown("enterprise", case), "people")
    assert f"/cases/{case.number}/" in part(shown("enterprise", following), "people")


def test_one_secret_opens_the_case_and_what_follows_from_it() -> None:
    client = Client()
    client.post("/file/cace/appeal/", filing(name="新纪元公司"))
    case = Case.objects.get()
    signed_in("centre").post(f"/cases/{case.number}/do/refuse/", {"refusal.reason": "不在范围"})
    client.post(f"/cases/{case.number}/do/readjudicate/", {"statement": "理由不充分"})
    following = Case.objects.exclude(pk=case.pk).get()
    assert following.number in client.get(f"/cases/{case.number}/").content.decode()
    assert client.get(f"/cases/{following.number}/").status_code == 200


def test_why_an_action_is_not_open_is_told_with_its_clause() -> None:
    assert "保证金未足额到账" in part(shown("centre", file_case()), "next")


def test_a_clause_of_another_document_says_what_it_is_about() -> None:
    page = signed_in("enterprise").get("/file/cace/qualification/").content.decode()
    key = re.search('popovertarget="([^"]+)" title="S02 11 [^"]+"', page)
    assert key
    assert f'id="{key[1]}" popover><strong>S02 11</strong>' in page


def proposed(page: str) -> list[str]:
    """The buttons that are not second ones, by the action they lead to."""
    return re.findall(r'<a class="button(?: small)?" href="[^"]*/do/([a-z_]+)/"', page)


def test_a_refusal_is_never_proposed_and_what_bars_acceptance_is_said_with_the_way_out() -> None:
    case = file_case()
    page = signed_in("centre").get(f"/cases/{case.number}/").content.decode()
    assert "refuse" not in proposed(page)
    blocked = re.search(r'<p class="blocked">.*?受理.*?保证金未足额到账.*?</p>', page, re.S)
    assert blocked
    assert f"/cases/{case.number}/do/receive_deposit/" in blocked[0]


def test_once_the_deposit_is_in_accepting_is_proposed_and_asking_to_put_right_is_not() -> None:
    case = file_case()
    assert (
        do("centre", case, "receive_deposit", **{"payment.amount": "5000", "payment.on": ago(0).date().isoformat()})
        == 302
    )
    first = proposed(shown("centre", case))
    assert "accept" in first
    assert "request_remedy" not in first


def test_where_no_duty_runs_the_next_step_is_proposed() -> None:
    """S01 8.5: settled, served and refunded, the case only has to be closed; no deadline says so."""
    case = office.ruled(ago(20))
    office.do(case, "centre", "centre", "settle", ago(9), costs__attributable=0)
    office.do(
        case,
        "centre",
        "centre",
        "prove_service",
        ago(9),
        entry__to="双方",
        entry__how="直接送达",
        entry__on=ago(9).date().isoformat(),
    )
    office.do(case, "centre", "centre", "refund", ago(9), refund__reference="TK1")
    assert proposed(shown("centre", case)) == ["close"]


def test_a_party_finds_the_notices_it_has_not_opened_where_it_looks_first() -> None:
    case = office.ruled(ago(20))
    ruling = case.notices.get(role="appellant", title="申诉裁定书")
    address = f"/cases/{case.number}/notices/{ruling.pk}.pdf"
    assert address in part(shown("enterprise", case), "next")
    assert address not in part(shown("centre", case), "next")
    assert signed_in("enterprise").get(address).status_code == 200
    assert address not in part(shown("enterprise", case), "next")


def test_in_english_a_case_tells_its_notices_in_english() -> None:
    case = office.ruled(ago(20))
    english = {"accept-language": "en"}
    told = part(signed_in("enterprise").get(f"/cases/{case.number}/", headers=english).content.decode(), "notices")
    assert "Ruling on the appeal" in told
    assert "This ruling binds all parties once served" in told
    assert "申诉裁定书" not in told
    assert "?lang=en" in told
    outbox.run(timezone.now())
    page = signed_in("enterprise").get("/inbox/", headers=english).content.decode()
    assert "Ruling on the appeal" in page
    assert "申诉裁定书" not in page
    assert "申诉裁定书" in signed_in("enterprise").get("/inbox/").content.decode()


def test_nobody_is_said_to_be_told_where_nobody_is_appointed() -> None:
    case = accepted(ago(1))
    meets = office.noon(office.CHINA.add(ago(1).date(), 8)).isoformat()
    office.do(
        case, "centre", "centre", "announce_meeting", ago(0), meeting__starts_at=meets, meeting__place="三号会议室"
    )
    told = {n.role for n in case.notices.filter(title="会议通知")}
    assert told == {"appellant", "respondent"}, "there is no panel"


def test_a_meeting_that_cannot_be_held_yet_says_why() -> None:
    case = accepted(ago(1))
    page = signed_in("centre").get(f"/cases/{case.number}/").content.decode()
    blocked = re.search(r'<p class="blocked"><span class="tag">举行会议</span>.*?</p>', page, re.S)
    assert blocked
    assert f"/cases/{case.number}/do/announce_meeting/" in blocked[0]


def test_a_case_is_called_by_who_is_against_whom() -> None:
    assert file_case().title == "恒通代维与安信认证申诉案"


def test_what_nothing_can_meet_any_more_is_on_record_late_but_nobody_is_waited_for() -> None:
    """S01 6.1: what was not put right in time is refused; the appellant owes it no longer."""
    case = office.file_case(ago(20))
    office.do(case, "centre", "centre", "request_remedy", ago(19), remedy__what="缺签字页")
    waiting = signed_in("centre").get(f"/cases/{case.number}/").context
    assert "put_right" in [a.duty.deadline for a in waiting["awaited"]]
    office.do(case, "centre", "centre", "lapse", ago(2))
    refused = signed_in("centre").get(f"/cases/{case.number}/").context
    assert ([a.duty.deadline for a in refused["awaited"]], refused["late"]) == ([], 0)
    assert {d.deadline: d.status for d, _, _ in refused["duties"]}["put_right"] == "late"
