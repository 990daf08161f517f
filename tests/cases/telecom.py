"""An operator's people and two contractors around network complaints, for tests that need the store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mingduan.cases.access import access
from mingduan.cases.act import Done, Side, act, open_case
from mingduan.cases.models import Case
from mingduan.people.models import Mandate, Office, Organisation, User
from mingduan.procedure.case import Actor, Refusal
from mingduan.procedure.period import TZ

COMPLAINT = {
    "trouble": "slow_data",
    "details": "晚上网速慢",
    "place.address": "幸福路8号",
    "customer.phone": "13800000000",
}


def at(written: str) -> datetime:
    """A local time."""
    return datetime.fromisoformat(written).replace(tzinfo=TZ)


@dataclass(frozen=True, slots=True)
class Desk:
    """Everybody by name: desk, dispatcher, manager; lead1, engineer1, other1 of contractor 1; lead2, engineer2 of 2."""

    users: dict[str, User]
    contractors: tuple[Organisation, Organisation]

    def filed(self, when: str, **marks: Any) -> Case:
        """A complaint, verified and graded."""
        done = open_case(
            rulebook="telecom/network-complaint", action="file", actor=Actor("public", "王女士", frozenset(["complainant"])),
            at=at(when), facts=COMPLAINT, sides=[Side("complainant", "王女士")], title="网速慢",
        )  # fmt: skip
        assert isinstance(done, Done), done
        self.do("desk", done.case, "verify", when, **{"entry.how": "callback", "entry.found": "属实"})
        self.do("desk", done.case, "grade", when, **{f"marks.{k}": v for k, v in marks.items()})
        return done.case

    def dispatched(self, when: str, contractor: int = 0, **marks: Any) -> Case:
        """A complaint with a contractor."""
        case = self.filed(when, **marks)
        self.do(
            "dispatcher",
            case,
            "dispatch",
            when,
            organisation=str(self.contractors[contractor].pk),
            **{"dispatch.specialty": "wireless"},
        )
        return case

    def do(self, who: str, case: Case, action: str, when: str, reason: str = "", **facts: Any) -> Case:
        """Do an act and insist that it is lawful."""
        outcome = self.attempt(who, case, action, when, reason, **facts)
        assert isinstance(outcome, Done), outcome
        case.refresh_from_db()
        return case

    def attempt(self, who: str, case: Case, action: str, when: str, reason: str = "", **facts: Any) -> Done | Refusal:
        """Try an act."""
        actor = access(self.users[who], Case.objects.get(pk=case.pk), at(when)).actor
        return act(number=case.number, action=action, actor=actor, at=at(when), facts=facts, reason=reason)

    def roles(self, who: str, case: Case, when: str) -> set[str]:
        """The roles somebody has in a case."""
        return set(access(self.users[who], Case.objects.get(pk=case.pk), at(when)).actor.roles)


def make(contractors: tuple[str, str] = ("恒通代维", "远景维护")) -> Desk:
    """Make them, in a database without organisations of these names."""
    operator = Organisation.objects.create(name="运营商市分公司", kind="body")
    first, second = (Organisation.objects.create(name=n, kind="enterprise") for n in contractors)
    homes = {
        "desk": operator, "dispatcher": operator, "manager": operator, "lead1": first, "engineer1": first, "other1": first,
        "lead2": second, "engineer2": second,
    }  # fmt: skip
    users = {n: User.objects.create_user(n, email=f"{n}@example.com", name=n, organisation=o) for n, o in homes.items()}
    for who, role in (("desk", "desk"), ("dispatcher", "dispatcher"), ("manager", "branch_manager")):
        Office.objects.create(user=users[who], body="telecom", role=role)
    for who, role in (
        ("lead1", "contractor"),
        ("engineer1", "engineer"),
        ("lead2", "contractor"),
        ("engineer2", "engineer"),
    ):
        Mandate.objects.create(user=users[who], body="telecom", role=role)
    return Desk(users, (first, second))
