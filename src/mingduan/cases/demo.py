"""A convincing demonstration: a certification body with officers, experts, enterprises and forty appeals in every stage.

Deterministic and dated relative to the day it is made. Every case is made by the same acts people do,
at past instants, so its history, deadlines and books are real.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction

from mingduan.people.interests import person_record
from mingduan.people.models import Absence, Employment, Interest, Kin, Office, Organisation, Specialty, User
from mingduan.procedure.calendar import WorkingCalendar
from mingduan.procedure.case import Actor, Refusal
from mingduan.procedure.period import TZ

from .act import Done, Side, act, open_case
from .models import Case

PASSWORD = "mingduan-2026"  # noqa: S105  the demonstration's accounts are printed on purpose
ACCOUNTS = [
    ("centre", "林静", "评定中心", "centre"),
    ("committee", "周建国", "运营专委会", "committee"),
    ("secretary", "陈晓梅", "专委会秘书处", "secretariat"),
]
SPECIALTIES = [("线路", "Lines"), ("基站", "Base stations"), ("装维", "Installation and maintenance"), ("综合代维", "Comprehensive maintenance"), ("铁塔", "Towers")]  # fmt: skip
EXPERTS = [
    ("expert1", "王志远", "线路、综合代维", "东方通信研究院"), ("expert2", "李淑芬", "基站", "华北邮电大学"),
    ("expert3", "赵明", "综合代维", "东方通信研究院"), ("expert4", "孙丽华", "铁塔、基站", "中部规划设计院"),
    ("expert5", "吴强", "基站", "安信认证有限公司"), ("expert6", "郑伟", "线路、装维", "江南大学"),
    ("expert7", "何晓东", "线路、铁塔", "西部电信设计院"), ("expert8", "马兰", "综合代维、装维", "江南大学"),
    ("expert9", "罗成", "基站、综合代维", "华北邮电大学"),
]  # fmt: skip
ENTERPRISES = ["恒通代维有限公司", "远景网络维护有限公司", "金桥通信工程有限公司", "瑞达铁塔服务有限公司", "新纪元线路维护有限公司",
               "海联通信技术有限公司", "天成基站维护有限公司", "华盛综合代维有限公司"]  # fmt: skip
AGENCY = "安信认证有限公司"
MATTERS = [
    ("change_of_status", "降级决定", "对年度监督审查后由甲级降为乙级的决定有异议，认为扣分项目事实不清。", "撤销降级决定，恢复甲级。"),
    ("report_or_certificate", "审查报告", "审查报告所列两项不符合与现场记录不一致。", "更正审查报告。"),
    ("refused_application", "不予受理通知", "材料齐全而被退回，未说明理由。", "受理资质申请。"),
    ("change_of_status", "暂停证书决定", "暂停证书前未给予整改期限。", "撤销暂停决定。"),
]  # fmt: skip
LATER = {
    "filed": 1,
    "paid": 1,
    "remedying": 1,
    "accepted": 2,
    "panel": 3,
    "announced": 3,
    "heard": 5,
    "ruled": 1,
    "settled": 1,
}
STOPS = [
    "filed",
    "paid",
    "remedying",
    "refused",
    "accepted",
    "panel",
    "announced",
    "heard",
    "ruled",
    "settled",
    "closed",
    "archived",
    "withdrawn",
]


@dataclass(frozen=True, slots=True)
class Cast:
    """The people of the demonstration, by login name."""

    users: dict[str, User]
    agency: Organisation


@transaction.atomic  # a start that is cut short leaves no half-made demonstration behind
def make(now: datetime) -> None:
    """Make the demonstration in an empty database; does nothing where there are people already."""
    if User.objects.exists():
        return
    cast = _people(now)
    for index in range(40):
        _case(cast, index, STOPS[index % len(STOPS)], now)


def _people(now: datetime) -> Cast:
    body = Organisation.objects.create(name="通信网络代维资质评定机构", kind="body")
    agency = Organisation.objects.create(name=AGENCY, kind="agency")
    users: dict[str, User] = {}
    for login, name, _, role in ACCOUNTS:
        users[login] = User.objects.create_user(login, password=PASSWORD, name=name, organisation=body)
        Office.objects.create(user=users[login], body="cace", role=role)
    for zh, en in SPECIALTIES:
        Specialty.objects.create(zh=zh, en=en)
    for login, name, specialty, employer in EXPERTS:
        organisation, _ = Organisation.objects.get_or_create(name=employer, defaults={"kind": "enterprise"})
        users[login] = User.objects.create_user(
            login, password=PASSWORD, name=name, organisation=organisation, expert=True
        )
        users[login].specialties.set(Specialty.objects.filter(zh__in=specialty.split("、")))
    for number, name in enumerate(ENTERPRISES, 1):
        organisation = Organisation.objects.create(name=name, kind="enterprise")
        users[f"enterprise{number}"] = User.objects.create_user(
            f"enterprise{number}", password=PASSWORD, name=f"{name[:2]}经办人", organisation=organisation
        )
    users["agency"] = User.objects.create_user("agency", password=PASSWORD, name="许安", organisation=agency)
    users["admin"] = User.objects.create_superuser("admin", password=PASSWORD, name="系统管理员")
    today = now.astimezone(TZ).date()
    first = users["enterprise1"].organisation
    assert first is not None  # noqa: S101  made three lines above
    _ties(users, first, today)
    return Cast(users, agency)


def _ties(users: dict[str, User], enterprise: Organisation, today: date) -> None:
    """What keeps some experts from some cases: past and lasting ties of their own, of kin and of employers; absences."""
    centre = users["centre"]

    def tie(kind: str, days_ago: int | None, **holder: Any) -> None:
        until = None if days_ago is None else today - timedelta(days_ago)
        Interest.objects.create(organisation=enterprise, kind=kind, until=until, recorded_by=centre, **holder)

    tie("技术顾问", 729, user=users["expert4"])
    tie("任职", 800, user=users["expert6"])
    spouse = Kin.objects.create(
        user=users["expert7"], name="陈立", relation="spouse", source="self", recorded_by=users["expert7"]
    )
    tie("任职", None, kin=spouse, source="self")
    tie("检测业务合同", None, employer=users["expert9"].organisation)
    Employment.objects.create(
        user=users["expert8"],
        organisation=enterprise,
        post="工程师",
        until=today - timedelta(365 * 6),
        recorded_by=centre,
    )
    Absence.objects.create(
        user=users["expert6"],
        since=today,
        until=today + timedelta(21),
        why="出国讲学",
        source="self",
        recorded_by=users["expert6"],
    )


def _case(cast: Cast, index: int, stop: str, now: datetime) -> None:
    """One appeal taken as far as `stop`, beginning so many days ago that some are late by now."""
    calendar = WorkingCalendar.china()
    ages = {
        "filed": 2,
        "paid": 4,
        "remedying": 3,
        "refused": 20,
        "accepted": 5,
        "panel": 6,
        "announced": 7,
        "heard": 20,
        "ruled": 14,
        "settled": 15,
    }
    today = now.astimezone(TZ).date()
    begun = calendar.add(today, -(ages.get(stop, 45) + index // len(STOPS) * LATER.get(stop, 9)))
    clock = _Clock(calendar, begun, now)
    grounds, decision, statement, requested = MATTERS[index % len(MATTERS)]
    user = cast.users[f"enterprise{index % len(ENTERPRISES) + 1}"]
    organisation = user.organisation
    assert organisation is not None  # noqa: S101  every enterprise's account has one
    notified = calendar.add(begun, -(5 + index % 20))
    opened = open_case(
        rulebook="cace/appeal", action="file", actor=Actor(str(user.pk), user.name, frozenset(["appellant"])), at=clock.now(9),
        facts={
            "grounds": grounds, "decision.reference": f"安信〔{notified.year}〕{100 + index}号{decision}", "decision.notified_on": notified.isoformat(),
            "statement": statement, "requested": requested, "signed_by": user.name,
        },
        sides=[Side("appellant", organisation.name, organisation), Side("respondent", cast.agency.name, cast.agency)],
        title=f"{organisation.name}不服{decision}申诉案",
    )  # fmt: skip
    if isinstance(opened, Refusal):
        raise RuntimeError(opened.reasons[0].text.zh)
    _Story(cast, opened.case, clock, calendar, index % 3 == 0, index).tell(stop)


class _Clock:
    """Working days of the story, never past the real now."""

    def __init__(self, calendar: WorkingCalendar, begun: date, now: datetime) -> None:
        self.calendar, self.day, self.limit = calendar, begun, now

    def now(self, hour: int) -> datetime:
        return min(datetime.combine(self.day, time(hour), TZ), self.limit)

    def on(self, days: int) -> None:
        self.day = self.calendar.add(self.day, days)


class _Story:
    """The acts of one appeal in order, each by the person who may."""

    def __init__(
        self, cast: Cast, case: Case, clock: _Clock, calendar: WorkingCalendar, major: bool, index: int
    ) -> None:
        self.cast, self.case, self.clock, self.calendar, self.major, self.index = (
            cast,
            case,
            clock,
            calendar,
            major,
            index,
        )

    def do(self, login: str, role: str, action: str, hour: int = 10, reason: str = "", **facts: Any) -> Done:
        user = self.cast.users[login]
        named = {k.replace("__", "."): v for k, v in facts.items()}
        done = act(
            number=self.case.number,
            action=action,
            actor=Actor(str(user.pk), user.name, frozenset([role])),
            at=self.clock.now(hour),
            facts=named,
            reason=reason,
        )
        if isinstance(done, Refusal):
            raise RuntimeError(f"{self.case.number} {action}: {done.reasons[0].text.zh}")
        return done

    def tell(self, stop: str) -> None:
        applicant = f"enterprise{self.index % len(ENTERPRISES) + 1}"

        def day() -> str:
            return self.clock.day.isoformat()

        if self.index % 9:
            self.do("centre", "centre", "inform_departments", 10, departments="审查部、证书部")
        if stop == "filed":
            return
        if stop == "remedying":
            self.clock.on(1)
            self.do("centre", "centre", "request_remedy", remedy__what="申诉书未附原决定复印件，保证金尚未到账。")
            return
        if stop == "refused":
            self.clock.on(2)
            self.do("centre", "centre", "refuse", refusal__reason="所涉事项不属于资质评定决定，不在受理范围。")
            return
        self.clock.on(1)
        self.do(
            "centre",
            "centre",
            "receive_deposit",
            10,
            payment__amount=500_000,
            payment__on=day(),
            payment__reference=f"PZ{1000 + self.index}",
        )
        if stop == "paid":
            return
        self.do("centre", "centre", "accept", 11, major=self.major)
        self.clock.on(1)
        self.do("agency", "respondent", "answer", 14, entry__text="原决定依据监督审查报告作出，事实清楚。")
        if stop == "withdrawn":
            self.do(applicant, "appellant", "withdraw", 15, reason="双方已达成一致")
            return
        if stop == "accepted":
            return
        parties = [p.organisation_id for p in self.case.parties.all() if p.organisation_id]
        if self.major:
            people = [person_record(self.cast.users[e], parties) for e in ("expert1", "expert2", "expert3")]
            self.do("centre", "centre", "form_panel", 15, people=people)
        if stop == "panel":
            return
        meets = self.calendar.add(self.clock.day, 7)
        self.do(
            "centre",
            "centre",
            "announce_meeting",
            16,
            meeting__starts_at=datetime.combine(meets, time(9, 30), TZ).isoformat(),
            meeting__place="北京市西城区月坛南街 3 号会议室",
        )
        self.do(
            "centre",
            "centre",
            "prove_service",
            16,
            entry__to="申诉人、被申诉机构",
            entry__how="电子送达，回执已收",
            entry__on=day(),
        )
        self.clock.on(1)
        self.do(applicant, "appellant", "name_witness", 10, entry__name="刘工", entry__address="河北省石家庄市桥西区")
        if stop == "announced":
            return
        self.clock.day = meets
        self.do(
            "centre",
            "centre",
            "take_evidence",
            10,
            entry__kind="testimony",
            entry__on=day(),
            entry__who="刘工",
            entry__what="证明现场记录与审查报告的差异。",
        )
        self.do(
            "centre",
            "centre",
            "hold_meeting",
            12,
            meeting__attendance="申诉人、被申诉机构、证人刘工、评定中心",
            meeting__minutes="双方陈述意见并质证，证人出席作证。评定中心将据此作出裁定。",
        )
        outcome = ("upheld", "rejected", "partly_upheld")[self.index % 3]
        if self.major:
            for expert in ("expert1", "expert2", "expert3"):
                self.do(expert, "panel", "vote", 15, entry__vote=outcome)
        if stop == "heard":
            return
        self.clock.on(3)
        self.do(
            "centre",
            "centre",
            "rule",
            10,
            outcome=outcome,
            reasoning="经审理，综合双方证据和证人证言，作出本裁定。",
            decision__effect={"upheld": "revoked", "rejected": "stands", "partly_upheld": "changed"}[outcome],
        )
        if stop == "ruled":
            return
        self.clock.on(1)
        costs = (320_000, 500_000, 640_000)[self.index % 7 % 3]
        shares: dict[str, Any] = {"costs__share": 50} if outcome == "partly_upheld" else {}
        self.do("centre", "centre", "settle", 10, costs__attributable=costs, **shares)
        if stop == "settled":
            return
        self.case.refresh_from_db()
        if -self.case.balances.get("refund_due", 0) > 0:
            self.do("centre", "centre", "refund", 11, payment__reference=f"TK{1000 + self.index}")
        if owed := self.case.balances.get("shortfall_due", 0):
            self.do("centre", "centre", "pay_shortfall", 11, payment__amount=owed, payment__on=day())
        self.do("centre", "centre", "close", 12)
        if stop == "closed":
            return
        self.clock.on(2)
        self.do("secretary", "secretariat", "archive", 10)
