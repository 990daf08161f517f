"""The files that a case names."""

from __future__ import annotations

import doctest

from mingduan.procedure import attachments as module


def test_doctests() -> None:
    assert doctest.testmod(module).failed == 0
