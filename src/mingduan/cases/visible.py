"""What of a case's events and files a reader may see: the confidential is for the body's own people (S01 8.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mingduan.procedure.rulebook import Rulebook

from .queries import may_see


def visible_event(body: Mapping[str, Any], book: Rulebook, inside: bool) -> dict[str, Any] | None:
    """An event's JSON as a reader of the case may see it; None when nothing of it is theirs to see."""
    if inside:
        return dict(body)
    if not may_see(book, body.get("entry", {}).get("records", ""), inside):
        return None
    shown = dict(body)
    if facts := body.get("facts"):
        # A corrected record's fact is named with its entry: "votes[5]".
        shown["facts"] = {n: v for n, v in facts.items() if may_see(book, n.split("[")[0], inside)}
    if appointed := body.get("appointed"):
        shown["appointed"] = [appointed[0], [{"id": p["id"], "name": p["name"]} for p in appointed[1]]]
    return shown


def visible_papers(facts: Mapping[str, Any], book: Rulebook, inside: bool) -> Iterator[dict[str, Any]]:
    """The files in a case's facts and records, as far as a reader may see those."""
    waiting = [v for n, v in facts.items() if n in book.facts and may_see(book, n, inside)]
    while waiting:
        value = waiting.pop(0)
        if isinstance(value, dict) and "sha256" in value:
            yield value
        elif isinstance(value, dict | list):
            waiting += value.values() if isinstance(value, dict) else value
