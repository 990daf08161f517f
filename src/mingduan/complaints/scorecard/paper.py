"""A contractor's card of a month on paper: archival PDF, the same card giving the same bytes."""

from __future__ import annotations

from typing import Any

from mingduan.cases import catalogue
from mingduan.paper.typeset import typeset
from mingduan.procedure.text import Text
from mingduan.procedure.words import moment

from .board import Deduction, ItemRow, Sheet
from .settlement import points
from .store import reads_of


def typeset_sheet(sheet: Sheet, lang: str) -> bytes:
    """The PDF/A of a card in one language."""
    board, place, card = sheet.board, sheet.place, sheet.board.card
    book = catalogue.in_force()[catalogue.of_body(card.id.split("/")[0], reads_of(card).settled_by)].rulebook

    def said(zh: str, en: str) -> str:
        return Text(zh=zh, en=en).in_(lang)

    about = [
        (said("代维单位", "Contractor"), place.name),
        (said("标杆分组", "Benchmarking group"), place.group or "—"),
        (said("得分", "Score"), f"{points(place.score)} / {points(card.points)}"),
        (said("计分截止", "Judged as of"), moment(board.judged_at, lang)),
    ]
    if place.published:
        about.append((said("组内名次", "Rank in the group"), f"{place.rank} / {place.of}"))
    standing = place.state.text.in_(lang) if place.state else ""
    data: dict[str, Any] = {
        "lang": lang, "title": f"{card.title.in_(lang)} {board.first:%Y-%m}", "letterhead": (book.desk or book.title).in_(lang),
        "number": place.case.number if place.case else f"{board.first:%Y-%m}-{place.contractor}", "basis": card.source.document,
        "mark": said("预览，尚未结算", "Preview, not settled") if board.preview else standing, "about": about,
        "parts": [
            {"title": f"{part.section.text.in_(lang)} −{points(part.lost)} / {points(part.section.points)}", "items": [_item(row, lang) for row in part.items]}
            for part in sheet.parts
        ],
        "lines": [_line(row, d, lang) for part in sheet.parts for row in part.items for d in row.deductions],
    }  # fmt: skip
    return typeset("_scorecard", data, board.judged_at)


def _item(row: ItemRow, lang: str) -> list[str]:
    count = f"{row.hours} h" if row.hours is not None else str(row.score.count)
    clause = row.item.clause or Text(zh="推定", en="inferred").in_(lang)
    return [row.item.text.in_(lang), clause, count, points(row.score.lost), points(row.most)]


def _line(row: ItemRow, one: Deduction, lang: str) -> list[str]:
    note = one.note
    if one.fallen:
        note = f"{Text(zh='异议成立，不扣分', en='contest upheld, costs nothing').in_(lang)} {note}".strip()
    return [row.item.text.in_(lang), one.source, f"{one.at:%Y-%m-%d %H:%M}", points(one.points), note]
