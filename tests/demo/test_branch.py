"""The operator's branch in the demonstration: contractors at work by their entry, with group, scope and people; its emergency plan."""

from __future__ import annotations

from datetime import date, datetime

from django.test import Client

from mingduan.cases.models import Case
from mingduan.complaints.scorecard.cards import in_force, month_of
from mingduan.complaints.scorecard.store import reads_of, roster
from mingduan.people.models import Organisation, User

NAMES = ("恒通代维有限公司", "远景网络维护有限公司", "华盛综合代维有限公司")


def test_s05_every_contractor_of_the_tickets_signed_and_has_its_benchmarking_group(made: datetime) -> None:
    card = in_force()["contractor/complaint-score"]
    at_work = roster(reads_of(card).roster, month_of(date(2026, 10, 1), made))
    assert {m.name: m.group for m in at_work} == dict(zip(NAMES, ("城区组", "城区组", "城郊组"), strict=True))


def test_s05_contract_scope_and_people_are_on_the_contractors_page_checked_against_the_register(made: datetime) -> None:
    client = Client()
    client.force_login(User.objects.get(username="contracts"))
    pages = {n: client.get(f"/contractors/{Organisation.objects.get(name=n).pk}/").content.decode() for n in NAMES}
    for name, said in pages.items():
        assert "YZDW-2026-0" in said, name
        assert "代维合同及附件.pdf" in said, name
    assert "郭小波" in pages[NAMES[1]]


def test_s12_a_plan_is_in_force_and_its_drill_is_over(made: datetime) -> None:
    states = dict(Case.objects.filter(rulebook="telecom/emergency").values_list("state", "title"))
    assert set(states) == {"plan_in_force", "archived"}
