"""The board: all the cases one may see, with search, saved views and export."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from mingduan.cases import catalogue
from mingduan.cases.access import visible
from mingduan.cases.board import SORTS, Search, board, handlers, lines
from mingduan.cases.figured import NARROWS, figured
from mingduan.cases.models import Case
from mingduan.config import clock
from mingduan.people.models import User
from mingduan.procedure.landmarks import grounds_fact
from mingduan.procedure.rulebook import Rulebook

from .dashboard import part_names
from .export import FORMATS, Cell, download
from .models import SavedView
from .reader import reader, whole
from .templatetags.mingduan import listed, t, words

SIZES = (25, 50, 100)
_ASKED = (
    "text", "rulebook", "state", "grounds", "outcome", "due", "waiting", "deadline", "handler", "since", "until", "stayed",
    "mine", "round", *NARROWS,
)  # fmt: skip
_MORE = ("grounds", "outcome", "handler", "since", "until", "stayed", "mine")
_BUILT_IN = (
    ("全部", "All", ""), ("在办", "Running", "waiting=anything"), ("与我有关", "Mine", "mine=1"), ("逾期", "Late", "due=late"), ("本周到期", "Due this week", "due=week"),
    ("待受理", "To be accepted", "waiting=acceptance"), ("待裁定", "To be decided", "waiting=decision"), ("已中止", "Stayed", "stayed=1"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tab:
    """A view above the table: its name, where it leads, how many cases it has; `pk` when it is the reader's own."""

    zh: str
    en: str
    query: str
    here: bool
    count: int
    pk: int | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A heading that sorts: where it leads, and which way the table is sorted by it now."""

    zh: str
    en: str
    query: str
    direction: str


@login_required
def cases(request: HttpRequest) -> HttpResponse:
    """The board of all cases this person may see."""
    user, now, search = reader(request), clock.now(), asked(request.GET)
    size, seen = whole(request.GET.get("size")) or SIZES[0], visible(user, now)
    page = Paginator(board(user, search, now, seen), size if size in SIZES else SIZES[0]).get_page(
        request.GET.get("page")
    )
    books = _books(seen)
    return render(request, "web/cases.html", {
        "page": page, "rows": lines(page.object_list, now), "asked": search, "more": any(getattr(search, n) for n in _MORE),
        "books": books, "stages": _stages(books, search), "grounds": _grounds(books), "tabs": _tabs(user, request.GET, now, seen),
        "narrows": _narrows(search), "columns": _columns(request.GET, search.sort), "handlers": handlers(user), "sizes": SIZES, "size": page.paginator.per_page,
        "query": _query(request.GET), "previous": _query(request.GET, page=str(page.number - 1)), "next": _query(request.GET, page=str(page.number + 1)),
    })  # fmt: skip


@login_required
def cases_file(request: HttpRequest, kind: str) -> HttpResponseBase:
    """The board as a file: every case the search finds, not only the page shown."""
    if kind not in FORMATS:
        raise Http404
    now = clock.now()
    header = [
        t("编号", "Number"), t("程序", "Procedure"), t("案件", "Case"), t("当事人", "Parties"), t("状态", "State"), t("已中止", "Stayed"),
        t("立案", "Opened"), t("下一期限", "Next deadline"), t("责任人", "Owner"), t("到期", "Due"), t("逾期", "Late"),
    ]  # fmt: skip
    return download("cases", kind, header, _cells(board(reader(request), asked(request.GET), now), now))


@login_required
@require_POST
def view_save(request: HttpRequest) -> HttpResponse:
    """Keep the search under a name; the same name again replaces it."""
    name = request.POST.get("name", "").strip()[:60]
    query = _query(QueryDict(request.POST.get("query", "")), page="", size="")[:500]
    if name:
        SavedView.objects.update_or_create(user=reader(request), name=name, defaults={"query": query})
    return redirect(f"/cases/?{query}")


@login_required
@require_POST
def view_forget(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a view of one's own."""
    SavedView.objects.filter(user=reader(request), pk=pk).delete()
    return redirect("cases")


def asked(query: QueryDict) -> Search:
    """The search that an address asks for; what can't be read asks nothing."""
    plain = {
        n: query.get(n, "").strip()[:200]
        for n in ("text", "rulebook", "state", "grounds", "outcome", "due", "waiting", "deadline")
    }
    sort = query.get("sort", "-opened")
    return Search(
        **plain, handler=whole(query.get("handler")), since=_day(query.get("since")), until=_day(query.get("until")),
        stayed=query.get("stayed") == "1", mine=query.get("mine") == "1", round=query.get("round") == "1",
        sort=sort if sort.lstrip("-") in SORTS else "-opened",
        figures={n: v for n in NARROWS if (v := query.get(n, "").strip()[:200])},
    )  # fmt: skip


