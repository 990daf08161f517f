"""JSON Patch (RFC 6902) on a ticket as it is told: the document that comes of it."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from .errors import conflict

_MOST = 200


def patched(document: Mapping[str, Any], operations: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What `operations` make of `document`, which stays as it is. Raises TmfError when one of them can't be done."""
    if len(operations) > _MOST:
        raise conflict(f"一次最多 {_MOST} 项修改", f"At most {_MOST} operations at once")
    whole: dict[str, Any] = {"": copy.deepcopy(dict(document))}
    for one in operations:
        _do(whole, one["op"], _pointer(one["path"]), one)
    made = whole.get("")
    if not isinstance(made, dict):
        raise conflict("修改的结果不是工单", "What comes of it is no ticket")
    return made


def _do(whole: dict[str, Any], op: str, path: list[str], operation: Mapping[str, Any]) -> None:
    if op in ("move", "copy"):
        source = _pointer(operation.get("from", ""))
        value = copy.deepcopy(_get(whole, source))
        if op == "move":
            _remove(whole, source)
        _add(whole, path, value)
        return
    if op == "remove":
        _remove(whole, path)
        return
    if "value" not in operation:
        raise conflict(f"{op} 须有 value", f"`{op}` needs a `value`")
    value = copy.deepcopy(operation["value"])
    if op == "test":
        if _get(whole, path) != value:
            raise conflict("test 不成立", "A `test` does not hold")
        return
    if op == "replace":
        _remove(whole, path)
    _add(whole, path, value)


def _pointer(written: str) -> list[str]:
    """The steps from the root, which is called ''. Raises TmfError for what is no pointer, or asks instead of naming."""
    if written and not written.startswith("/"):
        raise conflict(f"“{written}”不是 JSON Pointer", f"“{written}” is not a JSON Pointer")
    return [part.replace("~1", "/").replace("~0", "~") for part in written.split("/")]


def _get(at: Any, path: list[str]) -> Any:
    for step in path:
        at = at[_index(at, step)] if isinstance(at, list) else at[step] if isinstance(at, dict) and step in at else _nowhere(path)  # fmt: skip
    return at


def _add(whole: Any, path: list[str], value: Any) -> None:
    parent = _get(whole, path[:-1])
    if isinstance(parent, list):
        parent.insert(len(parent) if path[-1] == "-" else _index(parent, path[-1], 1), value)
    elif isinstance(parent, dict):
        parent[path[-1]] = value
    else:
        _nowhere(path)


def _remove(whole: Any, path: list[str]) -> None:
    parent = _get(whole, path[:-1])
    _get(parent, path[-1:])
    del parent[_index(parent, path[-1]) if isinstance(parent, list) else path[-1]]


def _index(items: list[Any], step: str, beyond: int = 0) -> int:
    if step.isascii() and step.isdigit() and len(step) < 10 and int(step) < len(items) + beyond:
        return int(step)
    return int(_nowhere([step]))


def _nowhere(path: list[str]) -> Any:
    raise conflict(f"工单没有“{'/'.join(path)}”", f"The ticket has no “{'/'.join(path)}”")
