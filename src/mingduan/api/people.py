"""People and organisations, as far as programs need them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from mingduan.people.models import Organisation

from .caller import Token, account
from .describe import told
from .schemas import MeOut, OrganisationOut

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
