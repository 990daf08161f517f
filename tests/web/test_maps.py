"""A map is to scale, north up, shows everything it is given, and lets no mark cover another."""

from __future__ import annotations

import math
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingduan.complaints.dispatch import Point, travel_minutes
from mingduan.web.maps import ROOM, Map, Mark, Shape, Way, draw

SQUARE = Point(22.58, 113.08)
HARBOUR = Point(22.50, 113.20)


def drawn(*places: Point, **size: int) -> Map:
    made = draw([Mark(p, str(n), f"{n}") for n, p in enumerate(places)], **size)
    assert made is not None
    return made


cities = st.builds(
    Point, st.floats(-60, 60).map(lambda x: round(x, 4)), st.floats(-170, 170).map(lambda x: round(x, 4))
)
near = st.lists(st.tuples(st.floats(-0.2, 0.2), st.floats(-0.2, 0.2)), min_size=1, max_size=30)


def test_nothing_to_show_is_no_map() -> None:
    assert draw() is None


def test_north_is_up_and_east_is_right() -> None:
    here, north, east = drawn(SQUARE, Point(22.60, 113.08), Point(22.58, 113.10)).marks
    assert north.at_y < here.at_y
    assert north.at_x == here.at_x
    assert east.at_x > here.at_x
    assert east.at_y == here.at_y


@given(cities, near)
def test_whatever_is_given_lies_within_the_picture(city: Point, offsets: list[tuple[float, float]]) -> None:
    made = drawn(*(Point(city.latitude + a, city.longitude + b) for a, b in offsets), width=300, height=200)
    assert all(0 <= x <= 300 and 0 <= y <= 200 for m in made.marks for x, y in ((m.x, m.y), (m.at_x, m.at_y)))


@given(cities, near)
def test_no_mark_covers_another(city: Point, offsets: list[tuple[float, float]]) -> None:
    made = drawn(*(Point(city.latitude + a, city.longitude + b) for a, b in offsets))
    assert all(math.hypot(a.x - b.x, a.y - b.y) >= ROOM - 1.2 for a, b in combinations(made.marks, 2))


def test_a_mark_that_stood_aside_says_so_and_where_it_belongs() -> None:
    first, second = drawn(SQUARE, SQUARE).marks
    assert (first.moved, second.moved) == (False, True)
    assert (second.at_x, second.at_y) == (first.x, first.y)


@given(cities)
def test_metres_are_the_same_east_and_north(city: Point) -> None:
    here, north, east = drawn(
        city, Point(city.latitude + 0.05, city.longitude),
        Point(city.latitude, city.longitude + 0.05 / math.cos(math.radians(city.latitude))),
    ).marks  # fmt: skip
    assert east.at_x - here.at_x == pytest.approx(here.at_y - north.at_y, rel=0.01)


def test_the_bar_is_as_long_as_it_says() -> None:
    """Measured against the great circle, by which travel is reckoned."""
    made = drawn(SQUARE, HARBOUR)
    a, b = made.marks
    km = travel_minutes(SQUARE, HARBOUR) / 60 * 30 / 1.3
    assert made.scale == "2 km"
    assert made.bar / math.hypot(a.at_x - b.at_x, a.at_y - b.at_y) == pytest.approx(2 / km, rel=0.01)


def test_one_place_alone_is_shown_from_a_distance() -> None:
    assert drawn(SQUARE).scale == "100 m"


def test_a_way_goes_over_its_places_in_order() -> None:
    made = draw([Mark(p, "", "") for p in (SQUARE, HARBOUR)], [Way((HARBOUR, SQUARE), "late"), Way((SQUARE,))])
    assert made is not None
    ((path, kind),) = made.ways  # one place is no way
    square, harbour = made.marks
    assert (path, kind) == (f"M{harbour.at_x} {harbour.at_y}L{square.at_x} {square.at_y}", "late")


def test_a_shape_is_closed_and_kept_with_what_it_says() -> None:
    corners = (SQUARE, HARBOUR, Point(22.50, 113.08))
    made = draw(shapes=[Shape(corners, "3件", 0.5)])
    assert made is not None
    ((path, shape),) = made.shapes
    assert (path[0], path[-1], path.count("L"), shape.title) == ("M", "Z", 2, "3件")


@pytest.mark.parametrize("spans", [[0.001, 0.01, 0.1, 1.0]])
def test_the_bar_is_a_round_length_and_fits(spans: list[float]) -> None:
    maps = [drawn(SQUARE, Point(22.58 + s, 113.08)) for s in spans]
    assert all(m.scale.split()[0].rstrip("0") in {"1", "2", "5"} and 40 <= m.bar <= 110 for m in maps)
    assert all(a.scale != b.scale for a, b in pairwise(maps))
