"""Fixtures of the page tests."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from .office import people


@pytest.fixture
def desk(db: None) -> None:
    """The office's people, and nobody's failed tries remembered."""
    people()
    cache.clear()
