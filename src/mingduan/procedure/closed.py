"""An organisation's own closed days, as data: which days each body does not work besides those of the State Council."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from .calendar import FIRST, LAST
from .loading import Mistake, RulebookError, parse
from .text import Text


def closed_days(path: Path) -> Mapping[str, frozenset[date]]:
    """Body → its closed days, from a YAML file `body: {day: why}`; none where there is no file.

    A body is the first part of its rulebooks' ids. Raises RulebookError with every mistake.
    """
    if not path.exists():
        return {}
    tree, places = parse(path.read_bytes(), str(path))
    found: dict[str, frozenset[date]] = {}
    mistakes = []
    for body, days in tree.items():
        good = set()
        for written in days if isinstance(days, dict) else (days,):
            day = _day(written)
            if day is None:
                line, column = places.get((body, str(written)), places[(body,)])
                mistakes.append(Mistake(
                    str(path), line, column, Text(zh=f"“{written}”不是日期", en=f"“{written}” is not a day"),
                    Text(zh="写作 2026-12-31: 缘由", en="write 2026-12-31: why")))  # fmt: skip
            else:
                good.add(day)
        found[body] = frozenset(good)
    if mistakes:
        raise RulebookError(mistakes)
    return found


def _day(written: object) -> date | None:
    try:
        day = date.fromisoformat(str(written))
    except ValueError:
        return None
    return day if FIRST <= day <= LAST else None


__all__ = ["closed_days"]
