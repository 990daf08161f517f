"""The account's pages for programs."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from mingduan.api.models import Feed, Hook
from mingduan.people.models import ApiToken, User

from .client import call, make_people

pytestmark = pytest.mark.django_db
PAGES = ("/account/tokens/", "/account/hooks/", "/account/calendar/")


@pytest.fixture(autouse=True)
def people() -> None:
    make_people()


def signed_in(login: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=login))
    return client


@pytest.mark.parametrize("page", PAGES)
def test_the_pages_are_for_whoever_is_signed_in_in_both_languages(page: str) -> None:
    assert Client().get(page).status_code == 302
    assert signed_in("centre").get(page).status_code == 200
    assert signed_in("centre").get(page, headers={"accept-language": "en"}).status_code == 200


def test_a_token_is_shown_once_works_and_is_revoked() -> None:
    client = signed_in("stranger")
    asked = client.post("/account/tokens/", {"name": "报表", "scope": ["cases:read"]})
    assert asked.headers["Location"].startswith("/account/confirm/"), "a token is made by whoever knows the password"
    assert not ApiToken.objects.filter(name="报表").exists()
    page = client.post(asked.headers["Location"], {"password": "x"}).content.decode()
    token = re.search(r"<code>([\w-]{40,})</code>", page)
    assert token
    assert call(token[1], "GET", "/me").status_code == 200
    assert call(token[1], "POST", "/cases", {}).status_code == 403
    assert token[1] not in client.get("/account/tokens/").content.decode()
    made = ApiToken.objects.get(name="报表")
    signed_in("centre").post("/account/tokens/", {"revoke": made.pk})
    assert call(token[1], "GET", "/me").status_code == 200, "another's token is not theirs to revoke"
    client.post("/account/tokens/", {"revoke": made.pk})
    assert call(token[1], "GET", "/me").status_code == 401


@pytest.mark.parametrize(
    "form", [{"name": "x"}, {"name": "", "scope": ["cases:read"]}, {"name": "x", "scope": ["all"]}]
)
def test_a_token_without_name_or_scope_is_told_not_made(form: dict[str, object]) -> None:
    before = ApiToken.objects.count()
    assert signed_in("centre").post("/account/tokens/", form).status_code == 422
    assert ApiToken.objects.count() == before


def test_a_hook_is_made_paused_started_and_removed(settings) -> None:
    settings.HOOKS_TO_LOOPBACK = True
    client = signed_in("centre")
    assert "whsec_" in client.post("/account/hooks/", {"url": "http://127.0.0.1:9/"}).content.decode()
    made = Hook.objects.get()
    client.post("/account/hooks/", {"hook": made.pk, "do": "pause"})
    assert not Hook.objects.get().active
    client.post("/account/hooks/", {"hook": made.pk, "do": "start"})
    assert Hook.objects.get().active
    signed_in("stranger").post("/account/hooks/", {"hook": made.pk, "do": "remove"})
    assert signed_in("stranger").get(f"/account/hooks/{made.pk}/").status_code == 404
    assert client.get(f"/account/hooks/{made.pk}/").status_code == 200
    client.post("/account/hooks/", {"hook": made.pk, "do": "remove"})
    assert not Hook.objects.exists()


def test_an_address_inside_is_told_on_the_form() -> None:
    response = signed_in("centre").post("/account/hooks/", {"url": "http://10.0.0.1/"})
    assert (response.status_code, "内网" in response.content.decode()) == (422, True)


def test_a_calendar_address_is_shown_once_and_stopped() -> None:
    client = signed_in("centre")
    path = re.search(r"(/calendar/[\w-]+\.ics)", client.post("/account/calendar/", {"do": "new"}).content.decode())
    assert path
    assert Client().get(path[1]).status_code == 200
    client.post("/account/calendar/", {"do": "stop"})
    assert Client().get(path[1]).status_code == 404
    assert not Feed.objects.exists()
