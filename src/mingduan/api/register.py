"""The public register for programs: search, one certificate now or on a past day, its history. No account."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Field, File, Query, Router, Schema, UploadedFile

from mingduan.config import clock
from mingduan.procedure.period import TZ
from mingduan.procedure.text import Text
from mingduan.registry import english, life, queries, search, verification
from mingduan.registry.life import Held, Span
from mingduan.registry.models import Certificate

from . import limits
from .describe import told
from .paging import page
from .problems import Problem
from .schemas.common import Cursor, Limit

router = Router(tags=["register"], auth=None)
Paper = Annotated[UploadedFile, File(..., description="The certificate's PDF.")]
Part = Annotated[str, Query("", max_length=search.LONGEST)]
On = Annotated[date | None, Query(None, description="As it was at the end of this day, which must not be to come.")]


class SpanOut(Schema):
    """What a certificate was from an instant on, until the next."""

    status: str
    since: datetime
    until: datetime | None
    name: str
    address: str
    scope: str
    reason: str
    reason_en: str = Field(description="In English; as `reason` where there is no English.")


class CertificateRow(Schema):
    """A certificate in a list, as it is today."""

    number: str
    holder: str
    holder_en: str = Field(description="Empty where the holder has no name in English.")
    specialty: str
    grade: str
    status: str
    issued_on: date
    valid_until: date
    next_surveillance_on: date | None


class CertificateOut(CertificateRow):
    """A certificate; `standing` is what it was when asked about: null before it was issued."""

    auditing_body: str
    evaluating_body: str
    approving_body: str
    replaces: str
    standing: SpanOut | None


class CertificatePage(Schema):
    """A page of certificates, the last issued first."""

    items: list[CertificateRow]
    next: str | None


class VerdictFinding(Schema):
    """One thing looked at, and how it came out: good, warn or bad."""

    what: str
    level: str
    zh: str
    en: str


class VerdictOut(Schema):
    """How a paper came out, by the worst of its findings; `number`: the certificate it is, if it is one of ours."""

    level: str
    number: str | None
    findings: list[VerdictFinding]


@router.get("", response={200: CertificatePage, **told(422, 429)})
def find(
    request: HttpRequest, response: HttpResponse, q: Part = "", specialty: Part = "", grade: Part = "", status: Part = "",
    region: Part = "", cursor: Cursor = None, limit: Limit = 50,
) -> dict[str, Any]:  # fmt: skip
    """Search by number or name, in Chinese, pinyin or initials; `region`: the first digits of its code."""
    _counted(request)
    today = _today()
    wanted = search.Wanted(q, specialty.upper(), grade.upper(), status, region)
    found = page(request, response, search.search(wanted, today), cursor, limit)
    rows = search.certificates(found["items"])
    called = english.names(rows)
    return {"items": [_brief(row, today, called[row.number]) for row in rows], "next": found["next"]}


@router.post("/verify", response={200: VerdictOut, **told(400, 422, 429)})
def verify(request: HttpRequest, file: Paper) -> dict[str, Any]:
    """Is a certificate's PDF genuine, is it the file on record, is the certificate good today? (multipart)"""
    _counted(request)
    if (file.size or 0) > verification.MAX_BYTES:
        raise Problem("not-understood", Text(zh=f"文件超过 {verification.MAX_BYTES >> 20} MB", en="The file is too large for a certificate"))  # fmt: skip
    verdict = verification.verify_pdf(file.read(), clock.now())
    findings = [{"what": f.what.en, "level": f.level, "zh": f.text.zh, "en": f.text.en} for f in verdict.findings]
    number = verdict.certificate.number if verdict.certificate else None
    return {"level": verdict.level, "number": number, "findings": findings}


@router.get("/{number}", response={200: CertificateOut, **told(404, 422, 429)})
def one(request: HttpRequest, number: str, on: On = None) -> dict[str, Any]:
    """One certificate, now or at the end of a past day."""
    _counted(request)
    row, held = _certificate(number)
    now, today = clock.now(), _today()
    if on is not None and on > today:
        raise Problem("not-understood", Text(zh="on 是还没有到的一天", en="`on` is a day to come"))
    span = held.at(now if on is None or on == today else datetime.combine(on, time(23, 59, 59), TZ))
    bodies = {n: getattr(row, n) for n in ("auditing_body", "evaluating_body", "approving_body", "replaces")}
    return {**_brief(row, today, english.name(row)), **bodies, "standing": _span(span) if span else None}


@router.get("/{number}/history", response={200: list[SpanOut], **told(404, 422, 429)})
def history(request: HttpRequest, number: str) -> list[dict[str, Any]]:
    """Everything it has been, oldest first; nothing of it is ever overwritten."""
    _counted(request)
    _, held = _certificate(number)
    return [_span(span) for span in life.expired(held, clock.now()).spans]


def _counted(request: HttpRequest) -> None:
    limits.counted(request, "api-register")


def _certificate(number: str) -> tuple[Certificate, Held]:
    tidy = search.folded(number).upper()
    row, held = Certificate.objects.filter(number=tidy).first(), queries.certificate(tidy)
    if row is None or held is None:
        raise Problem("not-found")
    return row, held


def _brief(row: Certificate, today: date, called: str) -> dict[str, Any]:
    return {
        "number": row.number, "holder": row.holder_name, "holder_en": called, "specialty": row.specialty, "grade": row.grade, "status": search.status_on(row, today),
        "issued_on": row.issued_on, "valid_until": row.valid_until, "next_surveillance_on": row.next_surveillance_on,
    }  # fmt: skip


def _span(span: Span) -> dict[str, Any]:
    return {n: getattr(span, n) for n in ("status", "since", "until", "name", "address", "scope")} | {
        "reason": span.reason.zh, "reason_en": span.reason.en,
    }  # fmt: skip


def _today() -> date:
    return clock.today()
