"""Problems are told in the language of Accept-Language, and each reason in both."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mingduan.people.models import Organisation
from mingduan.registry.models import Enterprise

from .client import REGISTRATION, call, filed, filing, make_people

pytestmark = pytest.mark.django_db
CHINESE, ENGLISH = re.compile(r"[\u3400-\u9fff]"), re.compile(r"[A-Za-z]{3,} [A-Za-z]{2,} [A-Za-z]{2,}")
BAD: dict[str, tuple[str, str, str, Any]] = {
    "no token": ("", "GET", "/duties", None),
    "unknown token": ("nobody", "GET", "/duties", None),
    "nothing there": ("enterprise", "GET", "/cases/NOPE-1", None),
    "not JSON": ("enterprise", "POST", "/cases", "{"),
    "nothing given": ("enterprise", "POST", "/cases", {}),
    "unknown rulebook": ("enterprise", "POST", "/cases", {"rulebook": "no/such", "facts": {}}),
    "facts missing": ("enterprise", "POST", "/cases", "filing"),
    "facts of a wrong type": ("enterprise", "POST", "/cases", "typed"),
    "another method": ("enterprise", "DELETE", "/duties", None),
    "wrong registration": ("enterprise", "PUT", "/profile", {**REGISTRATION, "credit_code": "1", "region": "x", "email": "x", "name_en": "恒通"}),
    "a code another has": ("enterprise", "PUT", "/profile", REGISTRATION),
    "a word that is too long": ("enterprise", "PUT", "/profile", {**REGISTRATION, "contact": "x" * 99}),
    "a row of no staff": ("registered", "POST", "/profile/certificates", {"technician": 9, "name": "x", "number": "1"}),
    "a kind that is none": ("registered", "POST", "/profile/equipment", {"kind": "zeppelin", "name": "x"}),
    "it ends before it begins": ("registered", "POST", "/profile/performance", {"client": "x", "project": "y", "specialty": "XL", "since": "2025-01-01", "until": "2024-01-01"}),
    "a purpose that is none": ("registered", "POST", "/profile/papers", {"fact": "x"}),
    "no certificate": ("", "GET", "/certificates/2026ZH9999JR0", None),
    "a day to come": ("", "GET", "/certificates/2026ZH9999JR0?on=2999-01-01", None),
    "a page of nonsense": ("", "GET", "/certificates?limit=0", None),
    "an act without reading first": ("enterprise", "POST", "act", {"action": "withdraw", "facts": {}}),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _people() -> None:
    make_people()
    other = Organisation.objects.create(name="别的企业", kind="enterprise")
    Enterprise.objects.create(organisation=other, **REGISTRATION)


def asked(bad: str, lang: str) -> Any:
    token, method, path, body = BAD[bad]
    if token == "registered":
        token = "enterprise"
        Enterprise.objects.update_or_create(
            organisation=Organisation.objects.get(name="enterprise"), defaults={**REGISTRATION, "credit_code": "91330106MA2CFLDG4R"}
        )  # fmt: skip
    if body == "filing":
        body = {**filing(), "facts": {}}
    if body == "typed":
        body = filing()
        body["facts"] = {**body["facts"], "grounds": "none", "decision.notified_on": "some day", "statement": 3}
    if path == "act":
        path = f"/cases/{filed().json()['number']}/acts"
    return call(token, method, path, body, Accept_Language=lang)


@pytest.mark.parametrize("bad", BAD)
def test_a_problem_is_told_in_the_language_asked_for(bad: str) -> None:
    for lang, strange in (("en", CHINESE), ("zh-CN", ENGLISH)):
        answer = asked(bad, lang)
        assert answer.status_code >= 400
        said = answer.json()
        assert not strange.search(said["title"]), said
        assert not strange.search(said["detail"]), said
        for reason in said.get("reasons", []):
            told = [reason, *filter(None, [reason.get("remedy")])]
            assert not [one["en"] for one in told if CHINESE.search(one["en"])], said
            assert not [one["zh"] for one in told if ENGLISH.search(one["zh"])], said
            assert all(CHINESE.search(one["zh"]) for one in told), said


def test_a_member_that_does_not_match_is_told_what_would_be_right() -> None:
    for body, zh in (
        ({**REGISTRATION, "contact": "x" * 99}, "“contact”最多 80 字"),
        ({k: v for k, v in REGISTRATION.items() if k != "phone"}, "缺少“phone”"),
        ({**REGISTRATION, "address": 3}, "“address”应为文字"),
    ):
        assert call("enterprise", "PUT", "/profile", body).json()["detail"] == zh
    assert call("", "GET", "/certificates?limit=0").json()["detail"] == "“limit”不小于 1"
