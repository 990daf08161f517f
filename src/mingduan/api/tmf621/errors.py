"""What went wrong, as TMF630 tells it: code, reason, message, status, and where to read about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import get_language

from mingduan.procedure.case import Reason
from mingduan.procedure.text import Text

from ..problems import KINDS, Problem, reasons_out

# What breaks the description is 400; what the description allows and a rulebook or this house does not is 409.
_STATUSES = {
    "not-understood": 400,
    "if-match-missing": 400,
    "refused": 409,
    "overtaken": 409,
    "key-reused": 409,
    "file-refused": 409,
}


class TmfError(Exception):
    """A request that is answered with an error. `slug` names its kind, `reasons` each rule that stands against it."""

    def __init__(self, slug: str, detail: Text | None = None, *, clause: str | None = None, reasons: Iterable[Reason] = ()) -> None:  # fmt: skip
        super().__init__(slug)
        self.slug, self.detail, self.clause, self.reasons = slug, detail, clause, tuple(reasons)
        self.headers: dict[str, str] = {}


def conflict(zh: str, en: str) -> TmfError:
    """What the description allows and this house does not do."""
    return TmfError("refused", Text(zh=zh, en=en))


def refused(reasons: Iterable[Reason]) -> TmfError:
    """A refusal of the engine, each reason with its clause and what would put it right."""
    given = tuple(reasons)
    slug = "overtaken" if any(r.rule == "overtaken" for r in given) else "refused"
    return TmfError(slug, None, clause=given[0].clause, reasons=given)


def of_problem(problem: Problem) -> TmfError:
    """The same problem as the rest of the interface tells it, told here."""
    error = TmfError(problem.kind.slug, problem.detail, clause=problem.clause)
    if problem.retry_after is not None:
        error.headers["Retry-After"] = str(problem.retry_after)
    return error


def respond(request: HttpRequest, error: TmfError, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """The error as JSON, in the reader's language."""
    lang = "en" if (get_language() or "").startswith("en") else "zh"
    kind = KINDS[error.slug]
    status = _STATUSES.get(kind.slug, kind.status)
    body: dict[str, Any] = {
        "@type": "Error", "code": kind.slug, "reason": kind.title.in_(lang), "message": _message(error, lang),
        "status": str(status), "referenceError": request.build_absolute_uri(reverse("problem", args=[kind.slug])),
    }  # fmt: skip
    if error.clause:
        body["clause"] = error.clause
    if error.reasons:
        body["reasons"] = reasons_out(error.reasons)
    response = JsonResponse(body, status=status, json_dumps_params={"ensure_ascii": False})
    for name, value in {**error.headers, **(headers or {})}.items():
        response.headers[name] = value
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _message(error: TmfError, lang: str) -> str:
    """What is wrong and what would be right, rule by rule where rules are the reason."""
    if error.detail is not None:
        return error.detail.in_(lang)
    if not error.reasons:
        return KINDS[error.slug].mend.in_(lang)
    return (" " if lang == "en" else "").join(_told(r, lang) for r in error.reasons)


def _told(reason: Reason, lang: str) -> str:
    mend = reason.remedy.in_(lang) if reason.remedy else ""
    if lang == "en":
        return reason.text.en + (f" ({reason.clause})" if reason.clause else "") + (f": {mend}." if mend else ".")
    return reason.text.zh + (f"（{reason.clause}）" if reason.clause else "") + (f"：{mend}。" if mend else "。")
