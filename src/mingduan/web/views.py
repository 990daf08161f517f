"""Pages: each turns a request into a read or into one act, and shows the answer where the person stands."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mingduan.cases import catalogue, files
from mingduan.cases.access import Access, access, log_reading, opener
from mingduan.cases.act import Side, act, events_of, open_case
from mingduan.cases.models import Case
from mingduan.cases.queries import board, may_see, my_duties
from mingduan.people.interests import person_record
from mingduan.people.models import Organisation, User
from mingduan.procedure.case import Refusal, fold
from mingduan.procedure.engine import Engine
from mingduan.procedure.period import TZ
from mingduan.procedure.rulebook import Rulebook
from mingduan.procedure.verify import coverage, windows

from .forms import SCALAR, Person, correction, facts, fields, place_errors
from .templatetags.mingduan import lang


def front(request: HttpRequest) -> HttpResponse:
    """The public's way in: file, follow, read the procedures."""
    return render(request, "web/front.html", {"engines": catalogue.in_force().values()})


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """My duties by deadline, and the cases that are mine."""
    now = timezone.now()
    groups = my_duties(_user(request), now)
    titles = [
        ("late", "已逾期", "Late"), ("today", "今天", "Today"), ("week", "七天内", "Within seven days"), ("later", "以后", "Later"),
    ]  # fmt: skip
    shown = [(zh, en, groups[name], name) for name, zh, en in titles if groups[name]]
    return render(request, "web/home.html", {"groups": shown, "recent": board(_user(request))[:8]})


@login_required
def cases(request: HttpRequest) -> HttpResponse:
    """The board of all cases this person may see."""
    asked = {name: request.GET.get(name, "").strip() for name in ("text", "rulebook", "state")}
    page = Paginator(board(_user(request), **asked), 25).get_page(request.GET.get("page"))
    engines = catalogue.in_force()
    states = {name: s for e in engines.values() for name, s in e.rulebook.states.items()}
    rows = [(c, catalogue.kept(c.digest).rulebook) for c in page]
    rows_shown = [(c, b, b.states[c.state], [p.name for p in c.parties.all()]) for c, b in rows]
    return render(
        request,
        "web/cases.html",
        {"page": page, "rows": rows_shown, "asked": asked, "engines": engines.values(), "states": states},
    )


@never_cache
def case(request: HttpRequest, number: str) -> HttpResponse:
    """One case: what happened, what is due, who, money, notices, and the actions open to the reader."""
    found, got = _case(request, number)
    now = timezone.now()
    log_reading(found, got.actor.name or got.actor.id, now)
    engine = catalogue.kept(found.digest)
    book, events = engine.rulebook, events_of(found)
    state = fold(events)
    options = engine.options(state, got.actor, now)
    confidential = {n for n in book.facts if not may_see(book, n, got.inside)}
    records = [
        (n, book.facts[n])
        for n in state.facts
        if n in book.facts and book.facts[n].type == "records" and n not in confidential
    ]
    return render(request, "web/case.html", {
        "case": found, "book": book, "state": state, "current": book.states[found.state], "inside": got.inside,
        "stages": _stages(engine, found.state), "now": now,
        "timeline": [(e, book.actions[e.action], book.roles.get(e.role)) for e in reversed(events) if not (e.entry and e.entry.records in confidential)],
        "duties": [(d, book.deadlines[d.deadline], book.roles[d.owner]) for d in engine.duties(state, now) if not (book.deadlines[d.deadline].not_before and d.due > now and not got.inside)],
        "open": [(o, book.actions[o.action]) for o in options if o.open],
        "closed": [(o, book.actions[o.action]) for o in options if not o.open],
        "facts": [(book.facts[n], v) for n, v in state.facts.items() if n in book.facts and book.facts[n].type != "records" and n not in confidential],
        "records": [(f, f.of, state.facts[n]) for n, f in records],
        "people": [(book.roles[r], people) for r, people in state.assigned.items() if people],
        "parties": [(book.roles[p.role], p) for p in found.parties.all()],
        "ledger": [(line, book.accounts[line.debit], book.accounts[line.credit]) for line in found.ledger.all()],
        "notices": _notices(found, got, book),
    })  # fmt: skip


@never_cache
def paper(request: HttpRequest, number: str, sha256: str) -> HttpResponse:
    """A file of the case, for whoever may read the fact or record it belongs to; never shown inside a page."""
    found, got = _case(request, number)
    book = catalogue.kept(found.digest).rulebook
    shown = [v for n, v in found.facts.items() if n in book.facts and may_see(book, n, got.inside)]
    name = _named(shown, sha256)
    if name is None:
        raise Http404
    log_reading(found, got.actor.name or got.actor.id, timezone.now())
    response = HttpResponse(files.read(sha256), content_type="application/octet-stream")
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def _named(value: Any, sha256: str) -> str | None:
    """The name under which a fact or record holds the file with this hash."""
    if isinstance(value, dict):
        if value.get("sha256") == sha256:
            return str(value.get("name"))
        value = list(value.values())
    if isinstance(value, list):
        return next((name for v in value if (name := _named(v, sha256)) is not None), None)
    return None


