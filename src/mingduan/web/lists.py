"""Every list of an office as a file: CSV or a workbook, all rows, no cell ever a formula."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mingduan.cases import panels
from mingduan.cases.access import overseen
from mingduan.cases.archive import files, kept
from mingduan.cases.meetings import meetings
from mingduan.cases.queries import owed_items
from mingduan.config import clock
from mingduan.people.interests import ties
from mingduan.people.models import User
from mingduan.procedure.period import TZ
from mingduan.registry import announcing, english, nearing, search
from mingduan.registry.models import Batch, Certificate, Enterprise
from mingduan.registry.wording import wording

from .export import FORMATS, Cell, download
from .reader import officer, whole
from .statistics import statistics_rows
from .templatetags.mingduan import listed, t, words

AHEAD, MOST_AHEAD = 90, 3650
Rows = Iterable[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Asked:
    """Who wants a list, when, and what the address says besides."""

    request: HttpRequest
    user: User
    now: datetime

    @property
    def today(self) -> date:
        """The local day."""
        return self.now.astimezone(TZ).date()

    @property
    def days(self) -> int:
        """How many days ahead is looked."""
        return min(whole(self.request.GET.get("days")) or AHEAD, MOST_AHEAD)


@login_required
@never_cache
@require_safe
def file(request: HttpRequest, name: str, kind: str) -> HttpResponseBase:
    """One list, for an officer."""
    asked = Asked(request, officer(request), clock.now())
    if name not in LISTS or kind not in FORMATS:
        raise Http404
    header, rows = LISTS[name](asked)
    return download(name, kind, header, rows)


def _certificate_header() -> list[str]:
    return [
        t("证书编号", "Number"), t("获证企业", "Holder"), t("专业", "Specialty"), t("等级", "Grade"), t("现状", "Standing"), t("发证日期", "Issued on"),
        t("有效期至", "Valid until"), t("下次监督日期", "Next surveillance"), t("复评次数", "Renewals"), t("范围", "Scope"), t("现场审查机构", "Auditing body"), t("所换证书", "Replaces"),
    ]  # fmt: skip


def _listed(rows: Iterable[Certificate], today: date) -> Iterator[list[Cell]]:
    """Certificates as lists have them, the names in English looked up for many at once."""
    left = iter(rows)
    for some in iter(lambda: list(islice(left, 500)), []):
        called = english.names(some)
        yield from (_certificate(row, today, words(english.holder(row, called[row.number]))) for row in some)


def _certificate(row: Certificate, today: date, holder: str) -> list[Cell]:
    book = wording()
    return [
        row.number, holder, words(book.specialty(row.specialty)), words(book.grade(row.grade)), words(book.standing(search.status_on(row, today))),
        row.issued_on, row.valid_until, row.next_surveillance_on, row.renewals, row.scope, row.auditing_body, row.replaces,
    ]  # fmt: skip


def _certificates(asked: Asked) -> tuple[list[str], Rows]:
    """All, or those the search of the public register finds."""
    get = asked.request.GET
    wanted = search.Wanted(*(get.get(n, "").strip()[: search.LONGEST] for n in ("q", "specialty", "grade", "status", "region")))  # fmt: skip
    rows = Certificate.objects.order_by("number")
    if any((wanted.words, wanted.specialty, wanted.grade, wanted.status, wanted.region)):
        rows = rows.filter(number__in=search.search(wanted, asked.today).values("number"))
    return _certificate_header(), _listed(rows.select_related("holder").iterator(chunk_size=1000), asked.today)


def _nearing(name: str) -> Callable[[Asked], tuple[list[str], Rows]]:
    def rows(asked: Asked) -> tuple[list[str], Rows]:
        plan = nearing.plans().get(name)
        found = nearing.nearing(plan, asked.now, asked.days) if plan else []
        header = [*_certificate_header(), t("剩余天数", "Days left"), t("案件", "Case")]
        return header, (
            [*told, n.left, n.case]
            for told, n in zip(_listed((n.certificate for n in found), asked.today), found, strict=True)
        )

    return rows


def _enterprises(asked: Asked) -> tuple[list[str], Rows]:
    in_force = Count("organisation__certificates", filter=Q(organisation__certificates__status__in=["valid", "suspended"]))  # fmt: skip
    rows = Enterprise.objects.select_related("organisation").annotate(held=in_force).order_by("organisation__name")
    header = [
        t("企业名称", "Enterprise"), t("统一社会信用代码", "Credit code"), t("行政区划代码", "Region"), t("地址", "Address"), t("法定代表人", "Representative"),
        t("有效证书", "Certificates in force"),
    ]  # fmt: skip
    return header, ([e.organisation.name, e.credit_code, e.region, e.address, e.representative, e.held] for e in rows.iterator(chunk_size=1000))  # fmt: skip


def _announcements(asked: Asked) -> tuple[list[str], Rows]:
    def rows() -> Iterable[Sequence[Cell]]:
        before: int | None = None
        while told := announcing.told(before=before, limit=500):
            for a in told:
                yield [a.at, words(a.what), a.number, words(a.holder), words(a.title), words(a.body)]
            before = told[-1].key

    return [t("时间", "When"), t("种类", "Kind"), t("证书编号", "Number"), t("获证企业", "Holder"), t("标题", "Title"), t("正文", "Text")], rows()  # fmt: skip


def _batches(asked: Asked) -> tuple[list[str], Rows]:
    counted = Batch.objects.annotate(
        total=Count("items"), made=Count("items", filter=Q(items__paper__isnull=False)), failed=Count("items", filter=~Q(items__error=""))
    ).order_by("-pk")  # fmt: skip
    header = [t("批次", "Batch"), t("名称", "Name"), t("提出时间", "Asked"), t("份数", "Papers"), t("已制", "Made"), t("未制", "Failed"), t("打包时间", "Packed"), "SHA-256"]  # fmt: skip
    return header, ([b.pk, b.name, b.asked_at, b.total, b.made, b.failed, b.packed_at, b.sha256] for b in counted)


def _duties(asked: Asked) -> tuple[list[str], Rows]:
    header = [t("到期", "Due"), t("事项", "Duty"), t("条款", "Clause"), t("责任人", "Owner"), t("案件", "Case"), t("名称", "Title"), t("暂定", "Provisional")]  # fmt: skip
    return header, (
        [d.due, words(d.deadline), d.clause, words(d.owner), d.case.number, d.case.title, t("是", "yes") if d.provisional else ""]
        for d in owed_items(asked.user, asked.now)
    )  # fmt: skip


def _experts(asked: Asked) -> tuple[list[str], Rows]:
    header = [t("姓名", "Name"), t("单位", "Employer"), t("专业", "Specialties"), t("今天", "Today"), t("现有利害关系", "Present ties")]  # fmt: skip
    return header, (
        [
            str(user), user.organisation.name if user.organisation else "", listed(words(s) for s in user.specialties.all()),
            t("不在", "away") if any(a.on(asked.today) for a in user.absences.all()) else t("可到会", "available"),
            listed(sorted({x.organisation.name for x in ties(user) if x.lasts(asked.today) and x.organisation != user.organisation})),
        ]
        for user in panels.experts()
    )  # fmt: skip


def _meetings(asked: Asked) -> tuple[list[str], Rows]:
    header = [t("开始", "Begins"), t("结束", "Ends"), t("会议", "Meeting"), t("地点", "Place"), t("案件", "Case"), t("名称", "Title"), t("与会人", "Called"), t("已取消", "Off")]  # fmt: skip
    found = meetings(asked.user, asked.today - timedelta(days=365), asked.today + timedelta(days=365), asked.now)
    return header, ([m.starts_at, m.ends_at, words(m.fact), m.place, m.case.number, m.case.title, listed(m.people), t("是", "yes") if m.off else ""] for m in found)  # fmt: skip


def _archive(asked: Asked) -> tuple[list[str], Rows]:
    header = [t("案卷", "File"), t("名称", "Title"), t("状态", "State"), t("保存至", "Kept until"), t("暂缓销毁", "On hold"), t("可以销毁", "May be disposed of"), t("原因", "Why not")]  # fmt: skip
    found = kept(files(overseen(asked.user, asked.now), asked.now), asked.now)
    yes = t("是", "yes")
    return header, (
        [k.case.number, k.case.title, words(k.state), k.until, yes if k.held else "", yes if k.may_go else "", "；".join(words(r.text) for r in k.reasons)]
        for k in found
    )  # fmt: skip


def _statistics(asked: Asked) -> tuple[list[str], Rows]:
    return [t("统计表", "Table")], statistics_rows(asked.request)  # type: ignore[return-value]  # floats are written as they are


LISTS: Mapping[str, Callable[[Asked], tuple[list[str], Rows]]] = {
    "certificates": _certificates, "expiring": _nearing("valid_until"), "surveillance": _nearing("next_surveillance_on"),
    "enterprises": _enterprises, "announcements": _announcements, "batches": _batches, "duties": _duties, "experts": _experts,
    "meetings": _meetings, "archive": _archive, "statistics": _statistics,
}  # fmt: skip
