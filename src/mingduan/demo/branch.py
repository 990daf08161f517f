"""The operator's branch around its complaints: its contractors' entry with contract and people, the work they were ordered and
the exit of one (S05), what was seen of their conduct (S03 1), and its emergency plan with a first drill (S12). Told by the
acts that people do, from branch.yaml.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time
from typing import Any

from mingduan.cases.act import Done, Side, act, open_case
from mingduan.cases.models import Case, Link
from mingduan.people.models import Mandate, Organisation
from mingduan.procedure.calendar import WorkingCalendar
from mingduan.procedure.case import Actor, Refusal
from mingduan.procedure.period import TZ, Period, shifted
from mingduan.registry.enterprises import TechnicianCertificate
from mingduan.registry.models import Certificate

from .enterprises import paper_facts
from .people import Cast, read

_STAFF = 6
_TERM = Period.parse("2y")
_Act = tuple[str, str, str, str, Mapping[str, Any]]  # what, by whom, as what, at what time of day, telling what


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
        for spec in self.words["works"]:
            self._work(spec)
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
        """One contractor, from its application to its contract, or as far as its own steps go."""
        days = spec.get("steps", self.words["steps"])
        certificate = Certificate.objects.get(holder=organisation, specialty=spec["specialty"], status="valid")
        facts = {"certificate.number": certificate.number, "area": spec["area"], "introduction": spec["introduction"]}
        number = self._open(
            "contractor/entry", "apply", spec["lead"], "applicant", self._at(days["apply"], "09:30"), facts,
            Side("applicant", organisation.name, organisation),
        )  # fmt: skip
        for action, login, role, clock, told in self._entry(organisation, spec, days):
            if action in days:
                self._do(number, action, login, role, self._at(days[action], clock), told)

    def _entry(self, organisation: Organisation, spec: Mapping[str, Any], days: Mapping[str, int]) -> Iterator[_Act]:
        """What may follow an application, in order."""
        for row in self._staff(organisation, spec):
            yield "add_staff", spec["lead"], "applicant", "10:00", row
        yield "qualify", "contracts", "management", "11:00", {}
        if "score" in spec:
            judged = dict(zip(("entry.score", "entry.why"), spec["score"], strict=True))
            yield "score", "contracts", "selection", "14:30", judged
        yield "select", "manager", "branch_manager", "16:00", {}
        for row in spec.get("scopes", ()):
            scope = dict(zip(("entry.work", "entry.text", "entry.area"), row, strict=True))
            yield "add_scope", "contracts", "management", "10:00", scope
        if "sign" in days:
            signed = self._at(days["sign"], "15:30").date()
            contract = {
                "contract.number": spec["contract"], "contract.from": signed.isoformat(), "contract.until": shifted(signed, _TERM).isoformat(),
                "contract.duties": self.words["duties"], "group": spec["group"], **self.papers,
            }  # fmt: skip
            yield "sign", "manager", "branch_manager", "15:30", contract

    def _work(self, spec: Mapping[str, Any]) -> None:
        """A case of a contractor's, opened by its first act, and what is done in the cases it opens."""
        company = Organisation.objects.get(name=spec["company"])
        lent = [
            Mandate.objects.create(user=self.cast.users[who], body="contractor", role="contractor")
            for who in spec.get("taken_back", ())
        ]
        (action, day, clock, login, role, facts), *acts = spec["acts"]
        told = self._told(facts) | ({} if role == "contractor" else {"organisation": str(company.pk)})
        number = self._open(spec["rulebook"], action, login, role, self._at(day, clock), told)
        self._go_on(number, acts)
        for relation, more in spec.get("then", {}).items():
            self._go_on(Link.objects.get(case__number=number, relation=relation).number, more)
        for mandate in lent:
            mandate.delete()

    def _go_on(self, number: str, acts: Sequence[Sequence[Any]]) -> None:
        for action, day, clock, login, role, facts in acts:
            self._do(number, action, login, role, self._at(day, clock), self._told(facts))

    def _told(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Facts as an act is given them: people by their ids, days and instants counted back, sheets kept as files."""
        return {name: self._value(name, value) for name, value in facts.items()}

    def _value(self, name: str, value: Any) -> Any:
        if name == "people":
            return [str(self.cast.users[value].pk)]
        if isinstance(value, dict):
            at = self._at(value["days"], value.get("at", "00:00"))
            return at.isoformat() if "at" in value else at.date().isoformat()
        if isinstance(value, str) and value.endswith(".pdf"):
            return paper_facts({name: value})[name]
        return value

    def _staff(self, organisation: Organisation, spec: Mapping[str, Any]) -> Iterator[dict[str, str]]:
        """The first of its technicians, with the certificates the register has of them."""
        held = TechnicianCertificate.objects.filter(technician__enterprise__organisation=organisation)
        for one in held.select_related("technician").order_by("pk")[:_STAFF]:
            yield {
                "entry.name": one.technician.name,
                "entry.post": one.technician.post,
                "entry.certificate": one.number,
            }
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
