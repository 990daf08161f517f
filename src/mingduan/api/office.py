"""The body's office over many cases: its meetings, figures, books and archive, as its officers' pages show them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from mingduan.cases.access import overseen
from mingduan.cases.archive import files, kept, narrowed
from mingduan.cases.board import handlers
from mingduan.cases.ledger import journal, standings
from mingduan.cases.meetings import meetings
from mingduan.cases.statistics import Figures, Punctual, Share, counted, figures
from mingduan.config import clock
from mingduan.people.models import User
from mingduan.procedure.period import TZ
from mingduan.procedure.text import Text
from mingduan.procedure.values import Labelled

from .caller import Token, account
from .describe import told
from .paging import page
from .problems import Problem
from .schemas.common import Cursor, Limit, Line
from .schemas.office import ArchivePage, JournalPage, MeetingOut, StandingOut, StatisticsOut

router = Router(tags=["office"], auth=Token("cases:read"))
Since = Annotated[date | None, Query(None, description="From this day on.")]
Until = Annotated[date | None, Query(None, description="Up to and including this day.")]
Handler = Annotated[
    int | None,
    Query(
        None,
        ge=1,
        le=2**63 - 1,
        description="Only those this account is called to: an officer or appointed expert of the caller's body.",
    ),
]
Which = Annotated[
    Literal["", "kept", "over", "gone"],
    Query("", description="`kept` for a time, whose time is `over`, those `gone`; empty for all."),
]
Words = Annotated[str, Query("", max_length=100, description="In number or title.")]
EARLIEST, LATEST, LONGEST = date(1990, 1, 1), date(2200, 1, 1), timedelta(days=20 * 366)


@router.get("/meetings", response={200: list[MeetingOut], **told(401, 403, 422)})
def list_meetings(
    request: HttpRequest, since: Since = None, until: Until = None, mine: bool = False, person: Handler = None
) -> list[Any]:
    """The meetings of the cases the caller may see, earliest first; the next sixty days unless asked otherwise."""
    user, now = account(request), clock.now()
    called = user if mine else None
    if person is not None:
        called = handlers(user).filter(pk=person).first()
        if called is None:
            raise Problem("not-understood", Text(zh="person 不是您所属机构的办案人员或专家", en="`person` is no officer or expert of your body"))  # fmt: skip
    first, last = _span(since, until, now.astimezone(TZ).date(), timedelta(0), timedelta(60))
    return [
        {"number": m.case.number, "title": m.case.title, "zh": m.fact.zh, "en": m.fact.en, "starts_at": m.starts_at,
         "ends_at": m.ends_at, "place": m.place, "people": m.people, "off": m.off}
        for m in meetings(user, first, last, now, called)
    ]  # fmt: skip


@router.get("/statistics", response={200: StatisticsOut, **told(401, 403, 404, 422)})
def statistics(request: HttpRequest, since: Since = None, until: Until = None, rulebook: Line = "") -> dict[str, Any]:
    """The figures of a time, for the body's officers; the last year unless asked otherwise."""
    now = clock.now()
    cases = overseen(_officer(request), now)
    first, last = _span(since, until, now.astimezone(TZ).date(), timedelta(365), timedelta(0))
    return _figures(figures(counted(cases, rulebook), first, last, now), first, last)


@router.get("/ledger", response={200: list[StandingOut], **told(401, 403, 404, 422)})
def accounts(request: HttpRequest, since: Since = None, until: Until = None) -> list[dict[str, Any]]:
    """What each account of the body stood at before, what moved, and what it stands at, in fen; the last ten years."""
    now = clock.now()
    found = standings(
        overseen(_officer(request), now), *_span(since, until, now.astimezone(TZ).date(), LONGEST / 2, timedelta(0))
    )
    return [
        {"name": s.name, **_words(s.account), "kind": s.account.kind, "before": s.before, "debited": s.debited,
         "credited": s.credited, "balance": s.balance}
        for s in found
    ]  # fmt: skip


@router.get("/journal", response={200: JournalPage, **told(401, 403, 404, 422)})
def lines(
    request: HttpRequest, response: HttpResponse, since: Since = None, until: Until = None, account: Line = "",
    cursor: Cursor = None, limit: Limit = 50,
) -> dict[str, Any]:  # fmt: skip
    """The body's ledger line by line, latest first, the last ten years unless asked otherwise; `account`: only lines that touch it."""
    now = clock.now()
    first, last = _span(since, until, now.astimezone(TZ).date(), LONGEST / 2, timedelta(0))
    found = journal(overseen(_officer(request), now), first, last, account).select_related("case")
    return page(request, response, found, cursor, limit)


@router.get("/archive", response={200: ArchivePage, **told(401, 403, 404, 422)})
def archive(
    request: HttpRequest, response: HttpResponse, which: Which = "", rulebook: Line = "", text: Words = "",
    cursor: Cursor = None, limit: Limit = 50,
) -> dict[str, Any]:  # fmt: skip
    """The files of closed cases: until when each is kept, and whether it may be disposed of now."""
    now = clock.now()
    asked = narrowed(files(overseen(_officer(request), now), now, which), rulebook, text.strip())
    found = page(request, response, asked, cursor, limit)
    items = [
        {"number": k.case.number, "title": k.case.title, "state": k.case.state, "until": k.until, "held": k.held, "may_go": k.may_go}
        for k in kept(found["items"], now)
    ]  # fmt: skip
    return {**found, "items": items}


def _officer(request: HttpRequest) -> User:
    user = account(request)
    if not user.offices.exists():
        raise Problem("not-found")
    return user


def _span(since: date | None, until: date | None, today: date, back: timedelta, ahead: timedelta) -> tuple[date, date]:
    """The days asked about, `back` and `ahead` of today where not asked; in their order, twenty years at most."""
    first, last = since or today - back, until or today + ahead
    if not (EARLIEST <= first <= last <= LATEST and last - first <= LONGEST):
        raise Problem("not-understood", Text(zh="since 至 until 应为先后两日，相隔不超过二十年", en="`since` and `until` are two days in order, within twenty years"))  # fmt: skip
    return first, last


def _figures(found: Figures, since: date, until: date) -> dict[str, Any]:
    return {
        "since": since, "until": until,
        **{n: getattr(found, n) for n in ("opened", "decided", "pending", "late", "stayed", "again")},
        "months": [{"month": f"{m.first:%Y-%m}", "opened": m.opened, "decided": m.decided} for m in found.months],
        "deadlines": [_punctual(p) for p in found.deadlines], "roles": [_punctual(p) for p in found.roles],
        "outcomes": [_share(s) for s in found.outcomes], "grounds": [_share(s) for s in found.grounds],
        "lengths": [
            {"rulebook": x.book.id, "count": x.count, "median": x.median, "ninth": x.ninth, "longest": x.longest} for x in found.lengths
        ],
        "load": [{"id": x.user.pk, "name": str(x.user), "appointed": x.appointed, "acts": x.acts} for x in found.load],
    }  # fmt: skip


def _punctual(p: Punctual) -> dict[str, Any]:
    return {"name": p.name, **_words(p.spec), "rulebook": p.book.id, "met": p.met, "met_late": p.met_late, "late": p.late}  # fmt: skip


def _share(s: Share) -> dict[str, Any]:
    return {"name": s.name, **_words(s.choice), "rulebook": s.book.id, "count": s.count}


def _words(item: Labelled) -> dict[str, str]:
    return {"zh": item.zh, "en": item.en}
