"""A NUL, which PostgreSQL can't keep, is told as what it is, wherever it is sent."""

from __future__ import annotations

import pytest
from django.test import Client

from .desk import file_case
from .office import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("desk")]


@pytest.mark.parametrize("path", ["/cases/?text=%00", "/register/?q=%00", "/verify/?number=%00", "/cases/a%00/"])
def test_what_is_asked_with_a_nul_is_told_so(path: str) -> None:
    answer = signed_in("centre").get(path)
    assert answer.status_code == 400
    assert "不能保存的控制字符" in answer.content.decode()


@pytest.mark.parametrize("name", ["reason", "legal_basis", "payment.amount"])
def test_an_act_with_a_nul_is_told_so_and_not_done(name: str) -> None:
    case = file_case()
    answer = signed_in("centre").post(f"/cases/{case.number}/do/receive_deposit/", {name: "依\0据"})
    assert answer.status_code == 400
    case.refresh_from_db()
    assert case.length == 1


def test_nobody_follows_or_signs_in_with_a_nul() -> None:
    assert Client().post("/follow/", {"number": "\0", "secret": "x"}).status_code == 400
    assert Client().post("/login/", {"login": "\0", "password": "x"}).status_code == 400
