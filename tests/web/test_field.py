"""The phone's pages: one's own jobs only, the rulebook's forms, and what becomes of what is sent late, twice or too late."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from mingduan.cases.models import Case, EventRow
from mingduan.people.models import FieldWorker
from mingduan.procedure.period import TZ
from tests.cases import telecom

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde\x00\x00\x00\x0cIDATx\x9cc\xf8\xff\xff?\x00\x05\xfe\x02\xfe\r\xefF\xb8\x00\x00\x00\x00IEND\xaeB`\x82"


@pytest.fixture
def office(db: None) -> telecom.Desk:
    return telecom.make()


def ago(minutes: int) -> str:
    return (timezone.now() - timedelta(minutes=minutes)).astimezone(TZ).replace(tzinfo=None).isoformat()


def sent(office: telecom.Desk, contractor: int = 0, who: str = "engineer1") -> Case:
    """A complaint for which somebody was sent out an hour ago."""
    case = office.dispatched(ago(60), contractor)
    return office.do(f"lead{contractor + 1}", case, "assign", ago(59), people=[str(office.users[who].pk)])


def phone(office: telecom.Desk, who: str) -> Client:
    client = Client()
    client.force_login(office.users[who])
    return client


def step(office: telecom.Desk, who: str, case: Case, action: str, **fields: Any) -> HttpResponse:
    """What the phone's script sends."""
    sent = {"by": str(office.users[who].pk), **{n.replace("__", "."): v for n, v in fields.items()}}
    return phone(office, who).post(f"/field/{case.number}/{action}/", sent, headers={"Accept": "application/json"})


def test_the_jobs_are_ones_own_and_nobody_elses(office: telecom.Desk) -> None:
    mine, other = sent(office), sent(office, 1, "engineer2")
    shown = phone(office, "engineer1").get("/field/").content.decode()
    assert mine.number in shown
    assert other.number not in shown


@pytest.mark.parametrize("who", ["lead1", "other1", "lead2", "engineer2", "desk", "dispatcher"])
def test_a_job_opens_for_nobody_but_the_one_sent_out(office: telecom.Desk, who: str) -> None:
    case = sent(office)
    assert phone(office, "engineer1").get(f"/field/{case.number}/").status_code == 200
    assert phone(office, who).get(f"/field/{case.number}/").status_code == 404
    assert phone(office, who).post(f"/field/{case.number}/accept/").status_code == 404


def test_who_is_never_sent_out_has_no_such_page(office: telecom.Desk) -> None:
    assert phone(office, "desk").get("/field/").status_code == 404
    assert phone(office, "engineer2").get("/field/").status_code == 200


def test_nobody_signed_out_sees_a_job_and_the_worker_holds_nothing(office: telecom.Desk) -> None:
    assert "/login/" in Client().get("/field/").headers["Location"]
    answer = Client().get("/field/worker.js")
    assert answer.headers["Content-Type"].startswith("text/javascript")


def test_the_page_has_the_form_of_each_step_and_what_is_needed(office: telecom.Desk) -> None:
    case = sent(office)
    shown = phone(office, "engineer1").get(f"/field/{case.number}/").content.decode()
    for action in ("accept", "arrive", "talk", "test", "photograph", "report", "analyse"):
        assert f'id="do-{action}"' in shown
    assert "13800000000" in shown
    assert "定级依据" not in shown


def test_ids_of_fields_differ_from_step_to_step(office: telecom.Desk) -> None:
    case = sent(office)
    shown = phone(office, "engineer1").get(f"/field/{case.number}/").content.decode()
    ids = [part.split('"')[0] for part in shown.split(' id="')[1:]]
    assert len(ids) == len(set(ids))


def test_without_javascript_a_step_is_done_and_a_refused_one_says_why(office: telecom.Desk) -> None:
    case, client = sent(office), phone(office, "engineer1")
    assert client.post(f"/field/{case.number}/accept/").status_code == 302
    refused = client.post(f"/field/{case.number}/arrive/", {"arrival.position": "22.5,113.0"})
    assert refused.status_code == 422
    assert "未经同意不能记录位置" in refused.content.decode()
    case.refresh_from_db()
    assert case.state == "accepted"


