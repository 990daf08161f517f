"""Lists brought in: a file whose rows become cases, how far it is, and what was wrong with which row."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import File, Form, Router, Schema, Status, UploadedFile

from mingduan.cases import sheet
from mingduan.cases.access import openings
from mingduan.cases.sheet import Unreadable
from mingduan.cases.taking import FileJob, RowFault
from mingduan.complaints import bringing, layout, tickets
from mingduan.complaints.layout import Layout
from mingduan.complaints.models import TicketFile
from mingduan.config import clock
from mingduan.people.models import User
from mingduan.procedure.text import Text
from mingduan.registry import importing, intake
from mingduan.registry.models import Import

from .caller import Token, account
from .describe import told
from .once import once
from .paging import page
from .problems import Problem
from .schemas.common import Cursor, Key, Limit

router = Router(tags=["imports"])
READS, WRITES = Token("cases:read"), Token("cases:write")
Sheet = Annotated[UploadedFile, File(..., description="CSV (UTF-8, GB18030), XLSX or Parquet.")]
Check = Annotated[bool, Form(False, description="Only look at the rows, take nothing over.")]
Body = Annotated[str, Form("", max_length=40, description="Whose tickets; the only desk of the caller unless given.")]
Mapping_ = Annotated[
    str, Form("", max_length=50_000, description="What the columns are, as JSON; as last used for these headings unless given.")
]  # fmt: skip


class ImportOut(Schema):
    """A file and how far it is: `looked_at` of `rows`, each of them added, already there, in conflict with what is there, or bad."""

    id: int
    name: str
    asked_at: datetime
    dry_run: bool
    rows: int
    looked_at: int
    added: int
    already: int
    conflict: int
    bad: int
    done: bool
    ignored_columns: list[str]


class ImportPage(Schema):
    """Files, the latest first."""

    items: list[ImportOut]
    next: str | None


class FaultOut(Schema):
    """One thing wrong with one row: its line counts from 1 with the headings."""

    line: int
    number: str
    what: str
    columns: str
    wrong: dict[str, str]
    right: dict[str, str] | None
    clause: str


class FaultPage(Schema):
    """Faults, the last ones first."""

    items: list[FaultOut]
    next: str | None


@router.get("/certificates", response={200: ImportPage, **told(401, 403, 404, 422)}, auth=READS)
def registers(request: HttpRequest, response: HttpResponse, cursor: Cursor = None, limit: Limit = 50) -> dict[str, Any]:
    """The files of existing registers brought so far, for the office that keeps the certificates."""
    _keeper(account(request))
    return _page(request, response, _registers(), cursor, limit)


@router.post("/certificates", response={201: ImportOut, **told(400, 401, 403, 404, 422)}, auth=WRITES)
def bring_register(request: HttpRequest, file: Sheet, check: Check = False, key: Key = None) -> Status[Any]:
    """Take an existing register over (multipart), or only look at it. What a short file comes to is in the answer; a long one goes on in the background."""
    user = account(request)
    role, now = _keeper(user), clock.now()
    with once(request) as write:
        if write.made:
            return Status(201, _job(_registers().get(pk=write.made)))
        try:
            job = intake.begin(file.name or "", _content(file), by=user, role=role, at=now, dry_run=check)
        except Unreadable as error:
            raise _unreadable(error, "file") from error
        write.keep(str(job.pk))
    intake.work(job, now, intake.SLICE)
    return Status(201, _job(_registers().get(pk=job.pk)))


@router.get("/certificates/{int:pk}", response={200: ImportOut, **told(401, 403, 404)}, auth=READS)
def register(request: HttpRequest, pk: int) -> dict[str, Any]:
    """How far one file is."""
    _keeper(account(request))
    return _job(_one(_registers(), pk))


@router.get("/certificates/{int:pk}/faults", response={200: FaultPage, **told(401, 403, 404, 422)}, auth=READS)
def register_faults(
    request: HttpRequest, pk: int, response: HttpResponse, cursor: Cursor = None, limit: Limit = 50
) -> dict[str, Any]:
    """Each row of a file that was not taken over, and why."""
    _keeper(account(request))
    return _faults(request, response, _one(_registers(), pk), cursor, limit)


@router.get("/tickets", response={200: ImportPage, **told(401, 403, 404, 422)}, auth=READS)
def ticket_files(
    request: HttpRequest, response: HttpResponse, cursor: Cursor = None, limit: Limit = 50
) -> dict[str, Any]:
    """The files of tickets brought so far to the caller's desks."""
    return _page(request, response, _tickets(account(request)), cursor, limit)


@router.post("/tickets", response={201: ImportOut, **told(400, 401, 403, 404, 422)}, auth=WRITES)
def bring_tickets(
    request: HttpRequest, file: Sheet, body: Body = "", mapping: Mapping_ = "", key: Key = None
) -> Status[Any]:
    """Take tickets of another system in from a file (multipart). The mapping is kept for the next file with the same headings."""
    user, now = account(request), clock.now()
    desks = _desks(user)
    if body not in desks and (body or len(desks) != 1):
        raise Problem("not-understood", Text(zh=f"body 应为：{'、'.join(desks)}", en=f"`body` is one of {', '.join(desks)}"), reasons=[_about("body", Text(zh="请写明机构", en="Say whose"))])  # fmt: skip
    body = body or desks[0]
    with once(request) as write:
        if write.made:
            return Status(201, _job(_tickets(user).get(pk=write.made)))
        content = _content(file)
        layout_ = _layout(user, body, content, mapping)
        job = bringing.keep(body, file.name or "", content, by=user, at=now)
        bringing.begin(job, layout_, now)
        write.keep(str(job.pk))
    bringing.work(job, now, tickets.SLICE)
    return Status(201, _job(_tickets(user).get(pk=job.pk)))


