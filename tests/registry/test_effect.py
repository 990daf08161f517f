"""Where the rulebook says that an appeal suspends the decision's effect: it is held, and comes back when the appeal fails."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client

from mingduan.cases import audit
from mingduan.cases.models import Case, EventRow
from mingduan.procedure.case import Refusal
from mingduan.procedure.period import TZ
from mingduan.registry import announcing
from mingduan.registry.models import Certificate

from .scheme import START, Course, certified, concerning, paper, suspended, told
from .test_register import appealed, statuses

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _appeals_suspend(tmp_path: Path, settings) -> None:
    shutil.copytree(settings.RULEBOOKS_DIR, tmp_path / "rulebooks")
    appeal = tmp_path / "rulebooks" / "cace" / "appeal.yaml"
    text = appeal.read_text(encoding="utf-8")
    changed = text.replace('type: integer, value: 0, clause: "6.3.1"', 'type: integer, value: 1, clause: "6.3.1"', 1)
    assert changed != text
    appeal.write_text(changed, encoding="utf-8")
    settings.RULEBOOKS_DIR = tmp_path / "rulebooks"


@pytest.mark.parametrize(
    ("effect", "course"),
    [("stands", ["valid", "suspended", "valid", "suspended"]), ("revoked", ["valid", "suspended", "valid"])],
)
def test_s01_6_3_1_held_while_the_appeal_runs(effect: str, course: list[str]) -> None:
    made = certified()
    appealed(suspended(made, START + timedelta(days=30)), effect)
    assert statuses(made.number) == course
    assert list(audit.verify()) == []


def test_s01_6_1_an_appeal_taken_back_lets_the_decision_stand_again() -> None:
    made = certified()
    course = suspended(made, START + timedelta(days=30))
    course.do("holder", "appeal", grounds="change_of_status", statement="不服", requested="撤销", signed_by="王恒")
    appeal = Course(Case.objects.get(rulebook="cace/appeal").number, course.at)
    paid_on = appeal.at.astimezone(TZ).date().isoformat()
    appeal.do("centre", "receive_deposit", **{"payment.amount": 500_000, "payment.on": paid_on}).do(
        "centre", "accept", major=False
    )
    assert Certificate.objects.get().status == "valid"
    appeal.do("appellant", "withdraw")
    assert Certificate.objects.get().status == "suspended"
    assert list(audit.verify()) == []


def test_the_public_is_told_whose_certificate_a_decision_held_and_standing_again_is_about() -> None:
    made = certified()
    appealed(suspended(made, START + timedelta(days=30)), "stands")
    told = {one.kind: one for one in announcing.told()}
    for kind, words in (("hold", "停止执行"), ("reapply", "恢复执行")):
        assert told[kind].numbers == (made.number,)
        assert told[kind].title.zh == f"恒通代维有限公司的证书{made.number}：{words}"
        assert made.number in Client().get("/announcements/", {"kind": kind}).content.decode()


def held(course: Course) -> Course:
    """The appeal against a decision, accepted: it holds the effect."""
    course.do("holder", "appeal", grounds="change_of_status", statement="不服", requested="撤销", signed_by="王恒")
    appeal = Course(Case.objects.filter(rulebook="cace/appeal").latest("id").number, course.at)
    paid_on = appeal.at.astimezone(TZ).date().isoformat()
    appeal.do("centre", "receive_deposit", **{"payment.amount": 500_000, "payment.on": paid_on})
    return appeal.do("centre", "accept", major=False)


def withdrawn(made: Certificate) -> Course:
    course = concerning(
        made, "cace/withdrawal", "propose", "centre", START + timedelta(days=30), ground="serious_problem", reasons="重大质量事故"
    )  # fmt: skip
    return course.do("holder", "answer", **{"entry.text": "说明"}).do("association", "withdraw", reasoning="事实清楚")


def cancelled(made: Certificate) -> Course:
    course = concerning(
        made, "cace/cancellation", "file", "holder", START + timedelta(days=30), reasons="转产", signed_request=paper()
    )
    return course.do("centre", "accept").do("committee", "cancel")


RECALL = {"recall.on": "2026-04-02", "recall.note": "交回"}
FINISHING = [
    (lambda made: suspended(made, START + timedelta(days=30)), [("announce_suspension", {})]),
    (withdrawn, [("recall", RECALL), ("announce", {})]),
    (cancelled, [("recall", RECALL)]),
]


@pytest.mark.parametrize(("begun", "steps"), FINISHING)
def test_s01_6_3_1_while_an_appeal_holds_a_decision_its_case_is_neither_carried_out_nor_closed(begun, steps) -> None:
    course = begun(certified())
    appeal = held(course)
    for name, facts in (*steps, ("close_void", {})):
        refused = course.attempt("centre", name, **facts)
        assert isinstance(refused, Refusal), name
        assert [r.clause for r in refused.reasons] == ["S01 6.3.1"], told(refused)
    appeal.do("appellant", "withdraw")
    course.at = appeal.at
    refused = course.attempt("centre", "close_void")
    assert isinstance(refused, Refusal), "the decision stands again: there is a certificate to lift or recall"
    for name, facts in steps:
        course.do("centre", name, **facts)


@pytest.mark.parametrize(("begun", "steps"), FINISHING)
def test_s01_6_3_1_once_an_upheld_appeal_restored_the_certificate_the_case_is_closed(begun, steps) -> None:
    course = begun(certified())
    appealed(course, "revoked")
    course.at = datetime.fromisoformat(EventRow.objects.latest("id").at)
    for name, facts in steps:
        assert isinstance(course.attempt("centre", name, **facts), Refusal), name
    course.do("centre", "close_void").do("centre", "archive")
    assert Certificate.objects.get().status == "valid"


def test_s01_6_3_1_a_suspension_does_not_run_out_while_an_appeal_holds_it() -> None:
    from mingduan.cases.timer import run_due

    course = suspended(certified(), START + timedelta(days=30))
    appeal = held(course)
    later = course.at + timedelta(days=70)
    run_due(later)
    assert Case.objects.get(number=course.number).state == "suspended"
    appeal.at = later
    appeal.do("appellant", "withdraw")
    run_due(appeal.at + timedelta(minutes=1))
    assert Case.objects.get(number=course.number).state == "overdue"
