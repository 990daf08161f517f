"""An act that its rulebook wants signed, done with the code of whoever acts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from mingduan.people.models import User
from mingduan.people.second_factor import sign
from mingduan.procedure.case import Reason, Refusal, Signature

from .act import Done


def done_signed(
    doing: Callable[[Signature | None], Done | Refusal], user: User | None, code: str, at: datetime
) -> Done | Refusal:
    """Do `doing`, signed with `code` if its rulebook wants it.

    The code is looked at once nothing else stands against the act: it is good only once, and none is used up for
    what can't be done anyway.
    """
    done = doing(None)
    if not isinstance(done, Refusal):
        return done
    missing = next((r for r in done.reasons if r.rule == "signature"), None)
    if missing is None:
        return done
    others = tuple(r for r in done.reasons if r is not missing)
    if others:
        return Refusal(done.action, others if code.strip() else done.reasons)
    signed = sign(user, code.strip(), at)
    if isinstance(signed, Reason):
        return Refusal(done.action, (replace(signed, clause=missing.clause),))
    return doing(signed)
