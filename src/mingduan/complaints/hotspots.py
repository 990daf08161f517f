"""Where and when there are more complaints than chance would bring: a space-time permutation scan (S17 4: periodic evaluation).

Kulldorff's scan statistic for cases alone (2005): a cylinder is some neighbouring H3 cells over some days. How many cases it
should hold follows from how many its cells had on all days and its days had in all cells, so a big town or a busy Monday is no
hot spot. Whether the best cylinders could be chance is judged by shuffling the days among the cases, many times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import h3
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

RESOLUTION = 8  # cells of about 0.7 km²
RINGS = 3  # a zone is a cell with up to so many rings around it
LONGEST = 14  # days a cylinder may last
SHUFFLES = 999
LEAST = 3  # fewer cases than this are no hot spot, however rare


@dataclass(frozen=True, slots=True)
class Seen:
    """One complaint: its H3 cell and local day."""

    cell: str
    day: date


@dataclass(frozen=True, slots=True)
class HotSpot:
    """A cylinder with more cases than expected. `p`: the share of shuffles whose best was as good, itself included."""

    cells: tuple[str, ...]
    since: date
    until: date
    observed: int
    expected: float
    strength: float
    p: float

    @property
    def ratio(self) -> float:
        """How many times as many as expected."""
        return self.observed / self.expected


def cell_of(latitude: float, longitude: float) -> str:
    """The H3 cell of a place (degrees, WGS 84). Raises ValueError for what is no place on Earth."""
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise ValueError(f"({latitude}, {longitude}) 不是经纬度 / is no latitude and longitude")
    return str(h3.latlng_to_cell(latitude, longitude, RESOLUTION))


def hot_spots(
    seen: Sequence[Seen],
    first: date,
    last: date,
    *,
    ends_from: date | None = None,
    level: float = 0.05,
    shuffles: int = SHUFFLES,
    seed: int = 0,
) -> tuple[HotSpot, ...]:
    """The hot spots among the complaints of `first`…`last` that end on `ends_from` (by default `last`) or later and whose p is at
    most `level`, strongest first, none sharing a cell with a stronger one. The same input and seed give the same answer.
    Raises ValueError when the days are out of order.
    """  # fmt: skip
    ends_from = ends_from or last
    if not first <= ends_from <= last:
        raise ValueError("the days are out of order: first ≤ ends_from ≤ last")
    cases = sorted((s.cell, s.day) for s in seen if first <= s.day <= last)
    if len(cases) < LEAST:
        return ()
    cells, where = np.unique([c for c, _ in cases], return_inverse=True)
    when = np.array([(d - first).days for _, d in cases], np.int64)
    days = (last - first).days + 1
    zones = _zones([str(c) for c in cells])
    windows = _windows(days, (ends_from - first).days)
    member = _membership(zones, len(cells))
    scan = _Scan(member, windows, where, days)
    observed, expected = scan.counts(when), scan.expected(when)
    strength = _strength(observed, expected, len(cases))
    chance = np.random.default_rng(seed)
    best = np.array(
        [_strength(scan.counts(chance.permutation(when)), expected, len(cases)).max() for _ in range(shuffles)]
    )
    found: list[HotSpot] = []
    taken: set[int] = set()
    for flat in np.argsort(-strength, axis=None, kind="stable"):
        zone, window = divmod(int(flat), len(windows))
        power = float(strength[zone, window])
        p = (1 + int((best >= power - 1e-12).sum())) / (shuffles + 1)
        if power <= 0 or p > level:
            break
        if taken & set(zones[zone]):
            continue
        taken |= set(zones[zone])
        begin, end = windows[window]
        found.append(HotSpot(
            tuple(sorted(str(cells[i]) for i in zones[zone])), first + timedelta(int(begin)), first + timedelta(int(end)),
            int(observed[zone, window]), float(expected[zone, window]), power, p))  # fmt: skip
    return tuple(found)


def _zones(cells: list[str]) -> list[tuple[int, ...]]:
    """Sets of neighbouring cells among those with cases: each cell with 0 to RINGS rings around it, each set once."""
    index = {c: i for i, c in enumerate(cells)}
    zones: dict[tuple[int, ...], None] = {}
    for cell in cells:
        for ring in range(RINGS + 1):
            zones[tuple(sorted(index[c] for c in h3.grid_disk(cell, ring) if c in index))] = None
    return list(zones)


def _windows(days: int, first_end: int) -> Ints:
    """(first day, last day) of every window that ends on `first_end` or later, at most LONGEST days and half the time."""
    longest = max(1, min(LONGEST, days // 2))
    return np.array(
        [(e - n + 1, e) for e in range(first_end, days) for n in range(1, longest + 1) if e - n + 1 >= 0], np.int64
    )


def _membership(zones: list[tuple[int, ...]], cells: int) -> Floats:
    member = np.zeros((len(zones), cells))
    for row, zone in enumerate(zones):
        member[row, list(zone)] = 1
    return member


class _Scan:
    """Counts cases in every zone and window, for any assignment of days to the cases."""

    def __init__(self, member: Floats, windows: Ints, where: Ints, days: int) -> None:
        self.member, self.where, self.days = member, where, days
        self.begin = int(windows[:, 0].min())  # no window reaches the days before: they are not counted again each time
        self.windows = windows - self.begin

    def counts(self, when: Ints) -> Floats:
        """Cases in each zone (rows) and window (columns)."""
        by_day = np.bincount(self.where * self.days + when, minlength=self.member.shape[1] * self.days)
        return self._in_windows(self.member @ by_day.reshape(-1, self.days)[:, self.begin :].astype(float))

    def expected(self, when: Ints) -> Floats:
        """How many there would be if place and time had nothing to do with each other: shuffling never changes it."""
        per_cell = np.bincount(self.where, minlength=self.member.shape[1]).astype(float)
        per_day = np.bincount(when, minlength=self.days).astype(float)[None, :]
        share: Floats = self._in_windows(per_day[:, self.begin :]) / len(when)
        return np.outer(self.member @ per_cell, share)

    def _in_windows(self, per_day: Floats) -> Floats:
        summed = np.concatenate([np.zeros((per_day.shape[0], 1)), np.cumsum(per_day, axis=1)], axis=1)
        inside: Floats = summed[:, self.windows[:, 1] + 1] - summed[:, self.windows[:, 0]]
        return inside


def _strength(observed: Floats, expected: Floats, total: int) -> Floats:
    """The log likelihood ratio of a cylinder; 0 where there are no more than expected, or too few to speak of."""
    hot = (observed > expected) & (observed >= LEAST)
    inside, mean = observed[hot], expected[hot]
    outside = total - inside
    beyond = np.where(outside > 0, outside * np.log(np.maximum(outside, 1) / np.maximum(total - mean, 1e-9)), 0)
    strength: Floats = np.zeros_like(observed)
    strength[hot] = inside * np.log(inside / mean) + beyond
    return strength
