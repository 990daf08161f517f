"""The form of an action: what it asks, what it is held to, what it says when it may not be done."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from mingduan.cases.models import Case
from mingduan.procedure.calendar import WorkingCalendar

from .desk import do, file_case
from .office import accepted, ago, closed, ruled, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("desk")]


def test_a_role_cannot_do_what_is_anothers() -> None:
    case = file_case()
    assert do("enterprise", case, "accept", major="false") == 404
    assert do("agency", case, "withdraw") == 404


def test_a_refused_act_shows_its_clause_and_the_remedy() -> None:
    case = file_case()
    page = signed_in("centre").post(f"/cases/{case.number}/do/accept/", {"major": "false"}).content.decode()
    assert "保证金未足额到账" in page
    assert "依据第6.1条" in page


def test_an_old_page_is_told_what_changed() -> None:
    case = file_case()
    payment = {"payment.amount": "5000", "payment.on": timezone.localdate().isoformat(), "seen": "1"}
    assert do("centre", case, "receive_deposit", **payment) == 302
    page = signed_in("centre").post(f"/cases/{case.number}/do/receive_deposit/", payment).content.decode()
    assert "您打开本页后" in page
    case.refresh_from_db()
    assert case.balances == {"bank": 500_000, "deposit_held": -500_000}


@pytest.mark.parametrize("amount", ["abc", "-1", "0.001", "NaN", "1e999"])
def test_an_amount_that_is_none_is_told_not_stored(amount: str) -> None:
    case = file_case()
    assert do("centre", case, "receive_deposit", **{"payment.amount": amount, "payment.on": "2026-09-25"}) == 422


def test_a_mistaken_entry_is_corrected_by_a_new_one() -> None:
    case = file_case()
    wrong = {"corrects": "1", "fix.signed_by": "李四"}
    assert do("centre", case, "correct", **wrong) == 422, "a correction needs its reason"
    assert do("centre", case, "correct", **wrong, reason="签名误录") == 302
    case.refresh_from_db()
    assert case.facts["signed_by"] == "李四"
    assert case.events.get(seq=1).body["facts"]["signed_by"] == "张三"


def page(login: str, case: Case, action: str, **sent: object) -> str:
    """The form's page: opened, or after sending it."""
    client, address = signed_in(login), f"/cases/{case.number}/do/{action}/"
    return (client.post(address, sent) if sent else client.get(address)).content.decode()


def row(page: str, words: str) -> str:
    """How a rule of the list stands: holds, broken or pending."""
    found = re.search(r'<li class="(holds|broken|pending)">(?:(?!</li>).)*' + re.escape(words), page, re.S)
    assert found, f"{words} is not on the list"
    return found[1]


def test_the_admissibility_is_shown_rule_by_rule() -> None:
    case = file_case()
    shown = page("centre", case, "accept", major="false", go="check")
    assert row(shown, "在收到决定通知后30个工作日内提出") == "holds"
    assert row(shown, "有签署的书面申诉") == "holds"
    assert row(shown, "保证金未足额到账") == "broken"
    case.refresh_from_db()
    assert case.state == "filed", "looking is not doing"


def test_rules_are_judged_while_something_is_still_missing() -> None:
    shown = page("centre", file_case(), "accept")
    assert row(shown, "保证金未足额到账") == "broken"
    assert row(shown, "请选择“属重大技术问题”") == "pending"


def test_a_date_says_its_lawful_range_and_what_follows_from_it() -> None:
    case = accepted(ago(1))
    china, today = WorkingCalendar.china(), timezone.localdate()
    first, last = china.add(today, 5), china.add(ago(1).date(), 15)
    shown = page("centre", case, "announce_meeting")
    assert f'min="{first}T00:00"' in shown
    assert f'max="{last}T23:59"' in shown
    meets = f"{china.add(today, 7)}T09:30"
    shown = page("centre", case, "announce_meeting", **{"meeting.starts_at": meets, "go": "live"})
    limit = china.add(china.add(today, 7), -3)
    assert f"{limit.month}月{limit.day}日" in shown, "the last day for witnesses follows"


def test_what_was_typed_and_sent_stays_when_somebody_was_faster(settings, tmp_path) -> None:
    settings.HOME = tmp_path
    case = accepted(ago(1))
    seen = case.length
    assert do("enterprise", case, "answer", **{"entry.text": "我方意见", "seen": seen}) == 302
    paper = SimpleUploadedFile("答辩.pdf", b"%PDF-1.7\n%%EOF")
    shown = page("agency", case, "answer", **{"entry.text": "对方意见", "entry.files": paper, "seen": seen})
    assert "您打开本页后" in shown
    assert "我方意见" in shown, "what changed is shown"
    assert "对方意见" in shown
    word = re.search('name="entry.files.kept" value="([^"]+)"', shown)
    assert word
    again = {"entry.text": "对方意见", "entry.files.kept": word[1], "seen": seen + 1}
    assert do("agency", case, "answer", **again) == 302
    case.refresh_from_db()
    assert [f["name"] for f in case.facts["statements"][1]["files"]] == ["答辩.pdf"]


