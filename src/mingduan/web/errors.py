"""What a person sees when something is not there, not allowed, or broken: never a traceback."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """No such page, or a case this person may not know of: both look the same."""
    return _page(request, 404, "没有这个页面，或您无权查看", "There is no such page, or you may not see it")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Not allowed."""
    return _page(request, 403, "您无权这样做", "You may not do this")


def unkeepable(request: HttpRequest) -> HttpResponse:
    """Text that no database keeps."""
    return _page(
        request,
        400,
        "所填文字中有不能保存的控制字符，请去掉后再提交",
        "The text holds a control character that can't be kept: take it out and send again",
    )


def too_many(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Too many requests from one address."""
    return _page(request, 429, "操作过于频繁，请稍后再试", "Too many requests: please try again later")


def slow_down(request: HttpRequest, seconds: int) -> HttpResponse:
    """The same, with the time to wait."""
    minutes = -(-seconds // 60)
    zh, en = (f"{minutes}分钟", f"{minutes} min") if seconds > 90 else (f"{seconds}秒", f"{seconds} s")
    response = _page(request, 429, f"操作过于频繁，请过{zh}再试", f"Too many requests: please try again in {en}")
    response.headers["Retry-After"] = str(seconds)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Our fault."""
    return _page(
        request,
        500,
        "系统出错，您的操作没有保存，请稍后再试",
        "Something broke; nothing was saved. Please try again later",
    )


def _page(request: HttpRequest, status: int, zh: str, en: str) -> HttpResponse:
    return render(request, "web/error.html", {"zh": zh, "en": en, "status": status}, status=status)
