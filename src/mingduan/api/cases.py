"""Cases: listed, opened, read, acted in. Each call is one read or one act."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from ninja import Query, Router, Status

from mingduan.cases import catalogue, chain, files, panels, registrar
from mingduan.cases.access import Access, log_reading, opener, openings, opponents
from mingduan.cases.act import Done, Side, act, open_case, sides_of, state_of
from mingduan.cases.board import Search, board
from mingduan.cases.meetings import propose
from mingduan.cases.models import Case, Reading
from mingduan.cases.personal import may_open, veil
from mingduan.cases.queries import may_read_notice, may_see
from mingduan.cases.signing import done_signed
from mingduan.cases.visible import visible_event, visible_papers
from mingduan.config import clock
from mingduan.paper import delivery
from mingduan.paper.models import Certificate
from mingduan.paper.notices import Destroyed, printed
from mingduan.people.models import User
from mingduan.procedure.case import Act, Actor, Event, Finding, Reason, Refusal, Signature
from mingduan.procedure.engine import Engine
from mingduan.procedure.rulebook import Rulebook
from mingduan.procedure.text import Text

from . import limits
from .caller import READS, WRITES, Caller, Token, account, anyone, caller, case_for
from .describe import told
from .facts import corrected, resolve, storable
from .once import once
from .paging import page
from .problems import Problem, reasons_out, refused
from .schemas.cases import (
    Acting,
    Asked,
    CandidateOut,
    CaseOut,
    CasePage,
    DutyOut,
    EventOut,
    FiledOut,
    FindingOut,
    LineOut,
    NoticeOut,
    Opening,
    OptionOut,
    PaperOut,
    PersonalOut,
    ReadingPage,
    ShowingPersonal,
    TimesOut,
)
from .schemas.common import Cursor, Key, Limit, Match  # fmt: skip

router = Router(tags=["cases"])
KEY_LENGTH = 16
_ETAG = re.compile(r'(?:W/)?"?(\d{1,9})(?:-[0-9a-f]+)?"?')


@router.get("", response={200: CasePage, **told(401, 403, 422)}, auth=Token("cases:read"))
def list_cases(
    request: HttpRequest, response: HttpResponse, search: Query[Asked], cursor: Cursor = None, limit: Limit = 50
) -> dict[str, Any]:
    """The cases the token's owner may see, newest first, searched and filtered as on the board."""
    storable(search.dict())
    found = board(account(request), Search(**search.dict()), clock.now())
    return page(request, response, found, cursor, limit)


@router.post(
    "", response={201: FiledOut, **told(400, 401, 403, 422, 429)}, auth=[Token("cases:write"), anyone],
    openapi_extra={"security": [{}, {"Token": []}]},
)  # fmt: skip
def open_a_case(request: HttpRequest, opening: Opening, response: HttpResponse, key: Key = None) -> Status[Any]:
    """Open a case as an account, or, with a `name` and no token, as the public: the answer then holds the case's
    secret, with which the case is followed (header Case-Secret). The public's Idempotency-Key has 16 characters or more.

    With `action` whoever holds the office of the body that may do it opens a case the body itself opens; its parties come from the register.
    """
    who = caller(request)
    _public(request, who, opening, key)
    storable(opening.dict())
    engine = catalogue.current(opening.rulebook)
    if engine is None:
        known = "、".join(catalogue.in_force())
        raise Problem("not-understood", Text(zh=f"没有这部规则书；现有：{known}", en=f"No such rulebook; there are: {known}"))  # fmt: skip
    action, actor, sides = _opened_by(engine.rulebook, who.user, opening)
    with once(request) as write:
        facts = resolve(engine, action, opening.facts, owner=who.owner)
        secret = _derived(request) if key and who.user is None else ""
        done = open_case(
            rulebook=opening.rulebook, action=action, actor=actor, at=clock.now(), facts=facts, sides=sides,
            title="", key=write.key, secret=secret,
        )  # fmt: skip
        if isinstance(done, Refusal):
            raise refused(done.reasons)
    if who.user is None:
        secret = secret or done.secret
        request.auth = Caller(secret=secret)  # type: ignore[attr-defined]
    shown_case = _shown(request, response, *case_for(request, done.case.number))
    response.headers["Location"] = request.build_absolute_uri(f"/api/cases/{done.case.number}")
    return Status(201, {**shown_case, "secret": secret or None})


