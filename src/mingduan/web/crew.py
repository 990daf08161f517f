"""What sending somebody out needs to know of a company's people, kept by its lead: skills, areas, shifts, base, absences.

Only one's own company's people: of others there is no page. The company's certificates of the qualification scheme stand
above, as the register has them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from mingduan.complaints import fieldwork, sending
from mingduan.config import clock
from mingduan.people import register
from mingduan.people.models import Absence, FieldWorker, User
from mingduan.procedure.period import TZ
from mingduan.procedure.text import Text
from mingduan.registry import search
from mingduan.registry.models import Certificate
from mingduan.registry.wording import wording

from .dispatch import keeps_crew
from .reader import reader, whole
from .templatetags.mingduan import t

WEEK = tuple(
    Text(zh=f"周{zh}", en=en)
    for zh, en in zip("一二三四五六日", ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), strict=True)
)
_SHIFT = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True, slots=True)
class Member:
    """One of the company's people: what is kept, when they work next, and the days they are away from now on."""

    user: User
    worker: FieldWorker | None
    next: tuple[datetime, datetime] | None
    away: Sequence[Absence]


@require_GET
@never_cache
@login_required
def people(request: HttpRequest) -> HttpResponse:
    """Everybody who can be sent, and the company's certificates."""
    lead, now = _lead(request), clock.now()
    skills = sending.skills(fieldwork.in_use())
    held, words = Certificate.objects.filter(holder=lead.organisation).order_by("-issued_on"), wording()
    certificates = [
        (c, words.specialty(c.specialty), words.grade(c.grade), words.standing(search.status_on(c, now.astimezone(TZ).date())))
        for c in held
    ]  # fmt: skip
    members = [_member(u, now) for u in _company(lead)]
    return render(
        request, "web/crew.html", {"members": members, "skills": skills, "certificates": certificates, "now": now}
    )


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """What is kept of one of them, to be changed; their absences."""
    lead, now = _lead(request), clock.now()
    user = _company(lead).filter(pk=pk).first()
    if user is None:
        raise Http404
    member = _member(user, now)  # as it is kept, whatever is sent
    skills, errors = sending.skills(fieldwork.in_use()), dict[str, str]()
    worker = getattr(user, "field_worker", None) or FieldWorker(user=user, shifts=[""] * 7)
    if request.method == "POST":
        go = request.POST.get("go", "")
        if go == "away":
            errors = _away(request.POST, user, lead, now)
        elif go.startswith("back-"):
            errors = _back(user, whole(go[5:]), request.POST.get("retraction", ""), lead, now)
        else:
            errors = _read(request.POST, worker, list(skills))
            if not errors:
                worker.save()
        if not errors:
            messages.success(request, t("已保存", "Saved"))
            return redirect("crew_person", pk)
    return render(request, "web/crew_person.html", {
        "member": member, "worker": worker, "skills": skills, "errors": errors, "sent": request.POST,
        "week": list(zip(range(7), WEEK, worker.shifts or [""] * 7, strict=True)),
        "areas": "、".join(worker.areas), "position": f"{worker.latitude:g},{worker.longitude:g}" if worker.latitude is not None else "",
    }, status=422 if errors else 200)  # fmt: skip


def _lead(request: HttpRequest) -> User:
    """The account of somebody who appoints their company's people; for anybody else there is no such page."""
    user = reader(request)
    if user.organisation_id is None or not keeps_crew(user):
        raise Http404
    return user


def _company(lead: User) -> QuerySet[User]:
    """The lead's own company's people who can be sent."""
    roles = Q(pk__in=())
    for book in fieldwork.in_use():
        if book.field_work is not None:
            roles |= Q(mandates__body=book.id.split("/")[0], mandates__role=book.field_work.by)
    found = User.objects.filter(roles, organisation=lead.organisation_id, is_active=True)
    return found.select_related("field_worker").prefetch_related("absences").order_by("name", "pk").distinct()


def _member(user: User, now: datetime) -> Member:
    worker = getattr(user, "field_worker", None)
    today = now.astimezone(TZ).date()
    away = [a for a in user.absences.all() if a.standing and (a.until is None or a.until >= today)]
    return Member(user, worker, sending.shift(worker, now) if worker else None, away)


def _read(sent: QueryDict, worker: FieldWorker, skills: Sequence[str]) -> dict[str, str]:
    """Put what was sent into the row; what is wrong with it, by field."""
    errors = {}
    worker.skills = [s for s in skills if s in sent.getlist("skills")]
    worker.areas = [a for a in re.split(r"[、,，;；\s]+", sent.get("areas", "")) if a][:50]
    worker.base, worker.phone = sent.get("base", "").strip()[:200], sent.get("phone", "").strip()[:40]
    worker.shifts = [sent.get(f"shift-{n}", "").strip().replace("：", ":").replace("－", "-") for n in range(7)]
    for n, written in enumerate(worker.shifts):
        if written and not _SHIFT.fullmatch(written):
            errors[f"shift-{n}"] = t("写作 08:00-18:00；不上班留空", "Write 08:00-18:00, or leave a day off empty")
    place, written = fieldwork.point(sent.get("position")), sent.get("position", "").strip()
    if written and place is None:
        errors["position"] = t("写作 22.5787,113.0815", "Write 22.5787,113.0815")
    worker.latitude, worker.longitude = (place.latitude, place.longitude) if place else (None, None)
    return errors


def _away(sent: QueryDict, user: User, lead: User, now: datetime) -> dict[str, str]:
    """Enter days on which somebody is away."""
    try:
        since, until = date.fromisoformat(sent.get("since", "")), date.fromisoformat(sent.get("until", ""))
    except ValueError:
        return {"away": t("写明起止日期", "Say from when until when")}
    if until < since:
        return {"away": t("结束之日早于开始之日", "It would end before it began")}
    row = Absence(user=user, since=since, until=until, why=sent.get("why", "").strip()[:80])
    register.record(row, by=lead, at=now)
    return {}


@transaction.atomic
def _back(user: User, pk: int | None, reason: str, lead: User, now: datetime) -> dict[str, str]:
    """Take back an absence that the lead entered; what anybody else declared is theirs to change."""
    row = user.absences.filter(pk=pk or 0, recorded_by=lead, retracted_at=None).first()
    if row is None:
        return {"away": t("只能撤回自己登记的", "Only what you entered can be taken back")}
    row.retraction, row.retracted_by, row.retracted_at = (
        reason.strip()[:200] or t("登记有误", "entered in error"),
        lead,
        now,
    )
    row.save()
    return {}
