"""Warnings and escalations: in order, to the right people, at an hour the rulebook allows, and never once the duty is met."""

from __future__ import annotations

from typing import Any

import pytest

from mingduan.cases import audit, catalogue, outbox
from mingduan.cases.access import access
from mingduan.cases.act import Done, act, events_of
from mingduan.cases.models import Case, Notice, Outbox
from mingduan.cases.timer import run_alerts
from mingduan.paper.models import Delivery

from .telecom import Desk, at, make

pytestmark = pytest.mark.django_db
REPORT = {
    "result.kind": "fault", "result.cause": "小区退服", "result.measures": "更换板件", "result.resolved": True, "result.unsigned_because": "客户不在",
}  # fmt: skip


@pytest.fixture
def desk() -> Desk:
    return make()


def told(case: Case) -> list[tuple[str, str]]:
    """(action, role) of the notices the system gave."""
    alerts = {e.seq: e.action for e in events_of(case) if e.alert}
    return [(alerts[n.seq], n.role) for n in Notice.objects.filter(case=case, seq__in=alerts).order_by("id")]


def test_a_ticket_nobody_accepts_goes_up_step_by_step(desk: Desk) -> None:
    case = desk.dispatched("2026-03-10 10:00")
    assert run_alerts(at("2026-03-10 11:29:59")) == 0
    assert run_alerts(at("2026-03-10 11:30")) == 1
    assert told(case) == [("warn", "contractor")]
    assert run_alerts(at("2026-03-10 12:00")) == 0  # the last lawful instant itself is not late
    assert run_alerts(at("2026-03-10 12:00:01")) == 1
    assert told(case)[1:] == [("overdue", "contractor"), ("overdue", "dispatcher")]
    assert run_alerts(at("2026-03-10 13:59")) == 0
    assert run_alerts(at("2026-03-10 14:00:01")) == 1
    assert told(case)[3:] == [("overdue_manager", "branch_manager")]
    assert run_alerts(at("2026-03-10 15:00")) == 0
    assert "签收工单" in Notice.objects.filter(case=case, role="branch_manager").latest("id").body
    assert list(audit.verify()) == []


def test_what_is_met_in_time_alarms_nobody(desk: Desk) -> None:
    case = desk.dispatched("2026-03-10 10:00")
    desk.do("lead1", case, "accept", "2026-03-10 11:00")
    run_alerts(at("2026-03-10 20:00"))
    assert told(case) == []


def test_a_manager_is_not_woken_for_an_ordinary_ticket_and_not_at_all_once_it_is_accepted(desk: Desk) -> None:
    left, taken = desk.dispatched("2026-03-13 21:00"), desk.dispatched("2026-03-13 21:00")
    for moment in ("22:31", "23:01"):
        run_alerts(at(f"2026-03-13 {moment}"))
    assert run_alerts(at("2026-03-14 02:00")) == 0  # a Friday night; the manager's hours begin on Monday
    desk.do("lead1", taken, "accept", "2026-03-14 03:00")
    assert run_alerts(at("2026-03-15 12:00")) == 2  # the reply of both is being warned of, the accepted one's once more
    managers = Notice.objects.filter(role="branch_manager")
    assert not managers.exists()
    run_alerts(at("2026-03-16 07:00"))
    assert any("签收工单" in n.body for n in managers.filter(case=left))
    assert all("签收工单" not in n.body for n in managers.filter(case=taken))


def test_at_level_1_the_manager_is_told_at_night(desk: Desk) -> None:
    case = desk.dispatched("2026-03-13 21:00", vip=True)
    for moment in ("2026-03-13 22:31", "2026-03-13 23:01", "2026-03-14 01:01"):
        run_alerts(at(moment))
    assert ("overdue_manager", "branch_manager") in told(case)


def test_after_an_outage_a_warning_too_late_is_left_out_and_the_steps_keep_their_order(desk: Desk) -> None:
    case = desk.dispatched("2026-03-10 10:00")
    for _ in range(4):
        run_alerts(at("2026-03-10 16:00"))
    assert [a for a, _ in told(case)] == ["overdue", "overdue", "overdue_manager"]


def test_a_notice_due_in_forbidden_hours_waits_until_the_hour_is_allowed(desk: Desk) -> None:
    case = desk.filed("2026-03-10 20:30")
    desk.do("desk", case, "respond", "2026-03-10 22:30", **{"answer.text": "正在核实"})
    notice = Notice.objects.get(case=case, role="complainant", title="投诉答复")
    row = Outbox.objects.get(key=f"notice:{notice.pk}")
    assert row.due == at("2026-03-11 08:00")
    outbox.run(at("2026-03-11 07:59"))
    assert not Delivery.objects.filter(notice=notice).exists()
    outbox.run(at("2026-03-11 08:00"))
    assert Delivery.objects.filter(notice=notice, sent_at=at("2026-03-11 08:00")).exists()


