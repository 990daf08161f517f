"""People and organisations, as far as programs need them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router

from mingduan.paper import delivery
from mingduan.paper.models import Delivery
from mingduan.people.models import Organisation

from .caller import Token, account
from .describe import told
from .schemas.common import Limit
from .schemas.people import InboxOut, MeOut, OrganisationOut

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
