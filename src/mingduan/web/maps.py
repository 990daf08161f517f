"""A map without tiles: places and ways drawn to scale as SVG, north up, with a scale bar. Beside it stands a table.

Over a city the earth is flat enough: degrees become metres at the middle latitude, and metres become pixels.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mingduan.complaints.dispatch import Point

METRE_DEGREE = 111_195.0  # metres to a degree of latitude
LEAST_SPAN = 600.0  # metres: closer in than this a map tells nothing
MARGIN, ROOM = 34.0, 24.0  # pixels around everything; pixels between the middles of two marks
STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Mark:
    """A place to show: what stands in the mark, what it is, and what kind of mark it is (a class of the style sheet)."""

    place: Point
    label: str
    title: str
    kind: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """A line over places."""

    places: tuple[Point, ...]
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """An area within a closed line, how much of it there is between 0 and 1, and its kind (a class of the style sheet)."""

    corners: tuple[Point, ...]
    title: str
    weight: float = 1.0
    href: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A mark at its place; `x`, `y` where it stands, moved aside from (`at_x`, `at_y`) if others stand there."""

    mark: Mark
    x: float
    y: float
    at_x: float
    at_y: float

    @property
    def moved(self) -> bool:
        """Whether it had to stand aside."""
        return (self.x, self.y) != (self.at_x, self.at_y)


@dataclass(frozen=True, slots=True)
class Map:
    """What the template draws, in pixels."""

    width: int
    height: int
    marks: tuple[Drawn, ...]
    ways: tuple[tuple[str, str], ...]
    shapes: tuple[tuple[str, Shape], ...]
    bar: float
    scale: str


def draw(
    marks: Sequence[Mark] = (), ways: Iterable[Way] = (), shapes: Iterable[Shape] = (), width: int = 720, height: int = 440
) -> Map | None:  # fmt: skip
    """The map that shows all of it; None where there is nothing to show."""
    ways, shapes = list(ways), list(shapes)
    every = [m.place for m in marks] + [p for w in ways for p in w.places] + [p for s in shapes for p in s.corners]
    if not every:
        return None
    lats, lons = [p.latitude for p in every], [p.longitude for p in every]
    middle = (min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2
    across = METRE_DEGREE * math.cos(math.radians(middle[0]))
    wide = max((max(lons) - min(lons)) * across, LEAST_SPAN)
    high = max((max(lats) - min(lats)) * METRE_DEGREE, LEAST_SPAN)
    pixels = min((width - 2 * MARGIN) / wide, (height - 2 * MARGIN) / high)  # to a metre

    def at(p: Point) -> tuple[float, float]:
        x = width / 2 + (p.longitude - middle[1]) * across * pixels
        return round(x, 1), round(height / 2 - (p.latitude - middle[0]) * METRE_DEGREE * pixels, 1)

    def line(places: Iterable[Point]) -> str:
        return "M" + "L".join(f"{x} {y}" for x, y in map(at, places))

    metres = _round(110 / pixels)
    return Map(
        width, height, _apart([(m, *at(m.place)) for m in marks], width, height),
        tuple((line(w.places), w.kind) for w in ways if len(w.places) > 1),
        tuple((line(s.corners) + "Z", s) for s in shapes),
        round(metres * pixels, 1), f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m",
    )  # fmt: skip


def _round(most: float) -> float:
    """The roundest length of at most `most` metres."""
    power = 10.0 ** math.floor(math.log10(most))
    return max(s * power for s in STEPS if s * power <= most)


def _apart(marks: Sequence[tuple[Mark, float, float]], width: float, height: float) -> tuple[Drawn, ...]:
    """Marks that would cover another stand aside, on the nearest free place of a ring around their own."""
    placed: list[Drawn] = []
    for mark, x, y in marks:
        ring = [(x, y)] + [
            (x + r * ROOM * math.cos(a * math.pi / 4), y + r * ROOM * math.sin(a * math.pi / 4))
            for r in range(1, 12)
            for a in range(8)
        ]
        free = next(
            (
                (a, b)
                for a, b in ring
                if 12 <= a <= width - 12
                and 12 <= b <= height - 12
                and all(math.hypot(a - d.x, b - d.y) >= ROOM - 1 for d in placed)
            ),
            (x, y),
        )
        placed.append(Drawn(mark, round(free[0], 1), round(free[1], 1), x, y))
    return tuple(placed)
