"""A small office for tests of the pages: its people, and cases taken as far as wanted by the acts people do."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.test import Client

from mingduan.cases.act import Done, Side, act, open_case
from mingduan.cases.models import Case
from mingduan.people.models import Office, Organisation, User
from mingduan.procedure.calendar import WorkingCalendar
from mingduan.procedure.case import Actor
from mingduan.procedure.period import TZ

CHINA = WorkingCalendar.china()


def people() -> None:
    """The body's officers, the agency, and two enterprises that know nothing of each other."""
    body = Organisation.objects.create(name="评定机构", kind="body")
    agency = Organisation.objects.create(name="安信认证", kind="agency")
    enterprise = Organisation.objects.create(name="恒通代维", kind="enterprise")
    other = Organisation.objects.create(name="远景维护", kind="enterprise")
    for login, organisation, role in (
        ("centre", body, "centre"), ("committee", body, "committee"), ("secretary", body, "secretariat"),
        ("agency", agency, ""), ("enterprise", enterprise, ""), ("stranger", other, ""),
    ):  # fmt: skip
        user = User.objects.create_user(login, password="x", name=login, organisation=organisation)
        if role:
            Office.objects.create(user=user, body="cace", role=role)
    for number in (1, 2, 3):
        User.objects.create_user(f"expert{number}", password="x", name=f"专家{number}", expert=True)


def signed_in(login: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=login))
    return client


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), TZ)


def ago(days: int) -> datetime:
    """Noon so many working days before today."""
    return noon(CHINA.add(datetime.now(TZ).date(), -days))


def file_case(at: datetime, organisation: str = "恒通代维", **facts: Any) -> Case:
    """An appeal of the organisation, filed at that instant."""
    side = Organisation.objects.get(name=organisation)
    agency = Organisation.objects.get(name="安信认证")
    told = {
        "grounds": "change_of_status", "decision.reference": "安信7号", "decision.notified_on": (at.date() - timedelta(3)).isoformat(),
        "statement": "不服降级决定", "requested": "撤销", "signed_by": "张三", **facts,
    }  # fmt: skip
    done = open_case(
        rulebook="cace/appeal", action="file", actor=Actor("public", organisation, frozenset(["appellant"])), at=at, facts=told,
        sides=[Side("appellant", organisation, side), Side("respondent", agency.name, agency)], title=f"{organisation}申诉案",
    )  # fmt: skip
    assert isinstance(done, Done), done
    return done.case


def do(case: Case, login: str, role: str, action: str, at: datetime, **facts: Any) -> Case:
    """The act, which must be lawful; `facts` with __ for a dot."""
    user = User.objects.get(username=login)
    told = {name.replace("__", "."): value for name, value in facts.items()}
    done = act(
        number=case.number,
        action=action,
        actor=Actor(str(user.pk), user.name, frozenset([role])),
        at=at,
        facts=told,
    )
    assert isinstance(done, Done), done
    case.refresh_from_db()
    return case


def accepted(at: datetime, organisation: str = "恒通代维", **facts: Any) -> Case:
    """An appeal accepted an hour after it was filed."""
    case = file_case(at, organisation, **facts)
    later = at + timedelta(hours=1)
    do(case, "centre", "centre", "inform_departments", later, departments="审查部")
    do(case, "centre", "centre", "receive_deposit", later, payment__amount=500_000, payment__on=at.date().isoformat())
    return do(case, "centre", "centre", "accept", later, major=False)


def ruled(
    at: datetime, organisation: str = "恒通代维", outcome: str = "rejected", effect: str = "", **facts: Any
) -> Case:
    """An appeal heard and ruled on, eight and nine working days after it was filed."""
    case = accepted(at, organisation, **facts)
    meets = noon(CHINA.add(at.date(), 8))
    do(
        case,
        "centre",
        "centre",
        "announce_meeting",
        at + timedelta(hours=2),
        meeting__starts_at=meets.isoformat(),
        meeting__place="三号会议室",
    )
    do(
        case,
        "centre",
        "centre",
        "hold_meeting",
        meets + timedelta(hours=1),
        meeting__attendance="双方",
        meeting__minutes="质证",
    )
    effect = effect or ("stands" if outcome == "rejected" else "revoked")
    return do(
        case,
        "centre",
        "centre",
        "rule",
        noon(CHINA.add(at.date(), 9)),
        outcome=outcome,
        reasoning="理由",
        decision__effect=effect,
    )


def closed(at: datetime, organisation: str = "恒通代维", outcome: str = "rejected", costs: int = 300_000) -> Case:
    """An appeal settled, refunded and closed on the day after its ruling."""
    case = ruled(at, organisation, outcome)
    then = noon(CHINA.add(at.date(), 10))
    do(case, "centre", "centre", "settle", then, costs__attributable=costs)
    do(
        case,
        "centre",
        "centre",
        "prove_service",
        then,
        entry__to="双方",
        entry__how="直接送达",
        entry__on=then.date().isoformat(),
    )
    if -case.balances.get("refund_due", 0) > 0:
        do(case, "centre", "centre", "refund", then, refund__reference="TK1")
    return do(case, "centre", "centre", "close", then)
