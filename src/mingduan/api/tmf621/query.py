"""What a list is asked for, as TMF630 writes it: which members, which part of the list, in what order, and which of all."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import QueryDict
from jsonpath_rfc9535 import JSONPathEnvironment, JSONPathError, JSONPathQuery

from mingduan.procedure.text import Text

from .errors import TmfError

DEFAULT, MOST = 100, 200
_LONGEST = 500
_OPERATORS = ("gt", "gte", "lt", "lte", "eq", "ne")
_OTHER = ("fields", "offset", "limit", "sort", "before", "after", "filter")
_PATHS = JSONPathEnvironment()
for _slow in ("match", "search"):  # somebody else's regular expression could hold us up
    del _PATHS.function_extensions[_slow]


@dataclass(frozen=True, slots=True)
class Condition:
    """An attribute, by its path, compared with one of several values."""

    path: tuple[str, ...]
    operator: str
    values: tuple[str, ...]

    def holds(self, resource: Mapping[str, Any]) -> bool:
        """Whether the resource, or any part of it that the path leads to, compares so. `ne`: none of them is equal."""
        found = list(_reached(resource, self.path))
        if self.operator == "ne":
            return not any(_compares("eq", value, wanted) for value in found for wanted in self.values)
        return any(_compares(self.operator, value, wanted) for value in found for wanted in self.values)


@dataclass(frozen=True, slots=True)
class Query:
    """What was asked for. `cursor`: 'after' or 'before' a place of the list; `fields` None: every member."""

    fields: frozenset[str] | None
    offset: int
    limit: int
    conditions: tuple[Condition, ...] = ()
    sort: tuple[tuple[str, bool], ...] = ()
    paths: tuple[JSONPathQuery, ...] = ()

    def keeps(self, resource: Mapping[str, Any]) -> bool:
        """Whether a resource is among those asked for."""
        return all(c.holds(resource) for c in self.conditions) and all(_finds(p, resource) for p in self.paths)

    def window(self, total: int) -> range:
        """The places of the list that were asked for."""
        return range(total)[min(self.offset, total) : min(self.offset + self.limit, total)]

    @property
    def looked_at(self) -> frozenset[str] | None:
        """The members that tell which resources are meant and in what order; None when a path may look at any."""
        if self.paths:
            return None
        return frozenset([c.path[0] for c in self.conditions] + [name for name, _ in self.sort])


def read(asked: QueryDict, members: frozenset[str], *, cursors: bool = False) -> Query:
    """The query of a list. Raises TmfError for what is no query. `cursors`: version 5's parameters are known."""
    fields = fields_of(asked)
    offset, limit = _whole(asked, "offset", 0), _whole(asked, "limit", DEFAULT)
    offset, limit = max(offset, 0), min(max(limit, 0), MOST)
    if cursors and "after" in asked:
        offset = _place(asked.get("after") or "", "after") + 1
    elif cursors and "before" in asked:
        place = _place(asked.get("before") or "", "before")
        offset, limit = max(place - limit, 0), min(limit, place)
    sort = tuple(_sorts(asked.get("sort", ""), members)) if cursors else ()
    paths = tuple(_path(one) for one in asked.getlist("filter") if one) if cursors else ()
    conditions = tuple(_condition(name, asked.getlist(name), members) for name in asked if name not in _OTHER)
    return Query(fields, offset, limit, conditions, sort, paths)


def conditions(written: str, members: frozenset[str]) -> tuple[Condition, ...]:
    """The conditions on a ticket that a subscription's query holds, beside the types of events that it names. A text that
    compares nothing (the description calls it additional data) is none.
    """
    if "=" not in written:
        return ()
    asked = QueryDict(written)
    return tuple(_condition(name, asked.getlist(name), members) for name in asked if name != "eventType")


def fields_of(asked: QueryDict) -> frozenset[str] | None:
    """The members that an answer is to have, besides what every answer has; None for all. Unknown ones tell nothing."""
    written = ",".join(asked.getlist("fields"))
    named = frozenset(name.strip().partition(".")[0] for name in written.split(",") if name.strip())
    return named or None


def cursor(place: int) -> str:
    """The opaque name of a place in a list."""
    return base64.urlsafe_b64encode(f"place:{place}".encode()).decode().rstrip("=")


def ordered(found: Sequence[Any], sort: Sequence[tuple[str, bool]], told: Callable[[Any], Mapping[str, Any]]) -> list[Any]:  # fmt: skip
    """`found` in the order asked for, what lacks the member last; where nothing decides it stays as it was."""
    rows = list(found)
    for name, down in reversed(sort):
        having = [r for r in rows if name in told(r)]
        lacking = [r for r in rows if name not in told(r)]
        having.sort(key=lambda r, name=name: str(told(r)[name]), reverse=down)  # type: ignore[misc]  # mypy and defaults
        rows = having + lacking
    return rows


