"""What an expression is given when it is evaluated: all that it mentions, however it is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mingduan.procedure.engine import Engine
from mingduan.procedure.expressions import ExpressionError, Expressions
from mingduan.procedure.loading import load

RULEBOOKS = sorted((Path(__file__).parents[2] / "rulebooks").rglob("*.yaml"))
GIVEN = {"state": "filed", "given": ["statement"], "taken": ["file"], "actor": {"id": "1", "role": "centre"}, "round": 1, "now": datetime(2026, 1, 5, tzinfo=UTC)}  # fmt: skip


def outcome(expressions: Expressions, source: str, scope: Mapping[str, Any]) -> Any:
    try:
        return expressions.evaluate(source, scope)
    except ExpressionError as error:
        return str(error)


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from texts(part)


@pytest.mark.parametrize("file", RULEBOOKS, ids=lambda f: f"{f.parent.name}/{f.stem}")
def test_every_expression_comes_to_what_it_would_with_all_names(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = load(file)
    expressions = Expressions(book)
    scope, found = expressions.scope(GIVEN), {}
    for source in set(texts(book.model_dump())):
        try:
            expressions.compile(source)
        except ExpressionError:  # a text that is no expression
            continue
        found[source] = outcome(expressions, source, scope)
    assert found
    monkeypatch.setattr(expressions, "_sees", lambda source: tuple(expressions.names))
    assert {source: outcome(expressions, source, scope) for source in found} == found


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("actor . id + state", "1filed"),
        ("'it\\'s ' + state", "it's filed"),
        ("r'\\d' + state", "\\dfiled"),
        ("given.exists(state, state == 'statement')", True),
        ("""'''a ' quote''' + state""", "a ' quotefiled"),
        ("balance\n  .bank + parameter.deposit", 500_000),
    ],
)
def test_however_a_name_is_written_its_value_is_there(appeal: Engine, source: str, value: Any) -> None:
    expressions = appeal.expressions
    assert expressions.evaluate(source, expressions.scope(GIVEN)) == value
