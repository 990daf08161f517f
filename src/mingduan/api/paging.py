"""Long lists, page by page: newest first, each page with the cursor of the next in its body and its Link header."""

from __future__ import annotations

import base64
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from mingduan.procedure.text import Text

from .problems import Problem

M = TypeVar("M", bound=Model)


def page(
    request: HttpRequest, response: HttpResponse, found: QuerySet[M], cursor: str | None, limit: int
) -> dict[str, Any]:
    """The page of `found` after `cursor`. Rows added meanwhile shift nothing: a cursor names the last row seen."""
    rows = found.order_by("-pk")
    if cursor:
        rows = rows.filter(pk__lt=_read(cursor))
    items = list(rows[: limit + 1])
    following = _write(items[limit - 1].pk) if len(items) > limit else None
    if following:
        query = request.GET.copy()
        query["cursor"] = following
        response.headers["Link"] = f'<{request.build_absolute_uri(request.path)}?{query.urlencode()}>; rel="next"'
    return {"items": items[:limit], "next": following}


def _write(pk: int) -> str:
    return base64.urlsafe_b64encode(str(pk).encode()).decode().rstrip("=")


def _read(cursor: str) -> int:
    try:
        pk = int(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii"))
    except ValueError:
        pk = 0
    if not 0 < pk < 2**63 or _write(pk) != cursor:
        raise Problem(
            "not-understood", Text(zh="cursor 不是前一页给出的", en="`cursor` is not one that a page before gave")
        )
    return pk
