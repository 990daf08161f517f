"""S05: a contractor's way in and out, and the six work procedures, by clause."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mingduan.procedure.case import DutyStatus
from mingduan.procedure.engine import Engine
from mingduan.procedure.loading import load
from mingduan.procedure.period import TZ
from mingduan.procedure.verify import coverage

from .story import Story, at

BOOKS = Path(__file__).resolve().parents[2] / "rulebooks" / "contractor"
ENGINES = {p.stem: Engine(load(p)) for p in sorted(BOOKS.glob("*.yaml"))}
CERTIFICATE = {
    "certificate.own": True,
    "certificate.status": "valid",
    "certificate.specialty": "ZH",
    "certificate.grade": "j",
    "certificate.valid_until": "2028-01-01",
}
APPLICATION = {"certificate.number": "2026ZH0001JR0", "area": "城北", "introduction": "30人，20台仪表，10辆车"}
FILE = [{"name": "合同.pdf", "sha256": "0" * 64}]
CONTRACT = {
    "contract.number": "2026-7", "contract.from": "2026-04-01", "contract.until": "2028-03-31", "contract.duties": "见附件",
    "contract.annexes": FILE, "contract.safety": FILE, "contract.secrecy": FILE, "group": "市区组",
}  # fmt: skip
CONTRACTOR = {"id": "7", "name": "恒通代维"}
WORK = ["fault", "on-demand", "inspection", "accompany"]


def applied(**register: object) -> Story:
    return Story(ENGINES["entry"], {**CERTIFICATE, **register}).attempt(
        "applicant", "apply", "2026-03-02 09:00", **APPLICATION
    )


def selected() -> Story:
    story = applied().do("management", "qualify", "2026-03-03 09:00")
    story.do("selection", "score", "2026-03-04 09:00", entry__score=80, entry__why="队伍齐")
    return story.do("branch_manager", "select", "2026-03-05 09:00")


@pytest.mark.parametrize(
    "register", [{"certificate.own": False}, {"certificate.status": "suspended"}, {"certificate.status": "expired"}]
)
def test_s05_4_1_only_the_holder_of_a_valid_certificate_may_apply(register: dict[str, object]) -> None:
    refusal = applied(**register).refusal
    assert refusal is not None
    assert refusal.reasons[0].clause == "4.1"


def test_s05_4_2_selected_by_scores_that_all_reach_the_least() -> None:
    story = applied().do("management", "qualify", "2026-03-03 09:00")
    story.refused("branch_manager", "select", "2026-03-04 09:00", "4.2")
    story.do("selection", "score", "2026-03-04 09:00", who="a", entry__score=80, entry__why="好")
    story.refused("selection", "score", "2026-03-04 10:00", "4.2", entry__score=101, entry__why="好")
    story.do("selection", "score", "2026-03-04 10:00", who="b", entry__score=59, entry__why="差")
    story.refused("branch_manager", "select", "2026-03-05 09:00", "4.2")


@pytest.mark.parametrize("work", ["management", "monitoring"])
def test_s05_1_2_a_scope_with_management_or_monitoring_is_refused(work: str) -> None:
    story = selected().refused(
        "management", "add_scope", "2026-03-06 09:00", "1(2)", entry__work=work, entry__text="网管", entry__area="全市"
    )
    assert story.refusal is not None
    assert "不得代维" in story.refusal.reasons[0].text.zh


def test_s05_1_2_nor_is_a_contract_signed_whose_scope_was_corrected_into_one() -> None:
    story = selected().do(
        "management", "add_scope", "2026-03-06 09:00", entry__work="on_site", entry__text="基站", entry__area="城北"
    )
    seq = len(story.events)
    story.do(
        "management", "correct", "2026-03-06 10:00", corrects=seq, reason="录错", correction={"work": "monitoring"}
    )
    story.refused("branch_manager", "sign", "2026-03-07 09:00", "1(2)", **CONTRACT)


def test_s05_3_4_3_9_10_12_signed_with_scope_annexes_safety_secrecy_and_group() -> None:
    story = selected().refused("branch_manager", "sign", "2026-03-06 09:00", "3", **CONTRACT)
    story.do(
        "management",
        "add_scope",
        "2026-03-06 09:00",
        entry__work="terminal",
        entry__text="宽带装维",
        entry__area="城北",
    )
    for missing in ("contract.safety", "contract.secrecy", "group"):
        story.attempt(
            "branch_manager", "sign", "2026-03-07 09:00", **{k: v for k, v in CONTRACT.items() if k != missing}
        )
        assert story.refusal is not None
        assert [r.input for r in story.refusal.reasons] == [missing]
    story.do("branch_manager", "sign", "2026-03-07 09:00", **CONTRACT)
    story.do("management", "regroup", "2026-04-07 09:00", reason="规模变化", group="县区组")
    assert story.case.facts["group"] == "县区组"


def test_s05_every_clause_is_carried_by_one_rulebook_or_said_not_to_be() -> None:
    whole = {row.clause for row in coverage(ENGINES["entry"].rulebook)}
    own = [e.rulebook for e in ENGINES.values() if e.rulebook.source.document == "S05"]
    assert len(own) == 8
    for book in own:
        own_clauses = {
            row.clause for row in coverage(book) if not re.match(r"S\d\d ", row.clause)
        }  # not those it cites
        assert own_clauses <= whole
    by_name = {row.clause: row for row in coverage(ENGINES["entry"].rulebook)}
    for clause in ("A4.1", "A4.2", "A4.3", "A4.4", "A4.5", "A4.6", "4.5", "A3.2"):
        assert by_name[clause].summary.not_executable is not None
        assert any(clause in {r.clause for r in coverage(e.rulebook) if r.carried_by} for e in ENGINES.values()), clause


def test_s05_4_5_a_contractor_is_heard_before_it_must_leave() -> None:
    story = Story(ENGINES["exit"]).do(
        "management",
        "propose",
        "2026-09-28 09:00",
        organisation=CONTRACTOR,
        ground="score",
        contract__number="7",
        reasons="连续不合格",
    )
    told = {"leaves_on": "2026-12-31", "decision": "退出"}
    story.refused("branch_manager", "decide", "2026-10-10 23:59", "4.5", **told)  # 5 working days, over National Day
    story.do("branch_manager", "decide", "2026-10-12 09:00", **told)


def test_s05_a3_2_10_everything_is_handed_over_and_accounts_are_taken_back() -> None:
    story = Story(ENGINES["exit"]).do("contractor", "request", "2026-03-02 09:00", contract__number="7", reasons="转型")
    assert story.case.facts["ground"] == "own_wish"
    story.do("branch_manager", "decide", "2026-03-03 09:00", leaves_on="2026-03-31", decision="同意")
    for kind in ("sites", "documents", "orders"):
        story.do(
            "management", "hand_over", "2026-03-20 09:00", entry__kind=kind, entry__what="全部", entry__taken_by="李"
        )
    done = {"settlement": "已结清", "secrecy": FILE}
    story.refused("management", "complete", "2026-03-21 09:00", "5", **done)
    story.do(
        "management",
        "hand_over",
        "2026-03-21 09:00",
        entry__kind="accounts",
        entry__what="12个账号",
        entry__taken_by="李",
    )
    story.do("management", "complete", "2026-03-21 10:00", **done).do(
        "branch_manager", "hold_to_account", "2026-03-22 09:00", accountability="无"
    )


def ordered(name: str, when: str = "2026-03-10 10:00", urgency: str = "high") -> Story:
    by = "monitor" if name == "fault" else "management"
    return Story(ENGINES[name]).do(
        by, "open", when, organisation=CONTRACTOR, order__what="断站", order__place="3号站", urgency=urgency
    )


def on_site(name: str) -> Story:
    story = ordered(name).do("contractor", "accept", "2026-03-10 10:30")
    story.do("contractor", "assign", "2026-03-10 10:40", people=[{"id": "3", "name": "甲"}])
    story.refused(
        "engineer",
        "arrive",
        "2026-03-10 11:00",
        story.engine.rulebook.actions["arrive"].clause or "",
        arrival__position="1,1",
    )
    return story.do("engineer", "arrive", "2026-03-10 11:00")


RESULT = {"result.text": "更换电源", "result.done": True}
MORE = {"fault": {"restored_at": "2026-03-10T11:20:00+08:00"}, "accompany": {"sign_in": "王工，施工证"}}


@pytest.mark.parametrize("name", WORK)
def test_s05_a4_1_to_a4_4_ordered_accepted_done_on_site_and_checked(name: str) -> None:
    by = "monitor" if name == "fault" else "management"
    story = on_site(name).do(
        "engineer", "measure", "2026-03-10 11:10", entry__what="电压", entry__value="53.5V", entry__normal=True
    )
    story.do("engineer", "report", "2026-03-10 11:30", **RESULT, **MORE.get(name, {}))
    story.do(by, "send_back", "2026-03-10 12:00", reason="照片不清").do("engineer", "arrive", "2026-03-10 13:00")
    story.do("engineer", "report", "2026-03-10 13:30", **RESULT, **MORE.get(name, {}))
    story.do(by, "confirm", "2026-03-11 09:00", check__text="合格").do(by, "archive", "2026-03-11 10:00")
    assert story.duty("accept", "2026-03-11 10:00").status == DutyStatus.MET
    assert story.duty("work_high", "2026-03-11 10:00").status == DutyStatus.MET


@pytest.mark.parametrize("name", WORK)
def test_s05_a4_acceptance_across_midnight_to_the_second_and_again_after_reassignment(name: str) -> None:
    by = "monitor" if name == "fault" else "management"
    story = ordered(name, "2026-09-30 23:00")
    assert story.duty("accept", "2026-09-30 23:00").due == at("2026-10-01 01:00")
    assert story.duty("accept", "2026-10-01 01:00:01").status == DutyStatus.LATE
    story.do(by, "reassign", "2026-10-01 02:00", reason="无人签收", organisation={"id": "8", "name": "远景维护"})
    assert story.duty("accept_again", "2026-10-01 02:00").due == at("2026-10-01 04:00")
    assert story.case.assigned["contractor"][0]["name"] == "远景维护"


def test_s05_a4_1_a_fault_is_not_restored_in_the_future() -> None:
    story = on_site("fault")
    story.refused("engineer", "report", "2026-03-10 11:10", "A4.1", **RESULT, restored_at="2026-03-10T12:00:00+08:00")


def test_s05_a4_3_a_serious_finding_is_put_right_before_the_inspection_closes() -> None:
    story = on_site("inspection").refused("engineer", "report", "2026-03-10 12:00", "A4.3", **RESULT)
    story.do("engineer", "measure", "2026-03-10 11:10", entry__what="接地", entry__value="12Ω", entry__normal=False)
    story.do("engineer", "find", "2026-03-10 11:20", entry__what="接地超标", entry__serious=True)
    story.do("engineer", "report", "2026-03-10 12:00", **RESULT)
    story.refused("management", "confirm", "2026-03-11 09:00", "A4.5", check__text="x")
    story.do("management", "rectify", "2026-03-11 09:00", rectify__what="整改接地")
    opens = story.events[-1].opens
    assert opens is not None
    assert (opens["rulebook"], opens["parties"]) == ("contractor/rectification", {"contractor": "contractor"})
    story.do("management", "confirm", "2026-03-11 10:00", check__text="已转整改")


def test_s05_a4_5_13_planned_put_right_verified_or_planned_anew_and_accounted_for() -> None:
    story = Story(ENGINES["rectification"]).do(
        "management", "open", "2026-03-10 09:00", organisation=CONTRACTOR, rectify__what="整改接地"
    )
    assert story.duty("plan", "2026-03-10 09:00").due.astimezone(TZ).date().isoformat() == "2026-03-12"
    plan = {"plan.text": "换接地体", "plan.by": "2026-03-20"}
    story.do("contractor", "plan", "2026-03-11 09:00", **plan)
    story.do("contractor", "report", "2026-03-18 09:00", result__text="已换", result__files=FILE)
    story.do("management", "reject", "2026-03-19 09:00", check__text="仍超标")
    assert story.duty("plan_again", "2026-03-19 09:00").status == DutyStatus.OPEN
    story.do("contractor", "plan", "2026-03-20 09:00", **{**plan, "plan.by": "2026-03-25"})
    story.do("contractor", "report", "2026-03-24 09:00", result__text="已换", result__files=FILE)
    story.do("management", "confirm", "2026-03-25 09:00", check__text="合格").do(
        "management", "hold_to_account", "2026-03-25 10:00", accountability="通报"
    )


def test_s05_a4_6_9_what_is_abnormal_is_reported_looked_into_and_becomes_a_fault() -> None:
    report = {"order.what": "机房积水", "order.place": "3号站", "found_at": "2026-03-13T22:50:00+08:00", "grave": True}
    story = Story(ENGINES["abnormal-report"]).do("contractor", "report", "2026-03-13 23:00", **report)
    assert story.duty("look", "2026-03-13 23:00").due == at("2026-03-13 23:30")
    engine = ENGINES["abnormal-report"]
    assert engine.told_at(story.case, "management", at("2026-03-13 23:00")) == at("2026-03-13 23:00")  # grave: at once
    calm = Story(engine).do("contractor", "report", "2026-03-13 23:00", **{**report, "grave": False})
    assert engine.told_at(calm.case, "management", at("2026-03-13 23:00")) == at("2026-03-16 08:30")
    story.do("monitor", "to_fault", "2026-03-13 23:20", judgment="须抢修", urgency="high")
    opens = story.events[-1].opens
    assert opens is not None
    taken = Story(ENGINES["fault"]).do("monitor", "take_over", "2026-03-13 23:20", **opens["facts"])
    assert taken.duty("accept_taken_over", "2026-03-13 23:20").due == at("2026-03-14 01:20")
    assert taken.duty("work_high", "2026-03-13 23:20").due == at("2026-03-14 03:20")
