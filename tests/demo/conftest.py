"""The demonstration made once for the tests that only read it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from django.db import transaction

from mingduan import demo
from mingduan.procedure.period import TZ


@pytest.fixture(scope="package")
def _made(django_db_setup: None, django_db_blocker) -> Iterator[datetime]:
    """Made in a transaction around the tests' own, which is undone after the last of them."""
    now = datetime(2026, 11, 25, 10, tzinfo=TZ)
    with django_db_blocker.unblock(), transaction.atomic():
        demo.make(now)
        with django_db_blocker.block():
            yield now
        transaction.set_rollback(True)


@pytest.fixture
def made(_made: datetime, db: None) -> datetime:
    """The moment at which the demonstration was made."""
    return _made


def home_beside(home: Path, place: Path) -> Path:
    """A home of a test's own that shares the files of the demonstration that may stand around it, and the key its cases are sealed under."""
    (home / "files").mkdir(exist_ok=True)
    (place / "files").symlink_to(home / "files")
    if (home / "data-key.txt").exists():
        (place / "data-key.txt").symlink_to(home / "data-key.txt")
    return place