@router.get("/{number}", response={200: CaseOut, **told(401, 403, 404, 422, 429)}, auth=READS)
def case(request: HttpRequest, number: str, response: HttpResponse) -> dict[str, Any]:
    """One case; its ETag goes into the `If-Match` of an act."""
    return _shown(request, response, *case_for(request, number))


@router.get("/{number}/events", response={200: list[EventOut], **told(401, 403, 404, 422, 429)}, auth=READS)
def events(request: HttpRequest, number: str) -> list[dict[str, Any]]:
    """What happened, oldest first, as far as the reader may see it."""
    found, got, engine = case_for(request, number)
    bodies = [row.body for row in found.events.all()]
    view = veil(found, got, [Event.from_json(body) for body in bodies if not chain.is_tombstone(body)])
    shown = (visible_event(body, engine.rulebook, got.inside) for body in bodies)
    return [view(event) for event in shown if event is not None]


@router.get("/{number}/duties", response={200: list[DutyOut], **told(401, 403, 404, 422, 429)}, auth=READS)
def duties(request: HttpRequest, number: str) -> list[Any]:
    """The case's deadlines as they stand now."""
    found, got, engine = case_for(request, number)
    now, deadlines = clock.now(), engine.rulebook.deadlines
    return [
        d for d in engine.duties(state_of(found), now)
        if got.inside or not (deadlines[d.deadline].not_before and d.due > now)
    ]  # fmt: skip


@router.get("/{number}/options", response={200: list[OptionOut], **told(401, 403, 404, 422, 429)}, auth=READS)
def options(request: HttpRequest, number: str) -> list[dict[str, Any]]:
    """The actions open to the reader now, what each asks for, and why the others are not open."""
    found, got, engine = case_for(request, number)
    actions = engine.rulebook.actions
    return [
        {
            "action": o.action, "zh": actions[o.action].zh, "en": actions[o.action].en, "open": o.open,
            "signed": actions[o.action].signed,
            "reasons": [_reason(r) for r in o.reasons],
            "inputs": [
                {"name": i.name, "type": i.fact.type, "required": i.required, "zh": i.fact.zh, "en": i.fact.en,
                 "choices": list(i.fact.choices)}
                for i in engine.inputs(o.action, got.actor.roles)
            ],
        }
        for o in engine.options(state_of(found), got.actor, clock.now())
    ]  # fmt: skip


@router.post("/{number}/acts", response={200: CaseOut, **told(400, 401, 403, 404, 412, 422, 428, 429)}, auth=WRITES)
def do(
    request: HttpRequest, number: str, acting: Acting, response: HttpResponse, key: Key = None, match: Match = None
) -> dict[str, Any]:
    """Do an act. `If-Match` must be the ETag of the case as last read: one who acts on an old state is told so.

    An act that its rulebook wants signed (`signed` among the options) also takes `code`, of the caller's own second factor.
    """
    storable(acting.dict())
    found, got, engine = case_for(request, number)
    seen, owner = _seen(match), caller(request).owner
    with once(request) as write:
        facts = resolve(engine, acting.action, acting.facts, owner=owner)
        correction = corrected(engine, state_of(found), got.actor, acting.facts, acting.correction, owner=owner)
        now, who = clock.now(), caller(request).user

        def doing(signature: Signature | None) -> Done | Refusal:
            return act(
                number=number, action=acting.action, actor=got.actor, at=now, facts=facts, reason=acting.reason,
                legal_basis=acting.legal_basis, correction=correction, seen=seen, key=write.key, signature=signature,
            )  # fmt: skip

        done = done_signed(doing, who, acting.code, now)
        if isinstance(done, Refusal):
            raise refused(done.reasons)
    return _shown(request, response, *case_for(request, number))


@router.post("/{number}/check", response={200: list[FindingOut], **told(400, 401, 403, 404, 422, 429)}, auth=READS)
def check(request: HttpRequest, number: str, acting: Acting) -> list[dict[str, Any]]:
    """What if the caller did this now: every rule it is held against, one by one. Nothing is written."""
    storable(acting.dict())
    found, got, engine = case_for(request, number)
    now, state = clock.now(), state_of(found)
    owner = caller(request).owner
    facts = resolve(engine, acting.action, acting.facts, owner=owner)
    correction = corrected(engine, state, got.actor, acting.facts, acting.correction, owner=owner)
    known = panels.recorded(found, state, engine, acting.action, facts, now)
    asked = Act(
        acting.action, got.actor, now, known, acting.reason, acting.legal_basis, correction
    )  # fmt: skip
    asked = registrar.foretold(engine, asked, state.facts, sides_of(found))
    return [finding_out(f) for f in engine.check(state, asked)]


