"""The public register over the interface: search, one certificate, its history, and what it was on a past day."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from mingduan.config import limits
from mingduan.registry.models import Certificate

from ..registry.scheme import certified, suspended
from .client import call

pytestmark = pytest.mark.django_db


@pytest.fixture
def certificate() -> Certificate:
    cache.clear()
    made = certified(at=timezone.now() - timedelta(days=100))
    suspended(made, timezone.now() - timedelta(days=40))
    return made


@pytest.mark.parametrize("words", ["恒通", "hengtong", "htdw", "20"])
def test_a_certificate_is_found_by_name_pinyin_initials_and_number(certificate: Certificate, words: str) -> None:
    found = call("", "GET", f"/certificates?q={words}").json()["items"]
    assert [c["number"] for c in found] == [certificate.number]
    assert found[0]["status"] == "suspended"


def test_what_is_looked_for_and_not_there_is_an_empty_page(certificate: Certificate) -> None:
    assert call("", "GET", "/certificates?q=没有的").json() == {"items": [], "next": None}


def test_what_it_was_on_a_past_day_is_told(certificate: Certificate) -> None:
    def on(days: int) -> str | None:
        day = timezone.localdate() - timedelta(days)
        standing = call("", "GET", f"/certificates/{certificate.number}?on={day}").json()["standing"]
        return standing and standing["status"]

    assert (on(0), on(50), on(101)) == ("suspended", "valid", None)


def test_its_history_is_told_oldest_first(certificate: Certificate) -> None:
    spans = call("", "GET", f"/certificates/{certificate.number}/history").json()
    assert [s["status"] for s in spans] == ["valid", "suspended"]
    assert spans[0]["until"] == spans[1]["since"]


def test_a_day_to_come_is_refused_and_an_unknown_number_is_not_there(certificate: Certificate) -> None:
    tomorrow = timezone.localdate() + timedelta(1)
    assert call("", "GET", f"/certificates/{certificate.number}?on={tomorrow}").status_code == 422
    assert call("", "GET", "/certificates/2026ZH9999JR0").status_code == 404


def test_who_asks_too_often_waits(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits.TABLE, "api-register", replace(limits.TABLE["api-register"], times=2))
    answers = [call("", "GET", "/certificates").status_code for _ in range(3)]
    assert answers == [200, 200, 429]
