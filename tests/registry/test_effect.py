"""Where the rulebook says that an appeal suspends the decision's effect: it is held, and comes back when the appeal fails."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from mingduan.cases import audit
from mingduan.cases.models import Case
from mingduan.procedure.period import TZ
from mingduan.registry import announcing
from mingduan.registry.models import Certificate

from .scheme import START, Course, certified, suspended
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
        assert told[kind].title == f"恒通代维有限公司的证书{made.number}：{words}"
        assert made.number in Client().get("/announcements/", {"kind": kind}).content.decode()
