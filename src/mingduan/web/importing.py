"""Bringing an existing register: the file, how far it is, and every row that was not taken over."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from mingduan.cases import sheet
from mingduan.cases.access import openings
from mingduan.config import clock
from mingduan.people.models import User
from mingduan.procedure.text import Text
from mingduan.registry import importing, intake
from mingduan.registry.models import Import

from .export import FORMATS, Cell, download
from .reader import reader
from .templatetags.mingduan import lang, t

PAGE = 100


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def import_(request: HttpRequest) -> HttpResponse:
    """The form for a file, and the files brought so far. A short file is looked at while one waits."""
    user, role = keeper(request)
    wrong = None
    if request.method == "POST":
        file, now = request.FILES.get("file"), clock.now()
        try:
            if file is None or (file.size or 0) > sheet.MAX_BYTES:
                raise importing.Unreadable(*_no_file(file is None))
            job = intake.begin(
                file.name or "", file.read(), by=user, role=role, at=now, dry_run="check" in request.POST
            )
        except importing.Unreadable as error:
            wrong = error
        else:
            intake.work(job, now, importing.SLICE)
            return redirect("register_import_job", job.pk)
    return render(request, "web/register_import.html", {
        "wrong": wrong, "jobs": Import.objects.select_related("by").defer("content").order_by("-pk")[:20], "columns": importing.COLUMNS,
        "limit": sheet.MAX_BYTES >> 20, "rows": sheet.MAX_ROWS,
    }, status=422 if wrong else 200)  # fmt: skip


@login_required
@never_cache
@require_safe
def job(request: HttpRequest, pk: int) -> HttpResponse:
    """How far one file is, and its faults."""
    keeper(request)
    found = get_object_or_404(Import.objects.select_related("by").defer("content"), pk=pk)
    page = Paginator(found.faults.all(), PAGE).get_page(request.GET.get("page"))
    return render(request, "web/register_import_job.html", {"job": found, "page": page})


@login_required
@require_safe
def job_file(request: HttpRequest, pk: int, kind: str) -> HttpResponseBase:
    """The faults of one file as a list to work through."""
    keeper(request)
    found = get_object_or_404(Import.objects.defer("content"), pk=pk)
    if kind not in FORMATS:
        raise Http404
    header = [t("行", "Line"), t("证书编号", "Number"), t("种类", "Kind"), t("栏目", "Column"), t("问题", "What is wrong"), t("应为", "What would be right"), t("条款", "Clause")]  # fmt: skip
    zh, kinds = lang() == "zh", {"bad": t("有误", "wrong"), "conflict": t("不一致", "conflict")}
    rows: list[list[Cell]] = [
        [f.line, f.number, kinds[f.what], f.columns, f.wrong_zh if zh else f.wrong_en, f.right_zh if zh else f.right_en, f.clause]
        for f in found.faults.all()
    ]  # fmt: skip
    return download(f"import-{found.pk}", kind, header, rows)


@login_required
@require_safe
def template(request: HttpRequest, kind: str) -> HttpResponseBase:
    """The headings of a file with one row as an example."""
    keeper(request)
    if kind not in FORMATS:
        raise Http404
    header, *rows = importing.template()
    return download("register", kind, header, rows)


def keeper(request: HttpRequest) -> tuple[User, str]:
    """The officer of the office that keeps the certificates (S10 2.1) and so takes others' over, and that office; for anybody else there is no such page."""
    user = reader(request)
    engine, action = importing.procedure()
    role = openings(user, engine.rulebook).get(action)
    if role is None:
        raise Http404
    return user, role


def _no_file(none: bool) -> tuple[Text, Text]:
    if none:
        return Text(zh="没有选择文件", en="No file was chosen"), Text(zh="请选择 CSV 或 XLSX", en="Choose a CSV or XLSX file")  # fmt: skip
    most = sheet.MAX_BYTES >> 20
    return Text(zh=f"文件超过 {most} MB", en=f"The file is larger than {most} MB"), Text(zh="请分成几个文件", en="Divide it into several files")  # fmt: skip
