"""What the caller owes."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from mingduan.cases import bulk
from mingduan.cases.queries import my_duties
from mingduan.config import clock

from .caller import Token, account
from .describe import told
from .facts import storable
from .once import once
from .problems import reasons_out
from .schemas.cases import ManyActing, ManyOut, MyDuty
from .schemas.common import Key

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


@router.post("/acts", response={200: list[ManyOut], **told(400, 401, 403, 422, 428, 429)}, auth=Token("cases:write"))
def do_many(request: HttpRequest, many: ManyActing, key: Key = None) -> list[dict[str, Any]]:
    """The same act in many cases, at most 500: each is decided and done by itself, and what stands against one touches no
    other. Not for acts that are signed, or name people, files or meetings of one case.
    """
    storable(many.dict())
    with once(request) as write:
        done = bulk.each(account(request), many.numbers, many.action, many.facts, clock.now(), key=write.key)
    return [{"number": o.number, "done": o.done, "reasons": reasons_out(o.reasons)} for o in done]
