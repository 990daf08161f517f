"""Bringing tickets of another system: the file, what its columns are, a look at what would come of it, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from mingduan.cases import sheet
from mingduan.cases.sheet import Unreadable, plain
from mingduan.cases.taking import Fault, Outcome
from mingduan.complaints import bringing, layout, tickets
from mingduan.complaints.layout import ACTION, File, Given, Layout
from mingduan.complaints.models import TicketFile
from mingduan.config import clock
from mingduan.people.models import User
from mingduan.procedure.engine import Engine
from mingduan.procedure.rulebook import Fact
from mingduan.procedure.text import Text

from .export import FORMATS, Cell, download
from .reader import reader
from .templatetags.mingduan import lang, t

PAGE, SHOWN = 100, 20
WHAT = Fact(zh="这一行是什么", en="What a row is", type="choice")
ORDERS = {
    "ymd": Text(zh="年-月-日", en="year-month-day"), "dmy": Text(zh="日-月-年", en="day-month-year"), "mdy": Text(zh="月-日-年", en="month-day-year"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A field on the page that maps columns: what it is, where it comes from, and the words of its column that need a meaning."""

    name: str
    fact: Fact
    needed: bool
    given: Given
    choices: dict[str, Text]
    words: list[tuple[str, str]]
    first: str = ""
    second: str = ""


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def brought(request: HttpRequest) -> HttpResponse:
    """The form for a file, and the files brought so far."""
    user = reader(request)
    bodies = _bodies(user)
    if not bodies:
        raise Http404
    wrong = None
    if request.method == "POST":
        file, body = request.FILES.get("file"), request.POST.get("body", bodies[0])
        try:
            if file is None or (file.size or 0) > sheet.MAX_BYTES or body not in bodies:
                raise Unreadable(*_no_file(file is None))
            job = bringing.keep(body, file.name or "", file.read(), by=user, at=clock.now())
        except Unreadable as error:
            wrong = error
        else:
            return redirect("tickets_columns", job.pk)
    jobs = TicketFile.objects.filter(body__in=bodies).select_related("by").defer("content").order_by("-pk")[:20]
    return render(request, "web/tickets.html", {
        "wrong": wrong, "jobs": jobs, "bodies": bodies, "limit": sheet.MAX_BYTES >> 20, "rows": sheet.MAX_ROWS,
    }, status=422 if wrong else 200)  # fmt: skip


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def columns(request: HttpRequest, pk: int) -> HttpResponse:
    """What the columns of a file are: as the body last said of these headings, or a proposal; tried before it is begun."""
    job, user = _job(request, pk)
    if job.begun:
        return redirect("tickets_job", pk)
    file, roles = layout.read(bytes(job.content)), _roles(user, job.body)
    engines = {e.rulebook.id: e for e in layout.targets(job.body, roles)}
    kept = bringing.remembered(job.body, file)
    kept = kept if kept and kept.rulebook in engines else None
    asked = request.POST.get("rulebook") or request.GET.get("rulebook") or (kept.rulebook if kept else "")
    engine = engines.get(asked) or next(iter(engines.values()))
    actions = layout.openings_of(engine.rulebook, roles)
    kept = kept if kept and kept.rulebook == engine.rulebook.id else None
    guessed = layout.guess(file, engine.rulebook, actions)
    told = kept.beside(guessed) if kept else guessed
    wrong: list[Text] = []
    tried: list[Outcome[Fault]] = []
    go = request.POST.get("go", "")
    if request.method == "POST":
        try:
            told = _posted(request.POST, engine, actions, kept)
            wrong = layout.problems(told, file, engine.rulebook, actions)
        except Unreadable as error:
            wrong = [error.wrong]
        if go == "begin" and not wrong:
            bringing.begin(job, told, clock.now())
            bringing.work(job, clock.now(), tickets.SLICE)
            return redirect("tickets_job", pk)
        if not wrong:
            tried = list(tickets.take_in(file, told, bringing.actor(user, job.body), clock.now(), end=SHOWN, dry_run=True))  # fmt: skip
    return render(request, "web/tickets_columns.html", {
        "job": job, "file": file, "engines": engines.values(), "engine": engine, "told": told, "rows": _rows(file, engine, actions, told),
        "wrong": wrong, "tried": tried, "remembered": kept is not None, "orders": ORDERS.items(), "sample": file.lines[:3], "clock": clock.now(),
    }, status=422 if wrong else 200)  # fmt: skip