@router.get("/{number}/notices", response={200: list[NoticeOut], **told(401, 403, 404, 422, 429)}, auth=READS)
def notices(request: HttpRequest, number: str) -> list[Any]:
    """The notices to the reader's roles, newest first; the body's own people see all."""
    found, got, _ = case_for(request, number)
    view, mine = veil(found, got), [n for n in found.notices.all() if may_read_notice(n, got)]
    for notice in mine:
        notice.title, notice.body, notice.remedies = (
            view.text(notice.title),
            view.text(notice.body),
            view.text(notice.remedies),
        )
    return mine


@router.get(
    "/{number}/notices/{int:pk}/pdf", response=told(401, 403, 404, 422, 429), auth=READS,
    openapi_extra={"responses": {200: {"description": "The document", "content": {
        "application/pdf": {"schema": {"type": "string", "format": "binary"}}}}}},
)  # fmt: skip
def notice_pdf(request: HttpRequest, number: str, pk: int, lang: Literal["zh", "en"] = "zh") -> HttpResponse:
    """A notice as PDF/A. When its addressee opens it, that is the proof of service."""
    found, got, _ = case_for(request, number)
    notice = found.notices.select_related("case").filter(pk=pk).first() if pk < 2**63 else None
    if notice is None or not may_read_notice(notice, got) or not may_open(notice, got):
        raise Problem("not-found")
    try:
        document = printed(notice, lang)
    except Destroyed as gone:
        raise Problem("not-found") from gone
    now = clock.now()
    log_reading(found, got.actor, now, Reading.What.NOTICE, notice.title)
    delivery.opened(notice, got, caller(request).user, now)
    response = HttpResponse(files.read(document.sha256), content_type="application/pdf")
    response.headers["Content-Disposition"] = (
        content_disposition_header(True, f"{number}-{notice.seq:02}.pdf") or "attachment"
    )
    return response


@router.get(
    "/{number}/archive.zip", response=told(401, 403, 404, 422, 429), auth=READS,
    openapi_extra={"responses": {200: {"description": "The package", "content": {
        "application/zip": {"schema": {"type": "string", "format": "binary"}}}}}},
)  # fmt: skip
def package(request: HttpRequest, number: str) -> FileResponse:
    """The sealed package of a closed case, for the body's own people, where no personal data is masked to them."""
    found, got, _ = case_for(request, number)
    sealed = found.packages.first()
    if sealed is None or not got.inside or not veil(found, got).clear:
        raise Problem("not-found")
    log_reading(found, got.actor, clock.now(), Reading.What.PACKAGE, f"{number}.zip")
    return FileResponse(
        files.stream(sealed.sha256), as_attachment=True, filename=f"{number}.zip", content_type="application/zip"
    )


