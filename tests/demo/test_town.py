"""The town of complaints: the same for a seed, of the size asked for, with habits and with the hot spots it tells of."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest

from mingduan.complaints.hotspots import Seen, cell_of, hot_spots
from mingduan.demo.town import LAST, Town, town
from mingduan.procedure.period import TZ


@pytest.fixture(scope="module")
def made() -> Town:
    return town(seed=7)


def test_the_same_seed_gives_the_same_town_and_another_another(made: Town) -> None:
    assert town(seed=7) == made
    assert town(seed=8).tickets != made.tickets


@pytest.mark.parametrize(("months", "tickets"), [(3, 3000), (1, 1), (1, 60), (12, 2500)])
def test_it_has_the_size_and_the_time_asked_for(months: int, tickets: int) -> None:
    made = town(months=months, tickets=tickets)
    days = {t.opened_at.astimezone(TZ).date() for t in made.tickets}
    assert len(made.tickets) == len({t.number for t in made.tickets}) == tickets
    assert LAST - timedelta(30 * months) < min(days) <= max(days) <= LAST


def test_what_follows_comes_after_what_went_before(made: Town) -> None:
    for t in made.tickets:
        told = [x for x in (t.opened_at, t.dispatched_at, t.accepted_at, t.replied_at) if x]
        assert told == sorted(told)
        assert t.satisfaction is None or t.replied_at


def test_evenings_are_busier_than_nights_and_words_vary(made: Town) -> None:
    hours = Counter(t.opened_at.astimezone(TZ).hour for t in made.tickets)
    assert sum(hours[h] for h in (19, 20, 21)) > 5 * sum(hours[h] for h in (2, 3, 4))
    assert len({t.details for t in made.tickets}) > 0.95 * len(made.tickets)


def test_some_contractor_is_late_more_often_than_another(made: Town) -> None:
    late = {c: [not t.in_time for t in made.tickets if t.contractor == c and t.in_time is not None] for c in made.contractors}  # fmt: skip
    rates = sorted(sum(x) / len(x) for x in late.values())
    assert len(rates) == 3
    assert 0 < rates[0] < rates[-1] / 2


def test_the_hot_spot_of_the_last_week_is_found_where_it_was_planted(made: Town) -> None:
    spot = made.spots[0]
    seen = [Seen(cell_of(t.place.latitude, t.place.longitude), t.opened_at.astimezone(TZ).date()) for t in made.tickets]
    first = LAST - timedelta(days=55)
    found = hot_spots(seen, first, LAST, ends_from=LAST - timedelta(days=6), shuffles=199)
    assert any(cell_of(spot.place.latitude, spot.place.longitude) in f.cells for f in found)


@pytest.mark.parametrize("wrong", [{"months": 0}, {"tickets": 0}])
def test_no_town_without_a_month_or_a_ticket(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="needs"):
        town(**wrong)


def test_what_had_not_happened_by_the_end_is_not_told() -> None:
    last = date(2026, 10, 31)
    instants = [x for t in town(last=last).tickets for x in (t.dispatched_at, t.accepted_at, t.replied_at, t.analysed_at) if x]  # fmt: skip
    assert max(x.date() for x in instants) <= last
