"""Around every answer of the interface: one error format whatever went wrong, and reads that need not be sent again."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers, set_response_etag

from .problems import BY_STATUS, Problem, respond

PREFIX = "/api/"


class InterfaceMiddleware:
    """Gives every refusal below /api/ the form of a problem, and answers If-None-Match."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer to one request."""
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            return respond(request, Problem("malformed"))
        response = self.get_response(request)
        if not isinstance(response, HttpResponse):  # a stream: too large to hold for an ETag
            _private(response)
            return response
        kind = BY_STATUS.get(response.status_code)
        if kind and response.headers.get("Content-Type", "") != "application/problem+json":
            told = respond(request, Problem(kind.slug))
            for name in ("Allow", "Content-Language"):
                if name in response.headers:
                    told.headers[name] = response.headers[name]
            return told
        _private(response)
        if request.method in ("GET", "HEAD") and response.status_code == 200:
            if not response.has_header("ETag"):
                set_response_etag(response)
            answer = get_conditional_response(request, etag=response.headers["ETag"], response=response)
            return answer or response
        return response


def _private(response: HttpResponseBase) -> None:
    """Each reader is answered anew: another may see more or less."""
    patch_cache_control(response, private=True, no_cache=True)
    patch_vary_headers(response, ["Authorization", "Case-Secret"])
