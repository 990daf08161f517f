"""Guards and computed facts, in CEL: typed, terminating, with no way to run code or reach anything outside.

A rulebook's expressions see its facts by name (`decision.notified_on`), `parameter.<name>`, `balance.<account>`
(fen), `assigned.<role>` (the people appointed), `served.<role>` (those and whoever has left), `due.<deadline>` (its last
lawful instant), and what every case has: see `COMMON`.
Functions: `later(instant, '3y')` and `earlier(instant, '60d')`, the same day so much later or before; `padded(7, 4)`: '0007'.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from datetime import UTC, date, datetime, time
from typing import Any

from cel_expr_python import cel

from .period import TZ, Period, shifted
from .rulebook import Fact, Rulebook

_RECORD = cel.Type.Map(cel.Type.STRING, cel.Type.DYN)
_TYPES: Mapping[str, Any] = {
    "text": cel.Type.STRING,
    "long_text": cel.Type.STRING,
    "choice": cel.Type.STRING,
    "date": cel.Type.TIMESTAMP,
    "instant": cel.Type.TIMESTAMP,
    "bool": cel.Type.BOOL,
    "integer": cel.Type.INT,
    "money": cel.Type.INT,
    "person": _RECORD,
    "organisation": _RECORD,
    "people": cel.Type.List(_RECORD),
    "files": cel.Type.List(_RECORD),
    "records": cel.Type.List(_RECORD),
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNSET: Mapping[str, Any] = {
    "text": "", "long_text": "", "choice": "", "date": _EPOCH, "instant": _EPOCH, "bool": False,
    "integer": 0, "money": 0, "person": {}, "organisation": {}, "people": [], "files": [], "records": [],
}  # fmt: skip

COMMON: Mapping[str, tuple[Any, str]] = {
    "state": (cel.Type.STRING, "the state the case is in before the act"),
    "round": (cel.Type.INT, "1, or 2 and more after a re-adjudication"),
    "now": (cel.Type.TIMESTAMP, "the instant of the act"),
    "actor": (_RECORD, "who acts: id, role"),
    "given": (cel.Type.List(cel.Type.STRING), "names of the facts that have a value"),
    "taken": (cel.Type.List(cel.Type.STRING), "names of the actions taken so far"),
    "late": (cel.Type.List(cel.Type.STRING), "names of the deadlines missed so far, met late or not yet met"),
    "unmet": (cel.Type.List(cel.Type.STRING), "names of the deadlines running that nobody has met yet"),
    "stayed": (cel.Type.BOOL, "whether the case is stayed"),
    "here": (
        cel.Type.STRING,
        "where this act's entry will stand: <case number>#<entry>; empty while the case has no number",
    ),
    "links": (cel.Type.List(cel.Type.STRING), "relations to other cases"),
    "entry": (_RECORD, "the record this act adds"),
    "people": (cel.Type.List(_RECORD), "the people this act appoints"),
    "person": (_RECORD, "the person this act releases"),
    "organisation": (_RECORD, "the organisation this act engages"),
    "until": (cel.Type.TIMESTAMP, "the date this act extends a deadline to"),
}
_COMMON_UNSET: Mapping[str, Any] = {
    "entry": {}, "people": [], "person": {}, "organisation": {}, "until": _EPOCH, "late": [], "unmet": [], "stayed": False,
    "links": [], "here": "",
}  # fmt: skip


def _later(moment: datetime, period: str) -> datetime:
    """The same local time so many days, months or years on; unlike a deadline it never moves to a working day."""
    return _moved(moment, period, 1)


def _earlier(moment: datetime, period: str) -> datetime:
    """The same local time so many days, months or years before."""
    return _moved(moment, period, -1)


def _moved(moment: datetime, period: str, sign: int) -> datetime:
    local = moment.astimezone(TZ)
    return datetime.combine(shifted(local.date(), Period.parse(period), sign), local.time(), TZ).astimezone(UTC)


def _padded(number: int, width: int) -> str:
    """A number with leading zeros."""
    return f"{number:0{min(width, 20)}}"


_FUNCTIONS = [
    cel.FunctionDecl(name, [cel.Overload(name, result, takes, False, function)])
    for name, result, takes, function in (
        ("later", cel.Type.TIMESTAMP, [cel.Type.TIMESTAMP, cel.Type.STRING], _later),
        ("earlier", cel.Type.TIMESTAMP, [cel.Type.TIMESTAMP, cel.Type.STRING], _earlier),
        ("padded", cel.Type.STRING, [cel.Type.INT, cel.Type.INT], _padded),
    )
]
_ATOM = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
_AROUND_DOT = re.compile(r"\s*\.\s*")
_STRING = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")


class ExpressionError(ValueError):
    """An expression that does not parse or type-check; `column` counts from 1 within the expression."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message)
        self.column = column


