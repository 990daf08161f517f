"""The operator's branch in the demonstration: contractors at work by their entry, with group, scope and people; its emergency plan."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from django.test import Client

from mingduan.cases.models import Case
from mingduan.complaints.scorecard.cards import in_force, month_of
from mingduan.complaints.scorecard.store import reads_of, roster
from mingduan.demo.people import read
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


def test_s05_the_desk_has_companies_on_their_way_in_and_one_that_left_accounts_taken_back(made: datetime) -> None:
    client = Client()
    client.force_login(User.objects.get(username="contracts"))
    page = client.get("/contractors/").content.decode()
    assert [state for state in ("资质合格待评审", "已申请", "已退出") if state not in page] == []
    left = Case.objects.get(rulebook="contractor/exit")
    assert {h["kind"] for h in left.facts["handovers"]} >= {"sites", "documents", "orders", "accounts"}
    assert left.facts["accountability"]


@pytest.mark.parametrize("name", ["fault", "on-demand", "inspection", "accompany", "rectification", "abnormal-report"])
def test_s05_a4_each_of_the_six_works_has_a_case(made: datetime, name: str) -> None:
    assert Case.objects.filter(rulebook=f"contractor/{name}").exists()


def test_s05_6_staff_are_entered_with_their_post_and_the_registers_certificate(made: datetime) -> None:
    staff = Case.objects.filter(rulebook="contractor/entry").order_by("opened_at").last().facts["staff"]
    assert {row["post"] for row in staff} <= set(read("enterprises.yaml")["posts"])
