"""Dispatch: who sees which jobs, the proposal and its reasons, choosing otherwise, and what a company keeps of its people."""

from __future__ import annotations

import secrets
from datetime import date, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from mingduan.cases.models import Assignment, Case, Party
from mingduan.complaints import sending
from mingduan.config import clock
from mingduan.people.models import Absence, FieldWorker, User
from mingduan.procedure.period import TZ
from tests.cases import telecom
from tests.cases.telecom import at

from .test_field import ago


def around_the_clock() -> list[str]:
    """Shifts that leave nearly a whole day from now on, whatever the hour at which the tests run."""
    hour = f"{clock.now().astimezone(TZ):%H}:00"
    return [f"{hour}-{hour}"] * 7


@pytest.fixture
def office(db: None) -> telecom.Desk:
    made = telecom.make()
    for who in ("engineer1", "engineer2"):
        keep(made.users[who])
    return made


def keep(user: User, **kept: Any) -> FieldWorker:
    told = {
        "skills": ["wireless"],
        "areas": ["蓬江"],
        "shifts": around_the_clock(),
        "latitude": 22.58,
        "longitude": 113.08,
    } | kept
    return FieldWorker.objects.update_or_create(user=user, defaults=told)[0]


def second(office: telecom.Desk, **kept: Any) -> User:
    """Another engineer of the first company."""
    user = office.users["other1"]
    user.mandates.create(body="telecom", role="engineer")
    keep(user, **kept)
    return user


def placed(case: Case, position: str = "22.5787,113.0815") -> Case:
    case.facts["place.position"] = position
    case.save()
    return case


def page(office: telecom.Desk, who: str, query: str = "") -> HttpResponse:
    client = Client()
    client.force_login(office.users[who])
    return client.get(f"/dispatch/{query}")


def send(office: telecom.Desk, who: str, step: str, whom: dict[Case, Any], **typed: Any) -> HttpResponse:
    client = Client()
    client.force_login(office.users[who])
    sent = {f"who-{case.number}": str(user.pk) for case, user in whom.items()}
    sent |= {f"seen-{case.number}": str(case.length) for case in whom}
    sent |= {
        "step": step,
        "case": [c.number for c in whom],
        "key": secrets.token_hex(4),
        **{n.replace("__", "."): v for n, v in typed.items()},
    }
    return client.post("/dispatch/", sent)


DISPATCH, ASSIGN = "telecom/network-complaint/dispatch", "telecom/network-complaint/assign"


@pytest.mark.parametrize(("who", "status"), [("dispatcher", 200), ("lead1", 200), ("engineer1", 404), ("desk", 404), ("other1", 404)])  # fmt: skip
def test_dispatch_is_for_whoever_takes_a_step_of_it(office: telecom.Desk, who: str, status: int) -> None:
    assert page(office, who).status_code == status


def test_the_dispatcher_engages_companies_and_the_lead_appoints_people(office: telecom.Desk) -> None:
    assert {s.name for s in sending.steps(office.users["dispatcher"])} == {"dispatch", "redispatch"}
    assert {s.name for s in sending.steps(office.users["lead1"])} == {"assign"}


def test_a_company_never_sees_anothers_jobs_or_people(office: telecom.Desk) -> None:
    mine, other = placed(office.dispatched(ago(60))), placed(office.dispatched(ago(60), contractor=1))
    shown = page(office, "lead1").content.decode()
    assert mine.number in shown
    assert other.number not in shown
    assert "engineer2" not in shown
    sent = send(office, "lead1", ASSIGN, {other: office.users["engineer1"]})
    assert sent.status_code == 404
    assert not Assignment.objects.exists()


def test_nobody_of_another_company_can_be_appointed(office: telecom.Desk) -> None:
    case = placed(office.dispatched(ago(60)))
    assert send(office, "lead1", ASSIGN, {case: office.users["engineer2"]}).status_code == 422
    assert not Assignment.objects.exists()


