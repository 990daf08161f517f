"""The interface's own pages: its description to read, and what each kind of problem means."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from .api import api
from .problems import KINDS


def docs(request: HttpRequest) -> HttpResponse:
    """Every operation, by subject; the same description as /api/openapi.json."""
    schema = api.get_openapi_schema(path_prefix="/api/")
    subjects: dict[str, list[dict[str, Any]]] = {}
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            told = {**operation, "path": path, "method": method.upper()}
            subjects.setdefault(operation.get("tags", ["other"])[0], []).append(told)
    return render(request, "api/docs.html", {"subjects": subjects.items(), "kinds": KINDS.values()})


def problem(request: HttpRequest, slug: str) -> HttpResponse:
    """What a kind of problem means and how to put it right: the page its `type` names."""
    kind = KINDS.get(slug)
    if kind is None:
        raise Http404
    return render(request, "api/problem.html", {"kind": kind})
