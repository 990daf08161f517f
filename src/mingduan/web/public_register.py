"""The public register: search, the page of a certificate, announcements with their feed, and open data. No account."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time
from functools import wraps
from io import StringIO
from itertools import chain, islice
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.syndication.views import Feed
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.feedgenerator import Atom1Feed
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mingduan.cases import catalogue
from mingduan.cases.access import access
from mingduan.cases.models import Case
from mingduan.config import clock, limits
from mingduan.people.models import User
from mingduan.procedure.period import TZ
from mingduan.procedure.text import Text
from mingduan.registry import announcing, english, issuing, life, queries, search
from mingduan.registry.announcing import KINDS, Told
from mingduan.registry.models import Certificate
from mingduan.registry.wording import StandingWords, wording

from .errors import slow_down
from .export import inert
from .opening import about_certificate
from .reader import reader, whole
from .templatetags.mingduan import lang, t, words

PAGE = 20
LICENCE = "CC BY 4.0"
COLUMNS = {
    "number": Text(zh="证书编号，13位", en="number of the certificate, 13 characters"),
    "holder": Text(zh="获证企业名称", en="name of the holder"),
    "holder_en": Text(zh="获证企业英文名称；没有则空", en="name of the holder in English; empty where it has none"),
    "specialty": Text(zh="专业", en="specialty, in Chinese"),
    "grade": Text(zh="资质等级", en="grade, in Chinese"),
    "status": Text(
        zh="数据日的证书状态（valid、suspended 等）", en="standing on the day of the data: valid, suspended and so on"
    ),
    "issued_on": Text(zh="发证日期，如 2026-03-02", en="day of issue, such as 2026-03-02"),
    "valid_until": Text(zh="有效期至，含当日", en="last day of validity"),
    "next_surveillance_on": Text(zh="下次监督日期；没有则空", en="next surveillance; empty for none"),
    "scope": Text(zh="范围；没有限定则空", en="scope; empty where it is not limited"),
    "auditing_body": Text(zh="现场审查机构", en="body that audited"),
    "evaluating_body": Text(zh="评定机构", en="body that evaluated"),
    "approving_body": Text(zh="批准机构", en="body that approved"),
    "replaces": Text(zh="所换证书的编号；没有则空", en="number of the certificate it replaces; empty for none"),
}
View = Callable[..., HttpResponseBase]


def cached(what: str, seconds: int, *, shared: bool = False) -> Callable[[View], View]:
    """A view of the register that browsers keep while the register is as it was, and that nobody asks for too often.

    A page carries its reader's own language and form token: only files may be kept by caches in between.
    """

    def around(view: View) -> View:
        @wraps(view)
        def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if waits := limits.too_often(request, what):
                return slow_down(request, waits)
            etag = None if request.user.is_authenticated else _etag(request)
            unchanged = get_conditional_response(request, etag=etag) if etag else None
            response: HttpResponseBase = unchanged or view(request, *args, **kwargs)
            if etag and response.status_code in (200, 304):
                response.headers["ETag"] = etag
                patch_cache_control(response, max_age=seconds, **({"public": True} if shared else {"private": True}))
            return response

        return asked

    return around


@require_safe
@cached("register", 60)
def register(request: HttpRequest) -> HttpResponse:
    """Search the register."""
    get, today = request.GET, _today()
    wanted = search.Wanted(*(get.get(n, "").strip()[: search.LONGEST] for n in ("q", "specialty", "grade", "status", "region")))  # fmt: skip
    page = Paginator(search.search(wanted, today), PAGE).get_page(get.get("page"))
    query = urlencode({n: v for n, v in get.items() if n != "page" and v})
    return render(request, "web/register.html", {
        "wanted": wanted, "page": page, "rows": _listed(search.certificates(page.object_list), today),
        "asked": any((wanted.words, wanted.specialty, wanted.grade, wanted.status, wanted.region)), "book": wording(),
        "statuses": _standings(), "provinces": search.provinces(),
        "previous": f"{query}&page={page.number - 1}", "next": f"{query}&page={page.number + 1}",
    })  # fmt: skip


@require_safe
@cached("register", 60)
def certificate(request: HttpRequest, number: str) -> HttpResponseBase:
    """Where a QR code leads: what the register says of a certificate, now and on any past day."""
    if number != (tidy := search.folded(number).upper()):
        return redirect("register_certificate", tidy)
    now, today = clock.now(), _today()
    row, held = Certificate.objects.filter(number=number).first(), queries.certificate(number)
    if row is None or held is None:
        raise Http404
    known, past = held.at(now), _day(request.GET.get("on", ""))
    then = held.at(datetime.combine(past, time(23, 59, 59), TZ)) if past and past <= today else None
    book, spans = wording(), life.expired(held, now).spans
    return render(request, "web/register_certificate.html", {
        "row": row, "shown": _shown(row, today, english.name(row)), "known": known, "standing": book.standing(known.status if known else "not_yet"),
        "code": known.status if known else "not_yet", "spans": [(book.standing(s.status), s) for s in reversed(spans)],
        "conclusions": [(c.approved_on, book.conclusion(c.text, lang())) for c in held.conclusions],
        "past": past, "future": bool(past and past > today), "then": then,
        "then_standing": book.standing(then.status if then else "not_yet"), "today": today, "bad_day": bool(request.GET.get("on")) and past is None,
        "report": _report(row), "english": english.asked(row), "bodies": english.bodies(row), "address": Text(zh=row.holder_address, en=english.address(row)),
        "may_ask_for_english": isinstance(request.user, User) and issuing.may_ask_for_english(request.user, row),
        "openings": about_certificate(request.user, number) if isinstance(request.user, User) and row.status in life.IN_FORCE else (),
        "follower": queries.follower(number),
    })  # fmt: skip


@never_cache
@login_required
def decision(request: HttpRequest, number: str) -> HttpResponse:
    """The case of the decision that a certificate's present standing rests on, for whoever may open it: to read or appeal it."""
    held, now = queries.certificate(number), clock.now()
    if held is None:
        raise Http404
    resting = next((s.source.case for s in reversed(held.spans) if s.source != life.TIME), "")
    found = Case.objects.prefetch_related("parties").filter(number=resting).first()
    if found is not None and access(reader(request), found, now).reads:
        return redirect("case", found.number)
    messages.warning(
        request,
        t(
            "只有获证企业和办理机构的人可以查看决定、提出申诉",
            "Only the holder and those who decide can open the decision and appeal",
        ),
    )
    return redirect("register_certificate", number)


