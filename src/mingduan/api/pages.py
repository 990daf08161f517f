"""The interface's own pages: its description to read, and what each kind of problem means."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from mingduan.procedure.text import Text

from .api import api
from .problems import KINDS

SUBJECTS = {
    "rulebooks": Text(zh="程序", en="Procedures"), "cases": Text(zh="案件", en="Cases"), "duties": Text(zh="待办", en="Duties"),
    "experts": Text(zh="专家名册", en="Register of experts"),
    "files": Text(zh="文件", en="Files"), "hooks": Text(zh="事件推送", en="Webhooks"), "profile": Text(zh="企业档案", en="Enterprise profile"), "register": Text(zh="证书登记", en="Public register"), "people": Text(zh="人员和单位", en="People and organisations"),
    "office": Text(zh="机构", en="The office"), "scorecards": Text(zh="月度考核", en="Scorecards"), "imports": Text(zh="导入", en="Lists brought in"),
    "account": Text(zh="账号", en="The account"),
}  # fmt: skip


def docs(request: HttpRequest) -> HttpResponse:
    """Every operation, by subject; the same description as /api/openapi.json."""
    schema = api.get_openapi_schema(path_prefix="/api/")
    subjects: dict[str, list[dict[str, Any]]] = {}
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            first = operation["description"].partition(". ")[0].replace("\n", " ").rstrip(".")
            told = {**operation, "path": path, "method": method.upper(), "first": first}
            subjects.setdefault(operation["tags"][0], []).append(told)
    titled = [(SUBJECTS[name], told) for name, told in subjects.items()]
    return render(request, "api/docs.html", {"subjects": titled, "kinds": KINDS.values()})


def problem(request: HttpRequest, slug: str) -> HttpResponse:
    """What a kind of problem means and how to put it right: the page its `type` names."""
    kind = KINDS.get(slug)
    if kind is None:
        raise Http404
    return render(request, "api/problem.html", {"kind": kind})
