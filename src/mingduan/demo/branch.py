"""The operator's branch around its complaints: its contractors' entry with contract and people (S05), what was seen of their
conduct (S03 1), and its emergency plan with a first drill (S12). Told by the acts that people do, from branch.yaml.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, time
from typing import Any

from mingduan.cases.act import Done, Side, act, open_case
from mingduan.cases.models import Case, Link
from mingduan.people.models import Organisation
from mingduan.procedure.calendar import WorkingCalendar
from mingduan.procedure.case import Actor, Refusal
from mingduan.procedure.period import TZ, Period, shifted
from mingduan.registry.enterprises import TechnicianCertificate
from mingduan.registry.models import Certificate

from .enterprises import paper_facts
from .people import Cast, read

_STAFF = 6
_TERM = Period.parse("2y")


def tell(cast: Cast, now: datetime) -> None:
    """All of it, before the tickets: their contractors are at work when they come."""
    _Branch(cast, now).tell()


class _Branch:
    """The branch on the day the demonstration is made."""

    def __init__(self, cast: Cast, now: datetime) -> None:
        self.cast, self.words, self.today = cast, read("branch.yaml"), now.astimezone(TZ).date()
        self.calendar = WorkingCalendar.china()
        self.papers = paper_facts(self.words["papers"])

    def tell(self) -> None:
        for name, spec in self.words["contractors"].items():
            self._enter(Organisation.objects.get(name=name), spec)
        for name, item, day, note, more in self.words["conduct"]:
            at = self._at(day, "10:20")
            told = {
                "organisation": str(Organisation.objects.get(name=name).pk),
                "record.item": item,
                "record.at": at.isoformat(),
            }
            self._open("contractor/conduct-record", "record", "contracts", "management", self._at(day, "15:00"), {**told, "record.note": note, **more})  # fmt: skip
        self._plan(self.words["plan"])

    def _enter(self, organisation: Organisation, spec: Mapping[str, Any]) -> None:
        """One contractor, from its application to its contract."""
        days = self.words["steps"]
        certificate = Certificate.objects.get(holder=organisation, specialty=spec["specialty"], status="valid")
        facts = {"certificate.number": certificate.number, "area": spec["area"], "introduction": spec["introduction"]}
        number = self._open(
            "contractor/entry", "apply", spec["lead"], "applicant", self._at(days["apply"], "09:30"), facts,
            Side("applicant", organisation.name, organisation),
        )  # fmt: skip
        for row in self._staff(organisation, spec):
            self._do(number, "add_staff", spec["lead"], "applicant", self._at(days["add_staff"], "10:00"), row)
        self._do(number, "qualify", "contracts", "management", self._at(days["qualify"], "11:00"), {})
        score, why = spec["score"]
        judged = {"entry.score": score, "entry.why": why}
        self._do(number, "score", "contracts", "selection", self._at(days["score"], "14:30"), judged)
        self._do(number, "select", "manager", "branch_manager", self._at(days["select"], "16:00"), {})
        for work, text, area in spec["scopes"]:
            row = {"entry.work": work, "entry.text": text, "entry.area": area}
            self._do(number, "add_scope", "contracts", "management", self._at(days["add_scope"], "10:00"), row)
        signed = self._at(days["sign"], "15:30")
        contract = {
            "contract.number": spec["contract"], "contract.from": signed.date().isoformat(), "contract.until": shifted(signed.date(), _TERM).isoformat(),
            "contract.duties": self.words["duties"], "group": spec["group"], **self.papers,
        }  # fmt: skip
        self._do(number, "sign", "manager", "branch_manager", signed, contract)

    def _staff(self, organisation: Organisation, spec: Mapping[str, Any]) -> Iterator[dict[str, str]]:
        """The first of its technicians, with the certificates the register has of them."""
        held = TechnicianCertificate.objects.filter(technician__enterprise__organisation=organisation)
        for one in held.select_related("technician").order_by("pk")[:_STAFF]:
            yield {"entry.name": one.technician.name, "entry.post": one.name, "entry.certificate": one.number}
        if "unknown" in spec:
            yield dict(zip(("entry.name", "entry.post", "entry.certificate"), spec["unknown"], strict=True))

    def _plan(self, spec: Mapping[str, Any]) -> None:
        """The emergency plan, and the drill that holding it opens."""
        text = paper_facts({"plan.text": spec["paper"]})
        plan = self._open(
            "telecom/emergency",
            "draft_plan",
            "contracts",
            "team",
            self._at(spec["case"], "09:00"),
            spec["facts"] | text,
        )
        for action, day, clock, login, role, facts in spec["acts"]:
            more = (
                {"drill.on": self._at(spec["drill"][0][1], clock).date().isoformat()} if action == "hold_drill" else {}
            )
            self._do(plan, action, login, role, self._at(day, clock), facts | more)
        drill = Link.objects.get(case__number=plan, relation="drill").number
        for action, day, clock, login, role, facts in spec["drill"]:
            self._do(drill, action, login, role, self._at(day, clock), facts)

    def _open(
        self, rulebook: str, action: str, login: str, role: str, at: datetime, facts: Mapping[str, Any], *sides: Side
    ) -> str:
        done = open_case(
            rulebook=rulebook, action=action, actor=self._actor(login, role), at=at, facts=facts, sides=sides, title=""
        )
        return _number(done)

    def _do(self, number: str, action: str, login: str, role: str, at: datetime, facts: Mapping[str, Any]) -> str:
        return _number(act(number=number, action=action, actor=self._actor(login, role), at=at, facts=facts))

    def _actor(self, login: str, role: str) -> Actor:
        user = self.cast.users[login]
        return Actor(str(user.pk), user.name, frozenset([role]))

    def _at(self, days: int, clock: str) -> datetime:
        """That time so many working days ago."""
        return datetime.combine(self.calendar.add(self.today, -days), time.fromisoformat(clock), TZ)


def _number(done: Done | Refusal) -> str:
    if isinstance(done, Refusal):
        raise RuntimeError(f"{done.action}: {'；'.join(r.text.zh for r in done.reasons)}")
    case: Case = done.case
    return case.number
