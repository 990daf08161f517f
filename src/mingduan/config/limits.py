"""How often the same thing may be tried: every limit in one table, counted in the cache that all processes share.

if waits := limits.too_often(request, "verify"):
    return slow_down(request, waits)
"""

from __future__ import annotations

import hashlib
import math
import time
from dataclasses import dataclass

from django.core.cache import cache
from django.http import HttpRequest

MINUTE, HOUR = 60, 3600


@dataclass(frozen=True, slots=True)
class Limit:
    """So many `times` within so many `seconds`, by `who`; `failing`: only what fails is counted."""

    zh: str
    en: str
    times: int
    seconds: int
    who: tuple[str, str] = ("同一网络地址", "one address")
    failing: bool = False


TABLE: dict[str, Limit] = {
    "register": Limit("查阅公开登记簿", "Pages of the public register", 60, MINUTE),
    "open-data": Limit("下载登记簿开放数据", "The register's open data", 10, MINUTE),
    "feed": Limit("读取公告订阅", "The register's feed", 10, MINUTE),
    "verify": Limit("核验证书", "Certificates verified", 20, MINUTE),
    "paper": Limit("下载证书", "Papers of certificates fetched", 30, MINUTE),
    "api-register": Limit("以接口查阅登记簿", "The register asked by programs", 120, MINUTE),
    "file": Limit("无账号提交", "Filings without an account, by page or program", 60, HOUR),
    "upload": Limit("无账号上传文件", "Uploads without an account", 120, HOUR),
    "follow": Limit("凭编号和查询码查询", "Cases followed with number and secret", 10, 15 * MINUTE, failing=True),
    "api-secret": Limit("以接口使用查询码", "Secrets tried by programs", 10, 10 * MINUTE, ("同一网络地址和案件", "one address and case"), failing=True),
    "answer": Limit("凭链接答复和评价", "Answers and ratings through a link", 30, HOUR, ("同一链接", "one link")),
    "sign-in": Limit("登录", "Sign-ins", 30, MINUTE, failing=True),
    "sign-in-account": Limit("登录同一账号", "Sign-ins to one account", 5, 10 * MINUTE, ("同一网络地址和账号", "one address and account"), failing=True),
    "sms": Limit("短信网关送来短信", "Text messages posted by the gateway", 600, MINUTE),
    "sms-unsigned": Limit("冒称短信网关", "Posts that the gateway has not signed", 30, 10 * MINUTE, failing=True),
}  # fmt: skip


def address(request: HttpRequest) -> str:
    """Where a request comes from, behind as many proxies as MINGDUAN_PROXIES says."""
    from allauth.account.adapter import get_adapter  # the settings read the table before there are apps

    return str(get_adapter().get_client_ip(request))


def too_often(request: HttpRequest, name: str) -> int:
    """0, and it is counted; or the seconds to wait where this address has done it too often already."""
    who = address(request)
    if waits := reached(name, who):
        return waits
    count(name, who)
    return 0


def reached(name: str, *about: str) -> int:
    """The seconds until `about` may do it again; 0 while it may."""
    limit, window = TABLE[name], _window(name, about)
    begun: float | None = cache.get(window)
    if begun is None or not cache.get(f"{window}:{begun}:{limit.times}"):
        return 0
    return max(1, math.ceil(begun + limit.seconds - time.time()))


def count(name: str, *about: str) -> None:
    """Count one more of `about`; the window begins with the first. Each has a place of its own in it, which only one process
    can take.
    """
    limit, window = TABLE[name], _window(name, about)
    if (begun := cache.get(window)) is None:
        cache.add(window, time.time(), limit.seconds)
        begun = cache.get(window)
    place, n = f"{window}:{begun}", int(cache.get(f"{window}:{begun}", 0)) + 1
    while n <= limit.times and not cache.add(f"{place}:{n}", 1, limit.seconds + MINUTE):
        n += 1
    cache.set(place, n, limit.seconds + MINUTE)


def rate(*names: str) -> str:
    """Limits as allauth writes them, for the sign-ins it counts: by address, or by the key that `web.signin` gives."""
    return ",".join(f"{TABLE[n].times}/{TABLE[n].seconds}s/{'ip' if n == 'sign-in' else 'key'}" for n in names)


def _window(name: str, about: tuple[str, ...]) -> str:
    return "limit:" + hashlib.sha256("\0".join((name, *about)).encode("utf-8", "replace")).hexdigest()
