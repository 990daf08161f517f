"""My duties: late, today, this week, later; and what others owe."""

from __future__ import annotations

import re

import pytest

from .desk import file_case
from .office import accepted, ago, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("desk")]


def test_duties_stand_with_whoever_owes_them() -> None:
    case = file_case()
    assert case.number in signed_in("centre").get("/home/").content.decode()
    assert "决定是否受理" in signed_in("centre").get("/home/").content.decode()
    mine, _, awaited = signed_in("enterprise").get("/home/").content.decode().partition('id="awaited"')
    assert "决定是否受理" not in mine
    assert "决定是否受理" in awaited, "what the other side owes is shown apart"


def test_each_duty_leads_to_the_form_that_meets_it() -> None:
    case = file_case()
    assert f"/cases/{case.number}/do/accept/" in signed_in("centre").get("/home/").content.decode()


def test_what_is_late_is_counted_in_the_navigation() -> None:
    accepted(ago(20))
    page = signed_in("centre").get("/procedures/").content.decode()
    count = re.search(r'class="badge">(\d+)', page)
    assert count
    assert int(count[1]) >= 1
    assert "badge" not in signed_in("stranger").get("/procedures/").content.decode()


def test_later_duties_are_folded_beyond_the_tenth() -> None:
    for _ in range(6):
        accepted(ago(1))
    page = signed_in("centre").get("/home/").content.decode()
    assert re.search(r"其余 \d+ 项", page)