@require_safe
@cached("register", 60)
def announcements(request: HttpRequest) -> HttpResponse:
    """The changes of the register, the latest first."""
    kind = request.GET.get("kind", "")
    kind = kind if kind in KINDS else ""
    rows = announcing.told(kind, whole(request.GET.get("before", "")), PAGE + 1)
    older = rows[PAGE - 1].key if len(rows) > PAGE else None
    return render(
        request, "web/register_announcements.html", {"rows": rows[:PAGE], "older": older, "kind": kind, "kinds": KINDS}
    )


class AnnouncementFeed(Feed):  # type: ignore[type-arg]  # generic in the stubs only
    """The changes of the register as an Atom feed."""

    feed_type = Atom1Feed

    def title(self) -> str:
        """Its name in the reader's language."""
        return t("证书登记公告", "Announcements of the register of certificates")

    def subtitle(self) -> str:
        """What it tells."""
        return t("资质等级证书的颁发、保持、暂停、恢复、撤销、注销和变更", "Certificates issued, maintained, suspended, restored, withdrawn, cancelled and changed")  # fmt: skip

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The feed, kept and limited as the files of the register are."""
        feed = cached("feed", 300, shared=True)(super().__call__)
        return feed(request, *args, **kwargs)  # type: ignore[return-value]  # what Feed answers is an HttpResponse

    def link(self) -> str:
        """The page."""
        return reverse("announcements")

    def items(self) -> list[Told]:
        """The latest fifty."""
        return list(announcing.told(limit=50))

    def item_title(self, item: Told) -> str:
        """The change."""
        return words(item.title)

    def item_description(self, item: Told) -> str:
        """What is said of it."""
        return words(item.body)

    def item_link(self, item: Told) -> str:
        """The certificate it is about."""
        return reverse("register_certificate", args=[item.number]) if item.number else reverse("announcements")

    def item_guid(self, item: Told) -> str:
        """Its name for good."""
        return f"urn:mingduan:register:{item.key}"

    def item_pubdate(self, item: Told) -> datetime:
        """When it was told."""
        return item.at

    item_updateddate = item_pubdate


@require_safe
@cached("register", 300)
def open_data(request: HttpRequest) -> HttpResponse:
    """What the files hold and under which licence."""
    return render(
        request,
        "web/register_open_data.html",
        {"day": _today(), "licence": LICENCE, "columns": COLUMNS, "count": Certificate.objects.count()},
    )


@require_safe
@cached("open-data", 3600, shared=True)
def open_data_file(request: HttpRequest, kind: str) -> HttpResponseBase:
    """The whole register as it is today, streamed: CSV or JSON Lines."""
    today = _today()
    makers: dict[str, tuple[str, Callable[[date], Iterator[str]]]] = {
        "csv": ("text/csv", _csv), "jsonl": ("application/jsonl", _jsonl),
    }  # fmt: skip
    if kind not in makers:
        raise Http404
    media, make = makers[kind]
    response = StreamingHttpResponse(make(today), content_type=f"{media}; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="certificates-{today}.{kind}"'
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Link"] = '<https://creativecommons.org/licenses/by/4.0/>; rel="license"'
    return response


@require_safe
@cached("register", 3600)
def guide(request: HttpRequest) -> HttpResponse:
    """How certificates are read and used (S10 4.1)."""
    return render(
        request, "web/register_guide.html", {"book": wording(), "standings": _standings(), "report": _report()}
    )


def _standings() -> dict[str, StandingWords]:
    """Every standing that a certificate in the register can have."""
    return {k: w for k, w in wording().standings.items() if k != "not_yet"}


def _report(row: Certificate | None = None) -> str:
    """Where anybody reports the misuse of a certificate, its form begun with this one; '' where no procedure takes reports."""
    book = next((e.rulebook for e in catalogue.in_force().values() if e.rulebook.reports), None)
    if book is None or book.reports is None:
        return ""
    known = {"number": row.number, "holder": row.holder_name} if row else {}
    query = urlencode({fact: known[name] for name, fact in book.reports.items() if name in known})
    return f"{reverse('file', args=book.id.split('/'))}{'?' if query else ''}{query}"


def _etag(request: HttpRequest) -> str:
    """Changes with what the register says, the day, the language and the reader's form token."""
    seen = (
        request.get_full_path(),
        announcing.latest(),
        english.latest(),
        _today(),
        lang(),
        request.COOKIES.get("csrftoken", ""),
    )
    return f'"{hashlib.sha256(repr(seen).encode()).hexdigest()[:32]}"'