def test_a_record_is_corrected_in_its_own_fields() -> None:
    case = accepted(ago(1))
    evidence = {
        "entry.kind": "site",
        "entry.on": timezone.localdate().isoformat(),
        "entry.who": "刘工",
        "entry.what": "现场记录",
    }
    assert do("centre", case, "take_evidence", **evidence) == 302
    case.refresh_from_db()
    seq = case.length
    shown = signed_in("centre").get(f"/cases/{case.number}/do/correct/?entry={seq}").content.decode()
    assert 'value="刘工"' in shown
    assert re.search('name="fix.kind" value="site" checked', shown)
    unchanged = {"corrects": seq, "fix.kind": "site", "fix.on": evidence["entry.on"], "fix.what": "现场记录"}
    assert do("centre", case, "correct", **unchanged, **{"fix.who": "刘工"}, reason="无") == 422, "nothing is corrected"
    assert do("centre", case, "correct", **unchanged, **{"fix.who": "王工"}, reason="姓名误录") == 302
    case.refresh_from_db()
    assert case.facts["evidence"][0]["who"] == "王工"
    assert case.facts["evidence"][0]["what"] == "现场记录"


def test_a_correction_asks_first_which_entry() -> None:
    shown = page("centre", file_case(), "correct")
    assert "?entry=1" in shown
    assert "fix.signed_by" not in shown


def test_the_committee_overrides_with_the_legal_basis_and_it_is_on_the_record() -> None:
    case = file_case()
    assert "依法变通" in signed_in("committee").get(f"/cases/{case.number}/").content.decode()
    assert "法律依据" in page("committee", case, "accept")
    assert "法律依据" not in page("centre", case, "accept"), "only who may override is asked"
    assert do("committee", case, "accept", major="false", legal_basis="《民法典》第180条") == 302
    assert "《民法典》第180条" in signed_in("centre").get(f"/cases/{case.number}/").content.decode()


def test_the_other_ways_to_meet_the_same_deadline_are_offered() -> None:
    case = file_case()
    assert f"/cases/{case.number}/do/request_remedy/" in page("centre", case, "accept")


def test_a_day_late_is_told_with_its_clause() -> None:
    case = accepted(ago(1))
    meets = f"{timezone.localdate() + timedelta(1)}T09:30"
    sent = {"meeting.starts_at": meets, "meeting.place": "三号会议室"}
    assert "6.2.3" in page("centre", case, "announce_meeting", **sent)
    assert do("centre", case, "announce_meeting", **sent) == 422


def test_a_correction_that_empties_a_field_is_refused_and_not_said_to_be_done() -> None:
    case = accepted(ago(1))
    paid = next(e for e in case.events.all() if e.body["action"] == "receive_deposit").seq
    sent = {
        "corrects": paid,
        "fix.payment.amount": "",
        "fix.payment.on": ago(0).date().isoformat(),
        "reason": "日期误录",
    }
    shown = page("centre", case, "correct", **sent)
    assert "“保证金金额”" in shown
    case.refresh_from_db()
    assert case.facts["payment.on"] != ago(0).date().isoformat()


def test_what_stands_in_the_way_leads_to_the_steps_that_mend_it() -> None:
    case = file_case()
    link = f'href="/cases/{case.number}/do/receive_deposit/"'
    assert page("centre", case, "accept").count(link) == 2, "above the form and in the list"
    assert link in page("centre", case, "accept", major="false"), "and when it was refused"
    assert link not in page("committee", case, "accept"), "for whoever may do it only"


def test_the_deposit_still_lacking_is_what_the_form_begins_with() -> None:
    case = file_case()
    assert 'value="5000.00"' in page("centre", case, "receive_deposit")
    today = timezone.localdate().isoformat()
    assert do("centre", case, "receive_deposit", **{"payment.amount": "4999.99", "payment.on": today}) == 302
    assert 'value="0.01"' in page("centre", case, "receive_deposit")


def test_a_form_about_money_shows_what_stands_and_what_it_would_post() -> None:
    case = ruled(ago(20), outcome="partly_upheld", effect="changed")
    shown = page("centre", case, "settle", **{"costs.attributable": "3000", "costs.share": "50", "go": "live"})
    assert [x in shown for x in ("¥5,000.00", "¥1,500.00", "¥3,500.00")] == [True, True, True]
    assert "¥1,500.00" not in page("centre", case, "settle", **{"costs.attributable": "3000", "go": "live"})


def test_s01_6_4_2_the_share_is_asked_only_where_the_appeal_is_partly_upheld() -> None:
    assert "costs.share" not in page("centre", ruled(ago(20)), "settle")
    assert "costs.share" in page("centre", ruled(ago(20), outcome="partly_upheld", effect="changed"), "settle")


def test_s01_6_4_2_a_share_that_must_be_given_is_not_called_optional() -> None:
    shown = page("centre", ruled(ago(20), outcome="partly_upheld", effect="changed"), "settle")
    label = re.search(r'<div class="label"><label for="[^"]*">申诉人承担比例（%）.*?</div>', shown)
    assert label is not None
    assert "选填" not in label[0]


def test_the_time_chosen_keeps_the_keyboard_where_it_was() -> None:
    case = accepted(ago(1))
    times = re.findall(r'name="slot" value="([^"]+)"', page("centre", case, "announce_meeting"))
    chosen = page("centre", case, "announce_meeting", slot=times[1])
    assert re.findall(r'value="([^"]+)" aria-current="true" autofocus', chosen) == [times[1]]


def test_a_step_without_rules_says_so_and_what_it_does() -> None:
    form = page("secretary", closed(ago(30)), "archive")
    assert "没有其他规则" in form
    assert "归档包" in form


def test_times_proposed_stay_when_the_form_is_refused() -> None:
    case = accepted(ago(1))
    assert "建议时间" in page("centre", case, "announce_meeting", **{"meeting.place": ""})
