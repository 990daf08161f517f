"""A list of the profile taken over from a file: good rows are kept, each bad one is told, what is there already is not added twice."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

from django import forms

from mingduan.cases import sheet
from mingduan.procedure.text import Text
from mingduan.registry import keeping
from mingduan.registry.enterprises import Enterprise
from mingduan.registry.keeping import Kind

from .templatetags.mingduan import words

MOST = 2000
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?: 00:00:00)?", re.ASCII)
F = TypeVar("F", bound=forms.Form)
_YES = frozenset({"是", "yes", "true", "1"})


@dataclass(slots=True)
class Taken:
    """What became of the file: rows added, rows already there, and of each bad one its line, columns and reasons."""

    added: int = 0
    already: int = 0
    bad: list[tuple[int, list[tuple[str, str]]]] = field(default_factory=list)


def take(
    enterprise: Enterprise, kind: Kind, content: bytes, form_of: Callable[[dict[str, str]], F], save: Callable[[F], bool]
) -> Taken:  # fmt: skip
    """Take the rows of the file; `form_of` and `save` are those of a row typed on the page. Raises Unreadable."""
    table = sheet.read(content, sheet.all_headings({c.name: (c.text.zh, c.text.en) for c in kind.columns}))
    if len(table.lines) > MOST:
        raise sheet.Unreadable(
            Text(zh=f"超过 {MOST} 行", en=f"More than {MOST} rows"),
            Text(zh="请分成几个文件", en="Divide it into several files"),
        )
    names = {c.name: words(c.text) for c in kind.columns}
    there = {_key(kind, {n: getattr(row, n) for n in kind.fields}, fen=True) for row in keeping.rows(enterprise, kind)}
    taken = Taken()
    for line in table.lines:
        form = form_of({name: _value(enterprise, kind, name, cell) for name, cell in line.cells.items()})
        if form.is_valid() and _key(kind, form.cleaned_data) in there:
            taken.already += 1
        elif save(form):
            there.add(_key(kind, form.cleaned_data))
            taken.added += 1
        else:
            told = [(names.get(name, ""), str(e)) for name, errors in form.errors.items() for e in errors]
            taken.bad.append((line.number, told))
    return taken


def _key(kind: Kind, values: Mapping[str, Any], *, fen: bool = False) -> tuple[str, ...]:
    """What tells a row from the others of its list: all it says."""
    said = {n: getattr(v, "pk", v) for n, v in values.items()}
    if "amount" in said:
        said["amount"] = f"{Decimal(said['amount']) / (100 if fen else 1):.2f}"
    return tuple("" if said.get(name) is None else str(said[name]) for name in kind.fields)


def _value(enterprise: Enterprise, kind: Kind, name: str, cell: str) -> str:
    """A cell as the form takes it: choices and holders by name, days and amounts as people write them."""
    column = next(c for c in kind.columns if c.name == name)
    if column.choices is not None:
        return next((code for code, said in column.choices.items() if cell in (code, said.zh, said.en)), cell)
    if name == "technician":
        found = enterprise.technicians.filter(name=cell).first()
        return str(found.pk) if found else cell
    if name == "leads":
        return "on" if cell.casefold() in _YES else ""
    if name == "amount":
        return cell.lstrip("¥￥").replace(",", "")
    day = _DAY.fullmatch(cell)
    return f"{day[1]}-{int(day[2]):02}-{int(day[3]):02}" if day else cell
