"""Shared by all tests: a home of their own, deterministic Hypothesis, the engines."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("MINGDUAN_HOME", tempfile.mkdtemp(prefix="mingduan-test-"))

import pytest
from django.db import connection
from hypothesis import settings as hypothesis_settings

from mingduan.procedure.engine import Engine
from mingduan.procedure.loading import load

hypothesis_settings.register_profile("ci", derandomize=True, deadline=None, max_examples=60)
hypothesis_settings.load_profile("ci")
RULEBOOKS = Path(__file__).resolve().parents[1] / "rulebooks"


@pytest.fixture(scope="session")
def appeal() -> Engine:
    """The main procedure, S01 6."""
    return Engine(load(RULEBOOKS / "cace" / "appeal.yaml"))


@pytest.fixture(autouse=True)
def _fast_passwords(settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _real_time(settings) -> Iterator[None]:
    """A demonstration that one test made is no demonstration to the next."""
    yield
    for left in ("demo-clock", "demo-tickets"):
        (Path(settings.HOME) / left).unlink(missing_ok=True)


@pytest.fixture
def flushable(transactional_db: None) -> Iterator[None]:
    """For tests with real transactions: lets the emptying after them pass the append-only triggers."""
    yield
    tables = ("cases_eventrow", "cases_ledgerline", "cases_reading", "cases_disposal", "registry_entry")
    with connection.cursor() as cursor:
        for table in tables if connection.vendor == "sqlite" else ():
            for verb in ("update", "delete"):
                cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb}")


@pytest.fixture(scope="session")
def _shared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One test authority for all tests of papers: making its keys takes a second."""
    return tmp_path_factory.mktemp("registry")


@pytest.fixture
def registry_home(settings, _shared_home: Path) -> Path:
    """A home in which certificates are signed by a test authority."""
    settings.HOME, settings.SIGNER, settings.CREDENTIAL_KEY = _shared_home, {"kind": "test-ca"}, ""
    return _shared_home
