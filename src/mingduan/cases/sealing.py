"""Personal data in events is sealed under a key of its case: with the key, and without touching an event, it is gone (PIPL 47).

What is stored of an event is its body as it will be once that is done, with the words `ERASED` in each sealed place, and beside
it what was there, encrypted as one. The chain's hash is taken over what is stored, so it proves the event before and after.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mingduan.procedure.rulebook import Fact, Rulebook

ERASED = "已按《个人信息保护法》第四十七条删除"
MEMBER = "sealed"
_NONCE = 12


class Unsealable(Exception):
    """What is sealed in an event can't be read: its key is missing or another one, and nobody erased it."""


def new_key() -> bytes:
    """A key for a case."""
    return AESGCM.generate_key(bit_length=256)


def sealed(body: Mapping[str, Any], private: Mapping[str, Any], key: bytes, place: str) -> dict[str, Any]:
    """An event's open part with its private part encrypted beside it, bound to its place, the case's number and its own."""
    nonce = os.urandom(_NONCE)
    text = json.dumps(private, ensure_ascii=False, separators=(",", ":")).encode()
    return {**body, MEMBER: base64.b64encode(nonce + AESGCM(key).encrypt(nonce, text, place.encode())).decode()}


def opened(stored: Mapping[str, Any], key: bytes, place: str) -> dict[str, Any]:
    """The event as it was told. Raises Unsealable."""
    away = base64.b64decode(stored[MEMBER])
    try:
        text = AESGCM(key).decrypt(away[:_NONCE], away[_NONCE:], place.encode())
    except InvalidTag as error:
        raise Unsealable(f"what is sealed in {place} can't be opened with the key of its case") from error
    return _put_back(without(stored), json.loads(text))


def without(stored: Mapping[str, Any]) -> dict[str, Any]:
    """The event without what is sealed in it: as it is told once that is erased."""
    return {name: value for name, value in stored.items() if name != MEMBER}


def parted(body: Mapping[str, Any], book: Rulebook) -> tuple[dict[str, Any], dict[str, Any]]:
    """An event's body with `ERASED` in place of its personal data, and that data by the same places.

    Personal are, where the rulebook marks anything so, the facts it marks, all free text and files, the names of natural
    persons who acted, and what is handed to another case.
    """
    if not has_personal(book):
        return dict(body), {}
    told, private = dict(body), dict[str, Any]()
    for name, facts in (("facts", book.facts), ("entry", _of_entry(body, book))):
        if name in body:
            inner = body[name] if name == "facts" else body[name]["values"]
            left, away = _parted(inner, facts)
            if away:
                told[name] = left if name == "facts" else {**body[name], "values": left}
                private[name] = away if name == "facts" else {"values": away}
    if body.get("reason") and not body.get("reason_en"):  # in both languages it is the system's own
        told["reason"], private["reason"] = ERASED, body["reason"]
    if (role := book.roles.get(body.get("role", ""))) and role.personal:
        told["actor_name"], private["actor_name"] = ERASED, body["actor_name"]
    if handed := {n: body["opens"][n] for n in ("facts", "remembers") if body.get("opens", {}).get(n)}:
        told["opens"], private["opens"] = {**body["opens"], **{key: {} for key in handed}}, handed
    return told, private


def has_personal(book: Rulebook) -> bool:
    """Whether a rulebook says of anything that it is personal."""
    return any(role.personal for role in book.roles.values()) or any(fact.personal for fact in book.facts.values())


def _of_entry(body: Mapping[str, Any], book: Rulebook) -> Mapping[str, Fact]:
    fact = book.facts.get(body.get("entry", {}).get("records", ""))
    return fact.of if fact else {}


def _parted(values: Mapping[str, Any], facts: Mapping[str, Fact]) -> tuple[dict[str, Any], dict[str, Any]]:
    left, away = dict(values), dict[str, Any]()
    for name, value in values.items():
        fact = facts.get(name.split("[")[0])  # a corrected record is named with its entry: "votes[5]"
        if fact is None or value in (None, "", [], {}):
            continue
        if fact.type == "records":
            rows = [_parted(row, fact.of) for row in (value if isinstance(value, list) else [value])]
            if any(gone for _, gone in rows):
                left[name] = [row for row, _ in rows] if isinstance(value, list) else rows[0][0]
                away[name] = value if isinstance(value, list) else rows[0][1]
        elif fact.type == "files":
            left[name], away[name] = [], value
        elif fact.personal or fact.type == "long_text":
            left[name], away[name] = ERASED, value
    return left, away


def _put_back(told: dict[str, Any], private: Mapping[str, Any]) -> dict[str, Any]:
    for name, value in private.items():
        inner = told.get(name)
        # What is left of a member handed on whole is empty: nothing of it is merged.
        told[name] = _put_back(dict(inner), value) if isinstance(value, dict) and isinstance(inner, dict) else value
    return told


__all__ = ["ERASED", "MEMBER", "Unsealable", "has_personal", "new_key", "opened", "parted", "sealed", "without"]
