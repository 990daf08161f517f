"""Text messages to customers who left a mobile: the number at once, the link with what asks for an answer, quiet hours kept."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from mingduan.cases import outbox
from mingduan.cases.act import Side, act, open_case
from mingduan.cases.models import Case, Outbox
from mingduan.procedure.case import Actor
from mingduan.procedure.period import TZ

pytestmark = pytest.mark.django_db
DESK = Actor("7", "江蕙", frozenset({"desk"}))
MORNING, NIGHT = datetime(2026, 3, 10, 9, 0, tzinfo=TZ), datetime(2026, 3, 10, 22, 30, tzinfo=TZ)


@pytest.fixture(autouse=True)
def _no_messages(settings) -> None:
    for file in (Path(settings.HOME) / "sms").rglob("*.json"):
        file.unlink()


def sent(settings) -> list[dict[str, str]]:
    files = sorted((Path(settings.HOME) / "sms").rglob("*.json"), key=lambda file: int(file.stem.split("-")[1]))
    return [json.loads(file.read_text("utf-8")) for file in files]


def filed(at: datetime, phone: str = "138 0000 0001") -> Case:
    facts = {"about": "billing", "details": "多扣", "customer.phone": phone}
    side = [Side("complainant", "李梅")]
    done = open_case(rulebook="telecom/complaint", action="file", actor=DESK, at=at, facts=facts, sides=side, title="")
    return done.case


def run(at: datetime) -> None:
    outbox.run(at)
    outbox.run(at)  # what the notices asked for


def test_the_number_is_sent_at_once_and_once(settings) -> None:
    case = filed(MORNING)
    run(MORNING)
    Outbox.objects.filter(topic="sms").update(done_at=None, due=MORNING)
    run(MORNING)
    assert [(m["to"], case.number in m["text"]) for m in sent(settings)] == [("13800000001", True)]


def test_at_night_nobody_is_woken(settings) -> None:
    filed(NIGHT)
    run(NIGHT)
    assert sent(settings) == []
    run(datetime(2026, 3, 11, 8, 0, tzinfo=TZ))
    assert len(sent(settings)) == 1


def test_a_refusal_comes_with_the_link_to_appeal(settings) -> None:
    case = filed(MORNING)
    for action, facts in (
        ("verify", {"entry.how": "records", "entry.found": "无"}), ("refuse", {"refusal.kind": "false", "refusal.reason": "查无此事"}),
    ):  # fmt: skip
        act(number=case.number, action=action, actor=DESK, at=MORNING, facts=facts)
    run(MORNING)
    assert "/answer/" in sent(settings)[-1]["text"]


def test_a_landline_gets_no_message(settings) -> None:
    filed(MORNING, "0750-3366554")
    run(MORNING)
    assert sent(settings) == []
