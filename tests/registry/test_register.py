"""The register: what a decision makes of a certificate, proved against the events, on any past day."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, transaction

from mingduan.cases import audit, catalogue
from mingduan.cases.act import Done, Side, state_of
from mingduan.cases.models import Case, Counter, EventRow, Notice
from mingduan.cases.panels import Candidate, candidates, propose
from mingduan.people.models import Organisation, User
from mingduan.procedure.case import Refusal
from mingduan.procedure.period import TZ
from mingduan.registry import jobs, queries
from mingduan.registry.models import Announcement, Certificate, Entry, Standing

from .scheme import (
    START,
    Course,
    applied,
    certified,
    code_for,
    concerning,
    day,
    enterprise,
    paper,
    people,
    reviewed,
    suspended,
    told,
)

pytestmark = pytest.mark.django_db


def statuses(number: str) -> list[str]:
    return list(Standing.objects.filter(certificate__number=number).values_list("status", flat=True))


def test_s10_3_1_a_certificate_is_issued_with_its_number_of_13_characters() -> None:
    made = certified()
    assert (made.number, made.holder_name, made.status) == ("2026ZH0001JR0", "恒通代维有限公司", "valid")
    assert (made.valid_until, made.next_surveillance_on) == (day("2029-03-01"), day("2027-03-02"))
    assert made.auditing_body == "安信认证有限公司"
    assert list(audit.verify()) == []


def test_s10_3_1_serials_follow_each_other_over_specialties_and_a_refusal_leaves_no_gap() -> None:
    first = certified()
    course = reviewed(enterprise("远景", "91110000100000041A"), specialty="xl")
    refused = course.attempt("association", "approve", who="committee")
    assert isinstance(refused, Refusal)
    assert Counter.objects.get(name="cace:certificate-2026").last == 1
    course.do("association", "approve")
    assert Certificate.objects.exclude(pk=first.pk).get().number == "2026XL0002JR0"


def test_s09_3_1_1_an_enterprise_holds_one_certificate_in_force_for_a_specialty() -> None:
    holder = enterprise()
    one, two = reviewed(holder), reviewed(holder)
    one.do("association", "approve")
    refused = two.attempt("association", "approve")
    assert "3.1.1" in told(refused)
    with pytest.raises(AssertionError, match=r"3\.1\.1"):
        applied(holder)
    applied(holder, specialty="xl")


def test_s18_3_5_withdrawal_is_the_associations_and_can_be_asked_for_on_any_past_day() -> None:
    made = certified()
    at = START + timedelta(days=30)
    course = concerning(made, "cace/withdrawal", "propose", "centre", at, ground="serious_problem", reasons="重大问题")
    assert "3.2" in told(course.attempt("association", "withdraw", reasoning="未听取陈述"))
    course.do("holder", "answer", **{"entry.text": "说明"})
    assert "3.5" in told(course.attempt("committee", "withdraw", reasoning="越权"))
    course.do("association", "withdraw", reasoning="事实清楚")
    before, since = queries.standing_at(made.number, at), queries.standing_at(made.number, course.at)
    assert before is not None
    assert since is not None
    assert (before.status, since.status) == ("valid", "withdrawn")
    assert queries.standing_at(made.number, START) is None
    assert list(audit.verify()) == []


def test_s10_4_2_suspension_and_lifting() -> None:
    made = certified()
    course = suspended(made, START + timedelta(days=30))
    course.do("holder", "apply_lifting", **{"correction.statement": "已完成整改"})
    course.do("centre", "verify", **{"verification.opinion": "合格"}).do("committee", "lift", reasoning="整改合格")
    assert statuses(made.number) == ["valid", "suspended", "valid"]


def test_s18_4_4_cancellation_recall_and_announcement() -> None:
    made = certified()
    course = concerning(
        made, "cace/cancellation", "file", "holder", START + timedelta(days=9), reasons="转产", signed_request=paper("a.pdf")
    )  # fmt: skip
    course.do("centre", "accept").do("committee", "cancel").do(
        "centre", "recall", **{"recall.on": "2026-03-20", "recall.note": "已交回"}
    )
    course.do("centre", "announce").do("centre", "archive")
    assert statuses(made.number) == ["valid", "cancelled"]
    assert Announcement.objects.get().number == made.number


def test_s18_4_4_only_the_holder_may_ask_for_cancellation() -> None:
    made = certified()
    stranger = enterprise("远景", "91110000100000041A")
    with pytest.raises(AssertionError, match=r"4\.4 只有持证企业"):
        Course.open(
            "cace/cancellation", "file", "holder", START, [Side("holder", stranger.name, stranger)],
            **{"certificate.number": made.number, "reasons": "x", "signed_request": paper("a.pdf")},
        )  # fmt: skip


def test_s18_3_4_a_change_of_name_keeps_the_number_and_what_it_was_called_before() -> None:
    made = certified()
    course = concerning(
        made, "cace/change", "file", "holder", START + timedelta(days=20), kind="name", reasons="改制",
        **{"name.new": "恒通科技有限公司", "change.papers": paper("a.pdf")},
    )  # fmt: skip
    course.do("centre", "accept").do("centre", "examine", **{"examination.opinion": "属实"})
    course.do("committee", "decide_change", reasoning="准予")
    held = queries.certificate(made.number)
    assert held is not None
    assert [s.name for s in held.spans] == ["恒通代维有限公司", "恒通科技有限公司"]
    assert Counter.objects.get(name="cace:certificate-2026").last == 1


def test_s18_3_3_a_downgrade_replaces_the_certificate_and_an_appeal_that_revokes_it_brings_it_back() -> None:
    made = certified()
    course = concerning(
        made, "cace/change", "propose", "centre", START + timedelta(days=30), kind="downgrade", reasons="不达标", **{"grade.new": "y"}
    )  # fmt: skip
    course.do("holder", "answer", **{"entry.text": "不服"}).do("centre", "examine", **{"examination.opinion": "属实"})
    course.do("committee", "decide_grade", reasoning="降为乙级")
    lower = Certificate.objects.get(grade="Y")
    assert (lower.number, lower.status, lower.replaces) == ("2026ZH0002YR0", "valid", made.number)
    appealed(course, "revoked")
    assert statuses(made.number) == ["valid", "replaced", "valid"]
    assert statuses(lower.number) == ["valid", "annulled"]
    assert list(audit.verify()) == []


@pytest.mark.parametrize(("effect", "status"), [("revoked", "valid"), ("stands", "suspended")])
def test_s01_6_3_1_an_upheld_appeal_against_a_suspension_restores_and_a_rejected_one_does_not(
    effect: str, status: str
) -> None:
    made = certified()
    course = suspended(made, START + timedelta(days=30))
    appeal = appealed(course, effect)
    assert appeal.facts["decision.entry"] == f"{course.number}#3"
    made.refresh_from_db()
    assert made.status == status
    assert list(audit.verify()) == []


def test_s01_6_1_the_decision_tells_its_appeal_window_with_the_last_day() -> None:
    suspended(certified(), START + timedelta(days=30))
    notice = Notice.objects.get(title="暂停决定", role="holder")
    assert "30个工作日" in notice.remedies
    assert "2026" in notice.remedies


def test_s01_6_1_an_appeal_names_a_decision_of_its_own_only() -> None:
    course = suspended(certified(), START + timedelta(days=30))
    stranger = enterprise("远景", "91110000100000041A")
    facts = {
        "grounds": "change_of_status", "decision.reference": "别人的决定", "decision.notified_on": "2026-04-01", "statement": "x", "requested": "y",
        "signed_by": "z", "decision.entry": f"{course.number}#3",
    }  # fmt: skip
    with pytest.raises(AssertionError, match=r"4\.1"):
        Course.open(
            "cace/appeal", "file", "appellant", course.at, [Side("appellant", stranger.name, stranger)], **facts
        )


def test_a_restored_certificate_gives_way_to_one_issued_since() -> None:
    made = certified()
    course = concerning(
        made,
        "cace/withdrawal",
        "propose",
        "centre",
        START + timedelta(days=30),
        ground="serious_problem",
        reasons="重大问题",
    )
    course.do("holder", "answer", **{"entry.text": "说明"}).do("association", "withdraw", reasoning="事实清楚")
    again = certified(at=course.at + timedelta(days=1))
    appealed(course, "revoked", after=timedelta(days=20))
    made.refresh_from_db()
    again.refresh_from_db()
    assert (made.status, again.status) == ("replaced", "valid")
    assert list(audit.verify()) == []


def test_s18_4_3_renewal_grows_the_count_and_replaces_the_certificate() -> None:
    made = certified()
    at = datetime(2029, 1, 8, 9, tzinfo=TZ)
    renewal = concerning(
        made, "cace/renewal", "file", "holder", at,
        **{f"{n}.papers": paper("a.pdf") for n in ("application", "licence", "performance")},
    )  # fmt: skip
    renewal.do("centre", "accept").audit("holder").do(
        "centre", "examine", granted="j", **{"examination.opinion": "符合"}
    )
    renewal.do("committee", "review", **{"review.opinion": "同意"})
    assert "S02 10" in told(renewal.attempt("association", "approve", who="committee"))
    renewal.do("association", "approve")
    new = Certificate.objects.get(renewals=1)
    assert (new.number, new.valid_until, new.replaces) == ("2029ZH0001JR1", day("2032-03-01"), made.number)
    assert statuses(made.number) == ["valid", "replaced"]


def test_expiry_is_a_standing_from_its_instant_whenever_it_is_written_down() -> None:
    made = certified()
    midnight = datetime(2029, 3, 2, tzinfo=TZ)
    for written in (False, True):
        standing = queries.standing_at(made.number, midnight)
        just = queries.standing_at(made.number, midnight - timedelta(seconds=1))
        assert standing is not None
        assert just is not None
        assert (just.status, standing.status, standing.since) == ("valid", "expired", midnight)
        if not written:
            jobs.expire(midnight + timedelta(hours=3))
            assert statuses(made.number) == ["valid", "expired"]
    assert list(audit.verify()) == []


def test_what_has_expired_is_not_in_force_for_a_decision_before_it_is_written_down() -> None:
    made = certified()
    with pytest.raises(AssertionError, match="已失效"):
        concerning(made, "cace/cancellation", "file", "holder", datetime(2029, 3, 2, 0, 1, tzinfo=TZ), reasons="x", signed_request=paper("a.pdf"))  # fmt: skip


def test_a_suspended_certificate_that_expires_does_not_come_back_valid() -> None:
    made = certified()
    course = suspended(made, datetime(2029, 2, 1, 9, tzinfo=TZ))
    appealed(course, "revoked", after=timedelta(days=40))
    assert statuses(made.number) == ["valid", "suspended", "expired"]
    assert list(audit.verify()) == []


def test_the_audit_finds_a_register_that_was_written_by_hand() -> None:
    made = certified()
    Standing.objects.filter(certificate=made).update(status="suspended")
    assert "折算" in next(audit.verify()).what
    Standing.objects.filter(certificate=made).update(status="valid")
    Certificate.objects.filter(pk=made.pk).update(status="withdrawn")
    assert "现状" in next(audit.verify()).what


def test_the_database_keeps_the_registers_entries() -> None:
    certified()
    with pytest.raises(DatabaseError), transaction.atomic():
        Entry.objects.update(at=START)
    assert EventRow.objects.filter(stored__has_key="registers").count() == Entry.objects.count() == 1


def test_s10_4_1_life_cycle_opens_surveillance_and_reminds_90_60_and_30_days_before(
    caplog: pytest.LogCaptureFixture,
) -> None:
    from mingduan.cases.timer import run_due

    made = certified()
    assert jobs.daily(datetime(2026, 12, 1, 8, tzinfo=TZ)) == 0
    assert jobs.daily(datetime(2026, 12, 2, 8, tzinfo=TZ)) == 1
    assert jobs.daily(datetime(2026, 12, 3, 8, tzinfo=TZ)) == 0
    case = Case.objects.get(rulebook="cace/surveillance")
    assert case.parties.get(role="holder").organisation == made.holder
    told_on = []
    for offset in range(95):
        at = datetime(2026, 12, 2, 9, tzinfo=TZ) + timedelta(days=offset)
        run_due(at)
        told_on += [
            (title, (made.next_surveillance_on - at.date()).days)
            for title in Notice.objects.filter(case=case, role="holder", at=at).values_list("title", flat=True)
        ]
    assert told_on == [("监督审查期限", 60), ("监督审查期限", 30), ("逾期未接受监督", -1)]
    assert not caplog.records, "what a missed deadline calls for is done once and never tried again"


def test_s18_4_3_renewal_reminds_holder_and_agency_once_each_90_60_and_30_days_before_expiry() -> None:
    from mingduan.cases.timer import run_due

    made, first = certified(), datetime(2028, 12, 1, 8, tzinfo=TZ)
    told_on = []
    for offset in range(-2, 93):
        at = first + timedelta(days=offset)
        Certificate.objects.update(next_surveillance_on=None)
        jobs.daily(at)
        run_due(at)
        told_on += [
            (notice.role, (made.valid_until - at.astimezone(TZ).date()).days)
            for notice in Notice.objects.filter(case__rulebook="cace/renewal", at=at)
        ]
    both = [(role, days) for days in (90, 60, 30) for role in ("agency", "holder")]
    assert sorted(told_on, key=lambda n: (-n[1], n[0])) == [*both, *((r, -1) for r in ("agency", "centre", "holder"))]
    assert statuses(made.number) == ["valid", "expired"]


def test_s18_4_3_nobody_is_reminded_of_a_certificate_that_was_cancelled() -> None:
    from mingduan.cases.timer import run_due

    made, first = certified(), datetime(2028, 12, 1, 8, tzinfo=TZ)
    Certificate.objects.update(next_surveillance_on=None)
    assert jobs.daily(first) == 1
    course = concerning(
        made, "cace/cancellation", "file", "holder", first, reasons="转产", signed_request=paper("a.pdf")
    )
    course.do("centre", "accept").do("committee", "cancel")
    for offset in range(1, 93):
        jobs.daily(first + timedelta(days=offset))
        run_due(first + timedelta(days=offset))
    case = Case.objects.get(rulebook="cace/renewal")
    assert case.state == "closed"
    assert not Notice.objects.filter(case=case, title="证书到期日").exists()


def test_s18_4_3_whoever_has_applied_is_not_called_and_whoever_is_called_applies_in_that_case() -> None:
    papers = {f"{n}.papers": paper("a.pdf") for n in ("application", "licence", "performance")}
    made, other = certified("甲公司"), certified("乙公司")
    Certificate.objects.update(next_surveillance_on=None)
    concerning(made, "cace/renewal", "file", "holder", datetime(2028, 11, 1, 9, tzinfo=TZ), **papers)
    assert jobs.daily(datetime(2028, 12, 1, 8, tzinfo=TZ)) == 1
    called = Case.objects.get(rulebook="cace/renewal", state="invited")
    assert called.facts["certificate.number"] == other.number
    with pytest.raises(AssertionError, match=called.number):
        concerning(other, "cace/renewal", "file", "holder", datetime(2028, 12, 2, 9, tzinfo=TZ), **papers)


def test_s18_4_3_a_renewal_after_expiry_gives_way_to_a_certificate_granted_since() -> None:
    made, at = certified(), datetime(2029, 2, 20, 9, tzinfo=TZ)
    papers = {f"{n}.papers": paper("a.pdf") for n in ("application", "licence", "performance")}
    renewal = concerning(made, "cace/renewal", "file", "holder", at, **papers)
    renewal.do("centre", "accept").audit("holder").do(
        "centre", "examine", granted="j", **{"examination.opinion": "符合"}
    )
    renewal.do("committee", "review", **{"review.opinion": "同意"})
    again = certified(at=datetime(2029, 3, 5, 9, tzinfo=TZ))
    assert again.number in told(renewal.attempt("association", "approve", after=timedelta(days=20)))
    assert list(audit.verify()) == []


def test_s18_4_2_surveillance_maintains_and_sets_the_next_one() -> None:
    made = certified()
    course = concerning(made, "cace/surveillance", "open", "centre", datetime(2027, 2, 1, 9, tzinfo=TZ))
    course.audit("holder").do("centre", "examine", **{"examination.opinion": "符合"})
    course.do("committee", "maintain", **{"surveillance.conclusion": "maintain"})
    made.refresh_from_db()
    assert made.next_surveillance_on == day("2028-03-02")
    assert made.conclusions.get().conclusion == "maintain"
    assert list(audit.verify()) == []


def test_s18_3_3_missed_surveillance_leads_to_suspension_in_its_own_case() -> None:
    made = certified()
    course = concerning(made, "cace/surveillance", "open", "centre", datetime(2027, 2, 1, 9, tzinfo=TZ))
    course.do("centre", "miss", after=timedelta(days=40))
    course.do("centre", "propose_suspension", ground="missed_surveillance", reasons="拒不接受监督")
    follow = Case.objects.get(rulebook="cace/suspension")
    assert (follow.state, follow.facts["certificate.number"], follow.facts["ground"]) == (
        "proposed",
        made.number,
        "missed_surveillance",
    )
    assert {p.role for p in follow.parties.all()} == {"holder", "agency"}


def test_s18_3_3_the_missed_surveillance_falls_due_again_once_the_suspension_is_lifted() -> None:
    made = certified()
    due = datetime(2027, 3, 2, 9, tzinfo=TZ)
    assert jobs.daily(due - timedelta(days=60)) == 1
    missing = Course(Case.objects.get(rulebook="cace/surveillance").number, due)
    missing.do("centre", "miss", after=timedelta(days=1))
    missing.do("centre", "propose_suspension", ground="missed_surveillance", reasons="拒不接受监督").do(
        "centre", "archive"
    )
    course = Course(Case.objects.get(rulebook="cace/suspension").number, missing.at)
    course.do("holder", "answer", **{"entry.text": "说明"})
    course.do("committee", "suspend", reasoning="事实清楚", **{"suspension.until": "2027-06-30"})
    course.do("holder", "apply_lifting", **{"correction.statement": "已整改"})
    course.do("centre", "verify", **{"verification.opinion": "合格"}).do("committee", "lift", reasoning="合格")
    made.refresh_from_db()
    assert (made.status, made.next_surveillance_on) == ("valid", day("2027-06-03"))
    assert jobs.daily(course.at + timedelta(days=30)) == 1
    again = Case.objects.filter(rulebook="cace/surveillance").latest("id")
    assert (again.state, again.facts["certificate.next_surveillance_on"]) == ("due", "2027-06-03")
    assert list(audit.verify()) == []


def test_s10_2_2_a_report_of_misuse_needs_no_account_and_the_holder_never_learns_who_reported() -> None:
    made = certified()
    report = Course.open(
        "cace/misuse", "report", "reporter", START, [Side("reporter", "热心群众")], **{"report.what": "超范围使用", "report.where": "投标文件", "report.number": made.number}
    )  # fmt: skip
    report.do(
        "centre",
        "take_up",
        ground="misuse",
        reasons="超范围使用",
        **{"certificate.number": made.number, "inquiry.result": "属实"},
    )
    handling = Case.objects.get(state="handling")
    assert {p.role for p in handling.parties.all()} == {"holder", "agency"}
    assert "热心群众" not in handling.title + str(handling.facts)
    course = Course(handling.number, report.at)
    course.do("holder", "answer", **{"entry.text": "误会"})
    course.do("centre", "propose", measure="suspend", proposal="建议暂停")
    assert "2.3" in told(course.attempt("centre", "decide", measure="suspend", reasoning="越权"))
    course.do("committee", "decide", measure="suspend", reasoning="同意").do("centre", "refer_suspension")
    assert Case.objects.filter(rulebook="cace/suspension", state="proposed").exists()


def appealed(course: Course, effect: str, after: timedelta = timedelta(hours=2)) -> Case:
    """An appeal against the decision of `course`, through to its ruling."""
    role = "holder"
    outcome = "rejected" if effect == "stands" else "upheld"
    course.do(
        role, "appeal", after=after, grounds="change_of_status", statement="不服", requested="撤销", signed_by="王恒"
    )
    number = Case.objects.filter(rulebook="cace/appeal").latest("id").number
    appeal = Course(number, course.at)
    appeal.do(
        "centre",
        "receive_deposit",
        **{"payment.amount": 500_000, "payment.on": appeal.at.astimezone(TZ).date().isoformat()},
    )
    appeal.do("centre", "accept", major=False)
    meeting = (appeal.at + timedelta(days=12)).replace(hour=9)
    while meeting.weekday() > 4:
        meeting += timedelta(days=1)
    appeal.do("centre", "announce_meeting", **{"meeting.starts_at": meeting.isoformat(), "meeting.place": "北京"})
    appeal.at = meeting
    appeal.do("centre", "hold_meeting", **{"meeting.attendance": "双方", "meeting.minutes": "质证"})
    appeal.do("centre", "rule", outcome=outcome, reasoning="理由", **{"decision.effect": effect})
    return Case.objects.get(number=number)


def test_people_of_the_agency_can_audit_for_it_but_not_sit_on_the_panel() -> None:
    holder = enterprise()
    course = applied(holder).do("centre", "accept")
    agency = Organisation.objects.get(name="安信认证有限公司")
    auditor = User.objects.create_user("auditor", name="审查员丁", expert=True, organisation=agency)
    course.do("agency", "appoint_team", people=[{"id": str(auditor.pk), "name": "审查员丁"}, *people("审查员乙")])
    assert isinstance(Case.objects.get(number=course.number), Case)
    near = User.objects.create_user("near", name="近人", expert=True, organisation=holder)
    refused = course.attempt("agency", "appoint_team", people=[{"id": str(near.pk), "name": "近人"}])
    assert isinstance(refused, Refusal)
    assert any(r.rule == "interest" for r in refused.reasons)
    course.do("agency", "plan_audit", **{"audit.starts_on": "2026-03-02", "audit.ends_on": "2026-03-02", "audit.place": "北京", "audit.scope": "全部"})  # fmt: skip
    course.do("team", "submit_report", **{"audit.conclusion": "pass", "audit.summary": "符合"}).do("agency", "approve_report")  # fmt: skip
    against = {c.user.name: [t.zh for t in c.against] for c in offered(course, "panel")}
    assert against["审查员丁"] == against["审查员乙"] == ["参加过审查组的人不能进入专家组"]
    refused = course.attempt("centre", "form_panel", people=[*people("审查员乙", "专家甲", "专家乙")])
    assert isinstance(refused, Refusal)
    assert [r.clause for r in refused.reasons] == ["S18 4.1.2"]


def test_s02_9_an_auditor_is_free_once_the_report_is_approved() -> None:
    """The record says who audited, and the case bars them still; nothing is left for them to do."""
    course = applied(enterprise()).do("centre", "accept")
    auditor = people("审查员甲", "审查员乙")[0]["id"]
    free = applied(enterprise("远景", code_for("远景")), START + timedelta(days=1)).do("centre", "accept")
    case = Case.objects.get(number=free.number)
    engine, state = catalogue.kept(case.digest), state_of(case)

    def load() -> int:
        found = candidates(case, state, engine, "team", START + timedelta(days=2))
        return next(c.load for c in found if str(c.user.pk) == auditor)

    assert load() == 0
    day = course.at.astimezone(TZ).date().isoformat()
    course.do("agency", "appoint_team", people=people("审查员甲", "审查员乙"))
    plan = {"audit.starts_on": day, "audit.ends_on": day, "audit.place": "北京", "audit.scope": "全部条款"}
    course.do("agency", "plan_audit", **plan)
    course.do("team", "submit_report", **{"audit.conclusion": "pass", "audit.summary": "符合"})
    assert load() == 1, "corrections may be left to verify"
    course.do("agency", "approve_report")
    assert load() == 0


def test_s02_9_an_agency_is_offered_its_own_people_first() -> None:
    course = applied(enterprise()).do("centre", "accept")
    agency = Organisation.objects.get(name="安信认证有限公司")
    people("专家甲", "专家乙")
    for name in ("审查员丙", "审查员丁"):
        User.objects.create_user(name, name=name, expert=True, organisation=agency)
    found = offered(course, "team")
    assert [c.user.name for c in found] == ["审查员丙", "审查员丁", "专家甲", "专家乙"]
    assert [c.user.name for c in propose(found[::-1], 2)] == ["审查员丙", "审查员丁"]


def offered(course: Course, role: str) -> list[Candidate]:
    """Who can be appointed to a role of the case as it stands."""
    case = Case.objects.get(number=course.number)
    return candidates(case, state_of(case), catalogue.kept(case.digest), role, course.at)


def test_the_same_key_is_one_certificate(django_assert_max_num_queries: object) -> None:
    course = reviewed(enterprise())
    done = course.attempt("association", "approve")
    assert isinstance(done, Done)
    assert isinstance(course.attempt("association", "approve"), Refusal)
    assert Certificate.objects.count() == 1
