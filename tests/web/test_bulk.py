"""The same step in many cases."""

from __future__ import annotations

import pytest

from mingduan.cases import bulk, catalogue
from mingduan.cases.models import Case

from . import office

pytestmark = pytest.mark.django_db
PAGE = "/cases/bulk/cace/appeal/accept/"


@pytest.fixture
def cases() -> list[Case]:
    office.people()
    at = office.ago(2)
    made = [office.file_case(at, grounds_text=f"第{n}件") for n in range(3)]
    for case in made:
        office.do(
            case, "centre", "centre", "receive_deposit", at, payment__amount=500_000, payment__on=at.date().isoformat()
        )
    return made


def sent(*cases: Case, **more: str) -> dict[str, object]:
    seen = {f"seen-{c.number}": str(c.length) for c in cases}
    return {"case": [c.number for c in cases], "key": "one", "major": "false", **seen, **more}


def states() -> list[str]:
    return list(Case.objects.order_by("number").values_list("state", flat=True))


def test_ticked_cases_are_done_each_with_its_own_record_and_the_others_stay(cases: list[Case]) -> None:
    centre = office.signed_in("centre")
    assert PAGE in centre.get("/home/").content.decode()
    before = states()
    page = centre.post(PAGE, sent(*cases[:2])).content.decode()
    assert "2 / 2" in page
    assert [a == b for a, b in zip(before, states(), strict=True)] == [False, False, True]
    assert [c.events.count() for c in Case.objects.order_by("number")] == [3, 3, 2]


def test_what_stands_against_one_touches_no_other_and_is_told(cases: list[Case]) -> None:
    centre = office.signed_in("centre")
    centre.post(PAGE, sent(cases[0]))
    page = centre.post(PAGE, sent(*cases, key="two")).content.decode()
    assert "2 / 3" in page
    assert "您打开本页后" in page
    assert [c.events.count() for c in Case.objects.order_by("number")] == [3, 3, 3]


def test_sent_twice_it_is_done_once(cases: list[Case]) -> None:
    centre = office.signed_in("centre")
    assert "3 / 3" in centre.post(PAGE, sent(*cases)).content.decode()
    assert "3 / 3" in centre.post(PAGE, sent(*cases)).content.decode()
    assert [c.events.count() for c in Case.objects.all()] == [3, 3, 3]


def test_a_case_one_may_not_see_is_none(cases: list[Case]) -> None:
    centre = office.signed_in("centre")
    page = centre.post(PAGE, sent(cases[0]) | {"case": ["CACE-SS-1999-0001"]}).content.decode()
    assert "没有编号为CACE-SS-1999-0001的案件" in page


def test_nothing_ticked_says_so(cases: list[Case]) -> None:
    response = office.signed_in("centre").post(PAGE, sent())
    assert response.status_code == 422
    assert "没有勾选案件" in response.content.decode()


def test_only_by_the_office_that_may(cases: list[Case]) -> None:
    for login in ("committee", "enterprise", "agency"):
        assert office.signed_in(login).get(PAGE).status_code == 404


def test_what_is_signed_or_about_one_case_alone_is_not_done_to_many() -> None:
    for engine in catalogue.in_force().values():
        for name, spec in engine.rulebook.actions.items():
            if spec.signed or spec.corrects or spec.appoints or spec.links or spec.opens:
                assert not bulk.serves_many(engine.rulebook, name)
