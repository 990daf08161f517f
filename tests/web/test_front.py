"""The public pages: the front desk, and following a case with its number and secret."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from mingduan.config import limits

from .desk import file_case

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("desk")]


@pytest.mark.parametrize(
    "address",
    ["/", "/login/", "/follow/", "/verify/", "/procedures/", "/procedures/cace/appeal/", "/file/cace/appeal/"],
)
def test_anybody_may_open_the_public_pages_in_both_languages(address: str) -> None:
    assert "明断" in Client().get(address).content.decode()
    assert "Mingduan" in Client().get(address, headers={"accept-language": "en"}).content.decode()


def test_each_desk_stands_once_on_the_front_page() -> None:
    page = Client().get("/").content.decode()
    headings = re.findall(r"<h3>([^<]+)</h3>", page)
    assert len(headings) == len(set(headings))
    assert "客户申诉" in page, "what a desk takes beside its door stays with it"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_two_links_of_the_front_page_sound_alike_and_lead_elsewhere(language: str) -> None:
    """WCAG 2.4.9: several desks take an appeal; heard without its card, each says whose it is."""
    page = Client().get("/", headers={"accept-language": language}).content.decode()
    found: dict[str, set[str]] = {}
    for address, inner in re.findall(r'<a [^>]*href="([^"]+)"[^>]*>(.*?)</a>', page[page.index("<main") :], re.S):
        found.setdefault(" ".join(re.sub(r"<[^>]+>", "", inner).split()), set()).add(address)
    assert len(found) > 20
    assert {said: to for said, to in found.items() if len(to) > 1} == {}


@pytest.mark.parametrize("address", ["/home/", "/cases/"])
def test_lists_ask_to_sign_in(address: str) -> None:
    assert Client().get(address).headers["Location"].startswith("/login/")


def test_a_wrong_secret_and_an_unknown_number_look_the_same() -> None:
    case = file_case()
    pages = [
        Client().post("/follow/", {"number": number, "secret": "wrong"}).content.decode().replace(number, "")
        for number in (case.number, "CACE-SS-1999-0001")
    ]
    token = 'name="csrfmiddlewaretoken" value="'
    plain = [p[: p.index(token)] + p[p.index(token) + len(token) + 64 :] for p in pages]
    assert plain[0].count("不对") == plain[1].count("不对") == 1
    assert len(plain[0]) == len(plain[1])


def test_after_ten_failures_even_the_right_secret_waits() -> None:
    client, case = Client(), file_case()
    for _ in range(limits.TABLE["follow"].times):
        assert client.post("/follow/", {"number": case.number, "secret": "guess"}).status_code == 422
    response = client.post("/follow/", {"number": case.number, "secret": "right"})
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 900
    assert "尝试次数过多" in response.content.decode()
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert elsewhere.post("/follow/", {"number": case.number, "secret": "guess"}).status_code == 422, (
        "nobody is locked out of a number"
    )
