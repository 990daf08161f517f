"""A branch's own version of a procedure: a small file that names the rulebook it extends and the parameters it changes.

What comes of it is a whole rulebook, written out: a case that begins under it keeps all of it, whatever either file says later.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, StringConstraints

from .reading import Fault, meant, parse, read_model
from .rulebook import Parameter
from .text import Text
from .values import Name, RulebookId, Value

_EXTENDS = re.compile(rb"^extends:", re.MULTILINE)


class Branch(Value):
    """What a branch's file says. Only parameters that the rulebook marks `open` may be changed."""

    id: RulebookId
    version: str = Field(min_length=1)
    extends: RulebookId = Field(description="The rulebook that the branch carries out.")
    title: Text | None = None
    desk: Text | None = None
    parameters: Mapping[Name, int | Annotated[str, StringConstraints(min_length=1)]] = Field(min_length=1)
    digest: str = ""


def base_of(path: Path) -> Path | None:
    """The file of the rulebook that the file at `path` extends; None for a rulebook of its own. Both stand in folders
    beside each other, called as their ids are.
    """
    data = path.read_bytes()
    if not _EXTENDS.search(data):
        return None
    wanted = str(parse(data, str(path))[0].get("extends", ""))
    return path.resolve().parent.parent / f"{wanted}.yaml"


def whole(data: bytes, path: Path) -> bytes:
    """The rulebook that the file at `path`, which holds `data`, amounts to: itself, or for a branch's file the rulebook
    it extends with the branch's own id, version and parameters. Raises RulebookError with every mistake.
    """
    if not _EXTENDS.search(data) or "states" in (tree := parse(data, str(path))[0]):
        return data
    base = path.resolve().parent.parent / f"{tree.get('extends', '')}.yaml"
    book = _base(base) if base.is_file() else None
    branch = read_model(Branch, data, str(path), lambda b: _faults(b, base, book))
    assert book is not None  # noqa: S101  without it the branch would have had a fault
    merged: dict[str, Any] = {
        **book,
        "id": branch.id,
        "version": f"{book['version']}+{branch.version}",
        "extends": branch.extends,
    }
    merged |= {key: text.model_dump() for key in ("title", "desk") if (text := getattr(branch, key)) is not None}
    merged["parameters"] = {
        name: {**spec, "value": branch.parameters.get(name, spec.get("value"))}
        for name, spec in book["parameters"].items()
    }
    return yaml.safe_dump(merged, allow_unicode=True, sort_keys=False, width=2000).encode()


def _base(path: Path) -> dict[str, Any]:
    """The rulebook a branch extends, as it is written. Raises RulebookError with its mistakes, under its own name."""
    from .loading import loads  # the loader of rulebooks reads branches' files too

    data = path.read_bytes()
    loads(data, str(path))
    return parse(data, str(path))[0]


def _faults(branch: Branch, base: Path, book: Mapping[str, Any] | None) -> Iterator[Fault]:
    """What the branch names must be there, be open to a branch, and be of the parameter's kind."""
    if book is None:
        known = [f"{p.parent.name}/{p.stem}" for p in base.parent.parent.glob("*/*.yaml")]
        text = Text(zh=f"没有规则书“{branch.extends}”", en=f"there is no rulebook “{branch.extends}”")
        yield ("extends",), text, meant(branch.extends, known)
        return
    if branch.id.split("/")[1] != branch.extends.split("/")[1] or branch.id == branch.extends:
        text = Text(
            zh="编号应为“分公司/程序”，程序与所扩展的相同",
            en="the id is branch/procedure, the procedure being the same as in the one extended",
        )
        yield (
            ("id",),
            text,
            Text(
                zh=f"如 mybranch/{branch.extends.split('/')[1]}", en=f"such as mybranch/{branch.extends.split('/')[1]}"
            ),
        )
    parameters: Mapping[str, Any] = book.get("parameters", {})
    may = [name for name, spec in parameters.items() if spec.get("open")]
    for name, value in branch.parameters.items():
        at = ("parameters", name)
        if name not in parameters:
            yield at, Text(zh=f"没有名为“{name}”的参数", en=f"there is no parameter “{name}”"), meant(name, may)
        elif name not in may:
            clause = parameters[name].get("clause", "")
            text = Text(
                zh=f"“{name}”由条款{clause}规定，分公司不能更改",
                en=f"clause {clause} sets “{name}”: a branch may not change it",
            )
            yield at, text, Text(zh=f"可更改：{', '.join(may)}", en=f"open to a branch: {', '.join(may)}")
        else:
            try:
                _ = Parameter.model_validate({**parameters[name], "value": value}).constant
            except ValueError as error:
                kind = parameters[name]["type"]
                text = Text(zh=f"参数值不对（{kind}）：{error}", en=f"the value is not right ({kind}): {error}")
                yield at, text, Text(zh=f"原为 {parameters[name]['value']}", en=f"it was {parameters[name]['value']}")


__all__ = ["Branch", "base_of", "whole"]
