"""What a program is told when it has tried the same thing too often."""

from __future__ import annotations

from django.http import HttpRequest

from mingduan.config.limits import address, count, reached

from .problems import Problem


def check(name: str, *about: str) -> None:
    """Raise the problem when `about` has done it too often."""
    if waits := reached(name, *about):
        raise Problem("too-many", retry_after=waits)


def counted(request: HttpRequest, name: str) -> None:
    """Count one more of this address, or raise the problem."""
    check(name, address(request))
    count(name, address(request))


__all__ = ["address", "check", "count", "counted"]