def _cells(found: QuerySet[Case], now: datetime) -> Iterator[list[Cell]]:
    """Row by row, a few hundred cases at a time, so that a long board costs no memory."""
    step = 300
    for start in range(0, found.count(), step):
        for row in lines(found[start : start + step], now):
            case, following = row.case, row.next
            owed: list[Cell] = ["", "", None, ""]
            if following is not None:
                owed = [
                    words(following.spec),
                    words(following.role),
                    following.due,
                    t("是", "yes") if following.late else "",
                ]
            yield [
                case.number, words(row.book.title), case.title, listed(row.parties), words(row.state),
                t("是", "yes") if case.stayed else "", case.opened_at, *owed,
            ]  # fmt: skip


def _tabs(user: User, query: QueryDict, now: datetime, seen: QuerySet[Case]) -> list[Tab]:
    here = _query(query, page="", size="", sort="")
    tabs = [Tab(zh, en, q, q == here, board(user, asked(QueryDict(q)), now, seen).count()) for zh, en, q in _BUILT_IN]
    for view in SavedView.objects.filter(user=user):
        count = board(user, asked(QueryDict(view.query)), now, seen).count()
        tabs.append(
            Tab(view.name, view.name, view.query, _query(QueryDict(view.query), sort="") == here, count, view.pk)
        )
    return tabs


def _columns(query: QueryDict, sort: str) -> list[Column]:
    titles = [
        ("number", "编号", "Number"), ("title", "案件", "Case"), ("state", "状态", "State"), ("due", "下一期限", "Next deadline"),
        ("opened", "立案", "Opened"),
    ]  # fmt: skip
    return [
        Column(
            zh, en, _query(query, page="", sort=f"-{name}" if sort == name else name),
            "ascending" if sort == name else "descending" if sort == f"-{name}" else "none",
        )
        for name, zh, en in titles
    ]  # fmt: skip


def _books(seen: QuerySet[Case]) -> list[Rulebook]:
    """The procedures of the cases that the reader may see."""
    theirs = set(seen.order_by().values_list("rulebook", flat=True).distinct())
    return [e.rulebook for e in catalogue.in_force().values() if e.rulebook.id in theirs]


def _stages(books: Sequence[Rulebook], search: Search) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """The states one can ask for, under their stages; those of one procedure when one is asked for. States of the
    same words say which procedure they are of.
    """
    found: dict[str, tuple[str, dict[str, str]]] = {}
    for book in books:
        if search.rulebook in ("", book.id):
            for name, state in book.states.items():
                states = found.setdefault(state.stage, (words(book.stages[state.stage]), {}))[1]
                twice = name not in states and words(state) in states.values()
                states.setdefault(name, f"{words(state)} · {words(book.title)}" if twice else words(state))
    return [(name, label, list(states.items())) for name, (label, states) in found.items()]


def _grounds(books: Sequence[Rulebook]) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """The grounds one can ask for, by procedure."""
    facts = [(b, b.facts[name]) for b in books if (name := grounds_fact(b))]
    return [(b.id, words(b.title), [(n, words(c)) for n, c in fact.choices.items()]) for b, fact in facts]


def _query(query: QueryDict, **changes: str) -> str:
    """The address's query with some members changed; empty ones are left out, in one order."""
    members = {n: query.get(n, "") for n in (*_ASKED, "sort", "size", "page")} | changes
    made = QueryDict(mutable=True)
    made.update({n: v for n, v in members.items() if v})
    return made.urlencode()


def _day(written: str | None) -> date | None:
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        return None


def _narrows(search: Search) -> list[tuple[str, str, str, str]]:
    """What a dashboard's link asks for besides: name, value, and both in words."""
    titles = {
        "class": t("类别", "Class"), "level": t("级别", "Level"), "area": t("片区", "Area"), "channel": t("渠道", "Channel"),
        "company": t("代维单位", "Contractor"), "came_since": t("投诉自", "Came from"), "came_until": t("至", "to"),
        "punctual": t("按时", "In time"), "content": t("客户满意", "Content"),
    }  # fmt: skip
    said = {"yes": t("是", "yes"), "no": t("否", "no")}
    return [(n, v, titles[n], part_names(n, figured()).get(v) or said.get(v, v)) for n, v in search.figures.items()]
