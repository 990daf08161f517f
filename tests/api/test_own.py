"""What belongs to the caller's account: its calendar's address and its tokens."""

from __future__ import annotations

import pytest
from django.test import Client

from mingduan.people.models import ApiToken

from .client import call, make_people

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def people() -> None:
    make_people()


def test_a_calendars_address_is_told_once_and_works_until_it_is_stopped() -> None:
    assert call("enterprise", "GET", "/calendar").json() == {"since": None}
    first, second = (call("enterprise", "PUT", "/calendar").json()["url"].split("/calendar/")[1] for _ in range(2))
    assert [Client().get(f"/calendar/{word}").status_code for word in (first, second)] == [404, 200]
    assert call("enterprise", "GET", "/calendar").json()["since"]
    assert call("enterprise", "DELETE", "/calendar").status_code == 204
    assert Client().get(f"/calendar/{second}").status_code == 404


def test_a_revoked_token_is_unknown_at_once() -> None:
    listed = {tuple(t["scopes"]): t["id"] for t in call("enterprise", "GET", "/tokens").json()}
    assert call("enterprise-reads", "GET", "/me").status_code == 200
    assert call("enterprise", "DELETE", f"/tokens/{listed[('cases:read',)]}").status_code == 204
    assert call("enterprise-reads", "GET", "/me").status_code == 401
    assert [t["revoked"] for t in call("enterprise", "GET", "/tokens").json()] == [False, True]


def test_nobody_revokes_the_token_of_another() -> None:
    theirs = ApiToken.objects.filter(user__username="centre").first()
    assert theirs is not None
    assert call("enterprise", "DELETE", f"/tokens/{theirs.pk}").status_code == 404
    assert not ApiToken.objects.filter(revoked=True).exists()


@pytest.mark.parametrize(("method", "path"), [("PUT", "/calendar"), ("DELETE", "/calendar"), ("GET", "/tokens"), ("DELETE", "/tokens/1")])  # fmt: skip
def test_a_token_that_only_reads_cases_may_not(method: str, path: str) -> None:
    assert call("enterprise-reads", method, path).status_code == 403
