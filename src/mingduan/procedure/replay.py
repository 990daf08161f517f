"""Running a list of acts through a rulebook without any store: what happened, what was refused, what is due."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .case import Act, Actor, Case, Duty, Event, Refusal, Signature, fold
from .engine import Engine


class ReplayError(ValueError):
    """A line that is not an act; the message names the line."""


@dataclass(frozen=True, slots=True)
class Replay:
    """The outcome: the case, its events, the refusals with the line they came from, and the duties at `at`."""

    case: Case
    events: tuple[Event, ...]
    refusals: tuple[tuple[int, Refusal], ...]
    duties: tuple[Duty, ...]
    at: datetime | None


def read_acts(lines: Iterable[str]) -> list[tuple[int, Act]]:
    """Acts from JSON Lines, with their line numbers. Raises ReplayError naming the line that is not one.

    A line: {"action", "at", "role" or "roles", and optionally "actor", "name", "facts", "reason",
    "legal_basis", "correction", "supplied" (what a register would tell), "signed" (true: as if signed)}.
    """
    acts = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            acts.append((number, _act(json.loads(line))))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ReplayError(
                f"第{number}行不是一个步骤：{error} / line {number} is not an act: {error}"
                ' → {"action": "file", "at": "2026-09-25T09:00:00+08:00", "role": "appellant", "facts": {…}}'
            ) from error
    return acts


def _act(data: Any) -> Act:
    if not isinstance(data, Mapping):
        raise TypeError("应是一个对象 {…} / must be an object")
    allowed = {
        "action",
        "at",
        "role",
        "roles",
        "actor",
        "name",
        "facts",
        "reason",
        "legal_basis",
        "correction",
        "supplied",
        "signed",
    }
    if unknown := sorted(set(data) - allowed):
        raise ValueError(f"不认识 {', '.join(unknown)}")
    roles = frozenset([data["role"]] if "role" in data else data["roles"])
    actor = data.get("actor") or "/".join(sorted(roles))
    at = datetime.fromisoformat(data["at"])
    return Act(
        action=data["action"], actor=Actor(actor, data.get("name") or actor, roles), at=at,
        facts=dict(data.get("facts", {})), reason=data.get("reason", ""), legal_basis=data.get("legal_basis", ""),
        correction=dict(data.get("correction", {})), supplied=dict(data.get("supplied", {})), signature=Signature(actor, "replay", at) if data.get("signed") else None,
    )  # fmt: skip


def replay(engine: Engine, acts: Iterable[tuple[int, Act]], at: datetime | None = None) -> Replay:
    """Do `acts` one after another; a refused one changes nothing and the rest go on. `at`: when duties are judged."""
    case: Case | None = None
    events: list[Event] = []
    refusals: list[tuple[int, Refusal]] = []
    for number, act in acts:
        outcome = engine.decide(case, act)
        if isinstance(outcome, Refusal):
            refusals.append((number, outcome))
        else:
            events.append(outcome)
            case = fold([outcome], case)
    final = case or Case()
    now = at or final.last_at
    return Replay(final, tuple(events), tuple(refusals), engine.duties(final, now) if now and case else (), now)
