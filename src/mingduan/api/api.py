"""The interface at /api/: rulebooks, cases, acts and duties. Each call is one read or one act."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, NinjaAPI, Schema, Status
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import HttpBearer

from mingduan.cases import catalogue
from mingduan.cases.access import Access, access, log_reading, opener
from mingduan.cases.act import Side, act, open_case, state_of
from mingduan.cases.board import Search, board
from mingduan.cases.models import Case, Reading
from mingduan.cases.queries import may_see, my_duties
from mingduan.people.models import ApiToken, Organisation, User
from mingduan.procedure.case import Refusal
from mingduan.procedure.engine import Engine

from .problems import Problem, refused, respond

PAGE = 50


class Token(HttpBearer):
    """A person's token; what it may do is the person's access, less the scopes it lacks."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        """The token's row, or None for one that is unknown, revoked or whose owner has left."""
        digest = hashlib.sha256(token.encode()).hexdigest()
        found = (
            ApiToken.objects.select_related("user").filter(digest=digest, revoked=False, user__is_active=True).first()
        )
        needed = "cases:read" if request.method == "GET" else "cases:write"
        if found is not None and needed not in found.scopes:
            raise Problem(403, "Scope missing", f"This token lacks the scope {needed}")
        return found


api = NinjaAPI(title="Mingduan", version="1", auth=Token(), urls_namespace="api")


class Opening(Schema):
    """A case to open: its rulebook, what its opening action asks for, and the organisation it is about."""

    rulebook: str
    facts: dict[str, Any]
    opponent: int | None = None


class Acting(Schema):
    """An act: the action's name and what it asks for."""

    action: str
    facts: dict[str, Any] = Field(default_factory=dict)
    reason: str = ""
    legal_basis: str = ""
    correction: dict[str, Any] = Field(default_factory=dict)


class CaseOut(Schema):
    """A case as its reader may see it. `length` counts its events; the ETag names this very state."""

    number: str
    rulebook: str
    title: str
    state: str
    stayed: bool
    length: int
    opened_at: datetime
    facts: dict[str, Any]
    roles: list[str]


class CaseRow(Schema):
    """A case in a list."""

    number: str
    rulebook: str
    title: str
    state: str
    opened_at: datetime


class CasePage(Schema):
    """A page of cases, newest first; `next` is the cursor of the page after it."""

    items: list[CaseRow]
    next: str | None


class DutyOut(Schema):
    """A deadline somebody owes."""

    deadline: str
    owner: str
    due: datetime
    status: str
    provisional: bool
    clause: str | None
    met_by: list[str]


class OptionOut(Schema):
    """An action as it stands for the reader now."""

    action: str
    open: bool
    reasons: list[dict[str, str | None]]


class ProblemOut(Schema):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    detail: str | None = None
    clause: str | None = None
    reasons: list[dict[str, Any]] | None = None


PROBLEMS = dict.fromkeys((401, 403, 404, 412, 422, 428), ProblemOut)


@api.get("/rulebooks", response={200: list[str], 401: ProblemOut, 403: ProblemOut})
def rulebooks(request: HttpRequest) -> list[str]:
    """The ids of the rulebooks in force."""
    return list(catalogue.in_force())


@api.get("/rulebooks/{body}/{procedure}", response={200: dict[str, Any], **PROBLEMS})
def rulebook(request: HttpRequest, body: str, procedure: str) -> dict[str, Any]:
    """One rulebook, whole."""
    engine = catalogue.current(f"{body}/{procedure}")
    if engine is None:
        raise Problem(404, "No such rulebook")
    return engine.rulebook.model_dump(mode="json", by_alias=True, exclude_none=True)


@api.get("/cases", response={200: CasePage, **PROBLEMS})
def cases(
    request: HttpRequest, text: str = "", rulebook: str = "", state: str = "", after: int | None = None
) -> dict[str, Any]:
    """The cases the token's owner may see. `after`: the cursor of the page before."""
    found = board(_user(request), Search(text=text, rulebook=rulebook, state=state), timezone.now()).order_by("-id")
    rows = list(found.filter(pk__lt=after)[: PAGE + 1] if after else found[: PAGE + 1])
    return {"items": rows[:PAGE], "next": str(rows[PAGE - 1].pk) if len(rows) > PAGE else None}


@api.post("/cases", response={201: CaseOut, **PROBLEMS})
def open_(request: HttpRequest, opening: Opening, response: HttpResponse) -> Status[dict[str, Any]]:
    """Open a case. `Idempotency-Key` makes a repeated call give the same case."""
    user, engine = _user(request), catalogue.current(opening.rulebook)
    if engine is None:
        raise Problem(422, "No such rulebook", f"Known: {', '.join(catalogue.in_force())}")
    book = engine.rulebook
    if book.filing is None:
        raise Problem(422, "Not to be filed", "Only the body itself opens cases of this procedure")
    action, role = book.filing
    shown = user.organisation.name if user.organisation else str(user)
    sides = [Side(role, shown, user.organisation, None if user.organisation else user)]
    opponent = next((n for n, r in book.roles.items() if r.side == "opponent" and not r.told), None)
    other = Organisation.objects.filter(pk=opening.opponent or 0).first()
    if opponent and other is None:
        raise Problem(422, "Opponent missing", "`opponent` must be the id of the organisation the case is about")
    if opponent and other:
        sides.append(Side(opponent, other.name, other))
    done = open_case(
        rulebook=book.id, action=action, actor=opener(user, "", role), at=timezone.now(), facts=opening.facts, sides=sides,
        title=f"{shown}{book.title.zh}{other.name if other else ''}", key=_key(request),
    )  # fmt: skip
    if isinstance(done, Refusal):
        raise refused(done.reasons)
    return Status(201, _shown(request, done.case.number, response))


