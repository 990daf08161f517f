"""Everything that the pages can do: each page that writes has an operation beside it, or a written excuse in docs/api.md."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from mingduan.api.api import api

DOCS = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
ACT, OPEN = "POST /api/cases/{number}/acts", "POST /api/cases"
BESIDE: Mapping[str, tuple[str, ...]] = {
    "/account/tokens/": ("GET /api/tokens", "DELETE /api/tokens/{pk}"),
    "/account/hooks/": ("POST /api/hooks", "PATCH /api/hooks/{pk}", "DELETE /api/hooks/{pk}"),
    "/account/calendar/": ("PUT /api/calendar", "DELETE /api/calendar"),
    "/cases/bulk/<body>/<procedure>/<action>/": ("POST /api/duties/acts",),
    "/cases/<number>/do/<action>/": (ACT, "POST /api/cases/{number}/check"),
    "/cases/<number>/personal/": ("POST /api/cases/{number}/personal",),
    "/certificates/due/": (OPEN,),
    "/enterprise/<kind>/": tuple(f"POST /api/profile/{k}" for k in ("staff", "certificates", "equipment", "sites", "performance", "papers")),
    "/enterprise/<kind>/<pk>/": tuple(f"DELETE /api/profile/{k}/{{pk}}" for k in ("staff", "certificates", "equipment", "sites", "performance", "papers")),
    "/enterprise/registration/": ("PUT /api/profile",),
    "/experts/<pk>/": tuple(f"POST /api/experts/{{pk}}/{k}" for k in ("interests", "kin", "employments", "absences")),
    "/field/<number>/<action>/": (ACT,),
    "/file/<body>/<procedure>/": (OPEN,),
    "/file/<body>/<procedure>/<key>/<place>/": (OPEN, "POST /api/files", "POST /api/rulebooks/{body}/{procedure}/check"),
    "/follow/": ("GET /api/cases/{number}",),
    "/hotspots/<pk>/improve/": (OPEN,),
    "/procedures/<body>/<procedure>/open/<action>/": (OPEN,),
    "/register/import/": ("POST /api/imports/certificates", "GET /api/imports/certificates/{pk}/faults"),
    "/tickets/": ("POST /api/imports/tickets",),
    "/tickets/<pk>/columns/": ("POST /api/imports/tickets", "GET /api/imports/tickets/{pk}/faults"),
    "/verify/": ("POST /api/certificates/verify",),
}  # fmt: skip
# Page → where the excuse stands in the section “What only the pages do”.
EXCUSED: Mapping[str, str] = {
    **dict.fromkeys((
        "/login/", "/login/code/", "/logout/", "/signup/", "/signup/confirm/<key>/", "/password/reset/", "/password/reset/<uidb36>-<key>/",
        "/account/email/", "/account/password/", "/account/confirm/", "/account/confirm/code/", "/account/second-factor/",
        "/account/second-factor/off/", "/account/recovery-codes/new/", "/account/sessions/",
    ), "The account"),
    "/i18n/setlang/": "the language",
    "/drafts/<key>/discard/": "drafts of a filing", "/cases/views/": "saved views", "/cases/views/<pk>/": "saved views",
    "/desk/": "hotline desk", "/desk/<body>/": "hotline desk",
    "/answer/<word>/": "answers by a link", "/answer/<word>/<action>/": "answers by a link", "/cases/<number>/watch/confirm/": "says that one knows",
    "/cases/<number>/mydata/": "The copy", "/register/<number>/english/": "English versions",
    "/certificates/batches/": "batches", "/certificates/batches/<pk>/": "batches",
    "/dispatch/": "dispatch proposals", "/dispatch/people/<pk>/": "shifts", "/letters/<pk>/": "letters that wait", "/hotspots/<pk>/reissue/": "hot spots",
    "/sms/incoming/": "/sms/incoming/", "/clock/": "the demonstration's clock",
}  # fmt: skip


def pages(resolver: URLResolver | None = None, prefix: str = "/") -> Iterator[tuple[str, Any]]:
    """Every address for people with what answers it."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern).removeprefix("^").removesuffix("$").removesuffix(r"\Z")
        if route.startswith(("/admin/", "/api/", "/tmf-api/")):
            continue
        if isinstance(entry, URLResolver):
            yield from pages(entry, route)
        elif isinstance(entry, URLPattern):
            tidy = re.sub(r"\(\?P(<[a-z0-9_]+>)[^)]*\)", r"\1", re.sub(r"<(?:[a-z_]+:)", "<", route))
            yield tidy.replace("\\.", ".").replace("//", "/"), entry.callback


def writes(answering: Any) -> bool:
    """Whether a view takes what is posted."""
    view = getattr(answering, "view_class", None)
    if view:
        return hasattr(view, "post")
    return inspect.isfunction(found := inspect.unwrap(answering)) and "POST" in inspect.getsource(found)


def test_every_page_that_writes_has_an_operation_or_an_excuse() -> None:
    assert {route for route, view in pages() if writes(view)} == {*BESIDE, *EXCUSED}


@pytest.mark.parametrize("page", BESIDE)
def test_the_operation_beside_a_page_is_there(page: str) -> None:
    described = {f"{m.upper()} {path}" for path, ways in api.get_openapi_schema(path_prefix="/api/")["paths"].items() for m in ways}  # fmt: skip
    assert [operation for operation in BESIDE[page] if operation not in described] == []


@pytest.mark.parametrize("page", EXCUSED)
def test_the_excuse_is_written(page: str) -> None:
    assert EXCUSED[page] in DOCS.partition("## What only the pages do")[2]
