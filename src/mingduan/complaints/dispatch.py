"""Who should go where, and when: a proposal for open jobs by skill, area, load, shift and travel time, with its reasons (S08 3.1, S16 4).

Jobs are given out in rounds. In each round every engineer gets at most one more job, and the round as a whole is a
minimum-cost flow: urgent jobs before others, lateness before travel, travel before an even load. Then everybody stands where
the last job ends, and the next round begins. The dispatcher decides; nothing here writes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from ortools.graph.python import min_cost_flow

from mingduan.procedure.period import TZ
from mingduan.procedure.text import Text

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

EARTH_KM = 6371.0088
DETOUR = 1.3  # roads are longer than the crow flies
KMH = 30.0  # a van in a city
LATE, OUTSIDE, BUSY, WAIT = (
    20.0,
    25.0,
    0.05,
    0.02,
)  # what a minute late, another's area, a minute of load, a minute idle cost in minutes of travel


class Why(StrEnum):
    """Why a job has nobody."""

    SKILL = "skill"
    SHIFT = "shift"


@dataclass(frozen=True, slots=True)
class Point:
    """A place: degrees, WGS 84."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Job:
    """Work open at a place; an empty `skill` asks for none. `due` is its last lawful instant, `ready` the first at which the
    customer can be met; `first`: it goes before all that are not.
    """

    key: str
    place: Point
    skill: str
    area: str
    minutes: int
    due: datetime
    ready: datetime
    first: bool = False


@dataclass(frozen=True, slots=True)
class Engineer:
    """Somebody who can go: where they stand, when they are free, when they stop, and the minutes of work they already hold."""

    key: str
    place: Point
    skills: frozenset[str]
    areas: frozenset[str]
    free: datetime
    until: datetime
    load: int = 0


def span(minutes: int) -> Text:
    """So many minutes as people say them: in hours from one hour on.

    Examples:
        >>> span(45).zh, span(60).zh, span(644).zh
        ('45分钟', '1小时', '10小时44分钟')
    """
    hours, rest = divmod(minutes, 60)
    if not hours:
        return Text(zh=f"{rest}分钟", en=f"{rest} min")
    return (
        Text(zh=f"{hours}小时{rest}分钟", en=f"{hours} h {rest} min")
        if rest
        else Text(zh=f"{hours}小时", en=f"{hours} h")
    )