def _listed(rows: Sequence[Certificate], today: date) -> list[dict[str, Any]]:
    """Certificates as a list shows them."""
    called = english.names(rows)
    return [_shown(row, today, called[row.number]) for row in rows]


def _shown(row: Certificate, today: date, called: str) -> dict[str, Any]:
    """A certificate with its codes in words, and what its holder is `called` in English."""
    book, status = wording(), search.status_on(row, today)
    return {
        "row": row, "called": called, "holder": english.holder(row, called), "specialty": book.specialty(row.specialty), "grade": book.grade(row.grade), "status": status,
        "standing": book.standing(status),
    }  # fmt: skip


def _lines(today: date) -> Iterator[list[str]]:
    rows = Certificate.objects.select_related("holder").order_by("number").iterator(chunk_size=1000)
    for shown in chain.from_iterable(_listed(some, today) for some in iter(lambda: list(islice(rows, 500)), [])):
        row = shown["row"]
        yield [
            row.number, row.holder_name, shown["called"], shown["specialty"].zh, shown["grade"].zh, shown["status"], row.issued_on.isoformat(),
            row.valid_until.isoformat(), row.next_surveillance_on.isoformat() if row.next_surveillance_on else "", row.scope,
            row.auditing_body, row.evaluating_body, row.approving_body, row.replaces,
        ]  # fmt: skip


def _csv(today: date) -> Iterator[str]:
    yield "\ufeff"  # tells Excel that this is UTF-8
    for line in _with_header(today):
        out = StringIO()
        csv.writer(out).writerow([inert(cell) for cell in line])
        yield out.getvalue()


def _with_header(today: date) -> Iterator[list[str]]:
    yield list(COLUMNS)
    yield from _lines(today)


def _jsonl(today: date) -> Iterator[str]:
    for line in _lines(today):
        said = dict(zip(COLUMNS, line, strict=True)) | {"as_of": today.isoformat(), "licence": LICENCE}
        yield json.dumps(said, ensure_ascii=False) + "\n"


def _today() -> date:
    return clock.today()


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None
