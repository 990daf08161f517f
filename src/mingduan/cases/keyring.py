"""The keys of cases, and the one way in which events are sealed with them and read."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cryptography.fernet import InvalidToken
from django.apps import apps

from mingduan.config.keys import wrapping_keys
from mingduan.procedure.rulebook import Rulebook

from . import sealing

if TYPE_CHECKING:
    from .models import Case, CaseKey, EventRow


def seal(case: Case, book: Rulebook, body: Mapping[str, Any]) -> tuple[dict[str, Any], CaseKey | None]:
    """What to store of an event of `case`, and the case's key where this event is the first to need it, to be saved with it."""
    told, private = sealing.parted(body, book)
    if not private:
        return told, None
    held, place = _of(case), f"{case.number}#{body['seq']}"
    if held is not None and held.wrapped:
        return sealing.sealed(told, private, _unwrapped(held), place), None
    key = sealing.new_key()
    made = held or apps.get_model("cases", "CaseKey")()
    made.wrapped = wrapping_keys().encrypt(key).decode()
    return sealing.sealed(told, private, key, place), made


def read(row: EventRow) -> dict[str, Any]:
    """An event as it was told, without its personal data where that is erased. Raises sealing.Unsealable."""
    stored: dict[str, Any] = row.stored
    if sealing.MEMBER not in stored:
        return stored
    held = _of(row.case) if stored[sealing.MEMBER] else None
    if not stored[sealing.MEMBER] or (held is not None and row.seq <= held.erased_upto):
        return sealing.without(stored)
    place = f"{row.case.number}#{row.seq}"
    if held is None or not held.wrapped:
        raise sealing.Unsealable(f"the key of {place} is missing")
    return sealing.opened(stored, _unwrapped(held), place)


def shown(case: Case) -> str:
    """The key of a case itself, in base64, for a package that holds all of the case anyhow; empty where nothing is sealed."""
    held = _of(case)
    return base64.b64encode(_unwrapped(held)).decode() if held is not None and held.wrapped else ""


def wrap_anew() -> int:
    """Every key wrapped under the newest key of the environment, so that an older one may go; how many there were."""
    keys, done = wrapping_keys(), 0
    for held in apps.get_model("cases", "CaseKey").objects.exclude(wrapped="").iterator(chunk_size=500):
        try:
            held.wrapped = keys.rotate(held.wrapped.encode()).decode()
        except InvalidToken as error:
            raise _not_ours(held) from error
        held.save(update_fields=["wrapped"])
        done += 1
    return done


def _of(case: Case) -> CaseKey | None:
    return getattr(case, "key", None)  # the related object's DoesNotExist is an AttributeError


def _unwrapped(held: CaseKey) -> bytes:
    """The key itself, unwrapped once in the life of a row read from the database: each of its case's events asks for it."""
    known: tuple[str, bytes] | None = held.__dict__.get("_unwrapped")
    if known is not None and known[0] == held.wrapped:
        return known[1]
    try:
        key = wrapping_keys().decrypt(held.wrapped.encode())
    except InvalidToken as error:
        raise _not_ours(held) from error
    held.__dict__["_unwrapped"] = (held.wrapped, key)
    return key


def _not_ours(held: CaseKey) -> sealing.Unsealable:
    return sealing.Unsealable(f"the key of case {held.case_id} is wrapped under none of the keys given")