@never_cache
@require_http_methods(["GET", "POST"])
def do(request: HttpRequest, number: str, action: str) -> HttpResponse:
    """The form of one action, and doing it."""
    found, got = _case(request, number)
    engine = catalogue.kept(found.digest)
    spec = engine.rulebook.actions.get(action)
    override = engine.rulebook.override
    may_override = override is not None and bool(got.actor.roles & set(override.by))
    if spec is None or spec.opens or not (may_override or got.actor.roles & set(spec.by)):
        raise Http404
    state = fold(events_of(found))
    post = request.POST if request.method == "POST" else None
    typed = request.POST
    form = fields(engine.inputs(action), _people(found, engine, action), post, state.facts, request.FILES)
    refused: list[Any] = []
    correctable = [(n, f) for n, f in engine.rulebook.facts.items() if n in state.facts and f.type in SCALAR]
    if post is not None and not any(f.errors for f in form):
        done = act(
            number=number, action=action, actor=got.actor, at=timezone.now(), facts=facts(form), reason=post.get("reason", ""),
            legal_basis=post.get("legal_basis", "") if may_override else "",
            correction=correction(engine.rulebook, post) if spec.corrects else {},
            seen=_whole(post.get("seen")), key=post.get("key", "")[:100],
        )  # fmt: skip
        if not isinstance(done, Refusal):
            messages.success(request, f"{spec.zh}：已办理" if lang() == "zh" else f"{spec.en}: done")
            return redirect("case", number)
        refused = place_errors(form, done.reasons)
    option = next((o for o in engine.options(state, got.actor, timezone.now()) if o.action == action), None)
    return render(request, "web/do.html", {
        "case": found, "book": engine.rulebook, "action": spec, "form": form, "refused": refused, "option": option,
        "correctable": correctable if spec.corrects else [], "may_override": may_override, "reason": typed.get("reason", ""), "legal_basis": typed.get("legal_basis", ""),
        "seen": found.length, "key": typed.get("key") or secrets.token_urlsafe(12),
    }, status=422 if post is not None else 200)  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
def file(request: HttpRequest, body: str, procedure: str) -> HttpResponse:
    """File a case: with an account or without; the case's number and secret are told once."""
    engine = catalogue.current(f"{body}/{procedure}")
    if engine is None:
        raise Http404
    book = engine.rulebook
    action = book.opening[0]
    spec = book.actions[action]
    post = request.POST if request.method == "POST" else None
    typed = request.POST
    form = fields(engine.inputs(action), (), post, {}, request.FILES)
    user = request.user if isinstance(request.user, User) else None
    name = typed.get("name", "").strip()
    opponent = next((n for n, r in book.roles.items() if r.side == "opponent"), "")
    organisations = Organisation.objects.exclude(pk=(user and user.organisation_id) or 0).exclude(kind="enterprise")
    chosen = organisations.filter(pk=_whole(typed.get("opponent")) or 0).first()
    errors: dict[str, tuple[str, str]] = {}
    refused: list[Any] = []
    if post is not None:
        if user is None and not name:
            errors["name"] = ("请填写您的姓名或单位名称", "Give your name or your organisation's")
        if opponent and chosen is None:
            errors["opponent"] = ("请选择对方机构", "Choose the organisation concerned")
        if not errors and not any(f.errors for f in form):
            filer = spec.by[0]
            shown = (user.organisation.name if user.organisation else str(user)) if user else name
            sides = [
                Side(
                    filer, shown, user.organisation if user else None, user if user and not user.organisation else None
                )
            ]
            if chosen is not None:
                sides.append(Side(opponent, chosen.name, chosen))
            done = open_case(
                rulebook=book.id, action=action, actor=opener(user, name, filer), at=timezone.now(), facts=facts(form), sides=sides,
                title=f"{shown}{book.title.zh}{chosen.name if chosen else ''}", key=post.get("key", "")[:100],
            )  # fmt: skip
            if not isinstance(done, Refusal):
                request.session[f"secret:{done.case.number}"] = done.secret
                return render(request, "web/filed.html", {"case": done.case, "secret": done.secret, "book": book})
            refused = place_errors(form, done.reasons)
    return render(request, "web/file.html", {
        "book": book, "action": spec, "form": form, "refused": refused, "errors": errors, "name": name, "signed_in": user is not None,
        "opponent": book.roles.get(opponent), "organisations": organisations, "chosen": chosen,
        "key": typed.get("key") or secrets.token_urlsafe(12),
    }, status=422 if post is not None else 200)  # fmt: skip


@require_http_methods(["GET", "POST"])
def follow(request: HttpRequest) -> HttpResponse:
    """Open a case with its number and secret, without an account."""
    wrong = False
    if request.method == "POST":
        number, secret = request.POST.get("number", "").strip(), request.POST.get("secret", "").strip()
        found = Case.objects.filter(number=number).first()
        if found is not None and access(None, found, timezone.now(), secret).reads:
            request.session[f"secret:{number}"] = secret
            return redirect("case", number)
        wrong = True
    return render(request, "web/follow.html", {"wrong": wrong}, status=422 if wrong else 200)


