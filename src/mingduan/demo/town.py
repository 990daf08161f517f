"""A town of telecom customers and their network complaints, from a seed: for tests, benchmarks and the demonstration.

Pure: what comes out are values, the same for the same seed on any machine. Places have latitude and longitude, hours and
weekdays their habits, contractors their weaknesses. Where and when there are more complaints than chance would bring is
planted and told, so that a hot spot found can be compared with what is there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import yaml

from mingduan.procedure.period import TZ

LAST = date(2026, 11, 22)  # a Sunday
REPLY_HOURS = {1: 10, 2: 15, 3: 24}  # S03 2.1
URGENCY = {1: "extra_urgent", 2: "urgent", 3: "ordinary"}
ACCEPT_HOURS, ANALYSIS_DAYS = 2, 3
SUSPECTED = frozenset({"fault", "test_normal", "recovered"})  # S03 2.3
KM = 1 / 111.195  # degrees of latitude
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere people live or work."""

    address: str
    area: str
    latitude: float
    longitude: float

    @property
    def position(self) -> str:
        """As a form takes it."""
        return f"{self.latitude:.5f},{self.longitude:.5f}"


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody with a telephone."""

    name: str
    phone: str
    home: Place


@dataclass(frozen=True, slots=True)
class Ticket:
    """One complaint and what became of it. An instant that is None has not come by the end of the time told."""

    number: str
    opened_at: datetime
    customer: Customer
    place: Place
    trouble: str
    details: str
    channel: str
    level: int
    marks: tuple[str, ...]
    contractor: str
    engineer: str
    dispatched_at: datetime | None
    accepted_at: datetime | None
    replied_at: datetime | None
    analysed_at: datetime | None
    result: str
    satisfaction: str | None

    @property
    def urgency(self) -> str:
        """How urgent its level makes it (S03 2.1)."""
        return URGENCY[self.level]

    @property
    def suspected_fault(self) -> bool:
        """Whether it must be tested and analysed (S03 2.3)."""
        return self.result in SUSPECTED

    @property
    def in_time(self) -> bool | None:
        """Whether the final reply came in time; None while there is none."""
        if self.replied_at is None or self.dispatched_at is None:
            return None
        return self.replied_at <= self.dispatched_at + timedelta(hours=REPLY_HOURS[self.level])


@dataclass(frozen=True, slots=True)
class Spot:
    """A planted hot spot: so many tickets around a place over some days, of one trouble, besides the usual ones."""

    place: Place
    since: date
    until: date
    tickets: int
    trouble: str


@dataclass(frozen=True, slots=True)
class Town:
    """The tickets in the order they came, and the hot spots among them."""

    tickets: tuple[Ticket, ...]
    spots: tuple[Spot, ...]
    first: date
    last: date

    @property
    def contractors(self) -> tuple[str, ...]:
        """The companies that keep the network up."""
        return tuple(sorted({t.contractor for t in self.tickets}))


def town(seed: int = 1, months: int = 3, tickets: int = 3000, last: date = LAST) -> Town:
    """So many tickets over the months (of 30 days) that end with `last`, two hot spots among them where there is room: one
    in the last week, one halfway. Raises ValueError for fewer than one month or ticket.
    """
    if months < 1 or tickets < 1:
        raise ValueError("a town needs a month and a ticket")
    return _Maker(Random(seed), last - timedelta(days=30 * months - 1), last).made(tickets)  # noqa: S311  not secrets


class _Maker:
    """One town in the making; every draw comes from one stream."""

    def __init__(self, chance: Random, first: date, last: date) -> None:
        self.chance, self.first, self.last = chance, first, last
        self.words = _words()
        self.places = [p for area in self.words["areas"] for p in self._places(area)]
        self.weights = [self.words["areas"][p.area][2] * chance.uniform(0.3, 2.2) for p in self.places]

    def made(self, tickets: int) -> Town:
        """The whole town."""
        extra = max(tickets // 100, 5)
        spots = self._spots(extra) if tickets > 20 * extra // 2 else ()
        usual = tickets - sum(s.tickets for s in spots)
        self.customers = [self._customer() for _ in range(max(usual * 3 // 4, 1))]
        came = [(self._moment(self._day(), self.words["hours"]), None) for _ in range(usual)]
        planted = [(self._moment(self._between(s.since, s.until), self.words["hours"]), s) for s in spots for _ in range(s.tickets)]  # fmt: skip
        made = [self._ticket(n, at, spot) for n, (at, spot) in enumerate(sorted([*came, *planted], key=lambda c: c[0]), 1)]  # fmt: skip
        return Town(tuple(made), spots, self.first, self.last)

    def _places(self, area: str) -> list[Place]:
        latitude, longitude, _, reach = self.words["areas"][area]
        signs = self.chance.sample(self.words["signs"], len(self.words["signs"]))
        return [
            Place(f"{street}{self.chance.randrange(1, 300)}号{signs[(6 * n + m) % len(signs)]}{self.chance.choice(self.words['houses'])}", area, *self._near(latitude, longitude, reach))
            for n, street in enumerate(self.words["streets"][area])
            for m in range(6)
        ]  # fmt: skip

    def _near(self, latitude: float, longitude: float, km: float) -> tuple[float, float]:
        """Somewhere around; most of it near."""
        north, east = self.chance.gauss(0, km / 2), self.chance.gauss(0, km / 2)
        return round(latitude + north * KM, 5), round(longitude + east * KM / math.cos(math.radians(latitude)), 5)

    def _spots(self, tickets: int) -> tuple[Spot, ...]:
        halfway = self.first + (self.last - self.first) / 2
        one, two = self.chance.sample(self.places, 2)
        return (
            Spot(one, self.last - timedelta(days=5), self.last, tickets, "call_dropped"),
            Spot(two, halfway, halfway + timedelta(days=6), tickets, "slow_data"),
        )

    def _customer(self) -> Customer:
        name = self.chance.choice(self.words["surnames"]) + self.chance.choice(self.words["given"])
        phone = f"1{self.chance.choice('3578')}{self.chance.randrange(10**9):09d}"
        return Customer(name, phone, self.chance.choices(self.places, self.weights)[0])

    def _day(self) -> date:
        """A day of the time told, busy weekdays more often."""
        weekdays = self.words["weekdays"]
        while True:
            day = self._between(self.first, self.last)
            if self.chance.random() * max(weekdays) < weekdays[day.weekday()]:
                return day

    def _between(self, first: date, last: date) -> date:
        return first + timedelta(days=self.chance.randrange((last - first).days + 1))

    def _moment(self, day: date, hours: list[int]) -> datetime:
        hour = self.chance.choices(range(24), hours)[0]
        return datetime.combine(day, time(hour, self.chance.randrange(60)), TZ)

    def _ticket(self, number: int, at: datetime, spot: Spot | None) -> Ticket:
        chance, words = self.chance, self.words
        customer = chance.choice(self.customers)
        near = spot.place if spot else customer.home if chance.random() < 0.7 else chance.choices(self.places, self.weights)[0]  # fmt: skip
        latitude, longitude = self._near(near.latitude, near.longitude, 0.4 if spot else 0.15)
        place = Place(near.address, near.area, latitude, longitude)
        trouble = spot.trouble if spot else self._drawn({k: v[0] for k, v in words["troubles"].items()})
        level = self._drawn(words["levels"])
        contractor = self._drawn({k: v[0] for k, v in words["contractors"].items()})
        _, slow, engineers = words["contractors"][contractor]
        result = self._drawn(words["troubles"][trouble][2])
        late = chance.random() < slow
        allowed = REPLY_HOURS[level]
        dispatched = at + timedelta(minutes=chance.randrange(10, 90))
        accepted = dispatched + timedelta(minutes=chance.randrange(125, 400) if chance.random() < slow else chance.randrange(5, 115))  # fmt: skip
        replied = dispatched + timedelta(hours=allowed) * (chance.uniform(1.05, 2.5) if late else chance.uniform(0.3, 0.95))  # fmt: skip
        analysed = dispatched + timedelta(days=chance.uniform(5, 9) if chance.random() < slow else chance.uniform(0.5, 2.8))  # fmt: skip
        replied = max(replied, accepted + timedelta(minutes=20))
        answered = chance.random() < 0.55
        satisfaction = self._drawn(words["satisfaction"]["late" if late else "in_time"])
        kept = {n: self._by_now(moment) for n, moment in (("dispatched", dispatched), ("accepted", accepted), ("replied", replied), ("analysed", analysed))}  # fmt: skip
        return Ticket(
            f"T{number:06d}", at, customer, place, trouble, self._said(trouble, place), self._drawn(words["channels"]), level,
            tuple([chance.choice(words["marks"][level])] if level in words["marks"] else []), contractor, chance.choice(engineers),
            kept["dispatched"], kept["accepted"], kept["replied"], kept["analysed"] if result in SUSPECTED else None, result,
            satisfaction if answered and kept["replied"] else None,
        )  # fmt: skip

    def _said(self, trouble: str, place: Place) -> str:
        """What the customer says, in one of many ways."""
        chance, words = self.chance, self.words
        where = chance.choice(words["where"]).format(place=place.address)
        parts = [where, chance.choice(words["since"])]
        chance.shuffle(parts)
        return f"{chance.choice(words['openings'])}{'，'.join(parts)}，{chance.choice(words['troubles'][trouble][1])}。{chance.choice(words['endings'])}"

    def _by_now(self, at: datetime) -> datetime | None:
        at = at.replace(second=0, microsecond=0)
        return at if at.date() <= self.last else None

    def _drawn(self, shares: Mapping[_T, float]) -> _T:
        return self.chance.choices(list(shares), list(shares.values()))[0]


@cache
def _words() -> Mapping[str, Any]:
    found: Mapping[str, Any] = yaml.safe_load(Path(__file__).with_name("town.yaml").read_text(encoding="utf-8"))
    return found
