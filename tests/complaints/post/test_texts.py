"""Text messages that come in: by file or posted and signed, once each, into the case of their number or one of their own."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from mingduan.cases import outbox
from mingduan.cases.models import Case
from mingduan.complaints.models import Letter, Unsubscribed
from mingduan.complaints.post import texts
from mingduan.complaints.post.texts import Message
from mingduan.config import limits

from .letters import MORNING, facts
from .test_mail import do, offered

pytestmark = pytest.mark.django_db
MOBILE = "13800000001"


def sent(*said: str, sender: str = "+86 138 0000 0001", at: Any = MORNING) -> list[Letter]:
    before = set(Letter.objects.values_list("pk", flat=True))
    texts.accept([Message(f"g{Letter.objects.count()}-{n}", sender, text) for n, text in enumerate(said)], at)
    return list(Letter.objects.exclude(pk__in=before).order_by("pk"))


def concluded(case: Case) -> None:
    offered(case)
    do(case, "agree")
    do(case, "conclude", **{"conclusion.text": "已退"})


def test_s08_1_1_a_text_opens_a_complaint_and_the_next_joins_it() -> None:
    first, second = sent("家里断网三天了", "急！")
    assert (facts(first)["channel"], facts(first)["customer.phone"], facts(first)["details"]) == (
        "sms",
        MOBILE,
        "家里断网三天了",
    )
    assert (second.what, second.case, Case.objects.count()) == ("added", first.case, 1)


def test_s17_3_2_a_figure_answers_the_survey_once_and_only_while_it_is_asked() -> None:
    (first,) = sent("多扣30元")
    (early,) = sent("5")
    assert "satisfaction" not in facts(early)
    concluded(first.case)
    (rating,) = sent("５")
    assert facts(rating)["satisfaction"] == "very_good"
    (again,) = sent("1")
    assert facts(again)["satisfaction"] == "very_good"


def test_an_old_case_is_not_woken_by_a_new_trouble() -> None:
    (first,) = sent("多扣30元")
    (later,) = sent("没有信号", at=MORNING + timedelta(days=60))
    assert (later.what, later.case == first.case) == ("opened", False)


def test_whoever_says_stop_gets_none_until_they_say_start(settings: Any) -> None:
    (stop,) = sent("TD")
    assert (stop.what, Unsubscribed.objects.get().number, Case.objects.count()) == ("stop", MOBILE, 0)
    sent("多扣30元")
    outbox.run(MORNING)
    outbox.run(MORNING)
    assert not (Path(settings.HOME) / "sms" / "outgoing").exists()
    sent("恢复")
    assert not Unsubscribed.objects.exists()


def test_files_of_a_gateway_are_taken_line_by_line_and_once_each(settings: Any) -> None:
    folder = Path(settings.HOME) / "sms" / "incoming"
    folder.mkdir(parents=True)
    line = {"id": "a1", "from": MOBILE, "text": "没有信号"}
    (folder / "1.jsonl").write_text(
        "\n".join(json.dumps(x) for x in (line, line, line | {"id": "a2", "from": "13900000002"}))
    )
    (folder / "2.csv").write_bytes("id,from,text\na1,13800000001,没有信号\na3,13700000003,网速慢\n".encode("gbk"))
    (folder / "3.json").write_text("{broken")
    assert texts.collect(MORNING) == 3
    assert Letter.objects.count() == 3
    assert sorted(f.name for f in folder.rglob("*") if f.is_file()) == ["1.jsonl", "2.csv", "3.json.bad"]


def post(content: bytes, signed_with: str = "s", stamp: int | None = None, sender: str = "192.0.2.1") -> HttpResponse:
    when = str(stamp if stamp is not None else int(time.time()))
    signature = hmac.new(signed_with.encode(), when.encode() + b"." + content, hashlib.sha256).hexdigest()
    headers = {"X-Timestamp": when, "X-Signature": signature}
    client = Client(enforce_csrf_checks=True, REMOTE_ADDR=sender)
    return client.post("/sms/incoming/", content, "application/json", headers=headers)


def posted(content: bytes, signed_with: str = "s", stamp: int | None = None) -> int:
    return post(content, signed_with, stamp).status_code


def test_a_gateway_is_believed_by_its_signature_only(settings: Any) -> None:
    content = json.dumps({"id": "p1", "from": MOBILE, "text": "没有信号"}).encode()
    assert posted(content) == 403  # no secret is set
    settings.SMS_SECRET = "s"
    assert posted(content, "other") == 403
    assert posted(content, stamp=int(time.time()) - 3_600) == 403
    assert posted(b"{broken") == 403
    assert Letter.objects.count() == 0
    assert [posted(content), posted(content), Letter.objects.count()] == [200, 200, 1]


def test_whoever_is_not_the_gateway_is_soon_not_listened_to(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SMS_SECRET = "s"
    for name, times in (("sms-unsigned", 2), ("sms", 4)):
        monkeypatch.setitem(limits.TABLE, name, replace(limits.TABLE[name], times=times))
    content = json.dumps({"id": "p1", "from": MOBILE, "text": "没有信号"}).encode()
    assert [post(content, "guess").status_code for _ in range(4)] == [403, 403, 429, 429]
    refused = post(content)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 600
    assert "过于频繁" in refused.json()["zh"]
    assert "try again" in refused.json()["en"]
    assert Letter.objects.count() == 0
    assert [post(content, sender="192.0.2.2").status_code for _ in range(5)] == [200] * 4 + [429]
    assert Letter.objects.count() == 1
