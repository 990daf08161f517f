"""Below /tmf-api/ whatever goes wrong outside an operation is told as TMF630 tells it, too."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from ..problems import BY_STATUS
from .errors import TmfError, respond

PREFIX = "/tmf-api/"


class TmfMiddleware:
    """Gives every refusal below the prefix the form of an error: an unknown address, a bad host, our own failure."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer to one request."""
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        response = self.get_response(request)
        kind = BY_STATUS.get(response.status_code)
        if kind is None or response.headers.get("Content-Type", "").startswith("application/json"):
            return response
        kept = {name: response.headers[name] for name in ("Allow",) if name in response.headers}
        return respond(request, TmfError(kind.slug), kept)
