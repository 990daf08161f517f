"""The ledger of a body, for its officers: what is held and owed, by case and by account, and the journal."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render

from mingduan.cases.access import overseen
from mingduan.cases.ledger import journal, postings, standings, still_open, unsettled
from mingduan.config import clock

from .export import FORMATS, Cell, download
from .reader import officer
from .templatetags.mingduan import t, words

PAGE = 50


@login_required
def ledger(request: HttpRequest) -> HttpResponse:
    """Balances, open cases and the journal of a time."""
    cases = overseen(officer(request), clock.now())
    since, until, account = _asked(request.GET)
    accounts = standings(cases, since, until)
    page = Paginator(journal(cases, since, until, account, newest_first=True).select_related("case"), PAGE).get_page(
        request.GET.get("page")
    )
    today = clock.today()
    query = _query(request.GET)
    return render(request, "web/ledger.html", {
        "accounts": accounts, "debited": sum(a.debited for a in accounts), "credited": sum(a.credited for a in accounts),
        "open": still_open(unsettled(cases)[:PAGE]), "open_all": unsettled(cases).count(), "page": page, "postings": postings(page.object_list), "since": since, "until": until, "account": account,
        "query": query, "previous": f"{query}&page={page.number - 1}", "next": f"{query}&page={page.number + 1}",
        "spans": [
            ("本月", "This month", f"since={today.replace(day=1)}"), ("上月", "Last month", _last_month(today)),
            ("今年", "This year", f"since={today.replace(month=1, day=1)}"), ("全部", "All", ""),
        ],
    })  # fmt: skip


@login_required
def journal_file(request: HttpRequest, kind: str) -> HttpResponseBase:
    """The journal of the time as a file."""
    cases = overseen(officer(request), clock.now())
    if kind not in FORMATS:
        raise Http404
    header = [
        t("时间", "When"),
        t("案件", "Case"),
        t("步骤", "Step"),
        t("经办", "By"),
        t("借方科目", "Debit"),
        t("贷方科目", "Credit"),
        t("金额（元）", "Amount (CNY)"),
    ]
    lines = journal(cases, *_asked(request.GET)).select_related("case")
    rows: list[list[Cell]] = [
        [p.at, p.line.case.number, words(p.action), p.by, words(p.debit), words(p.credit), Decimal(p.line.amount) / 100]
        for p in postings(lines)
    ]
    return download("journal", kind, header, rows)


def _asked(query: QueryDict) -> tuple[date | None, date | None, str]:
    return _day(query.get("since")), _day(query.get("until")), query.get("account", "")[:40]


def _day(written: str | None) -> date | None:
    """The day written; one that has no day after it is none."""
    try:
        day = date.fromisoformat(written or "")
    except ValueError:
        return None
    return day if date.min + timedelta(days=3) < day < date.max - timedelta(days=3) else None


def _query(query: QueryDict) -> str:
    made = QueryDict(mutable=True)
    made.update({n: v for n in ("since", "until", "account") if (v := query.get(n, ""))})
    return made.urlencode()


def _last_month(today: date) -> str:
    last = today.replace(day=1) - timedelta(days=1)
    return f"since={last.replace(day=1)}&until={last}"
