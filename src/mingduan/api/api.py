"""The interface at /api/, put together: its subjects, and how anything that goes wrong becomes a problem."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja.errors import AuthenticationError, HttpError, ValidationError

from . import (
    cases,
    duties,
    experts,
    files,
    hooks,
    imports,
    office,
    own,
    people,
    profile,
    register,
    rulebooks,
    saying,
    scorecards,
)
from .describe import Interface
from .problems import BY_STATUS, Problem, respond

api = Interface(
    title="Mingduan 明断", version="1", urls_namespace="api", docs_url=None, servers=[{"url": "/"}],
    description="Cases filed, read and acted in by programs, by the same rules as the pages. Start with docs/api.md, which also says what only the pages do.",
)  # fmt: skip
api.add_router("/rulebooks", rulebooks.router)
api.add_router("/cases", cases.router)
api.add_router("/duties", duties.router)
api.add_router("/experts", experts.router)
api.add_router("/files", files.router)
api.add_router("/hooks", hooks.router)
api.add_router("/imports", imports.router)
api.add_router("/profile", profile.router)
api.add_router("/certificates", register.router)
api.add_router("/scorecards", scorecards.router)
api.add_router("", people.router)
api.add_router("", office.router)
api.add_router("", own.router)


@api.exception_handler(Problem)
def _problem(request: HttpRequest, error: Problem) -> HttpResponse:
    return respond(request, error)


@api.exception_handler(AuthenticationError)
def _unknown(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return respond(request, Problem("token-missing"))


@api.exception_handler(ValidationError)
def _malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    told = [(".".join(map(str, e["loc"])), saying.told(e)) for e in error.errors]
    reasons = [{"input": name, "zh": text.zh, "en": text.en} for name, text in told]
    return respond(request, Problem("not-understood", told[0][1], reasons=reasons))


@api.exception_handler(HttpError)
def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    return respond(request, Problem(BY_STATUS[error.status_code].slug))
