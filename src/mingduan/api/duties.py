"""What the caller owes."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from mingduan.cases.queries import my_duties
from mingduan.config import clock

from .caller import Token, account
from .describe import told
from .schemas import MyDuty

router = Router(tags=["duties"])


@router.get("", response={200: list[MyDuty], **told(401, 403)}, auth=Token("cases:read"))
def mine(request: HttpRequest) -> list[dict[str, Any]]:
    """What the token's owner owes, by deadline, in the groups of the duties page."""
    return [
        {"group": name, "number": d.case.number, "zh": d.label, "en": d.label_en, "due": d.due, "clause": d.clause,
         "provisional": d.provisional, "action": d.action}
        for name, items in my_duties(account(request), clock.now()).items()
        for d in items
    ]  # fmt: skip