@dataclass(frozen=True, slots=True)
class Visit:
    """One job proposed to one engineer: `travel` in minutes; `spare` minutes before it is due, negative when late."""

    job: Job
    engineer: Engineer
    order: int
    travel: int
    begins: datetime
    ends: datetime
    spare: int

    @property
    def reasons(self) -> tuple[Text, ...]:
        """Why this engineer at this time, in the order that mattered."""
        known = self.job.area in self.engineer.areas
        late, load = -self.spare, span(self.engineer.load)
        skill = (
            (Text(zh=f"具备“{self.job.skill}”技能", en=f"has the skill “{self.job.skill}”"),) if self.job.skill else ()
        )
        return (
            *skill,
            Text(zh=f"比时限早{span(self.spare).zh}", en=f"{span(self.spare).en} before it is due")
            if late <= 0
            else Text(zh=f"最早也晚于时限{span(late).zh}", en=f"{span(late).en} late at the earliest"),
            Text(zh=f"路程约{self.travel}分钟", en=f"about {self.travel} minutes' travel"),
            Text(zh="负责该片区", en="works in this area") if known else Text(zh="跨片区支援", en="helps out from another area"),
            Text(zh=f"已有{load.zh}在手工作，本单排第{self.order}", en=f"holds {load.en} of work; this is number {self.order}"),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A job that nobody can take, and why."""

    job: Job
    why: Why

    @property
    def text(self) -> Text:
        """The reason, in words."""
        if self.why is Why.SKILL:
            return Text(zh=f"没有人具备“{self.job.skill}”技能", en=f"nobody has the skill “{self.job.skill}”")
        if not self.job.skill:
            return Text(
                zh="人员在班次内都排不下，或尚未登记技能和班次",
                en="nobody has room left in the shift, or no shifts are kept yet",
            )
        return Text(zh="有此技能的人在班次内都排不下", en="nobody with the skill has room left in the shift")


@dataclass(frozen=True, slots=True)
class Proposal:
    """Every job once: in a visit, or unplaced."""

    visits: tuple[Visit, ...]
    unplaced: tuple[Unplaced, ...]


def propose(jobs: Sequence[Job], engineers: Sequence[Engineer]) -> Proposal:
    """A visit for each job that somebody with its skill can finish within their shift; the rest with the reason.

    The same jobs and engineers give the same proposal. An engineer never has two visits at once.
    """
    jobs, engineers = sorted(jobs, key=lambda j: (j.due, j.key)), sorted(engineers, key=lambda e: e.key)
    skilled = np.array([[not j.skill or j.skill in e.skills for e in engineers] for j in jobs], bool).reshape(
        len(jobs), len(engineers)
    )
    state = _Standing.of(engineers)
    work = _Work.of(jobs)
    foreign = np.array([[j.area not in e.areas for e in engineers] for j in jobs], bool).reshape(skilled.shape)
    visits: list[Visit] = []
    leads = np.array([j.first for j in jobs], bool)
    for leading in (True, False):
        open_jobs = np.flatnonzero(skilled.any(axis=1) & (leads == leading)) if len(engineers) else np.array([], int)
        while open_jobs.size:
            plan = _Plan.of(work, state, open_jobs)
            can = skilled[open_jobs] & (plan.ends <= state.until)
            cost = plan.travel + LATE * plan.late + OUTSIDE * foreign[open_jobs] + BUSY * state.load + WAIT * plan.idle
            given = _round(cost, can, _pressing(work, state, open_jobs))
            if not given:
                break
            for row, col in given:
                job, engineer = jobs[open_jobs[row]], engineers[col]
                begins, ends = _instant(plan.begins[row, col]), _instant(plan.ends[row, col])
                spare = int((job.due - ends).total_seconds() // 60)
                state.order[col] += 1
                visits.append(
                    Visit(
                        job, engineer, int(state.order[col]), round(float(plan.travel[row, col])), begins, ends, spare
                    )
                )
                state.move(col, work, int(open_jobs[row]), float(plan.ends[row, col]))
            open_jobs = np.delete(open_jobs, [row for row, _ in given])
    placed = {v.job.key for v in visits}
    left = [
        Unplaced(j, Why.SHIFT if skilled[i].any() else Why.SKILL) for i, j in enumerate(jobs) if j.key not in placed
    ]
    return Proposal(tuple(sorted(visits, key=lambda v: (v.engineer.key, v.order))), tuple(left))


def travel_minutes(a: Point, b: Point) -> float:
    """Minutes from one place to another by road: the great circle, lengthened by what roads add."""
    lat, lon, to_lat, to_lon = (math.radians(x) for x in (a.latitude, a.longitude, b.latitude, b.longitude))
    half = math.sin((lat - to_lat) / 2) ** 2 + math.cos(lat) * math.cos(to_lat) * math.sin((lon - to_lon) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(min(half, 1))) * DETOUR / KMH * 60


def _minutes(lat: Floats, lon: Floats, to_lat: Floats, to_lon: Floats) -> Floats:
    """Minutes between every place and every other (radians), as `travel_minutes` has them; rows first."""
    dlat, dlon = lat[:, None] - to_lat[None, :], lon[:, None] - to_lon[None, :]
    half = np.sin(dlat / 2) ** 2 + np.cos(lat)[:, None] * np.cos(to_lat)[None, :] * np.sin(dlon / 2) ** 2
    km: Floats = 2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    return km * DETOUR / KMH * 60


@dataclass(frozen=True, slots=True)
class _Work:
    """The jobs as columns; times in minutes of the epoch."""

    lat: Floats
    lon: Floats
    ready: Floats
    due: Floats
    minutes: Floats

    @classmethod
    def of(cls, jobs: Sequence[Job]) -> _Work:
        return cls(
            np.radians([j.place.latitude for j in jobs]), np.radians([j.place.longitude for j in jobs]),
            np.array([_minute(j.ready) for j in jobs]), np.array([_minute(j.due) for j in jobs]),
            np.array([float(j.minutes) for j in jobs]),
        )  # fmt: skip


@dataclass(slots=True)
class _Standing:
    """Where every engineer stands as the rounds go on."""

    lat: Floats
    lon: Floats
    free: Floats
    until: Floats
    load: Floats
    order: npt.NDArray[np.int64]

    @classmethod
    def of(cls, engineers: Sequence[Engineer]) -> _Standing:
        return cls(
            np.radians([e.place.latitude for e in engineers]), np.radians([e.place.longitude for e in engineers]),
            np.array([_minute(e.free) for e in engineers]), np.array([_minute(e.until) for e in engineers]),
            np.array([float(e.load) for e in engineers]), np.zeros(len(engineers), np.int64),
        )  # fmt: skip

    def move(self, engineer: int, work: _Work, job: int, ends: float) -> None:
        """After a job the engineer stands at its place, free when it ends, with its work in hand."""
        self.lat[engineer], self.lon[engineer], self.free[engineer] = work.lat[job], work.lon[job], ends
        self.load[engineer] += work.minutes[job]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What it would mean for each open job (rows) to be each engineer's next (columns), in minutes."""

    travel: Floats
    begins: Floats
    ends: Floats
    late: Floats
    idle: Floats

    @classmethod
    def of(cls, work: _Work, state: _Standing, rows: npt.NDArray[np.int64]) -> _Plan:
        travel = np.ceil(_minutes(work.lat[rows], work.lon[rows], state.lat, state.lon))
        arrives = state.free[None, :] + travel
        begins = np.maximum(arrives, work.ready[rows, None])
        ends = begins + work.minutes[rows, None]
        return cls(travel, begins, ends, np.maximum(ends - work.due[rows, None], 0), begins - arrives)


def _pressing(work: _Work, state: _Standing, rows: npt.NDArray[np.int64]) -> Floats:
    """What leaving a job for a later round would cost: more than any saving, and more the nearer it is due."""
    slack = work.due[rows] - work.minutes[rows] - state.free.min()
    price: Floats = 10_000 + 60 * np.clip(24 * 60 - slack, 0, None)
    return price


def _round(cost: Floats, can: Flags, pressing: Floats) -> list[tuple[int, int]]:
    """The cheapest way to give out as many jobs as can be given out now, one to an engineer at most: (row, column) pairs."""
    rows, cols = np.nonzero(can)
    if not rows.size:
        return []
    jobs, people = cost.shape
    source, sink = jobs + people, jobs + people + 1
    flow = min_cost_flow.SimpleMinCostFlow()
    price = np.rint((np.minimum(cost, 1e7) - pressing[:, None])[rows, cols] * 10).astype(np.int64)
    ones = np.ones(rows.size, np.int64)
    arcs = flow.add_arcs_with_capacity_and_unit_cost(rows, jobs + cols, ones, price)
    everyone, every_job = np.arange(people), np.arange(jobs)
    flow.add_arcs_with_capacity_and_unit_cost(
        np.full(jobs, source), every_job, np.ones(jobs, np.int64), np.zeros(jobs, np.int64)
    )
    flow.add_arcs_with_capacity_and_unit_cost(
        jobs + everyone, np.full(people, sink), np.ones(people, np.int64), np.zeros(people, np.int64)
    )
    supply = min(jobs, people)
    flow.set_nodes_supplies(np.array([source, sink]), np.array([supply, -supply]))
    if flow.solve_max_flow_with_min_cost() != flow.OPTIMAL:
        raise RuntimeError("a round of dispatch has no optimum: the costs are out of range")
    used = flow.flows(arcs) > 0
    return sorted(zip(rows[used].tolist(), cols[used].tolist(), strict=True))


def _minute(at: datetime) -> float:
    return at.timestamp() / 60


def _instant(minute: float) -> datetime:
    return datetime.fromtimestamp(0, TZ) + timedelta(minutes=float(minute))
