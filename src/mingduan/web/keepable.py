"""Requests with a NUL in them: no database keeps one, nobody types one, so the page says so before anything is asked."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from .errors import unkeepable


class KeepableMiddleware:
    """Answers such a request itself; the interface for programs does so in its own form."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer to one request."""
        if request.path_info.startswith(("/api/", "/tmf-api/")) or not _has_nul(request):
            return self.get_response(request)
        return unkeepable(request)


def _has_nul(request: HttpRequest) -> bool:
    if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
        return True
    return request.method == "POST" and any(
        "\0" in word for name, said in request.POST.lists() for word in (name, *said)
    )
