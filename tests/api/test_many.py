"""The same act in many cases by a program."""

from __future__ import annotations

import pytest

from mingduan.cases.models import Case

from .client import call, filed, make_people, pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def numbers() -> list[str]:
    make_people()
    made = [str(filed().json()["number"]) for _ in range(3)]
    for number in made[:2]:
        pay(number)
    return made


def test_each_is_done_by_itself_and_refusals_are_told(numbers: list[str]) -> None:
    body = {"action": "accept", "numbers": [*numbers, "CACE-SS-1999-0001"], "facts": {"major": False}}
    told = call("centre", "POST", "/duties/acts", body).json()
    assert [(o["number"], o["done"]) for o in told] == [(numbers[0], True), (numbers[1], True), (numbers[2], False), ("CACE-SS-1999-0001", False)]  # fmt: skip
    assert told[2]["reasons"][0]["clause"]
    assert Case.objects.filter(state="accepted").count() == 2


def test_sent_again_with_its_key_it_is_done_once(numbers: list[str]) -> None:
    body = {"action": "accept", "numbers": numbers[:2], "facts": {"major": False}}
    for _ in range(2):
        told = call("centre", "POST", "/duties/acts", body, **{"Idempotency-Key": "k1"})
        assert [o["done"] for o in told.json()] == [True, True]


def test_whose_act_it_is_not_is_refused(numbers: list[str]) -> None:
    body = {"action": "accept", "numbers": numbers[:1], "facts": {"major": False}}
    assert [o["done"] for o in call("enterprise", "POST", "/duties/acts", body).json()] == [False]
    assert call("", "POST", "/duties/acts", body).status_code == 401


def test_no_case_is_no_request(numbers: list[str]) -> None:
    assert call("centre", "POST", "/duties/acts", {"action": "accept", "numbers": []}).status_code == 422
