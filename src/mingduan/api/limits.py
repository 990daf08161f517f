"""What a program is told when it has tried the same thing too often."""

from __future__ import annotations

from mingduan.config.limits import address, count, reached

from .problems import Problem


def check(limit: int, *about: str) -> None:
    """Raise the problem when `about` was counted `limit` times in the current window."""
    if reached(limit, *about):
        raise Problem("too-many", retry_after=600)


__all__ = ["address", "check", "count"]
