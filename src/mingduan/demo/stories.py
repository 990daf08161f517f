"""The demonstration's cases, told act by act from courses.yaml and cases.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from mingduan.cases import catalogue
from mingduan.cases.act import Done, Side, act, open_case
from mingduan.cases.models import Case
from mingduan.people.interests import person_record
from mingduan.procedure.calendar import WorkingCalendar
from mingduan.procedure.case import Actor, Refusal
from mingduan.procedure.period import TZ

from .people import Cast, read

_WORD = re.compile(r"\$([a-z]+)")
_PANELS = (("expert1", "expert4", "expert8"), ("expert2", "expert3", "expert10"), ("expert1", "expert2", "expert3"))
_EFFECTS = {"upheld": "revoked", "rejected": "stands", "partly_upheld": "changed"}


def tell_all(cast: Cast, now: datetime) -> None:
    """Every case of cases.yaml, oldest first, so that numbers follow the days of filing."""
    for index, spec in enumerate(sorted(read("cases.yaml")["cases"], key=lambda c: -c["age"])):
        tell(cast, spec, now, index)


def tell(cast: Cast, spec: Mapping[str, Any], now: datetime, index: int = 0) -> str:
    """One case as an entry of cases.yaml describes it; returns its number."""
    course, matter = read("courses.yaml")[spec["course"]], read("cases.yaml")["matters"][spec["matter"]]
    return Story(cast, course, matter, spec, index, now).tell()


class Story:
    """One case: its acts in the order of its course, up to the one named `until`, each by the person who may."""

    def __init__(
        self, cast: Cast, course: Mapping[str, Any], matter: Mapping[str, Any], spec: Mapping[str, Any], index: int, now: datetime
    ) -> None:  # fmt: skip
        self.cast, self.course, self.matter, self.spec, self.index, self.limit = cast, course, matter, spec, index, now
        self.calendar = WorkingCalendar.china()
        self.day = self.calendar.add(now.astimezone(TZ).date(), -spec["age"])
        self.body = course["rulebook"].split("/")[0]
        self.filer = f"enterprise{spec['filer']}" if "filer" in spec else ""
        self.opponent = "agency" if self.body == "cace" else "agency2"
        self.experts = self._panel()

    def tell(self) -> str:
        """Open the case and do its acts; returns its number."""
        self.number = self._open()
        done, steps = self.course["open"], self._steps()
        while done != self.spec["until"]:
            done = self._do(next(steps))
        return self.number

    def _open(self) -> str:
        filing = self.course["filer"]
        name = self.cast.named(self.filer).name if self.filer else self.spec["person"]
        sides = [Side(filing, name, self.cast.named(self.filer) if self.filer else None)]
        against = self.cast.named(self.opponent)
        sides.append(Side(self.course["opponent"], against.name, against))
        facts = {"signed_by": name} | self.matter["facts"]
        if self.course["rulebook"] == "cace/appeal":
            facts["decision.notified_on"] = self.calendar.add(self.day, -(4 + self.index % 20)).isoformat()
        actor = self._actor(self.filer, filing) if self.filer else Actor("public", name, frozenset([filing]))
        done = open_case(
            rulebook=self.course["rulebook"], action=self.course["open"], actor=actor, at=self._at("09:00"),
            facts=self._filled(facts), sides=sides, title="",
        )  # fmt: skip
        if isinstance(done, Refusal):
            raise RuntimeError(f"{name} {self.matter}: {done.reasons[0].text.zh}")
        return done.case.number

    def _steps(self) -> Iterator[Mapping[str, Any]]:
        """The acts of the course that this case's flags, its state and its money call for, each seen when its turn comes."""
        actions = catalogue.in_force()[self.course["rulebook"]].rulebook.actions
        for step in self.course["acts"]:
            case = Case.objects.get(number=self.number)
            flags = {name for name, value in (*self.spec.items(), *case.balances.items()) if value}
            wanted = step.get("only") in (None, *flags) and step.get("unless") not in flags
            if wanted and case.state in actions[step["do"]].since:
                yield step

    def _do(self, step: Mapping[str, Any]) -> str:
        """Do a step of the course; returns its action."""
        when, clock = step["at"].split()
        if when == "meeting":
            self.day = self._meeting().date()
        else:
            self.day = self.calendar.add(self.day, int(when)) if int(when) else self.day
        for login in self._who(step["by"]):
            done = act(
                number=self.number, action=step["do"], actor=self._actor(login, step["by"]), at=self._at(clock),
                facts=self._filled(step.get("facts", {})), reason=step.get("reason", ""),
            )  # fmt: skip
            if not isinstance(done, Done):
                raise RuntimeError(f"{self.number} {step['do']}: {done.reasons[0].text.zh}")
        return str(step["do"])

    def _who(self, role: str) -> tuple[str, ...]:
        if role == "panel":
            return self.experts
        if role == self.course["opponent"]:
            return (self.opponent,)
        return (self.filer,) if role == self.course["filer"] else (self.cast.offices[self.body, role],)

    def _actor(self, login: str, role: str) -> Actor:
        user = self.cast.users[login]
        return Actor(str(user.pk), user.name, frozenset([role]))

    def _at(self, clock: str) -> datetime:
        """That time of the story's day, never past the real now."""
        return min(datetime.combine(self.day, time.fromisoformat(clock), TZ), self.limit)

    def _meeting(self) -> datetime:
        """When the case's meeting is: as announced, else seven working days on, at half past nine."""
        told = Case.objects.get(number=self.number).facts.get("meeting.starts_at")
        on: date = self.calendar.add(self.day, 7)
        return datetime.fromisoformat(told) if told else datetime.combine(on, time(9, 30), TZ)

    def _panel(self) -> tuple[str, ...]:
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
        parties = [self.cast.named(x).pk for x in (self.filer, self.opponent) if x]
        outcome = self.spec.get("outcome")
        match name:
            case "day":
                return self.day.isoformat()
            case "year":
                return (self.day - timedelta(30)).year
            case "n":
                return 100 + self.index
            case "name":
                return self.cast.named(self.filer).name if self.filer else self.spec["person"]
            case "voucher":
                return f"PZ{1000 + self.index}"
            case "meeting":
                return self._meeting().isoformat()
            case "panel":
                return [person_record(self.cast.users[e], parties) for e in self.experts]
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
                return self.matter[name]
