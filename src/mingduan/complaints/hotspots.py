"""Where and when there are more complaints than chance would bring: a space-time permutation scan (S17 4: periodic evaluation).

Kulldorff's scan statistic for cases alone (2005): a cylinder is some neighbouring H3 cells over some days. How many cases it
should hold follows from how many its cells had on all days and its days had in all cells, so a big town or a busy Monday is no
hot spot. Whether the best cylinders could be chance is judged by shuffling the days among the cases, many times.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import h3
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

RESOLUTION = 8  # cells of about 0.7 km²
RINGS = 3  # a zone is a cell with up to so many rings around it
LONGEST = 14  # days a cylinder may last
SHUFFLES = 999
_NEARLY = 0.7  # of the best of one shuffle: few others' best is less
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
    scan = _Scan(zones, windows, where, when, days)
    observed = scan.counts(when)
    strength = scan.strength(observed)
    chance = np.random.default_rng(seed)
    shuffled = (scan.counts(chance.permutation(when)) for _ in range(shuffles))
    best = np.array(list(scan.strongest(shuffled)))
    found: list[HotSpot] = []
    taken: set[int] = set()
    for flat in np.argsort(-strength.T, axis=None, kind="stable"):
        zone, window = divmod(int(flat), len(windows))
        power = float(strength[window, zone])
        p = (1 + int((best >= power - 1e-9).sum())) / (shuffles + 1)
        if power <= 0 or p > level:
            break
        if taken & set(zones[zone]):
            continue
        taken |= set(zones[zone])
        begin, end = windows[window]
        found.append(HotSpot(
            tuple(sorted(str(cells[i]) for i in zones[zone])), first + timedelta(int(begin)), first + timedelta(int(end)),
            int(observed[window, zone]), float(scan.expected[window, zone]), power, p))  # fmt: skip
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


class _Scan:
    """Counts cases in every window (rows) and zone (columns) for any assignment of days to the cases, and says how strong each
    such cylinder is. How many it should hold, and so all of its strength but the count itself, no shuffle changes.
    """

    def __init__(self, zones: list[tuple[int, ...]], windows: Ints, where: Ints, when: Ints, days: int) -> None:
        self.where, self.total = where, len(where)
        self.first = int(windows[:, 0].min())  # no window reaches the days before: they are not counted again each time
        self.days, self.windows = days - self.first, windows - self.first
        self.cells = int(where.max()) + 1
        ends = np.cumsum([0, *map(len, zones)])
        members = np.fromiter((cell for zone in zones for cell in zone), np.int64, int(ends[-1]))
        self.member = csr_array((np.ones(len(members)), members, ends), shape=(len(zones), self.cells))
        per_day = np.bincount(when[when >= self.first] - self.first, minlength=self.days).astype(float)[:, None]
        self.expected: Floats = (
            self._in_windows(per_day) * (self.member @ np.bincount(where).astype(float)) / self.total
        )
        counts = np.arange(self.total + 1)
        # The log likelihood ratio c·ln(c/μ) + (N−c)·ln((N−c)/(N−μ)) in parts: of the count alone, and of what is expected.
        self.of_count: Floats = _times_log(counts, self.total) + _times_log(self.total - counts, self.total)
        share = self.expected / self.total
        with np.errstate(divide="ignore", invalid="ignore"):  # where all or nothing is expected, nothing is hot
            self.of_each: Floats = np.log1p(-share) - np.log(share)
            self.of_all: Floats = self.total * np.log1p(-share)
        self.hot_from: Floats = np.maximum(np.floor(self.expected) + 1, LEAST)

    def counts(self, when: Ints) -> Floats:
        """Cases in each window and zone."""
        late = when >= self.first
        by_day = np.bincount(self.where[late] * self.days + when[late] - self.first, minlength=self.cells * self.days)
        per_zone = self.member @ by_day.reshape(self.cells, self.days).astype(float)
        return self._in_windows(np.ascontiguousarray(per_zone.T))

    def strength(self, counts: Floats) -> Floats:
        """The log likelihood ratio of each cylinder; 0 where there are no more than expected, or too few to speak of."""
        strength, hot = np.zeros(counts.size), np.flatnonzero(counts >= self.hot_from)
        strength[hot] = self._ratio(counts.ravel()[hot], hot)
        return strength.reshape(counts.shape)

    def strongest(self, shuffled: Iterable[Floats]) -> Iterator[float]:
        """The strength of the strongest cylinder of each. It grows with the count, so that only those counts are looked at that
        make a cylinder nearly as strong as the best of the first shuffle; all that are hot, where none does.
        """
        strong_from = self.hot_from
        for n, counts in enumerate(shuffled):
            near = np.flatnonzero(counts >= strong_from)
            if not len(near):
                near = np.flatnonzero(counts >= self.hot_from)
            best = float(self._ratio(counts.ravel()[near], near).max(initial=0))
            if n == 0:
                strong_from = self._counts_of(best * _NEARLY)
            yield best

    def _counts_of(self, strength: float) -> Floats:
        """The least count with which each cylinder is hot and as strong as that; more than all cases where none is."""
        low, high = self.hot_from.ravel() - 1, np.full(self.hot_from.size, float(self.total + 1))
        places = np.arange(self.hot_from.size)
        while (open_ := high - low > 1).any():
            at = places[open_]
            middle = np.floor((low[at] + high[at]) / 2)
            enough = self._ratio(middle, at) >= strength
            high[at], low[at] = np.where(enough, middle, high[at]), np.where(enough, low[at], middle)
        return high.reshape(self.hot_from.shape)

    def _ratio(self, counts: Floats, places: Ints) -> Floats:
        found: Floats = (
            self.of_count[counts.astype(np.int64)] + counts * self.of_each.ravel()[places] - self.of_all.ravel()[places]
        )
        return found

    def _in_windows(self, per_day: Floats) -> Floats:
        summed = np.concatenate([np.zeros((1, per_day.shape[1])), np.cumsum(per_day, axis=0)])
        inside: Floats = summed[self.windows[:, 1] + 1] - summed[self.windows[:, 0]]
        return inside


def _times_log(counts: Ints, total: int) -> Floats:
    """c·ln(c/N), nothing where there is none."""
    found: Floats = counts.astype(float) * np.log(np.maximum(counts, 1) / total)
    return found
