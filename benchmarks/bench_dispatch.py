"""Proposing 500 jobs to 100 engineers: ours against taking each job in order of its limit and sending whoever gets there first.

Prints seconds, minutes late, minutes of travel, and how many jobs have nobody. `--json` for machines.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from mingduan.complaints.dispatch import Engineer, Job, Point, propose, travel_minutes
from mingduan.procedure.period import TZ

NINE = datetime(2026, 11, 25, 9, tzinfo=TZ)
SKILLS, AREAS = ("无线", "宽带", "传输"), tuple("ABCDEF")
Figures = tuple[
    int, int, int, int
]  # minutes late, minutes of travel, jobs outside the engineer's area, jobs without anybody


def town(jobs: int, engineers: int, seed: int = 3) -> tuple[list[Job], list[Engineer]]:
    """A morning in a city: a hard one, with limits of one to six hours."""
    chance = random.Random(seed)  # noqa: S311  figures, not secrets
    place = lambda: Point(22.45 + chance.random() * 0.3, 112.95 + chance.random() * 0.3)  # noqa: E731
    crew = [
        Engineer(
            f"E{n}",
            place(),
            frozenset(chance.sample(SKILLS, 2)),
            frozenset({chance.choice(AREAS)}),
            NINE,
            NINE + timedelta(hours=9),
        )
        for n in range(engineers)
    ]
    work = [
        Job(
            f"J{n}",
            place(),
            chance.choice(SKILLS),
            chance.choice(AREAS),
            chance.choice((20, 40, 60)),
            NINE + timedelta(hours=chance.choice((1, 2, 3, 4, 6))),
            NINE,
        )
        for n in range(jobs)
    ]
    return work, crew


def ours(jobs: list[Job], engineers: list[Engineer]) -> Figures:
    """The product's own proposal."""
    found = propose(jobs, engineers)
    return (
        sum(max(0, -v.spare) for v in found.visits),
        sum(v.travel for v in found.visits),
        sum(v.job.area not in v.engineer.areas for v in found.visits),
        len(found.unplaced),
    )


def first_there(jobs: list[Job], engineers: list[Engineer]) -> Figures:
    """Each job in order of its limit goes to whoever with the skill can begin it first."""
    stands = {e.key: (e.free, e.place) for e in engineers}
    late = travel = foreign = left = 0
    for job in sorted(jobs, key=lambda j: j.due):
        best = None
        for e in engineers:
            if job.skill in e.skills:
                free, place = stands[e.key]
                way = travel_minutes(place, job.place)
                ends = free + timedelta(minutes=way + job.minutes)
                if ends <= e.until and (best is None or ends < best[0]):
                    best = (ends, way, e)
        if best is None:
            left += 1
            continue
        stands[best[2].key] = (best[0], job.place)
        late += max(0, int((best[0] - job.due).total_seconds() // 60))
        travel += round(best[1])
        foreign += job.area not in best[2].areas
    return late, travel, foreign, left


def main() -> None:
    """Run both on the same morning."""
    work, crew = town(500, 100)
    contenders: dict[str, Callable[[list[Job], list[Engineer]], Figures]] = {"ours": ours, "first there": first_there}
    results = {}
    for name, run in contenders.items():
        took = []
        for _ in range(3):
            begun = time.perf_counter()
            late, travel, foreign, left = run(work, crew)
            took.append(time.perf_counter() - begun)
        results[name] = {"seconds": min(took), "late": late, "travel": travel, "foreign": foreign, "unplaced": left}
    if "--json" in sys.argv:
        print(json.dumps(results, indent=2))
        return
    for name, r in results.items():
        print(
            f"{name:12} {r['seconds']:7.3f} s  {r['late']:6} min late  {r['travel']:6} min of travel  {r['foreign']:4} outside their area  {r['unplaced']:4} with nobody"
        )


if __name__ == "__main__":
    main()
