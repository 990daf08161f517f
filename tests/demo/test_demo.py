"""The demonstration: whole, in every stage, some of it late, and the same whenever it is made on one day."""

from __future__ import annotations

from datetime import datetime

import pytest

from mingduan import demo
from mingduan.cases import audit, catalogue
from mingduan.cases.models import Case, EventRow
from mingduan.cases.queries import my_duties
from mingduan.people.models import User
from mingduan.procedure.period import TZ

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("day", [(2026, 11, 25), (2026, 2, 24), (2026, 10, 9)])
def test_it_can_be_made_on_any_day_also_after_a_long_holiday(day: tuple[int, int, int]) -> None:
    demo.make(datetime(*day, 8, 30, tzinfo=TZ))
    assert Case.objects.count() >= 40
    assert list(audit.verify()) == []


def test_every_stage_of_the_main_procedure_is_shown_and_somebody_is_late() -> None:
    now = datetime(2026, 11, 25, 10, tzinfo=TZ)
    demo.make(now)
    book = catalogue.in_force()["cace/appeal"].rulebook
    shown = {book.states[s].stage for s in Case.objects.filter(rulebook=book.id).values_list("state", flat=True)}
    assert shown == set(book.stages)
    assert my_duties(User.objects.get(username="centre"), now)["late"]
    assert set(Case.objects.values_list("rulebook", flat=True)) >= {
        "cace/appeal", "cace/complaint", "cace/dispute", "csp/appeal-complaint", "ccrc/appeal-complaint",
    }  # fmt: skip


def test_nothing_of_it_lies_in_the_future_and_a_second_making_adds_nothing() -> None:
    now = datetime(2026, 11, 25, 10, tzinfo=TZ)
    demo.make(now)
    before = EventRow.objects.count()
    demo.make(now)
    assert EventRow.objects.count() == before
    assert all(datetime.fromisoformat(e.body["at"]) <= now for e in EventRow.objects.all())