def test_the_proposal_says_why_and_the_others_why_not(office: telecom.Desk) -> None:
    second(office, skills=["lines"], areas=[])
    case = office.dispatched(ago(60))
    case.facts |= {"place.position": "22.5787,113.0815", "place.area": "蓬江"}
    case.save()
    shown = page(office, "lead1").content.decode()
    assert "推荐 engineer1" in shown
    assert "具备“无线”技能" in shown
    assert "other1 · ✕ 没有所需技能" in shown


def test_overdue_jobs_come_first(office: telecom.Desk) -> None:
    soon, late = placed(office.dispatched(ago(30))), placed(office.dispatched(ago(300)))
    shown = page(office, "lead1").content.decode()
    assert shown.index(late.number) < shown.index(soon.number)
    assert "已超时" in shown


def test_s19_2_1_what_the_operators_leaders_report_stands_first_and_says_so(office: telecom.Desk) -> None:
    late, leaders = office.dispatched(ago(600)), office.dispatched(ago(10))
    leaders.facts["first"] = True
    leaders.save()
    rows = page(office, "lead1").context["rows"]
    assert [r.row.task.case.number for r in rows] == [leaders.number, late.number]
    assert page(office, "lead1").content.decode().count("优先") == 1


def test_all_that_are_ticked_are_sent_at_once_each_by_itself(office: telecom.Desk) -> None:
    first, again = placed(office.dispatched(ago(60))), placed(office.dispatched(ago(60)))
    answer = send(office, "lead1", ASSIGN, dict.fromkeys((first, again), office.users["engineer1"]))
    assert answer.status_code == 200
    assert set(Assignment.objects.values_list("case", "user")) == {
        (c.pk, office.users["engineer1"].pk) for c in (first, again)
    }


def test_a_job_that_moved_on_meanwhile_is_told_and_touches_no_other(office: telecom.Desk) -> None:
    first, moved = placed(office.dispatched(ago(60))), placed(office.dispatched(ago(60)))
    office.do("lead1", Case.objects.get(pk=moved.pk), "accept", ago(1))
    answer = send(office, "lead1", ASSIGN, dict.fromkeys((first, moved), office.users["engineer1"]))
    assert answer.status_code == 422
    assert "案件已有变化" in answer.content.decode() or "办理了" in answer.content.decode()
    assert list(Assignment.objects.values_list("case", flat=True)) == [first.pk]


def test_the_lead_sends_another_in_the_place_of_the_first(office: telecom.Desk) -> None:
    other, case = second(office), placed(office.dispatched(ago(60)))
    send(office, "lead1", ASSIGN, {case: office.users["engineer1"]})
    case.refresh_from_db()
    assert send(office, "lead1", f"{ASSIGN}/again", {case: other}).status_code == 200
    assert list(Assignment.objects.values_list("user", flat=True)) == [other.pk]


def test_the_dispatcher_gives_a_job_to_a_company(office: telecom.Desk) -> None:
    case = placed(office.filed(ago(60)))
    shown = page(office, "dispatcher", "?skill=wireless").content.decode()
    assert "1/1人可派" in shown
    company = office.contractors[1]
    missing = send(office, "dispatcher", DISPATCH, {case: company})
    assert missing.status_code == 422
    assert send(office, "dispatcher", DISPATCH, {case: company}, dispatch__specialty="wireless").status_code == 200
    assert Party.objects.get(case=case, role="contractor").organisation == company


def test_without_a_position_the_area_decides_and_it_is_told(office: telecom.Desk) -> None:
    second(office, areas=["新会"])
    case = office.dispatched(ago(60))
    case.facts["place.area"] = "新会"
    case.save()
    shown = page(office, "lead1").content.decode()
    assert "推荐 other1" in shown
    assert "没有经纬度，不计路程" in shown