def test_an_alarm_reaches_the_company_now_engaged_not_the_one_before(desk: Desk) -> None:
    case = desk.dispatched("2026-03-10 10:00")
    desk.do("dispatcher", case, "redispatch", "2026-03-10 11:00", "力量不足", organisation=str(desk.contractors[1].pk))
    assert run_alerts(at("2026-03-10 12:30")) == 1
    outbox.run(at("2026-03-10 12:30"), limit=500)
    alarmed = set(Delivery.objects.filter(notice__title="到期预警").values_list("name", flat=True))
    assert alarmed == {"lead2（远景维护）"}


def test_an_alert_does_not_overtake_somebody_at_work_on_the_form(desk: Desk) -> None:
    case = desk.dispatched("2026-03-10 10:00")
    seen = Case.objects.get(pk=case.pk).length
    run_alerts(at("2026-03-10 11:30"))
    actor = access(desk.users["lead1"], Case.objects.get(pk=case.pk), at("2026-03-10 11:31")).actor
    done = act(number=case.number, action="accept", actor=actor, at=at("2026-03-10 11:31"), seen=seen)
    assert isinstance(done, Done)
    again = act(number=case.number, action="assign", actor=actor, at=at("2026-03-10 11:32"), seen=seen)
    assert not isinstance(again, Done)
    assert again.reasons[0].rule == "overtaken"


def test_s03_2_3_the_warning_of_a_whole_day_deadline_comes_in_the_morning_not_at_midnight(desk: Desk) -> None:
    case = desk.dispatched("2026-03-10 10:00")
    for who, action, when, more in (
        ("lead1", "accept", "2026-03-10 10:30", {}),
        ("lead1", "assign", "2026-03-10 10:31", {"people": [str(desk.users["engineer1"].pk)]}),
        ("engineer1", "arrive", "2026-03-10 11:00", {}),
        ("engineer1", "talk", "2026-03-10 11:05", {"entry.said": "上不了网"}),
        ("engineer1", "test", "2026-03-10 11:10", {"entry.measure": "rsrp", "entry.value": -112}),
        ("engineer1", "report", "2026-03-10 11:30", REPORT),
    ):
        desk.do(who, case, action, when, **more)
    assert run_alerts(at("2026-03-12 08:29:59")) == 0  # due on Friday the 13th
    assert run_alerts(at("2026-03-12 08:30")) == 1
    assert told(case) == [("warn", "contractor")]
    assert run_alerts(at("2026-03-14 08:29:59")) == 0  # the deadline ended at midnight
    assert run_alerts(at("2026-03-14 08:30")) == 1
    assert told(case)[1:] == [("overdue", "contractor"), ("overdue", "dispatcher")]


def test_s08_3_3_a_worker_that_comes_back_at_night_waits_for_the_morning_with_whole_days_and_quiet_people(
    desk: Desk,
) -> None:
    case = desk.filed("2026-03-10 10:00")
    desk.do("desk", case, "respond", "2026-03-10 10:10", **{"answer.text": "在查"})
    assert run_alerts(at("2026-03-18 02:00")) >= 0
    nightly = [e for e in events_of(Case.objects.get(pk=case.pk)) if e.alert]
    whole = {
        name
        for name, d in catalogue.kept(case.digest).rulebook.deadlines.items()
        if d.within and not _elapses(case, d.within)
    }
    assert not [e for e in nightly if e.alert and e.alert[0] in whole]
    run_alerts(at("2026-03-18 08:30"))
    assert [e.at for e in events_of(Case.objects.get(pk=case.pk)) if e.alert and e.alert[0] in whole]


def _elapses(case: Case, within: Any) -> bool:
    return catalogue.kept(case.digest).rulebook.period(within).unit.elapses


def test_an_alert_of_the_same_end_is_given_once_also_when_its_condition_comes_back(desk: Desk) -> None:
    case = desk.dispatched("2026-03-10 10:00")
    desk.do("lead1", case, "accept", "2026-03-10 10:30")
    desk.do("lead1", case, "assign", "2026-03-10 10:31", people=[str(desk.users["engineer1"].pk)])
    assert run_alerts(at("2026-03-11 07:59")) == 0  # the reply of a level 3 ticket is due at ten
    assert [run_alerts(at("2026-03-11 08:00")) for _ in range(3)] == [1, 1, 0]
    warned = told(case)
    assert {a for a, _ in warned} == {"warn", "warn_engineer"}
    desk.do("desk", case, "regrade", "2026-03-11 08:01", "客户是重要单位", **{"marks.vip": True})
    desk.do("desk", case, "regrade", "2026-03-11 08:02", "登记有误", **{"marks.vip": False})
    for minute in range(3, 9):
        run_alerts(at(f"2026-03-11 08:{minute:02}"))
    assert [t for t in told(case) if t[0].startswith("warn")] == warned