@router.get(
    "/{number}/disposal.pdf", response=told(401, 403, 404, 422, 429), auth=READS,
    openapi_extra={"responses": {200: {"description": "The certificate", "content": {
        "application/pdf": {"schema": {"type": "string", "format": "binary"}}}}}},
)  # fmt: skip
def disposal(request: HttpRequest, number: str) -> HttpResponse:
    """The certificate that the case's file was destroyed, for whoever could read the case."""
    found, _, _ = case_for(request, number)
    remains = Certificate.objects.filter(case=found).first()
    if remains is None:
        raise Problem("not-found")
    response = HttpResponse(files.read(remains.sha256), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{number}-disposal.pdf"'
    return response


@router.get("/{number}/readings", response={200: ReadingPage, **told(401, 403, 404, 422)}, auth=Token("cases:read"))
def readings(
    request: HttpRequest, number: str, response: HttpResponse, cursor: Cursor = None, limit: Limit = 50
) -> dict[str, Any]:
    """Who opened the case and its papers, latest first: for the body's officers (S01 8.1)."""
    found, got, engine = case_for(request, number)
    roles = engine.rulebook.roles
    if not any(roles[r].side == "body" for r in got.actor.roles if r in roles):
        raise Problem("not-found")
    return page(request, response, found.readings.all(), cursor, limit)


@router.post(
    "/{number}/personal", response={200: PersonalOut, **told(401, 403, 404, 422, 429)}, auth=Token("cases:read")
)
def show_personal(request: HttpRequest, number: str, asked: ShowingPersonal) -> dict[str, Any]:
    """The personal data that is masked to the caller, once they say what they need it for: kept in the log of readings, with the
    reason. For those whom the procedure lets see it so; there is no such thing for anybody else.
    """
    found, got, engine = case_for(request, number)
    if not veil(found, got).liftable:
        raise Problem("not-found")
    log_reading(found, got.actor, clock.now(), Reading.What.PERSONAL, asked.why)
    view = veil(found, got, lifted=True)
    seen = {n: v for n, v in found.facts.items() if may_see(engine.rulebook, n, got.inside)}
    return {
        "number": found.number,
        "facts": {n: view(v) for n, v in seen.items() if engine.rulebook.facts[n].personal or engine.rulebook.facts[n].of},
        "parties": [{"role": p.role, "name": view.party(p)} for p in found.parties.all()],
    }  # fmt: skip


@router.get("/{number}/ledger", response={200: list[LineOut], **told(401, 403, 404, 422, 429)}, auth=READS)
def ledger(request: HttpRequest, number: str) -> list[Any]:
    """The case's money, line by line, in fen."""
    found, _, _ = case_for(request, number)
    return list(found.ledger.all())


@router.get("/{number}/files", response={200: list[PaperOut], **told(401, 403, 404, 422, 429)}, auth=READS)
def papers(request: HttpRequest, number: str) -> list[Mapping[str, Any]]:
    """The files of the case that the reader may read."""
    found, got, engine = case_for(request, number)
    return list(_papers(found, got, engine).values())


@router.get(
    "/{number}/files/{sha256}", response=told(401, 403, 404, 409, 422, 429), auth=READS,
    openapi_extra={"responses": {200: {"description": "The file", "content": {
        "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}}},
)  # fmt: skip
def paper(request: HttpRequest, number: str, sha256: str) -> HttpResponse:
    """One file of the case, as it was uploaded."""
    found, got, engine = case_for(request, number)
    known = _papers(found, got, engine).get(sha256)
    try:
        content = files.read(sha256) if known else b""
    except FileNotFoundError:
        known = None
    except files.FileHeld as held:
        raise Problem("file-held", held.text) from held
    if known is None:
        raise Problem("not-found")
    response = HttpResponse(content, content_type="application/octet-stream")
    response.headers["Content-Disposition"] = content_disposition_header(True, str(known["name"])) or "attachment"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@router.get(
    "/{number}/candidates/{action}", response={200: list[CandidateOut], **told(401, 403, 404, 422, 429)}, auth=READS
)
def who_can_be_named(request: HttpRequest, number: str, action: str) -> list[dict[str, Any]]:
    """Whom this act may appoint, the lawful first, with load, interests and what speaks against each."""
    found, got, engine = case_for(request, number)
    spec = engine.rulebook.actions.get(action)
    if spec is None or spec.appoints is None or not got.actor.roles & set(spec.by):
        raise Problem("not-found")
    return [
        {**c.record, "open_cases": c.load, "against": [{"zh": t.zh, "en": t.en} for t in c.against]}
        for c in panels.candidates(found, state_of(found), engine, spec.appoints, clock.now())
    ]


@router.get("/{number}/times/{action}", response={200: TimesOut, **told(401, 403, 404, 422, 429)}, auth=READS)
def times(
    request: HttpRequest,
    number: str,
    action: str,
    limit: Annotated[int, Query(3, ge=1, le=20, description="How many at most.")] = 3,
) -> dict[str, Any]:
    """Times for the meeting that this act fixes: each tried against every rule of the case and every diary of those who come."""
    found, got, engine = case_for(request, number)
    spec, override = engine.rulebook.actions.get(action), engine.rulebook.override
    if spec is None or spec.opens or not got.actor.roles & {*spec.by, *(override.by if override else ())}:
        raise Problem("not-found")
    proposal = propose(found, state_of(found), engine, action, got.actor, clock.now(), limit)
    if proposal is None:
        raise Problem("not-found")
    return {
        "input": proposal.name, "zh": proposal.fact.zh, "en": proposal.fact.en, "last": proposal.last, "busy": proposal.busy,
        "times": [{"starts_at": s.written, "notice": s.notice, "spare": s.spare} for s in proposal.slots],
        "before": reasons_out(proposal.before), "after": reasons_out(proposal.after),
    }  # fmt: skip


def finding_out(f: Finding) -> dict[str, Any]:
    """A finding as JSON."""
    return {
        "rule": f.rule, "clause": f.clause, "zh": f.text.zh, "en": f.text.en, "holds": f.holds,
        "reason": _reason(f.reason) if f.reason else None,
    }  # fmt: skip


def _reason(r: Reason) -> dict[str, Any]:
    return {
        "rule": r.rule, "clause": r.clause, "zh": r.text.zh, "en": r.text.en, "input": r.input,
        "remedy": {"zh": r.remedy.zh, "en": r.remedy.en} if r.remedy else None,
    }  # fmt: skip


def _public(request: HttpRequest, who: Caller, opening: Opening, key: str | None) -> None:
    """What is asked of a filer without an account: a name, a key nobody guesses, and patience."""
    if who.user is not None:
        return
    if not opening.name:
        raise Problem("not-understood", Text(zh="没有账号的，请填写 name：姓名或单位名称", en="Without a token, give `name`: yours or your organisation's"))  # fmt: skip
    if key is not None and len(key) < KEY_LENGTH:
        raise Problem("not-understood", Text(zh=f"没有账号的，Idempotency-Key 至少 {KEY_LENGTH} 个字符", en=f"Without a token an Idempotency-Key has at least {KEY_LENGTH} characters"))  # fmt: skip
    limits.counted(request, "file")


def _opened_by(book: Rulebook, user: User | None, opening: Opening) -> tuple[str, Actor, list[Side]]:
    """The opening action, who does it and the parties: by an office of the caller that may, else as a filing."""
    wanted = opening.action or (book.filing[0] if book.filing else "")
    if (office := openings(user, book).get(wanted)) is not None:
        return wanted, opener(user, "", office), []
    if opening.action and (book.filing is None or opening.action != book.filing[0]):
        raise Problem("refused", Text(zh=f"您不担任可以办理“{opening.action}”的职务，不能以此立案", en=f"You hold no office that may open a case by `{opening.action}`"))  # fmt: skip
    if book.filing is None:
        raise Problem("not-understood", Text(zh="这一程序由机构自己立案：请填写 action", en="Only the body itself opens cases of this procedure: give `action`"))  # fmt: skip
    action, role = book.filing
    organisation = user.organisation if user else None
    shown = organisation.name if organisation else str(user) if user else opening.name
    sides = [Side(role, shown, organisation, None if organisation else user)]
    opponent = next((n for n, r in book.roles.items() if r.side == "opponent" and not r.told), None)
    other = opponents(user, book, opponent).filter(pk=opening.opponent or 0).first() if opponent else None
    if opponent and other is None:
        raise Problem("not-understood", Text(zh="opponent 应为 GET /api/organisations 所列的编号", en="`opponent` must be an id of GET /api/organisations"))  # fmt: skip
    if opponent and other:
        sides.append(Side(opponent, other.name, other))
    return action, opener(user, shown, role), sides


def _derived(request: HttpRequest) -> str:
    """The secret of a case filed without an account and with a key: who repeats the very request is told it again."""
    sent = f"case-secret\n{request.headers['Idempotency-Key']}\n".encode("utf-8", "replace") + request.body
    made = hmac.new(settings.SECRET_KEY.encode(), sent, hashlib.sha256).digest()[:16]
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def _seen(match: str | None) -> int | None:
    """How long the case was when its ETag was given; None for any state."""
    if not match:
        raise Problem("if-match-missing")
    if match.strip() == "*":
        return None
    found = _ETAG.fullmatch(match.strip())
    if found is None:
        raise Problem("overtaken", Text(zh="If-Match 不是本案的 ETag", en="If-Match is not an ETag of this case"))
    return int(found[1])


def _papers(found: Case, got: Access, engine: Engine) -> dict[str, Mapping[str, Any]]:
    shown: Iterator[Mapping[str, Any]] = visible_papers(found.facts, engine.rulebook, got.inside)
    closed = veil(found, got).closed
    return {p["sha256"]: p for p in shown if p["sha256"] not in closed}


def _shown(request: HttpRequest, response: HttpResponse, found: Case, got: Access, engine: Engine) -> dict[str, Any]:
    view = veil(found, got)
    facts = view.facts({n: v for n, v in found.facts.items() if may_see(engine.rulebook, n, got.inside)})
    answer = {
        "number": found.number, "rulebook": found.rulebook, "title": found.title, "state": found.state, "stayed": found.stayed,
        "length": found.length, "opened_at": found.opened_at, "facts": facts, "roles": sorted(got.actor.roles),
        "parties": [{"role": p.role, "name": view.party(p)} for p in found.parties.all()],
        "links": [{"relation": x.relation, "number": x.number} for x in found.links.all()],
    }  # fmt: skip
    tag = hashlib.sha256(json.dumps(answer, default=str, sort_keys=True).encode()).hexdigest()[:12]
    response.headers["ETag"] = f'"{found.length}-{tag}"'
    return answer
