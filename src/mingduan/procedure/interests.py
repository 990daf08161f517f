"""Whether somebody is too close to a party to handle a case: a question of interests and a look-back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from .calendar import WorkingCalendar
from .period import Period, before


def conflicts(
    interests: Iterable[Mapping[str, Any]], look_back: Period, at: datetime, calendar: WorkingCalendar
) -> tuple[Mapping[str, Any], ...]:
    """The interests that bar someone at `at`: those that last, or ended within `look_back` before that day.

    Each interest is JSON-like: {'party', 'kind', 'until': ISO date or None while it lasts}. The day the
    look-back reaches to is still within it (S15 5(2)).
    """
    earliest = before(look_back, at, calendar).day
    return tuple(i for i in interests if not i.get("until") or date.fromisoformat(i["until"]) >= earliest)


def described(interest: Mapping[str, Any]) -> str:
    """One interest in words: the party, whose tie it is, of which kind, and until when.

    >>> described({"party": "恒通", "kind": "任职", "until": "2025-01-01", "through": "kin", "whose": "配偶"})
    '恒通（配偶任职，至2025-01-01）'
    """
    until = f"，至{interest['until']}" if interest.get("until") else ""
    return f"{interest['party']}（{interest.get('whose') or ''}{interest['kind']}{until}）"
