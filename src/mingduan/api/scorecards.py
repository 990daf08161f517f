"""Contractors' monthly scorecards: the months, a month's places, one contractor's card with the ticket behind each deduction."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from mingduan.complaints.scorecard.board import Board, ItemRow, Place, months
from mingduan.complaints.scorecard.looks import Look, asked, looks
from mingduan.complaints.scorecard.settlement import points
from mingduan.config import clock
from mingduan.procedure.period import TZ

from .caller import Token, account
from .describe import told
from .problems import Problem
from .schemas.scorecards import BoardOut, CardOut, SheetOut

router = Router(tags=["scorecards"], auth=Token("cases:read"))


@router.get("", response={200: list[CardOut], **told(401, 403)})
def list_scorecards(request: HttpRequest) -> list[dict[str, Any]]:
    """The scorecards whose figures the caller may see, each with its months."""
    now = clock.now().astimezone(TZ)
    return [
        {"card": one.card.id, "zh": one.card.title.zh, "en": one.card.title.en, "out_of": points(one.card.points),
         "due_day": one.card.due_day, "months": months(one.card, now)}
        for one in looks(account(request))
    ]  # fmt: skip


@router.get("/{body}/{name}/{month}", response={200: BoardOut, **told(401, 403, 404)})
def month_of_scorecard(request: HttpRequest, body: str, name: str, month: str) -> dict[str, Any]:
    """A month's places (`2026-10`). A contractor sees its own, and those of its group that are published."""
    _, found = _asked(request, body, name, month)
    return _board(found) | {"places": [_place(p) for p in found.places]}


@router.get("/{body}/{name}/{month}/{int:contractor}", response={200: SheetOut, **told(401, 403, 404)})
def scorecard_of_contractor(request: HttpRequest, body: str, name: str, month: str, contractor: int) -> dict[str, Any]:
    """One contractor's card with every deduction, for whoever manages contractors and for itself."""
    one, found = _asked(request, body, name, month)
    if (shown := one.sheet(found, str(contractor))) is None:
        raise Problem("not-found")
    sections = [
        {**_words(p.section), "lost": points(p.lost), "points": points(p.section.points), "items": [_item(r) for r in p.items]}
        for p in shown.parts
    ]  # fmt: skip
    return _board(found) | _place(shown.place) | {"sections": sections}


def _asked(request: HttpRequest, body: str, name: str, month: str) -> tuple[Look, Board]:
    if (found := asked(account(request), f"{body}/{name}", month, clock.now())) is None:
        raise Problem("not-found")
    return found


def _board(found: Board) -> dict[str, Any]:
    return {
        "card": found.card.id, "month": f"{found.first:%Y-%m}", "out_of": points(found.card.points), "preview": found.preview,
        "judged_at": found.judged_at,
    }  # fmt: skip


def _place(place: Place) -> dict[str, Any]:
    return {
        "contractor": int(place.contractor), "name": place.name, "group": place.group, "score": points(place.score), "rank": place.rank,
        "of": place.of, "case": place.case.number if place.case else None, "published": place.published,
    }  # fmt: skip


def _item(row: ItemRow) -> dict[str, Any]:
    deductions = [
        {"source": d.source, "case": d.number, "at": d.at.replace(tzinfo=TZ), "points": points(d.points), "note": d.note, "seq": d.seq,
         "contested": d.contest is not None, "upheld": d.fallen}
        for d in row.deductions
    ]  # fmt: skip
    return {
        "item": row.name, **_words(row.item), "count": row.score.count, "lost": points(row.score.lost), "most": points(row.most),
        "seconds": row.score.seconds, "deductions": deductions,
    }  # fmt: skip


def _words(item: Any) -> dict[str, Any]:
    return {"zh": item.zh, "en": item.en, "clause": item.clause}