def procedures(request: HttpRequest) -> HttpResponse:
    """Every procedure that runs here."""
    return render(request, "web/procedures.html", {"engines": catalogue.in_force().values()})


def procedure(request: HttpRequest, body: str, procedure: str) -> HttpResponse:
    """One procedure: stages, actions, deadlines, coverage; and all its dates if filed on a day."""
    engine = catalogue.current(f"{body}/{procedure}")
    if engine is None:
        raise Http404
    try:
        start = date.fromisoformat(request.GET.get("from", ""))
    except ValueError:
        start = timezone.now().astimezone(TZ).date()
    book = engine.rulebook
    try:
        dates = [(w, book.deadlines[w.deadline]) for w in windows(book, start, engine.calendar)]
    except ValueError:
        start, dates = timezone.now().astimezone(TZ).date(), []
    stages = [
        (
            stage,
            [
                (s, [a for a in book.actions.values() if name in a.since])
                for name, s in book.states.items()
                if s.stage == key
            ],
        )
        for key, stage in book.stages.items()
    ]
    deadlines = [
        (d, book.roles.get(d.owner or ""), [book.actions[a] for a in (*d.met_by, *d.limits)], _length(engine, d))
        for d in book.deadlines.values()
    ]
    return render(request, "web/procedure.html", {
        "book": book, "stages": stages, "deadlines": deadlines, "coverage": coverage(book), "start": start, "dates": dates,
        "provisional": {w.deadline for w, _ in dates if engine.calendar.is_provisional(w.last)},
    })  # fmt: skip


def _length(engine: Engine, spec: Any) -> str:
    value = spec.within or spec.at_least or spec.not_before
    return engine.rulebook.period(value).text(lang())


def _case(request: HttpRequest, number: str) -> tuple[Case, Access]:
    """The case and what the reader is in it. Whoever may not read it can't tell that it exists."""
    found = Case.objects.prefetch_related("parties").filter(number=number).first()
    if found is None:
        raise Http404
    user = request.user if isinstance(request.user, User) else None
    got = access(user, found, timezone.now(), request.session.get(f"secret:{number}", ""))
    if not got.reads and user is not None and request.session.get(f"secret:{number}"):
        got = access(None, found, timezone.now(), request.session[f"secret:{number}"])
    if not got.reads:
        raise Http404
    return found, got


def _people(found: Case, engine: Engine, action: str) -> list[Person]:
    """Who can be chosen: the people assigned, when one is released; else the experts, least loaded first."""
    spec = engine.rulebook.actions[action]
    parties = [p.organisation_id for p in found.parties.all() if p.organisation_id]
    if spec.releases:
        users = User.objects.filter(assignment__case=found, assignment__role=spec.releases)
        return [Person({"id": str(u.pk), "name": str(u)}, str(u), str(u)) for u in users]
    if not spec.appoints:
        return []
    made = []
    for user in User.objects.filter(expert=True, is_active=True).select_related("organisation").order_by("name"):
        record = person_record(user, parties)
        load = user.assignment_set.filter(case__ended=False).count()
        ties = "；".join(
            f"{i['party']}（{i['kind']}{'，至' + i['until'] if i['until'] else ''}）" for i in record["interests"]
        )
        zh = f"{user} · {user.specialty or '—'} · {record['employer'] or '—'} · 在办{load}件" + (
            f" · 利害关系：{ties}" if ties else ""
        )
        en = f"{user} · {user.specialty or '—'} · {record['employer'] or '—'} · {load} open" + (
            f" · interests: {ties}" if ties else ""
        )
        made.append((bool(ties), load, Person(record, zh, en)))
    return [p for *_, p in sorted(made, key=lambda m: (m[0], m[1]))]


def _notices(found: Case, got: Access, book: Rulebook) -> list[tuple[Any, str]]:
    """Each notice the reader may see, once, with those it went to."""
    told: dict[int, tuple[Any, list[str]]] = {}
    for notice in found.notices.all():
        if got.inside or notice.role in got.actor.roles:
            role = book.roles[notice.role]
            told.setdefault(notice.seq, (notice, []))[1].append(role.en if lang() == "en" else role.zh)
    return [(notice, "、".join(roles)) for notice, roles in told.values()]


def _stages(engine: Engine, state: str) -> list[tuple[Any, str]]:
    """The procedure's stages with where the case stands: 'past', 'here' or 'ahead'."""
    names = list(engine.rulebook.stages)
    here = names.index(engine.rulebook.states[state].stage)
    place = ["past" if i < here else "here" if i == here else "ahead" for i in range(len(names))]
    return list(zip(engine.rulebook.stages.values(), place, strict=True))


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  login_required has seen to it
    return request.user


def _whole(written: str | None) -> int | None:
    try:
        return int(written) if written else None
    except ValueError:
        return None