@login_required
@never_cache
@require_safe
def job(request: HttpRequest, pk: int) -> HttpResponse:
    """How far one file is, and its faults."""
    found, _ = _job(request, pk)
    if not found.begun:
        return redirect("tickets_columns", pk)
    page = Paginator(found.faults.all(), PAGE).get_page(request.GET.get("page"))
    return render(request, "web/tickets_job.html", {"job": found, "page": page})


@login_required
@require_safe
def faults(request: HttpRequest, pk: int, kind: str) -> HttpResponseBase:
    """The faults of one file as a list to work through."""
    found, _ = _job(request, pk)
    if kind not in FORMATS:
        raise Http404
    header = [t("行", "Line"), t("工单号", "Ticket"), t("种类", "Kind"), t("栏目", "Column"), t("问题", "What is wrong"), t("应为", "What would be right"), t("条款", "Clause")]  # fmt: skip
    zh, kinds = lang() == "zh", {"bad": t("有误", "wrong"), "conflict": t("不一致", "conflict")}
    rows: list[list[Cell]] = [
        [f.line, f.number, kinds[f.what], f.columns, f.wrong_zh if zh else f.wrong_en, f.right_zh if zh else f.right_en, f.clause]
        for f in found.faults.all()
    ]  # fmt: skip
    return download(f"tickets-{found.pk}", kind, header, rows)


def _posted(post: QueryDict, engine: Engine, actions: dict[str, Text], kept: Layout | None) -> Layout:
    """The mapping as the form has it, with what was said earlier of words that this file does not have."""
    fields: dict[str, Any] = {}
    for name in (ACTION, *layout.fields(engine.rulebook, actions)):
        chosen = [c for c in (post.get(f"{name}.1", ""), post.get(f"{name}.2", "")) if c]
        asked = post.getlist(f"{name}.word")
        words = {w: c for w, c in zip(asked, post.getlist(f"{name}.means"), strict=False) if c}
        before = kept.fields.get(name) if kept else None
        if before and list(before.columns) == chosen:
            here = {plain(w) for w in asked}
            words = {w: c for w, c in before.words.items() if w not in here} | words
        if chosen or post.get(f"{name}.value", "").strip():
            fields[name] = {"columns": chosen, "value": post.get(f"{name}.value", "").strip(), "words": words}
    return Layout.from_json(
        {
            "rulebook": engine.rulebook.id,
            "fields": fields,
            "order": post.get("order", "ymd"),
            "zone": post.get("zone", "").strip() or "Asia/Shanghai",
        }
    )


def _rows(file: File, engine: Engine, actions: dict[str, Text], told: Layout) -> list[Row]:
    """The fields as the page asks for them, those every row needs first."""
    book = engine.rulebook
    needed = {n for a in actions for n in book.actions[a].asks} | {ACTION, layout.SOURCE, layout.TICKET}
    made = []
    for name, fact in {ACTION: WHAT, **layout.fields(book, actions)}.items():
        given = told.fields.get(name, Given())
        choices = actions if name == ACTION else {k: c.text for k, c in fact.choices.items()}
        words: list[tuple[str, str]] = []
        if choices and all(c in file.headings for c in given.columns):
            said = layout.words_to_map(file, given, choices)
            words = [(w, given.words.get(plain(w), "")) for w in said]
        first, second = (*given.columns, "", "")[:2]
        made.append(Row(name, fact, name in needed, given, dict(choices), words, first, second))
    return sorted(made, key=lambda r: not r.needed)


def _bodies(user: User) -> list[str]:
    """The bodies this person may bring tickets to."""
    held = sorted({body for body, _ in user.posts})
    return [b for b in held if layout.targets(b, _roles(user, b))]


def _roles(user: User, body: str) -> frozenset[str]:
    return bringing.actor(user, body).roles


def _job(request: HttpRequest, pk: int) -> tuple[TicketFile, User]:
    user = reader(request)
    return get_object_or_404(TicketFile.objects.select_related("by"), pk=pk, body__in=_bodies(user)), user


def _no_file(none: bool) -> tuple[Text, Text]:
    if none:
        return Text(zh="没有选择文件", en="No file was chosen"), Text(zh="请选择 CSV、XLSX 或 Parquet", en="Choose a CSV, XLSX or Parquet file")  # fmt: skip
    most = sheet.MAX_BYTES >> 20
    return Text(zh=f"文件超过 {most} MB", en=f"The file is larger than {most} MB"), Text(zh="请分成几个文件", en="Divide it into several files")  # fmt: skip