class Expressions:
    """The compiled expressions of one rulebook, each compiled once."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._facts = rulebook.facts
        variables: dict[str, Any] = {name: kind for name, (kind, _) in COMMON.items()}
        variables |= {name: _TYPES[fact.type] for name, fact in rulebook.facts.items()}
        variables |= {
            f"parameter.{name}": cel.Type.STRING if parameter.type in ("period", "time") else cel.Type.INT
            for name, parameter in rulebook.parameters.items()
        }
        variables |= {f"balance.{name}": cel.Type.INT for name in rulebook.accounts}
        variables |= {
            f"{kind}.{name}": cel.Type.List(_RECORD) for kind in ("assigned", "served") for name in rulebook.roles
        }
        variables |= {f"due.{name}": cel.Type.TIMESTAMP for name in rulebook.deadlines}
        self.names = frozenset(variables)
        self._env = cel.NewEnv(variables=variables, functions=_FUNCTIONS)
        self._compiled: dict[str, Any] = {}
        self._seen: dict[str, tuple[str, ...]] = {}
        self._base: dict[str, Any] = {name: _UNSET[fact.type] for name, fact in rulebook.facts.items()}
        self._base |= dict(_COMMON_UNSET)
        self._base |= {
            f"parameter.{name}": str(p.constant) if p.type == "period" else p.constant
            for name, p in rulebook.parameters.items()
        }
        self._base |= {f"due.{name}": _EPOCH for name in rulebook.deadlines}
        self._base |= {f"balance.{name}": 0 for name in rulebook.accounts}
        self._base |= {f"{kind}.{name}": [] for kind in ("assigned", "served") for name in rulebook.roles}

    def compile(self, source: str) -> Any:
        """Compile `source`; its result type is `.return_type().name`. Raises ExpressionError."""
        if source not in self._compiled:
            try:
                self._compiled[source] = self._env.compile(source)
            except RuntimeError as error:  # the library's one exception for parse and type errors
                raise _expression_error(str(error)) from error
        return self._compiled[source]

    def result_type(self, source: str) -> str:
        """The static type of an expression: 'BOOL', 'INT', 'STRING', 'TIMESTAMP', … Raises ExpressionError."""
        return str(self.compile(source).return_type().name())

    def names_in(self, source: str) -> frozenset[str]:
        """The variables an expression mentions (string literals are not looked into)."""
        return frozenset(_named(_STRING.sub("''", source), self.names))

    def _sees(self, source: str) -> tuple[str, ...]:
        """The variables an evaluation is given: handing over all that a case knows costs more than the evaluation. Also those named
        only in a string: rather one too many.
        """
        if source not in self._seen:
            self._seen[source] = tuple(_named(source, self.names))
        return self._seen[source]

    def scope(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Variable → value for evaluation: every fact unset, then `values` (JSON-like) converted by type."""
        scope = dict(self._base)
        for name, value in values.items():
            if value is not None:
                scope[name] = convert(self._facts[name], value) if name in self._facts else value
        return scope

    def evaluate(self, source: str, scope: Mapping[str, Any]) -> Any:
        """The value of an expression. Raises ExpressionError when evaluation fails (a missing key)."""
        result = self.compile(source).eval(data={name: scope[name] for name in self._sees(source) if name in scope})
        if result.type() in (cel.Type.ERROR, cel.Type.UNKNOWN):
            raise ExpressionError(str(result.value()), 1)
        return result.plain_value()


def _named(source: str, known: Set[str]) -> set[str]:
    """The known variables that stand in a source, the longer name before the shorter."""
    found = set()
    for atom in _ATOM.findall(_AROUND_DOT.sub(".", source)):
        parts = atom.split(".")
        found.add(next((name for n in (2, 1) if (name := ".".join(parts[:n])) in known), ""))
    return found - {""}


def convert(fact: Fact, value: Any) -> Any:
    """A stored fact value as CEL sees it: dates become the local midnight they begin with."""
    if fact.type == "date":
        day = value if isinstance(value, date) else date.fromisoformat(value)
        return datetime.combine(day, time(), TZ).astimezone(UTC)
    if fact.type == "instant":
        return value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return value


def _expression_error(message: str) -> ExpressionError:
    first = message.splitlines()[0].removeprefix("INVALID_ARGUMENT: ")
    place = re.match(r"ERROR: <input>:\d+:(\d+): (.*)", first)
    if place is None:
        return ExpressionError(first, 1)
    return ExpressionError(place[2].removesuffix(" (in container '')"), int(place[1]))