def test_somebody_away_or_off_shift_is_not_proposed(office: telecom.Desk) -> None:
    user, today = office.users["engineer1"], clock.now().astimezone(TZ).date()
    Absence.objects.create(user=user, since=today - timedelta(1), until=today + timedelta(9))
    placed(office.dispatched(ago(60)))
    shown = page(office, "lead1").content.decode()
    assert "没有推荐" in shown
    assert "近七日没有班次" in shown


@pytest.mark.parametrize(
    ("now", "since", "until"),
    [
        ("2026-11-25 07:00", "2026-11-25 08:00", "2026-11-25 18:00"),
        ("2026-11-25 12:00", "2026-11-25 12:00", "2026-11-25 18:00"),
        ("2026-11-25 19:00", "2026-11-25 20:00", "2026-11-26 06:00"),
        ("2026-11-26 03:00", "2026-11-26 03:00", "2026-11-26 06:00"),
        ("2026-11-26 08:00", "2026-11-30 08:00", "2026-11-30 18:00"),
    ],
)
def test_a_shift_is_the_rest_of_this_one_or_the_next(office: telecom.Desk, now: str, since: str, until: str) -> None:
    """Monday and Wednesday by day, Wednesday's night from 20:00 in another row."""
    night = since.endswith("20:00") or until.endswith("06:00")
    week = ["08:00-18:00", "", "20:00-06:00" if night else "08:00-18:00", "", "", "", ""]
    worker = keep(office.users["engineer1"], shifts=week)
    assert sending.shift(worker, at(now)) == (at(since), at(until))


def test_the_lead_keeps_their_own_peoples_skills_shifts_and_absences(office: telecom.Desk) -> None:
    user, client = office.users["engineer1"], Client()
    client.force_login(office.users["lead1"])
    kept = {"skills": ["wireless", "lines"], "areas": "蓬江、江海", "position": "22.6,113.1", **{f"shift-{n}": "08:00-18:00" for n in range(5)}}  # fmt: skip
    assert client.post(f"/dispatch/people/{user.pk}/", kept).status_code == 302
    worker = FieldWorker.objects.get(user=user)
    assert (worker.skills, worker.areas, worker.latitude) == (["wireless", "lines"], ["蓬江", "江海"], 22.6)
    assert worker.shifts == ["08:00-18:00"] * 5 + ["", ""]
    wrong = client.post(f"/dispatch/people/{user.pk}/", kept | {f"shift-{n}": "8点" for n in range(7)})  # today's too
    assert wrong.status_code == 422
    assert "08:00-18:00" in wrong.content.decode()
    client.post(f"/dispatch/people/{user.pk}/", {"go": "away", "since": "2030-01-01", "until": "2030-01-03"})
    away = user.absences.get()
    assert (away.since, away.recorded_by) == (date(2030, 1, 1), office.users["lead1"])
    client.post(f"/dispatch/people/{user.pk}/", {"go": f"back-{away.pk}"})
    assert not user.absences.get().standing
    assert user.name in client.get("/dispatch/people/").content.decode()


@pytest.mark.parametrize("who", ["lead2", "engineer1", "dispatcher", "desk"])
def test_a_companys_people_are_kept_by_its_lead_alone(office: telecom.Desk, who: str) -> None:
    client = Client()
    client.force_login(office.users[who])
    address = f"/dispatch/people/{office.users['engineer1'].pk}/"
    assert client.get(address).status_code == 404
    assert client.post(address, {"skills": []}).status_code == 404


def test_a_visit_is_held_to_when_the_work_must_be_back_not_to_when_it_must_be_accepted(office: telecom.Desk) -> None:
    """S03 2.1: two hours to accept, twenty-four to answer; accepting takes no visit."""
    placed(office.dispatched(ago(300)))
    shown = page(office, "lead1").content.decode()
    assert "已超时" in shown
    assert "比时限早" in shown
    assert "晚于时限" not in shown


def test_before_the_time_runs_nothing_is_said_of_it(office: telecom.Desk) -> None:
    placed(office.filed(ago(60)))
    assert "时限早" not in page(office, "dispatcher").content.decode()
