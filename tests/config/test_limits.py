"""Limits: one table, counted once for all processes, with the time to wait."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import RequestFactory

from mingduan.config import limits

DOCS = Path(__file__).resolve().parents[2] / "docs" / "operate.md"


@pytest.fixture(autouse=True)
def _empty(db: None) -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def test_so_many_and_no_more_until_the_window_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits.TABLE, "verify", replace(limits.TABLE["verify"], times=3, seconds=100))
    now = [1_000_000.0]
    monkeypatch.setattr(limits, "time", SimpleNamespace(time=lambda: now[0]))
    request, other = (RequestFactory(REMOTE_ADDR=a).get("/") for a in ("192.0.2.1", "192.0.2.2"))
    assert [limits.too_often(request, "verify") for _ in range(4)] == [0, 0, 0, 100]
    now[0] += 99
    assert limits.too_often(request, "verify") == 1
    assert limits.too_often(other, "verify") == 0
    assert limits.too_often(request, "paper") == 0


def test_an_hours_limit_counts_what_lies_further_back_than_the_caches_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[str, float | None] = {}
    plainly = cache.add
    monkeypatch.setattr(cache, "add", lambda key, value, timeout=None: kept.update({key: timeout}) or plainly(key, value, timeout))  # fmt: skip
    limits.count("file", "192.0.2.1")
    limits.count("file", "192.0.2.1")
    assert len(kept) == 3
    assert all(t is not None and t >= limits.TABLE["file"].seconds for t in kept.values())


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("flushable")
def test_what_many_count_at_once_is_counted_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits.TABLE, "file", replace(limits.TABLE["file"], times=12))
    begin = threading.Barrier(4)

    def some() -> None:
        begin.wait()
        for _ in range(3):
            limits.count("file", "192.0.2.9")
        connection.close()

    assert not limits.reached("file", "192.0.2.9")
    threads = [threading.Thread(target=some) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert limits.reached("file", "192.0.2.9")


def test_sign_ins_are_of_the_table_too() -> None:
    assert settings.ACCOUNT_RATE_LIMITS == {"login_failed": "30/60s/ip,5/600s/key"}


def test_the_handbook_has_every_limit_with_its_numbers() -> None:
    written = DOCS.read_text(encoding="utf-8")
    for limit in limits.TABLE.values():
        counted = ", what fails" if limit.failing else ""
        assert f"| {limit.en} | {limit.times} in {limit.seconds} s | {limit.who[1]}{counted} |" in written
