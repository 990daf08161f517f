"""The demonstration's network complaints: the last days at once, the months before a few at a time, none twice."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from mingduan.cases import audit
from mingduan.cases.models import Case, Party
from mingduan.demo import customers, make_people, network
from mingduan.demo.town import town
from mingduan.people.models import User

from .conftest import home_beside

pytestmark = pytest.mark.django_db
RECENT = 12


@pytest.fixture(autouse=True)
def few(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A smaller town: twelve tickets of the last days, twenty-five of the weeks before."""
    settings.HOME = home_beside(Path(settings.HOME), tmp_path)
    now = timezone.now()

    def small(today: Any) -> Any:
        whole = town(1, 3, 3000, today).tickets
        recent = [t for t in whole if t.opened_at >= now - network.RECENT]
        earlier = [t for t in whole if t.opened_at < now - network.RECENT]
        return (*earlier[-25:], *recent[:RECENT])

    monkeypatch.setattr(network, "_town", small)
    monkeypatch.setattr(customers, "EARLIER", 0)
    if not User.objects.exists():  # the package's demonstration may stand around this test
        make_people(now)


def told() -> int:
    """How many of these complaints there are."""
    return Case.objects.filter(rulebook=network.RULEBOOK).count()


def test_the_last_days_are_told_at_once_and_the_months_before_go_on_until_all_is_told() -> None:
    now, before = timezone.now(), told()
    network.begin(now)
    assert (told() - before, network.waiting()) == (RECENT, True)
    assert [network.go_on(now) for _ in range(5)] == [10, 10, 5, 0, 0]
    assert (told() - before, network.waiting()) == (RECENT + 25, False)
    assert list(audit.verify()) == []


def test_earlier_tickets_are_over_and_each_of_three_companies_has_its_own() -> None:
    now = timezone.now()
    network.begin(now)
    while network.go_on(now):
        pass
    over = Counter(Case.objects.filter(receipt__key__startswith="demonstration/").values_list("state", flat=True))
    assert over["closed"] > 10
    assert not set(over) & {"registered", "graded", "dispatched"}
    companies = set(
        Party.objects.filter(role="contractor", case__rulebook=network.RULEBOOK).values_list("name", flat=True)
    )
    assert companies == {"恒通代维有限公司", "远景网络维护有限公司", "华盛综合代维有限公司"}


def test_a_slice_that_breaks_leaves_no_half_ticket_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    now, before = timezone.now(), told()
    network.begin(now)
    whole, left = network.act, iter(range(30))

    def broken(**said: Any) -> Any:
        if next(left, None) is None:
            raise OSError("the machine went down")
        return whole(**said)

    monkeypatch.setattr(network, "act", broken)
    with pytest.raises(OSError, match="went down"):
        network.go_on(now)
    assert RECENT < told() - before < RECENT + 10
    monkeypatch.setattr(network, "act", whole)
    while network.go_on(now):
        pass
    assert told() - before == RECENT + 25
