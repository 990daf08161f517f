"""What the machines that watch over this one are told."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.db import DatabaseError
from django.test import Client

from mingduan.cases import outbox
from mingduan.config import clock, pulse
from mingduan.web import health

pytestmark = pytest.mark.django_db


def test_it_is_ready_with_all_it_needs() -> None:
    answer = Client().get("/health/ready")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "checks": dict.fromkeys(health.CHECKS, True)}


@pytest.mark.parametrize("name", sorted(health.CHECKS))
@pytest.mark.parametrize("fault", [DatabaseError, OSError, None])
def test_what_is_missing_is_named_and_alive_it_is_still(name: str, fault: type[Exception] | None, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    def check() -> bool:
        if fault:
            raise fault("secret words")
        return False

    monkeypatch.setattr(health, "CHECKS", {**health.CHECKS, name: check})
    answer = Client().get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["checks"][name] is False
    assert "secret" not in answer.content.decode()
    assert Client().get("/health/live").status_code == 200


def test_without_https_it_is_asked_behind_a_redirect_too(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert Client().get("/health/ready").status_code == 200
    assert Client().get("/").status_code == 301


def test_figures_are_for_whoever_has_the_token(settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    assert Client(headers={"Authorization": "Bearer "}).get("/metrics").status_code == 404
    settings.METRICS_TOKEN = "told-to-prometheus"
    assert Client().get("/metrics").status_code == 404
    assert Client(headers={"Authorization": "Bearer told-to-nobody"}).get("/metrics").status_code == 404
    assert Client(headers={"Authorization": "Bearer told-to-prometheus"}).get("/metrics").status_code == 200


def test_figures_tell_what_waits_and_when_the_worker_last_went_round(settings: Any) -> None:
    settings.METRICS_TOKEN = "t"
    cache.clear()
    outbox.put("event", "event:X#1", {}, clock.now())
    pulse.went_round(clock.now(), "here", ())
    told = Client(headers={"Authorization": "Bearer t"}).get("/metrics").content.decode()
    assert 'mingduan_outbox_waiting{failing="no",topic="event"} 1.0' in told
    for name in ("mingduan_duties_late", "mingduan_outbox_overdue_seconds", "mingduan_worker_seconds_since_round"):
        assert f"\n{name} " in told
