"""A branch's own version of a scorecard: a small file that names the card it extends and what it sets otherwise.

Only items whose figures the source leaves open (`inferred`) may be changed. What comes of it is a whole card, written
out: a month settled by it keeps all of it, whatever either file says later.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError

from mingduan.procedure.reading import Fault, meant, parse, read_model
from mingduan.procedure.text import Text
from mingduan.procedure.values import Name, RulebookId, Value

from .card import Card, Item, faults, loads

_EXTENDS = re.compile(rb"^extends:", re.MULTILINE)


class Branch(Value):
    """What a branch's file says: of each item only what it sets otherwise."""

    id: RulebookId
    extends: RulebookId
    title: Text | None = None
    items: Mapping[Name, Mapping[str, Any]] = Field(min_length=1)
    digest: str = ""


def merged(data: bytes, path: Path) -> bytes:
    """The whole card that the file at `path`, which holds `data`, amounts to. Raises RulebookError with every mistake."""
    if not _EXTENDS.search(data) or "sections" in (tree := parse(data, str(path))[0]):
        return data
    base = path.resolve().parent.parent / f"{tree.get('extends', '')}.yaml"
    card = _base(base) if base.is_file() else None
    branch = read_model(Branch, data, str(path), lambda b: _faults(b, base, card))
    assert card is not None  # noqa: S101  without it the branch would have had a fault
    return yaml.safe_dump(_together(branch, card), allow_unicode=True, sort_keys=False, width=2000).encode()


def _base(path: Path) -> dict[str, Any]:
    """The card a branch extends, as it is written. Raises RulebookError with its mistakes, under its own name."""
    data = path.read_bytes()
    loads(data, str(path))
    return parse(data, str(path))[0]


def _together(branch: Branch, card: Mapping[str, Any]) -> dict[str, Any]:
    whole = {**card, "id": branch.id, "extends": branch.extends}
    if branch.title is not None:
        whole["title"] = branch.title.model_dump()
    whole["items"] = {name: _over(item, branch.items.get(name, {})) for name, item in card["items"].items()}
    return whole


def _over(item: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """An item with a branch's values in the place of its own."""
    nested = {
        n: _over(item[n], v) for n, v in own.items() if isinstance(v, Mapping) and isinstance(item.get(n), Mapping)
    }
    return {**item, **own, **nested}


def _faults(branch: Branch, base: Path, card: Mapping[str, Any] | None) -> Iterator[Fault]:
    """What a branch names must be there and be open; what comes of it must be a card."""
    if card is None:
        known = [f"{p.parent.name}/{p.stem}" for p in base.parent.parent.glob("*/*.yaml")]
        text = Text(zh=f"没有考核办法“{branch.extends}”", en=f"there is no scorecard “{branch.extends}”")
        yield ("extends",), text, meant(branch.extends, known)
        return
    may, sound = [n for n, i in card["items"].items() if i.get("inferred")], True
    for name, own in branch.items.items():
        at = ("items", name)
        if name not in card["items"]:
            sound = False
            yield at, Text(zh=f"没有名为“{name}”的考核项", en=f"there is no item “{name}”"), meant(name, may)
        elif name not in may:
            sound, clause = False, card["items"][name].get("clause", "")
            yield (
                at,
                Text(
                    zh=f"“{name}”由条款{clause}规定，分公司不能更改",
                    en=f"clause {clause} sets “{name}”: a branch may not change it",
                ),
                Text(zh=f"可更改：{', '.join(may)}", en=f"open to a branch: {', '.join(may)}"),
            )
        else:
            try:
                Item.model_validate(_over(card["items"][name], own))
            except ValidationError as error:
                sound = False
                yield (
                    at,
                    Text(zh=f"不合要求：{error.errors()[0]['msg']}", en=f"not right: {error.errors()[0]['msg']}"),
                    None,
                )
    if sound:
        yield from faults(Card.model_validate(_together(branch, card)))
