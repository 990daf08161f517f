"""Hot spots: what was planted is found, chance alone is not, and who asks twice gets the same answer."""

from __future__ import annotations

import math
import random
from datetime import date, timedelta

import h3
import pytest

from mingduan.complaints.hotspots import HotSpot, Seen, cell_of, hot_spots

FIRST, LAST = date(2026, 9, 1), date(2026, 10, 30)
CENTRE = cell_of(22.58, 113.08)
TOWN = sorted(h3.grid_disk(CENTRE, 8))
DAYS = [FIRST + timedelta(n) for n in range((LAST - FIRST).days + 1)]


def background(cases: int, seed: int) -> list[Seen]:
    """Complaints of a town where place and time are independent: some cells and some weekdays are busier than others."""
    chance = random.Random(seed)
    busy = {c: chance.choice((1, 1, 1, 6)) for c in TOWN}
    places = chance.choices(list(busy), list(busy.values()), k=cases)
    days = chance.choices(DAYS, [1 + 2 * (d.weekday() == 0) for d in DAYS], k=cases)
    return [Seen(c, d) for c, d in zip(places, days, strict=True)]


def planted(cases: int) -> list[Seen]:
    """So many more around the centre in the last five days."""
    chance = random.Random(5)
    near = sorted(h3.grid_disk(CENTRE, 1))
    return [Seen(chance.choice(near), LAST - timedelta(chance.randrange(5))) for _ in range(cases)]


def found(seen: list[Seen], **how: int) -> tuple[HotSpot, ...]:
    return hot_spots(seen, FIRST, LAST, **{"shuffles": 199, **how})


def test_what_was_planted_is_found_where_and_when_it_was() -> None:
    spots = found([*background(800, 1), *planted(25)])
    assert CENTRE in spots[0].cells
    assert (spots[0].until, spots[0].since >= LAST - timedelta(6), spots[0].p <= 0.01) == (LAST, True, True)
    assert spots[0].ratio > 2


def test_its_strength_is_the_likelihood_ratio_of_its_counts() -> None:
    seen = [*background(800, 1), *planted(25)]
    spot = found(seen)[0]
    inside = [s for s in seen if s.cell in spot.cells]
    share = sum(spot.since <= s.day <= spot.until for s in seen) / len(seen)
    count, mean, rest = spot.observed, len(inside) * share, len(seen) - spot.observed
    assert count == sum(spot.since <= s.day <= spot.until for s in inside)
    assert spot.expected == pytest.approx(mean)
    assert spot.strength == pytest.approx(count * math.log(count / mean) + rest * math.log(rest / (len(seen) - mean)))


def test_a_busy_town_and_busy_mondays_are_no_hot_spot() -> None:
    """At the 5 % level about one null in twenty is told; of twenty, six or more would be a chance of 1 in 3,000."""
    told = sum(bool(found(background(300, seed), seed=seed, shuffles=99)) for seed in range(20))
    assert told < 6


def test_the_same_input_and_seed_give_the_same_answer_in_any_order() -> None:
    seen = [*background(400, 2), *planted(15)]
    assert found(seen) == found(random.Random(9).sample(seen, len(seen)))


def test_no_cell_is_told_twice() -> None:
    spots = found([*background(400, 3), *planted(30), *[Seen(TOWN[0], LAST)] * 12])
    cells = [c for s in spots for c in s.cells]
    assert len(spots) >= 2
    assert len(cells) == len(set(cells))


def test_what_lies_outside_the_days_is_not_counted() -> None:
    late = [Seen(CENTRE, LAST + timedelta(1))] * 50
    assert found([*background(300, 4), *late]) == found(background(300, 4))


def test_days_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="out of order"):
        hot_spots([], LAST, FIRST)


@pytest.mark.parametrize("place", [(91.0, 0.0), (0.0, 181.0)])
def test_what_is_no_place_is_refused(place: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="不是经纬度"):
        cell_of(*place)