@api.get("/cases/{number}", response={200: CaseOut, **PROBLEMS})
def case(request: HttpRequest, number: str, response: HttpResponse) -> dict[str, Any]:
    """One case; its ETag goes into the `If-Match` of an act."""
    return _shown(request, number, response)


@api.get("/cases/{number}/events", response={200: list[dict[str, Any]], **PROBLEMS})
def events(request: HttpRequest, number: str) -> list[dict[str, Any]]:
    """What happened, oldest first, as far as the reader may see it."""
    found, got, engine = _case(request, number)
    hidden = {n for n in engine.rulebook.facts if not may_see(engine.rulebook, n, got.inside)}
    bodies = [row.body for row in found.events.all()]
    return [
        {**b, "facts": {k: v for k, v in b.get("facts", {}).items() if k not in hidden}}
        for b in bodies
        if b.get("entry", {}).get("records") not in hidden
    ]


@api.get("/cases/{number}/duties", response={200: list[DutyOut], **PROBLEMS})
def duties(request: HttpRequest, number: str) -> list[Any]:
    """The case's deadlines as they stand now."""
    found, _, engine = _case(request, number)
    return list(engine.duties(state_of(found), timezone.now()))


@api.get("/cases/{number}/options", response={200: list[OptionOut], **PROBLEMS})
def options(request: HttpRequest, number: str) -> list[dict[str, Any]]:
    """The actions open to the reader now, and why the others are not."""
    found, got, engine = _case(request, number)
    return [
        {
            "action": o.action,
            "open": o.open,
            "reasons": [{"clause": r.clause, "zh": r.text.zh, "en": r.text.en} for r in o.reasons],
        }
        for o in engine.options(state_of(found), got.actor, timezone.now())
    ]


@api.post("/cases/{number}/acts", response={200: CaseOut, **PROBLEMS})
def acts(request: HttpRequest, number: str, acting: Acting, response: HttpResponse) -> dict[str, Any]:
    """Do an act. `If-Match` must be the ETag of the case as last read: one who acts on an old state is told so."""
    found, got, _ = _case(request, number)
    match, key = request.headers.get("If-Match", "").strip('"'), _key(request)
    if not match:
        raise Problem(428, "If-Match missing", "Read the case and send its ETag as If-Match")
    if not match.isdigit():
        raise Problem(412, "Refused", "The ETag is not one of this case")
    done = act(
        number=found.number, action=acting.action, actor=got.actor, at=timezone.now(), facts=acting.facts, reason=acting.reason,
        legal_basis=acting.legal_basis, correction=acting.correction, seen=int(match), key=key,
    )  # fmt: skip
    if isinstance(done, Refusal):
        raise refused(done.reasons)
    return _shown(request, number, response)


@api.get("/duties", response={200: list[dict[str, Any]], 401: ProblemOut, 403: ProblemOut})
def mine(request: HttpRequest) -> list[dict[str, Any]]:
    """What the token's owner owes, by deadline."""
    return [
        {"group": name, "number": d.case.number, "zh": d.label, "en": d.label_en, "due": d.due.isoformat(), "clause": d.clause,
         "provisional": d.provisional, "action": d.action}
        for name, items in my_duties(_user(request), timezone.now()).items()
        for d in items
    ]  # fmt: skip


def _user(request: HttpRequest) -> User:
    token: ApiToken = request.auth  # type: ignore[attr-defined]  # ninja puts it there
    return token.user


def _key(request: HttpRequest) -> str:
    """The idempotency key, told apart by its sender: another's key is another key."""
    key = request.headers.get("Idempotency-Key", "")
    return f"{_user(request).pk}:{key}"[:100] if key else ""


def _case(request: HttpRequest, number: str) -> tuple[Case, Access, Engine]:
    found = Case.objects.prefetch_related("parties").filter(number=number).first()
    got = access(_user(request), found, timezone.now()) if found else None
    if found is None or got is None or not got.reads:
        raise Problem(404, "No such case", "There is no such case, or you may not see it")
    log_reading(found, got.actor, timezone.now(), Reading.What.DATA, request.path)
    return found, got, catalogue.kept(found.digest)


def _shown(request: HttpRequest, number: str, response: HttpResponse) -> dict[str, Any]:
    found, got, engine = _case(request, number)
    response.headers["ETag"] = f'"{found.length}"'
    facts = {n: v for n, v in found.facts.items() if may_see(engine.rulebook, n, got.inside)}
    return {
        "number": found.number, "rulebook": found.rulebook, "title": found.title, "state": found.state, "stayed": found.stayed,
        "length": found.length, "opened_at": found.opened_at, "facts": facts, "roles": sorted(got.actor.roles),
    }  # fmt: skip


@api.exception_handler(Problem)
def _problem(request: HttpRequest, error: Problem) -> HttpResponse:
    return respond(request, error)


@api.exception_handler(AuthenticationError)
def _unknown(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return respond(request, Problem(401, "Token missing or unknown", "Send Authorization: Bearer <token>"))


@api.exception_handler(ValidationError)
def _malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    told = [{"input": ".".join(map(str, e["loc"])), "en": e["msg"]} for e in error.errors]
    return respond(request, Problem(422, "Not understood", told[0]["en"], reasons=told))


@api.exception_handler(HttpError)
def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    return respond(request, Problem(error.status_code, str(error)))
