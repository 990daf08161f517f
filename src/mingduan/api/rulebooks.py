"""The procedures: which are in force, each whole, and its dates for a case filed on a day."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Query, Router

from mingduan.cases import catalogue, registrar
from mingduan.cases.access import opener, openings
from mingduan.cases.act import Side
from mingduan.config import clock
from mingduan.procedure.case import Act
from mingduan.procedure.engine import Engine
from mingduan.procedure.text import Text
from mingduan.procedure.verify import windows

from .caller import Caller, Token, anyone, caller
from .cases import finding_out
from .describe import told
from .facts import resolve, storable
from .problems import Problem
from .schemas.cases import FindingOut
from .schemas.common import Sent
from .schemas.rulebooks import DateOut, RulebookRow

router = Router(tags=["rulebooks"])


Day = Annotated[date | None, Query(None, alias="from", description="The day of filing.")]


class Hypothesis(Sent):
    """What a case to be opened would say."""

    facts: dict[str, Any]
    action: str = Field("", max_length=80, description="The opening action; the filing of the public unless given.")


@router.get("", response={200: list[RulebookRow]}, auth=None)
def rulebooks(request: HttpRequest) -> list[dict[str, str]]:
    """The rulebooks in force."""
    books = (e.rulebook for e in catalogue.in_force().values())
    return [
        {"id": b.id, "version": b.version, "digest": b.digest, "zh": b.title.zh, "en": b.title.en} for b in books
    ]  # fmt: skip


@router.get("/{body}/{procedure}", response={200: dict[str, Any], **told(404)}, auth=None)
def rulebook(request: HttpRequest, body: str, procedure: str) -> dict[str, Any]:
    """One rulebook, whole."""
    return _engine(body, procedure).rulebook.model_dump(mode="json", by_alias=True, exclude_none=True)


@router.get("/{body}/{procedure}/dates", response={200: list[DateOut], **told(404, 422)}, auth=None)
def dates(request: HttpRequest, body: str, procedure: str, start: Day = None) -> list[dict[str, Any]]:
    """All dates of a case filed on a day: today when none is given."""
    engine = _engine(body, procedure)
    start = start or clock.today()
    try:
        found = windows(engine.rulebook, start, engine.calendar)
        return [
            {"deadline": w.deadline, "zh": spec.zh, "en": spec.en, "clause": spec.clause, "last": w.last,
             "provisional": engine.calendar.is_provisional(w.last)}
            for w in found
            if (spec := engine.rulebook.deadlines[w.deadline])
        ]  # fmt: skip
    except (ValueError, OverflowError) as error:
        raise Problem("not-understood", Text(zh="这一天太远，算不出期限", en="That day is too far off to count from")) from error  # fmt: skip


@router.post(
    "/{body}/{procedure}/check", response={200: list[FindingOut], **told(400, 401, 403, 404, 422)},
    auth=[Token("cases:write"), anyone], openapi_extra={"security": [{}, {"Token": []}]},
)  # fmt: skip
def check(request: HttpRequest, body: str, procedure: str, asked: Hypothesis) -> list[dict[str, Any]]:
    """What if a case were opened now with these facts: every rule it is held against. Nothing is written."""
    storable(asked.facts)
    engine, who = _engine(body, procedure), caller(request)
    action, role = _opened_by(engine, who, asked.action)
    facts = resolve(engine, action, asked.facts, owner=who.owner)
    actor = opener(who.user, "", role)
    filer = Side(role, actor.name, who.user.organisation if who.user else None)
    act = registrar.foretold(engine, Act(action, actor, clock.now(), facts), {}, [filer])
    return [finding_out(f) for f in engine.check(None, act)]


def _opened_by(engine: Engine, who: Caller, action: str) -> tuple[str, str]:
    """The opening action and the role by which the caller would do it."""
    filing = engine.rulebook.filing
    if filing and action in ("", filing[0]):
        return filing
    role = openings(who.user, engine.rulebook).get(action) if who.user else None
    if role is None:
        raise Problem("not-found")
    return action, role


def _engine(body: str, procedure: str) -> Engine:
    engine = catalogue.current(f"{body}/{procedure}")
    if engine is None:
        raise Problem("not-found")
    return engine
