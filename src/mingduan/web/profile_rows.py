"""The rows of a profile's lists as a person reads them."""

from __future__ import annotations

from datetime import date
from typing import Any

from mingduan.registry import profile
from mingduan.registry.keeping import Column, Kind

from .templatetags.mingduan import day, t, words, yuan


def cells(kind: Kind, row: Any) -> list[tuple[Column, str]]:
    """Each column with what the row says in it."""
    return [(column, _cell(row, column)) for column in kind.columns]


def _cell(row: Any, column: Column) -> str:
    value = getattr(row, column.name)
    if column.choices is not None:
        return words(column.choices[value]) if value in column.choices else str(value)
    if column.name == "fact":
        return words(profile.purposes().get(value)) or str(value)
    if column.name == "amount":
        return yuan(value)
    if isinstance(value, bool):
        return t("是", "Yes") if value else ""
    return "" if value is None else day(value) if isinstance(value, date) else str(value)
