"""The demonstration's cases, told act by act from courses.yaml and cases.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import cached_property
from heapq import heapify, heappop, heapreplace
from typing import Any

from mingduan.cases import catalogue
from mingduan.cases.act import Done, Side, act, open_case
from mingduan.cases.models import Case, Link
from mingduan.people.interests import person_record
from mingduan.procedure.calendar import WorkingCalendar
from mingduan.procedure.case import Actor, Refusal, Signature
from mingduan.procedure.period import TZ
from mingduan.registry import jobs
from mingduan.registry.register import held_by

from .people import Cast, read

_WORD = re.compile(r"\$([a-z]+)")
_PANELS = (("expert1", "expert4", "expert8"), ("expert2", "expert3", "expert10"), ("expert1", "expert2", "expert3"))
_AUDITORS = (("auditor1", "auditor2"), ("auditor4", "auditor3"))
_EFFECTS = {"upheld": "revoked", "rejected": "stands", "partly_upheld": "changed"}


def tell_all(cast: Cast, now: datetime) -> None:
    """Every case of cases.yaml and certificates.yaml, act by act as time goes by, so that all numbers follow the days."""
    cases = sorted([*read("cases.yaml")["cases"], *read("certificates.yaml")["cases"]], key=lambda c: -c["age"])
    stories = [Story(cast, spec, index, now).told() for index, spec in enumerate(cases)]
    ahead = [(next(story), index) for index, story in enumerate(stories)]
    heapify(ahead)
    while ahead:
        _, index = ahead[0]
        if (following := next(stories[index], None)) is None:
            heappop(ahead)
        else:
            heapreplace(ahead, (following, index))


def tell(cast: Cast, spec: Mapping[str, Any], now: datetime, index: int = 0) -> str:
    """One case as an entry of cases.yaml describes it; returns its number."""
    story = Story(cast, spec, index, now)
    for _ in story.told():
        pass
    return story.number


class Story:
    """One case: its acts in the order of its course, up to the one named `until`, each by the person who may."""

    def __init__(self, cast: Cast, spec: Mapping[str, Any], index: int, now: datetime) -> None:
        self.cast, self.spec, self.index, self.limit = cast, spec, index, now
        self.course: Mapping[str, Any] = read("courses.yaml")[spec["course"]]
        self.matter: Mapping[str, Any] = read("cases.yaml")["matters"].get(spec.get("matter"), {"facts": {}})
        self.book = catalogue.in_force()[self.course["rulebook"]].rulebook
        self.calendar = WorkingCalendar.china()
        self.day = self.calendar.add(now.astimezone(TZ).date(), -spec.get("age", 0))
        self.body = self.course["rulebook"].split("/")[0]
        self.filer = f"enterprise{spec['filer']}" if "filer" in spec else ""
        self.opponent = "agency" if self.body == "cace" else "agency2"

    def told(self) -> Iterator[datetime]:
        """When the case opens and when each act is done, told before it is: going on does it."""
        yield self._at("09:00")
        self.number = self._open()
        yield from self._go_on()

    def _go_on(self) -> Iterator[datetime]:
        """The acts of the case once it is open."""
        done, steps = self.course["open"], self._steps()
        while done != self.spec["until"]:
            step = next(steps, None)
            if step is None:
                raise RuntimeError(f"{self.number}: nothing leads from {done} to {self.spec['until']}")
            self._turn_to(step)
            yield self._at(step["at"].split()[1])
            yield from self._do(step)
            done = step["do"]

    def _open(self) -> str:
        filing, opening = self.course["filer"], self.course.get("opens", self.course["filer"])
        if opening == "timer":
            return self._scheduled()
        papers = self._papers(self.course["open"]) if opening == filing else {}
        facts = papers | self._filled(self.course.get("facts", {}) | self.matter["facts"])
        done = open_case(
            rulebook=self.course["rulebook"], action=self.course["open"], actor=self._actor(self._who(opening)[0], opening),
            at=self._at("09:00"), facts=facts, sides=self._sides() if opening == filing else (), title="",
        )  # fmt: skip
        if isinstance(done, Refusal):
            raise RuntimeError(f"{self.spec}: {done.reasons[0].text.zh}")
        return done.case.number

    def _scheduled(self) -> str:
        """The case that the system opens by itself on the story's day."""
        jobs.open_scheduled(self._at("06:00"))
        about = {"facts__certificate.number": self._word("certificate")}
        return Case.objects.get(rulebook=self.course["rulebook"], **about).number

    def _sides(self) -> list[Side]:
        """Who files, and the other side unless the register names it."""
        sides = [Side(self.course["filer"], self._name(), self.cast.named(self.filer) if self.filer else None)]
        if (other := self.course.get("opponent")) and not self.book.roles[other].told:
            against = self.cast.named(self.opponent)
            sides.append(Side(other, against.name, against))
        return sides

    def _steps(self) -> Iterator[Mapping[str, Any]]:
        """The acts of the course that this case's flags, its state and its money call for, each seen when its turn comes."""
        case = Case.objects.get(number=self.number)
        for step in self.course["acts"]:
            flags = {name for name, value in (*self.spec.items(), *case.balances.items()) if value}
            wanted = step.get("only") in (None, *flags) and step.get("unless") not in flags
            if wanted and case.state in self.book.actions[step["do"]].since:
                yield step
                case.refresh_from_db()

    def _turn_to(self, step: Mapping[str, Any]) -> None:
        """Go on to the day of a step."""
        when = step["at"].split()[0]
        if when == "meeting":
            self.day = self._meeting().date()
        elif when[0] in "+-":
            self.day = self.calendar.add(self.day, int(when)) if int(when) else self.day
        else:
            fact, _, later = when.partition("+")
            self.day = date.fromisoformat(Case.objects.get(number=self.number).facts[fact]) + timedelta(int(later or 0))

    def _do(self, step: Mapping[str, Any]) -> Iterator[datetime]:
        """Do a step of the course, and go on with the case it opens."""
        role, at = self._value(step["by"]), self._at(step["at"].split()[1])
        for login in self._who(role):
            seq = self._act(step, self._actor(login, role), at)
        if "then" in step and (then := self.spec.get("then")):
            story = Story(self.cast, {**self.spec, "then": None, **then}, self.index, self.limit)
            story.day = self.day
            story.number = Link.objects.filter(case__number=self.number, seq=seq).latest("pk").number
            yield from story._go_on()
            self.day = story.day

    def _act(self, step: Mapping[str, Any], actor: Actor, at: datetime) -> int:
        """One act, which must be lawful; its entry. Its signature is kept where the rulebook wants one."""
        papers = self._papers(step["do"]) if "papers" in step else {}
        done = act(
            number=self.number, action=step["do"], actor=actor, at=at, facts=papers | self._filled(step.get("facts", {})),
            reason=step.get("reason", ""), signature=Signature(actor.id, "demonstration", at),
        )  # fmt: skip
        if not isinstance(done, Done):
            raise RuntimeError(f"{self.number} {step['do']}: {done.reasons[0].text.zh}")
        return done.seq

    def _papers(self, action: str) -> dict[str, Any]:
        """What an enterprise hands in with an action."""
        asked = self.book.actions[action].may_ask
        return {fact: kept for fact, kept in self.cast.papers.items() if fact in asked}

    def _who(self, role: str) -> tuple[str, ...]:
        if role == "panel":
            return self.experts
        if role == "team":
            return _AUDITORS[self.index % 2][:1]
        if role in (self.course.get("opponent"), "agency"):
            return (self.opponent,)
        if role in (self.course["filer"], "timer"):
            return (self.filer if role != "timer" else "",)
        return (self.cast.offices[self.body, role],)

    def _actor(self, login: str, role: str) -> Actor:
        """The person of that account; without one the system, or somebody who has none."""
        if not login:
            return (
                Actor("timer", "系统", frozenset([role]))
                if role == "timer"
                else Actor("public", self._name(), frozenset([role]))
            )
        user = self.cast.users[login]
        return Actor(str(user.pk), user.name, frozenset([role]))

    def _name(self) -> str:
        """What the filer is called."""
        return self.cast.named(self.filer).name if self.filer else str(self.spec["person"])

    def _at(self, clock: str) -> datetime:
        """That time of the story's day, never past the real now."""
        return min(datetime.combine(self.day, time.fromisoformat(clock), TZ), self.limit)

    def _meeting(self) -> datetime:
        """When the case's meeting is: as announced, else seven working days on, at half past nine."""
        told = Case.objects.get(number=self.number).facts.get("meeting.starts_at")
        on: date = self.calendar.add(self.day, 7)
        return datetime.fromisoformat(told) if told else datetime.combine(on, time(9, 30), TZ)

    @cached_property
    def experts(self) -> tuple[str, ...]:
        """Three experts with no interest in the enterprise."""
        parties = [self.cast.named(x).pk for x in (self.filer, self.opponent) if x]
        for panel in (*_PANELS[self.index % 3 :], *_PANELS):
            if not any(person_record(self.cast.users[e], parties)["interests"] for e in panel):
                return panel
        raise LookupError("no panel without an interest")

    def _filled(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """The facts with their $words filled in; a fact whose word has no value here is left out."""
        filled = {name: self._value(value) for name, value in facts.items()}
        return {name: value for name, value in filled.items() if value is not None}

    def _value(self, value: Any) -> Any:
        if not isinstance(value, str) or "$" not in value:
            return value
        if whole := _WORD.fullmatch(value):
            return self._value(self._word(whole[1]))
        return _WORD.sub(lambda m: str(self._word(m[1])), value)

    def _word(self, name: str) -> Any:
        outcome = self.spec.get("outcome")
        match name:
            case "day":
                return self.day.isoformat()
            case "year":
                return (self.day - timedelta(30)).year
            case "n":
                return 100 + self.index
            case "name":
                return self._name()
            case "voucher":
                return f"PZ{1000 + self.index}"
            case "meeting":
                return self._meeting().isoformat()
            case "panel":
                return [str(self.cast.users[e].pk) for e in self.experts]
            case "team":
                return [str(self.cast.users[a].pk) for a in _AUDITORS[self.index % 2]]
            case "notified":
                return self.calendar.add(self.day, -(4 + self.index % 20)).isoformat()
            case "soon":
                return self.calendar.add(self.day, 5).isoformat()
            case "until":
                return (self.day + timedelta(self.spec.get("days", 90))).isoformat()
            case "finding":
                found = Case.objects.get(number=self.number).facts["findings"]
                return next(f["seq"] for f in found if f["severity"] != "observation")
            case "certificate":
                holder = f"enterprise{self.spec.get('holder', self.spec.get('filer'))}"
                return held_by(self.cast.named(holder), self.spec["specialty"], self._at("09:00"))
            case "better" | "renamed" | "moved":
                return self.spec.get(name)
            case "filer":
                return self.course["filer"]
            case "receiver":
                return self.cast.users[self.filer].name
            case "conclusion":
                return "pass"
            case "summary":
                return f"现场审查按计划完成，发现不符合{'一项，观察项一项' if self.spec.get('found') else '零项'}，人员、设备与作业文件与申请一致。"
            case "score":
                return 58 if self.spec.get("failed") else 80 + self.index % 13
            case "vote":
                return "fail" if self.spec.get("failed") else outcome or "pass"
            case "major" | "fault":
                return bool(self.spec.get(name))
            case "outcome":
                return outcome
            case "effect":
                return _EFFECTS[outcome or "rejected"]
            case "share":
                return 50 if outcome == "partly_upheld" else None
            case "costs":
                return self.spec.get("costs", 180_000)
            case "owed":
                return Case.objects.get(number=self.number).balances["shortfall_due"]
            case _:
                return self.spec[name] if name in self.spec else self.matter[name]
