"""How often the same caller may try the same thing, counted in the shared cache."""

from __future__ import annotations

import hashlib

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest

HOUR, MINUTE = 3600, 60
SEARCHES_A_MINUTE, FILES_A_MINUTE = 60, 10  # of the public register: its pages; its open data and feed
CHECKS_A_MINUTE, PAPERS_A_MINUTE = 20, 30  # certificates verified; their papers fetched


def address(request: HttpRequest) -> str:
    """Where a request comes from, behind as many proxies as MINGDUAN_PROXIES says."""
    return str(get_adapter().get_client_ip(request))


def reached(limit: int, *about: str) -> bool:
    """Whether `about` was counted `limit` times in its current window."""
    return int(cache.get(_name(about), 0)) >= limit


def too_often(request: HttpRequest, what: str, limit: int, seconds: int) -> bool:
    """Whether this address has done it `limit` times in its current window; if not, it is counted."""
    asking = (what, address(request))
    if reached(limit, *asking):
        return True
    count(seconds, *asking)
    return False


def count(seconds: int, *about: str) -> None:
    """Count one more of `about`; the window of `seconds` begins with the first."""
    name = _name(about)
    if not cache.add(name, 1, seconds):
        try:
            cache.incr(name)
        except ValueError:  # it ran out between the two lines
            cache.add(name, 1, seconds)


def _name(about: tuple[str, ...]) -> str:
    return "limit:" + hashlib.sha256("\0".join(about).encode("utf-8", "replace")).hexdigest()