def test_a_whole_job_from_the_phone(office: telecom.Desk) -> None:
    case = sent(office)
    assert step(office, "engineer1", case, "accept").json() == {"outcome": "done"}
    step(office, "engineer1", case, "arrive", arrival__consent="true", arrival__position="22.57870,113.08150")
    step(office, "engineer1", case, "talk", entry__said="晚上八点后变慢")
    step(office, "engineer1", case, "test", entry__measure="rsrp", entry__value="-112")
    step(office, "engineer1", case, "photograph", entry__what="天线", entry__files=SimpleUploadedFile("a.png", PNG))
    step(
        office, "engineer1", case, "report", result__kind="fault", result__cause="馈线松动", result__measures="已紧固", result__resolved="true",
        result__signature=SimpleUploadedFile("signature.png", PNG),
    )  # fmt: skip
    case.refresh_from_db()
    assert case.state == "handed_back"
    assert case.facts["readings"][0] | {"limit": -105, "within": False} == case.facts["readings"][0]
    assert case.facts["result.signature"][0]["media_type"] == "image/png"
    assert case.number not in phone(office, "engineer1").get("/field/").content.decode()


def test_the_same_step_sent_twice_is_done_once(office: telecom.Desk) -> None:
    case = sent(office)
    step(office, "engineer1", case, "accept", key="k0")
    for _ in range(3):
        assert step(office, "engineer1", case, "talk", key="k1", entry__said="慢").json()["outcome"] == "done"
    case.refresh_from_db()
    assert len(case.facts["talks"]) == 1


def test_what_was_done_earlier_keeps_the_time_it_came_and_the_time_it_is_said_to_be_of(office: telecom.Desk) -> None:
    case, before = sent(office), timezone.now()
    step(office, "engineer1", case, "accept", waited="3300")
    body = EventRow.objects.filter(case=case).last().body
    came, said = (datetime.fromisoformat(body[k]) for k in ("at", "said_at"))
    assert came >= before
    assert came - said == timedelta(seconds=3300)


@pytest.mark.parametrize("waited", ["", "5", "-4000", "1e300", "abc", "nan", str(40 * 86400)])
def test_a_clock_that_cannot_be_right_says_nothing(office: telecom.Desk, waited: str) -> None:
    case = sent(office)
    assert step(office, "engineer1", case, "accept", waited=waited).json()["outcome"] == "done"
    assert "said_at" not in EventRow.objects.filter(case=case).last().body


def test_a_refused_step_comes_back_with_its_reasons_and_their_fields(office: telecom.Desk) -> None:
    case = sent(office)
    step(office, "engineer1", case, "accept")
    answer = step(office, "engineer1", case, "talk", entry__said="慢", entry__promise="明天修好")
    assert answer.status_code == 422
    assert "不得随意承诺客户" in answer.json()["reasons"][0]["text"]
    missing = step(office, "engineer1", case, "talk").json()["reasons"][0]
    assert missing["input"] == "entry.said"


def test_who_was_sent_out_and_is_no_longer_is_told_so(office: telecom.Desk) -> None:
    case = sent(office)
    step(office, "engineer1", case, "accept", key="before")
    office.do("dispatcher", case, "redispatch", ago(-1), "改派", organisation=str(office.contractors[1].pk))
    gone = step(office, "engineer1", case, "talk", entry__said="慢")
    assert (gone.status_code, gone.json()["outcome"]) == (409, "gone")
    assert step(office, "engineer1", case, "accept", key="before").json()["outcome"] == "done", "it was recorded then"
    assert step(office, "engineer2", case, "talk", entry__said="慢").status_code == 404, "it never was theirs"


def test_what_another_persons_phone_kept_is_not_sent_as_mine(office: telecom.Desk) -> None:
    case = sent(office)
    answer = phone(office, "engineer1").post(
        f"/field/{case.number}/accept/", {"by": str(office.users["other1"].pk)}, headers={"Accept": "application/json"}
    )
    assert answer.status_code == 403
    case.refresh_from_db()
    assert case.state == "dispatched"


def test_jobs_come_in_order_of_time_and_way_with_a_map(office: telecom.Desk) -> None:
    FieldWorker.objects.create(user=office.users["engineer1"], latitude=22.58, longitude=113.08)
    far, near, nowhere = sent(office), sent(office), sent(office)
    for case, position in ((far, "22.75,113.30"), (near, "22.581,113.081")):
        case.facts["place.position"] = position
        case.save()
    shown = phone(office, "engineer1").get("/field/").content.decode()
    assert shown.count("<svg") == 1
    listed = shown[shown.index('class="jobs"') :]
    assert listed.index(near.number) < listed.index(far.number) < listed.index(nowhere.number)


def test_a_step_that_was_taken_is_said_to_be_done_and_one_that_may_not_be_yet_is_not(office: telecom.Desk) -> None:
    case = sent(office)
    step(office, "engineer1", case, "accept")
    page = phone(office, "engineer1").get(f"/field/{case.number}/").content.decode()

    def said(name: str) -> str:
        return page.split(f'data-fresh="{name}">')[1].split("</summary>")[0]

    assert "已办" in said("accept")
    assert "还不到" in said("report")
