"""Clocks under stress: quiet hours to the second, hand-overs while a warning is on its way, a worker that was down."""

from __future__ import annotations

import pytest

from mingduan.cases import catalogue, outbox
from mingduan.cases.act import state_of
from mingduan.cases.models import Case, Notice
from mingduan.cases.timer import run_alerts
from mingduan.paper.models import Delivery

from .telecom import Desk, at, make
from .test_alerts import told

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return make()


@pytest.mark.parametrize(
    ("role", "when", "then"),
    [
        ("branch_manager", "2026-03-10 21:59:59", "2026-03-10 21:59:59"),
        ("branch_manager", "2026-03-10 22:00:00", "2026-03-11 07:00:00"),
        ("branch_manager", "2026-03-11 00:00:00", "2026-03-11 07:00:00"),
        ("branch_manager", "2026-03-11 06:59:59", "2026-03-11 07:00:00"),
        ("branch_manager", "2026-03-11 07:00:00", "2026-03-11 07:00:00"),
        ("branch_manager", "2026-03-13 22:00:00", "2026-03-16 07:00:00"),  # a Friday
        ("branch_manager", "2026-09-30 22:00:00", "2026-10-08 07:00:00"),  # National Day
        ("engineer", "2026-03-10 22:00:00", "2026-03-11 07:00:00"),
        ("engineer", "2026-03-14 12:00:00", "2026-03-14 12:00:00"),  # a Saturday: off for the manager only
        ("complainant", "2026-03-10 20:59:59", "2026-03-10 20:59:59"),
        ("complainant", "2026-03-10 21:00:00", "2026-03-11 08:00:00"),
        ("contractor", "2026-03-10 23:00:00", "2026-03-10 23:00:00"),
    ],
)
def test_s16_6_quiet_hours_begin_and_end_to_the_second(desk: Desk, role: str, when: str, then: str) -> None:
    case = desk.dispatched("2026-03-10 10:00")
    engine = catalogue.kept(case.digest)
    assert engine.told_at(state_of(case), role, at(when)) == at(then)


def test_s08_3_1_who_lost_the_ticket_to_another_is_not_alarmed_nor_is_the_other_for_the_time_before(desk: Desk) -> None:
    case = desk.dispatched("2026-03-10 10:00")
    run_alerts(at("2026-03-10 11:30"))
    desk.do("dispatcher", case, "redispatch", "2026-03-10 11:31", "力量不足", organisation=str(desk.contractors[1].pk))
    assert run_alerts(at("2026-03-10 12:00:01")) == 0
    assert run_alerts(at("2026-03-10 13:00:59")) == 0
    assert run_alerts(at("2026-03-10 13:01")) == 1
    outbox.run(at("2026-03-10 13:01"), limit=500)
    warned = Delivery.objects.filter(notice__title="到期预警", channel=Delivery.Channel.INBOX)
    assert [(d.user.username, "13:31" in d.notice.body) for d in warned if d.user] == [("lead2", True)]


def test_s03_2_1_a_warning_still_on_its_way_when_the_ticket_is_accepted_reaches_nobody(desk: Desk) -> None:
    case = desk.dispatched("2026-03-10 10:00")
    run_alerts(at("2026-03-10 11:30"))
    desk.do("lead1", case, "accept", "2026-03-10 11:31")
    outbox.run(at("2026-03-10 11:32"), limit=500)
    assert Notice.objects.filter(case=case, title="到期预警").exists()
    assert not Delivery.objects.filter(notice__title="到期预警").exists()


def test_s08_3_3_a_worker_down_for_six_hours_tells_each_step_once_and_loses_none(desk: Desk) -> None:
    cases = [desk.dispatched("2026-03-10 10:00") for _ in range(12)]
    given = [run_alerts(at(f"2026-03-10 17:{minute:02}")) for minute in range(10, 16)]
    assert given == [12, 12, 0, 0, 0, 0]  # the warning is too late to be one; then nothing more
    for case in cases:
        assert [a for a, _ in told(case)] == ["overdue", "overdue", "overdue_manager"]


def test_s03_2_1_hours_run_through_midnight_of_the_last_day_before_a_holiday(
    desk: Desk,
) -> None:
    case = desk.dispatched("2026-09-29 23:59:59")
    case.refresh_from_db()
    engine = catalogue.kept(case.digest)
    state = state_of(Case.objects.get(pk=case.pk))
    due = {d.deadline: d.due for d in engine.duties(state, at("2026-09-30 00:00"))}
    assert due["accept"] == at("2026-09-30 01:59:59")
    assert due["reply3"] == at("2026-09-30 23:59:59")
