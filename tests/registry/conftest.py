"""A home with one test authority for all tests of papers: making its keys takes a second."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def _shared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("registry")


@pytest.fixture
def registry_home(settings, _shared_home: Path) -> Path:
    settings.HOME, settings.SIGNER, settings.CREDENTIAL_KEY = _shared_home, {"kind": "test-ca"}, ""
    return _shared_home
