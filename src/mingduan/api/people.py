"""People and organisations, as far as programs need them."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router

from mingduan.cases import panels
from mingduan.config import clock
from mingduan.paper import delivery
from mingduan.paper.models import Delivery
from mingduan.people.models import Organisation

from .caller import Token, account
from .describe import told
from .problems import Problem
from .schemas.common import Limit
from .schemas.people import ExpertOut, InboxOut, MeOut, OrganisationOut

router = Router(tags=["people"])


@router.get("/organisations", response={200: list[OrganisationOut]}, auth=None)
def organisations(request: HttpRequest) -> list[Organisation]:
    """The organisations a case may be about, by name."""
    return list(Organisation.objects.exclude(kind="enterprise").order_by("name"))


@router.get("/me", response={200: MeOut, **told(401, 403)}, auth=Token("cases:read"))
def me(request: HttpRequest) -> dict[str, Any]:
    """The account behind the token."""
    user = account(request)
    return {"id": user.pk, "name": str(user), "organisation": user.organisation, "offices": list(user.offices.all())}


@router.get("/notices", response={200: list[InboxOut], **told(401, 403, 422)}, auth=Token("cases:read"))
def inbox(request: HttpRequest, limit: Limit = 50) -> QuerySet[Delivery]:
    """The caller's inbox: unread notices first, then the latest."""
    return delivery.inbox(account(request))[:limit]


@router.get("/experts", response={200: list[ExpertOut], **told(401, 403, 404, 422)}, auth=Token("cases:read"))
def experts(request: HttpRequest, day: date | None = None) -> list[dict[str, Any]]:
    """The register of experts, for the body's officers; `day`: who is away then (today when none is given)."""
    if not account(request).offices.exists():
        raise Problem("not-found")
    on = day or clock.today()
    return [
        {
            "id": u.pk, "name": str(u), "organisation": u.organisation.name if u.organisation else None,
            "specialties": [s.zh for s in u.specialties.all()], "absent": any(a.on(on) for a in u.absences.all()),
            "open_cases": u.load,  # type: ignore[attr-defined]  # annotated
        }
        for u in panels.experts()
    ]  # fmt: skip
