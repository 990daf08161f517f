"""The contractors' monthly scorecards: the months, the ranking within each group, one contractor's card, as page and file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mingduan.cases import catalogue
from mingduan.cases.access import access, visible
from mingduan.cases.act import state_of
from mingduan.complaints.scorecard import paper
from mingduan.complaints.scorecard.board import Board, Place, Sheet, board, months
from mingduan.complaints.scorecard.cards import due
from mingduan.complaints.scorecard.looks import Look, asked, looks
from mingduan.complaints.scorecard.settlement import points
from mingduan.config import clock
from mingduan.procedure.period import TZ

from .casefile import ends
from .charts import Bar, bars
from .export import FORMATS, Cell, download
from .reader import reader
from .templatetags.mingduan import lang, t, words


@login_required
@never_cache
@require_safe
def scorecards(request: HttpRequest) -> HttpResponse:
    """The cards and their months; for a contractor, how it stood in each."""
    now = clock.now()
    found = looks(reader(request))
    if not found:
        raise Http404
    listed = [
        (one, [_summary(one, one.cut(board(one.card, date.fromisoformat(f"{month}-01"), now))) for month in months(one.card, now.astimezone(TZ))[:12]])
        for one in found
    ]  # fmt: skip
    return render(request, "web/scorecards.html", {"listed": listed})


@login_required
@never_cache
@require_safe
def month(request: HttpRequest, body: str, name: str, written: str) -> HttpResponse:
    """A month's ranking within each benchmarking group."""
    one, found = _asked(request, body, name, written)
    groups = [(group, places, _chart(one, found, places)) for group, places in found.groups.items()]
    return render(request, "web/scorecard_month.html", {
        "look": one, "board": found, "groups": groups, "month": written, "due": due(one.card, found.first), "months": months(one.card, clock.now().astimezone(TZ))[:12],
    })  # fmt: skip


@login_required
@never_cache
@require_safe
def month_file(request: HttpRequest, body: str, name: str, written: str, kind: str) -> HttpResponseBase:
    """A month's ranking as a file."""
    _, found = _asked(request, body, name, written)
    if kind not in FORMATS:
        raise Http404
    header = [
        t("对标组", "Group"),
        t("名次", "Rank"),
        t("代维单位", "Contractor"),
        t("得分", "Score"),
        t("状态", "State"),
        t("案件", "Case"),
    ]
    rows: list[list[Cell]] = [
        [p.group, p.rank, p.name, points(p.score), words(p.state) if p.state else t("预览", "Preview"), p.case.number if p.case else ""]
        for p in found.places
    ]  # fmt: skip
    return download(f"scorecard-{written}", kind, header, rows)


@login_required
@never_cache
@require_safe
def contractor(request: HttpRequest, body: str, name: str, written: str, pk: int) -> HttpResponse:
    """One contractor's card: every item, every deduction, what it rests on, and where to contest it."""
    one, shown = _sheet(request, body, name, written, pk)
    case, now, can, until = shown.place.case, clock.now(), False, None
    rows = [row for part in shown.parts for row in part.items]
    told = {d.number for row in rows for d in row.deductions} | {t.number for row in rows for t in row.tickets}
    readable = set(visible(reader(request), now).filter(number__in=told).values_list("number", flat=True))
    if case is not None:
        engine, state = catalogue.kept(case.digest), state_of(case)
        options = engine.options(state, access(reader(request), case, now).actor, now)
        can = any(o.action == "contest" and o.open for o in options)
        until = ends(engine, state).get("contest")
    return render(request, "web/scorecard.html", {
        "look": one, "sheet": shown, "board": shown.board, "place": shown.place, "month": written, "may_contest": can, "contest_until": until, "readable": readable, "due": due(one.card, shown.board.first),
    })  # fmt: skip


@login_required
@never_cache
@require_safe
def contractor_file(request: HttpRequest, body: str, name: str, written: str, pk: int, kind: str) -> HttpResponseBase:
    """One contractor's card as a workbook, or as an archival PDF."""
    _, shown = _sheet(request, body, name, written, pk)
    if kind == "pdf":
        response = HttpResponse(paper.typeset_sheet(shown, lang()), content_type="application/pdf")
        title = f"{shown.place.name} {written} {shown.board.card.title.in_(lang())}.pdf"
        response.headers["Content-Disposition"] = content_disposition_header(False, title) or "inline"
        return response
    if kind not in FORMATS:
        raise Http404
    header = [t("部分", "Section"), t("考核项", "Item"), t("条款", "Clause"), t("次数", "Count"), t("扣分", "Lost"), t("最多", "Most"),
              t("依据", "Ticket or record"), t("时间", "When"), t("每笔扣分", "Points"), t("说明", "Note"), t("异议成立", "Upheld")]  # fmt: skip
    return download(f"scorecard-{written}-{pk}", kind, header, list(_rows(shown)))


def _rows(shown: Sheet) -> Any:
    for part in shown.parts:
        for row in part.items:
            yield [
                words(part.section),
                words(row.item),
                row.item.clause or t("推定", "inferred"),
                row.score.count,
                points(row.score.lost),
                points(row.most),
            ]
            for d in row.deductions:
                yield [words(part.section), words(row.item), row.item.clause or "", None, None, None, d.source, d.at.replace(tzinfo=TZ),
                       points(d.points), d.note, t("是", "yes") if d.fallen else ""]  # fmt: skip
    yield [t("得分", "Score"), None, None, None, points(shown.place.score)]


def _asked(request: HttpRequest, body: str, name: str, written: str) -> tuple[Look, Board]:
    """The card and month somebody asks for, as they may see it."""
    if (found := asked(reader(request), f"{body}/{name}", written, clock.now())) is None:
        raise Http404
    return found


def _sheet(request: HttpRequest, body: str, name: str, written: str, pk: int) -> tuple[Look, Sheet]:
    one, found = _asked(request, body, name, written)
    if (shown := one.sheet(found, str(pk))) is None:
        raise Http404
    return one, shown


@dataclass(frozen=True, slots=True)
class Summary:
    """A month in a line: whether it is settled, whose place is the reader's, how many there are and their mean."""

    month: str
    preview: bool
    count: int
    mean: int | None
    published: int
    mine: Place | None


def _summary(one: Look, found: Board) -> Summary:
    scores = [p.score for p in found.places]
    mean = round(sum(scores) / len(scores)) if scores else None
    mine = found.place(one.own) if one.own else None
    return Summary(
        f"{found.first:%Y-%m}", found.preview, len(scores), mean, sum(p.published for p in found.places), mine
    )


def _chart(one: Look, found: Board, places: list[Place]) -> SafeString:
    base = f"/scorecards/{one.card.id}/{found.first:%Y-%m}/"
    return bars([
        Bar(p.name, p.score / 100, t(f"{p.name} {points(p.score)}分，第{p.rank}名", f"{p.name}: {points(p.score)}, number {p.rank}"),
            f"{base}{p.contractor}/" if one.all or one.own == p.contractor else "")
        for p in places
    ], width=520)  # fmt: skip