@router.get("/tickets/{int:pk}", response={200: ImportOut, **told(401, 403, 404)}, auth=READS)
def ticket_file(request: HttpRequest, pk: int) -> dict[str, Any]:
    """How far one file is."""
    return _job(_one(_tickets(account(request)), pk))


@router.get("/tickets/{int:pk}/faults", response={200: FaultPage, **told(401, 403, 404, 422)}, auth=READS)
def ticket_faults(
    request: HttpRequest, pk: int, response: HttpResponse, cursor: Cursor = None, limit: Limit = 50
) -> dict[str, Any]:
    """Each row of a file that did not come in, and why."""
    return _faults(request, response, _one(_tickets(account(request)), pk), cursor, limit)


def _keeper(user: User) -> str:
    """The office by which the caller takes certificates over (S10 2.1); for anybody else there is nothing here."""
    engine, action = importing.procedure()
    role = openings(user, engine.rulebook).get(action)
    if role is None:
        raise Problem("not-found")
    return role


def _desks(user: User) -> list[str]:
    """The bodies the caller may bring tickets to; for anybody else there is nothing here."""
    held = sorted({body for body, _ in user.posts})
    found = [b for b in held if layout.targets(b, bringing.actor(user, b).roles)]
    if not found:
        raise Problem("not-found")
    return found


def _layout(user: User, body: str, content: bytes, mapping: str) -> Layout:
    """The mapping as sent or as last used, once nothing stands against it."""
    roles = bringing.actor(user, body).roles
    try:
        file = layout.read(content)
    except Unreadable as error:
        raise _unreadable(error, "file") from error
    try:
        said = Layout.from_json(json.loads(mapping)) if mapping else bringing.remembered(body, file)
    except (ValueError, RecursionError) as error:
        told_ = (
            error.wrong if isinstance(error, Unreadable) else Text(zh="mapping 不是 JSON", en="`mapping` is no JSON")
        )
        raise Problem("not-understood", told_, reasons=[_about("mapping", told_)]) from error
    if said is None:
        new = Text(zh=f"没有用过这些栏目，请给出 mapping：{'、'.join(file.headings)}", en=f"These headings are new, send a `mapping`: {', '.join(file.headings)}")  # fmt: skip
        raise Problem("not-understood", new, reasons=[_about("mapping", new)])
    engine = next((e for e in layout.targets(body, roles) if e.rulebook.id == said.rulebook), None)
    if engine is None:
        wrong = [Text(zh=f"不能把工单移入 {said.rulebook}", en=f"Tickets can't be taken in to {said.rulebook}")]
    else:
        wrong = layout.problems(said, file, engine.rulebook, layout.openings_of(engine.rulebook, roles))
    if wrong:
        raise Problem("not-understood", wrong[0], reasons=[_about("mapping", w) for w in wrong])
    return said


def _content(file: UploadedFile) -> bytes:
    if (file.size or 0) > sheet.MAX_BYTES:
        most = sheet.MAX_BYTES >> 20
        raise Problem("not-understood", Text(zh=f"文件超过 {most} MB", en=f"The file is larger than {most} MB"))
    content: bytes = file.read()
    return content


def _registers() -> QuerySet[Import]:
    return Import.objects.defer("content")


def _tickets(user: User) -> QuerySet[TicketFile]:
    return TicketFile.objects.filter(body__in=_desks(user), begun=True).defer("content")


def _one(found: QuerySet[Any], pk: int) -> Any:
    job = found.filter(pk=pk).first() if pk < 2**63 else None
    if job is None:
        raise Problem("not-found")
    return job


def _page(request: HttpRequest, response: HttpResponse, found: QuerySet[Any], cursor: str | None, limit: int) -> dict[str, Any]:  # fmt: skip
    made = page(request, response, found, cursor, limit)
    return {**made, "items": [_job(job) for job in made["items"]]}


def _job(job: FileJob) -> dict[str, Any]:
    return {
        "id": job.pk, "name": job.name, "asked_at": job.asked_at, "dry_run": isinstance(job, Import) and job.dry_run,
        "rows": job.total, "looked_at": job.looked_at, "added": job.added, "already": job.already, "conflict": job.conflict,
        "bad": job.bad, "done": job.done, "ignored_columns": job.unknown if isinstance(job, Import) else [],
    }  # fmt: skip


def _faults(request: HttpRequest, response: HttpResponse, job: Any, cursor: str | None, limit: int) -> dict[str, Any]:
    made = page(request, response, job.faults.all(), cursor, limit)
    return {**made, "items": [_fault(row) for row in made["items"]]}


def _fault(row: RowFault | Model) -> dict[str, Any]:
    assert isinstance(row, RowFault)  # noqa: S101  what faults are made of
    return {
        "line": row.line, "number": row.number, "what": row.what, "columns": row.columns, "clause": row.clause,
        "wrong": {"zh": row.wrong_zh, "en": row.wrong_en},
        "right": {"zh": row.right_zh, "en": row.right_en} if row.right_zh else None,
    }  # fmt: skip


def _unreadable(error: Unreadable, about: str) -> Problem:
    return Problem("not-understood", error.wrong, reasons=[_about(about, error.wrong, error.right)])


def _about(what: str, wrong: Text, right: Text | None = None) -> Mapping[str, Any]:
    return {"input": what, "zh": wrong.zh, "en": wrong.en, "remedy": {"zh": right.zh, "en": right.en} if right else None}  # fmt: skip
