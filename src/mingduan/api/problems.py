"""The one error format: RFC 9457 problem details, with the clause where a rule of the procedure is the reason."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from mingduan.procedure.case import Reason


class Problem(Exception):
    """Something a program asked that can't be done; becomes the response."""

    def __init__(self, status: int, title: str, detail: str = "", **members: Any) -> None:
        super().__init__(title)
        self.status = status
        self.body = {
            "type": "about:blank",
            "status": status,
            "title": title,
            **({"detail": detail} if detail else {}),
            **members,
        }


def refused(reasons: Iterable[Reason]) -> Problem:
    """A refusal of the engine: 412 when the case has moved on, else 422, with every reason."""
    told: list[dict[str, Any]] = [
        {
            "rule": r.rule, "clause": r.clause, "zh": r.text.zh, "en": r.text.en, "input": r.input,
            "remedy": {"zh": r.remedy.zh, "en": r.remedy.en} if r.remedy else None,
        }
        for r in reasons
    ]  # fmt: skip
    status = 412 if any(r["rule"] == "overtaken" for r in told) else 422
    return Problem(status, "Refused", told[0]["en"], clause=told[0]["clause"], reasons=told)


def respond(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The problem as application/problem+json."""
    return JsonResponse(
        problem.body,
        status=problem.status,
        content_type="application/problem+json",
        json_dumps_params={"ensure_ascii": False},
    )