def _whole(asked: QueryDict, name: str, otherwise: int) -> int:
    written = asked.get(name)
    if written is None:
        return otherwise
    try:
        return max(min(int(written), 2**53), -(2**53))
    except ValueError as error:
        raise TmfError("not-understood", Text(zh=f"{name} 应为整数", en=f"`{name}` is a whole number")) from error


def _place(written: str, name: str) -> int:
    try:
        kind, _, place = base64.urlsafe_b64decode(written + "=" * (-len(written) % 4)).decode("ascii").partition(":")
        if kind == "place" and place.isdigit() and cursor(int(place)) == written:
            return min(int(place), 2**53)
    except ValueError:
        pass
    raise TmfError("not-found", Text(zh=f"{name} 不是列表给出的位置", en=f"`{name}` is not a place that a list gave"))


def _sorts(written: str, members: frozenset[str]) -> Iterator[tuple[str, bool]]:
    for one in filter(None, (part.strip() for part in written.split(","))):
        name, down = one.lstrip("+-"), one.startswith("-")
        if name not in members:
            raise TmfError("not-understood", Text(zh=f"不能按“{name}”排序", en=f"There is no “{name}” to sort by"))
        yield name, down


def _condition(name: str, values: list[str], members: frozenset[str]) -> Condition:
    *path, last = name.split(".")
    operator = last if path and last in _OPERATORS else "eq"
    path = path if operator != "eq" or last == "eq" else [*path, last]
    if path[0] not in members:
        raise TmfError("not-understood", Text(zh=f"没有名为“{path[0]}”的属性", en=f"There is no attribute “{path[0]}”"))
    if any("\0" in value for value in values):
        raise TmfError("malformed")
    return Condition(tuple(path), operator, tuple(v for value in values for v in value.split(",")))


def _path(written: str) -> JSONPathQuery:
    """A JSONPath of RFC 9535 without regular expressions; what has no root is about a member, and `@name` is `@.name`."""
    given = written if written.startswith("$") else f"$.{written}"
    try:
        if len(given) > _LONGEST:
            raise JSONPathError("too long", token=None)
        return _PATHS.compile(_dotted(given))
    except (JSONPathError, RecursionError) as error:
        told = str(error).partition("\n")[0][:200]
        raise TmfError("not-understood", Text(zh=f"filter 不是 JSONPath：{told}", en=f"`filter` is no JSONPath: {told}")) from error  # fmt: skip


def _dotted(path: str) -> str:
    """`@name` as the description's example has it, with the dot that RFC 9535 wants; texts in quotes stay as they are."""
    parts, quote = [], ""
    for i, char in enumerate(path):
        parts.append(char)
        if quote:
            quote = "" if char == quote and path[i - 1] != "\\" else quote
        elif char in "'\"":
            quote = char
        elif char == "@" and path[i + 1 : i + 2].isalpha():
            parts.append(".")
    return "".join(parts)


def _finds(path: JSONPathQuery, resource: Mapping[str, Any]) -> bool:
    """Whether a path leads somewhere in a resource; one that begins with `$[` is about the list it stands in."""
    about: Any = [resource] if str(path).startswith("$[?") else resource
    try:
        return bool(path.find(about))
    except (JSONPathError, RecursionError):
        return False


def _reached(value: Any, path: Sequence[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for one in value:
            yield from _reached(one, path)
    elif not path:
        yield value
    elif isinstance(value, Mapping) and path[0] in value:
        yield from _reached(value[path[0]], path[1:])


def _compares(operator: str, value: Any, wanted: str) -> bool:
    left, right = _comparable(value, wanted)
    if operator == "eq":
        return bool(left == right)
    try:
        return bool({"gt": left > right, "gte": left >= right, "lt": left < right, "lte": left <= right}[operator])
    except TypeError:
        return False


def _comparable(value: Any, wanted: str) -> tuple[Any, Any]:
    """Both as instants or numbers where both are, else as texts."""
    if isinstance(value, bool):
        return str(value).lower(), wanted.lower()
    if isinstance(value, int | float):
        try:
            return value, float(wanted)
        except ValueError:
            return str(value), wanted
    if left := instant(str(value)):
        return left, instant(wanted)
    return str(value), wanted


def instant(written: str) -> datetime | None:
    """An instant as RFC 3339 writes it; a plus that an address has made a space is one again."""
    if len(written) < 19 or written[10] not in "Tt ":
        return None
    try:
        at = datetime.fromisoformat(written[:19] + written[19:].replace(" ", "+"))
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
