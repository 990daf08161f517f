"""The demonstration: whole, in every stage, some of it late, and the same whenever it is made on one day."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from stdnum.cn import uscc

from mingduan import demo
from mingduan.cases import audit, catalogue
from mingduan.cases.models import Case, EventRow, Link
from mingduan.cases.queries import my_duties
from mingduan.demo.register import sheet
from mingduan.people.models import User
from mingduan.procedure.period import TZ
from mingduan.registry import jobs, queries
from mingduan.registry.enterprises import Enterprise
from mingduan.registry.models import Announcement, Certificate
from mingduan.registry.search import provinces


@pytest.mark.django_db
@pytest.mark.parametrize("day", [(2026, 2, 24), (2026, 10, 9)])
def test_it_can_be_made_on_any_day_also_after_a_long_holiday(day: tuple[int, int, int]) -> None:
    demo.make(datetime(*day, 8, 30, tzinfo=TZ))
    assert Case.objects.count() >= 290
    assert list(audit.verify()) == []


def test_every_stage_of_the_main_procedure_is_shown_and_somebody_is_late(made: datetime) -> None:
    book = catalogue.in_force()["cace/appeal"].rulebook
    shown = {book.states[s].stage for s in Case.objects.filter(rulebook=book.id).values_list("state", flat=True)}
    assert shown == set(book.stages)
    assert my_duties(User.objects.get(username="centre"), made)["late"]
    assert set(Case.objects.values_list("rulebook", flat=True)) >= {
        "cace/appeal", "cace/complaint", "cace/dispute", "csp/appeal-complaint", "ccrc/appeal-complaint",
    }  # fmt: skip


def test_nothing_of_it_lies_in_the_future_and_a_second_making_adds_nothing(made: datetime) -> None:
    before = EventRow.objects.count()
    demo.make(made)
    assert EventRow.objects.count() == before
    assert all(datetime.fromisoformat(e.body["at"]) <= made for e in EventRow.objects.all())


def test_the_sheet_taken_over_is_the_same_on_the_same_day_and_moves_with_the_day(made: datetime) -> None:
    cast = demo.Cast({user.username: user for user in User.objects.all()}, {})
    assert sheet(cast, made) == sheet(cast, made + timedelta(hours=2))
    first, later = (sheet(cast, day).splitlines()[1].split(",") for day in (made, made + timedelta(days=7)))
    assert date.fromisoformat(later[7]) - date.fromisoformat(first[7]) == timedelta(days=7)


def test_certificates_stand_in_every_status_in_every_specialty_and_grade(made: datetime) -> None:
    def seen(field: str) -> set[str]:
        return set(Certificate.objects.values_list(field, flat=True))

    statuses = {"valid", "suspended", "expired", "replaced", "cancelled", "withdrawn", "annulled"}
    assert seen("status") == statuses
    assert (seen("specialty"), seen("grade")) == ({"XL", "JZ", "ZW", "ZH", "TT", "SJ"}, {"J", "Y", "B", "L"})
    assert Certificate.objects.count() >= 180
    assert Announcement.objects.count() >= 15


def test_the_register_is_what_a_fold_of_all_its_entries_gives(made: datetime) -> None:
    assert list(audit.verify()) == []


def test_the_enterprises_are_plausible(made: datetime) -> None:
    profiles = list(Enterprise.objects.select_related("organisation"))
    assert len(profiles) == 300
    for profile in profiles:
        assert uscc.is_valid(profile.credit_code)
        assert profile.region[:2] in provinces()
        assert all(kept.exists() for kept in (profile.technicians, profile.equipments, profile.sites))
    assert len({p.organisation.name for p in profiles}) == 300


def test_a_qualification_stands_at_every_stage_and_the_other_procedures_are_under_way(made: datetime) -> None:
    book = catalogue.in_force()["cace/qualification"].rulebook
    assert set(Case.objects.filter(rulebook=book.id).values_list("state", flat=True)) == set(book.states)
    for name in (
        "repair-qualification",
        "surveillance",
        "renewal",
        "change",
        "suspension",
        "withdrawal",
        "cancellation",
        "misuse",
    ):
        assert Case.objects.filter(rulebook=f"cace/{name}", ended=False).exists(), name


def test_one_decision_is_under_appeal_and_another_was_undone_by_one(made: datetime) -> None:
    appeals = {link.number: link.case for link in Link.objects.filter(relation="appeal")}
    assert {Case.objects.get(number=n).state for n in appeals} == {"announced", "archived"}
    undone = Certificate.objects.get(status="annulled")
    back = queries.certificate(undone.replaces)
    assert back is not None
    assert [s.status for s in back.spans] == ["valid", "replaced", "valid"]


def test_nothing_falls_due_that_is_not_under_way(made: datetime) -> None:
    """The worker finds no certificate that has expired unnoticed and no case to open, on the first day."""
    assert jobs.daily(made) == 0
    assert not Certificate.objects.filter(status="valid", valid_until__lt=date(2026, 11, 25)).exists()
