"""A case with its people, told far enough to have every kind of paper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from mingduan.cases.act import Done, Side, act, open_case
from mingduan.cases.models import Case, Notice
from mingduan.people.models import Office, Organisation, User
from mingduan.procedure.case import Actor
from mingduan.procedure.period import TZ

OPENED = datetime(2026, 9, 25, 9, tzinfo=TZ)
FACTS: dict[str, Any] = {
    "grounds": "change_of_status", "decision.reference": "安信〔2026〕7号", "decision.notified_on": "2026-09-01",
    "statement": "不服降级。", "requested": "撤销降级决定。", "signed_by": "张三",
}  # fmt: skip


@dataclass
class Story:
    """An appeal and the people in it; `do` takes its next step, `clock` says when."""

    case: Case
    people: dict[str, User]
    clock: datetime = OPENED

    def do(self, login: str, role: str, action: str, *, after: timedelta = timedelta(hours=1), reason: str = "", **facts: Any) -> int:  # fmt: skip
        """Do it so long after the step before; names with __ for a dot. Returns the event's number."""
        self.clock += after
        user = self.people[login]
        done = act(
            number=self.case.number,
            action=action,
            actor=Actor(str(user.pk), user.name, frozenset([role])),
            at=self.clock,
            facts={k.replace("__", "."): v for k, v in facts.items()},
            reason=reason,
        )
        assert isinstance(done, Done), done
        self.case.refresh_from_db()
        return done.seq

    def notice(self, action: str, role: str) -> Notice:
        """The notice that the latest `action` told `role`."""
        seqs = [e.seq for e in self.case.events.all() if e.body.get("action") == action]
        return Notice.objects.select_related("case").get(case=self.case, seq=seqs[-1], role=role)

    def pay(self) -> None:
        self.do("centre", "centre", "receive_deposit", payment__amount=500_000, payment__on="2026-09-25", payment__reference="PZ1")  # fmt: skip

    def announce(self, starts: str = "2026-10-15T09:30:00+08:00", **facts: Any) -> None:
        self.do(
            "centre", "centre", "announce_meeting", meeting__starts_at=starts, meeting__place="月坛南街3号", **facts
        )

    def hear(self) -> None:
        self.pay()
        self.do("centre", "centre", "accept", major=False)
        self.announce()
        self.do(
            "centre", "centre", "hold_meeting", after=timedelta(days=21), meeting__attendance="双方", meeting__minutes="双方陈述意见。"
        )  # fmt: skip

    def rule(self, reasoning: str = "决定所依据的事实不清。") -> None:
        self.hear()
        self.do("centre", "centre", "rule", outcome="upheld", reasoning=reasoning, decision__effect="revoked")

    def serve(self) -> None:
        self.do("centre", "centre", "prove_service", entry__to="双方", entry__how="直接送达", entry__on="2026-11-30")

    def archive(self, reasoning: str = "决定所依据的事实不清。") -> None:
        self.rule(reasoning)
        self.do("centre", "centre", "settle", costs__attributable=0)
        self.do("centre", "centre", "refund", refund__reference="TK1")
        self.serve()
        self.do("centre", "centre", "close")
        self.do("secretary", "secretariat", "archive")


@pytest.fixture
def cast(db: None) -> dict[str, User]:
    body = Organisation.objects.create(name="通信网络代维资质评定机构", kind="body")
    enterprise = Organisation.objects.create(name="恒通代维有限公司", kind="enterprise")
    agency = Organisation.objects.create(name="安信认证有限公司", kind="agency")
    people = {}
    for login, name, organisation, email in (
        ("centre", "林静", body, "centre@example.org"), ("committee", "周建国", body, ""), ("secretary", "陈晓梅", body, ""),
        ("enterprise", "张三", enterprise, "zhang@example.org"), ("colleague", "李四", enterprise, ""), ("agency", "许安", agency, ""),
        ("stranger", "路人", None, ""),
    ):  # fmt: skip
        people[login] = User.objects.create_user(login, password="x", name=name, organisation=organisation, email=email)
    for login, role in (("centre", "centre"), ("committee", "committee"), ("secretary", "secretariat")):
        Office.objects.create(user=people[login], body="cace", role=role)
    return people


@pytest.fixture
def story(cast: dict[str, User]) -> Story:
    return new_story(cast)


@pytest.fixture
def tell(cast: dict[str, User]) -> Callable[..., Story]:
    """Another story with the same people."""
    return lambda **facts: new_story(cast, **facts)


def new_story(cast: dict[str, User], **facts: Any) -> Story:
    user = cast["enterprise"]
    given = FACTS | facts
    agency = cast["agency"].organisation
    done = open_case(
        rulebook="cace/appeal", action="file", actor=Actor(str(user.pk), user.name, frozenset(["appellant"])), at=OPENED,
        facts=given, sides=[Side("appellant", "恒通代维有限公司", user.organisation), Side("respondent", "安信认证有限公司", agency)],
        title="恒通代维有限公司不服降级决定申诉案",
    )  # fmt: skip
    assert isinstance(done, Done), done
    return Story(done.case, cast)
