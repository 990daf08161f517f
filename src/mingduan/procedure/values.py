"""What a rulebook is written with: names, clauses, periods, words in two languages, and the source all of it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from .period import Period, PeriodError
from .text import Text

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
FactName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$")]
Clause = Annotated[
    str, StringConstraints(pattern=r"^((S[0-9]{2}|PIPL|GB/T [0-9]{3,6}) )?A?[0-9]+(\.[0-9]+)*(\([a-z0-9]{1,2}\))?$")
]
Counter = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*(\{year\})?$", max_length=30)]
RulebookId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*/[a-z][a-z0-9-]*$")]
Cel = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


def _period(value: Any) -> Period:
    if isinstance(value, Period):
        return value
    try:
        return Period.parse(str(value))
    except PeriodError as error:
        raise ValueError(str(error)) from error


PeriodField = Annotated[
    Period, BeforeValidator(_period, json_schema_input_type=Annotated[str, Field(pattern=r"^[0-9]+(min|h|wd|d|mo|y)$")])
]


class Value(BaseModel):
    """Part of a rulebook: immutable, and nothing in it that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Labelled(Value):
    """Anything a person reads the name of."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)
    clause: Clause | None = None
    inferred: bool = Field(False, description="The source leaves this open; we settled it, and pages say so.")

    @property
    def text(self) -> Text:
        return Text(zh=self.zh, en=self.en)


class SourceClause(Value):
    """One clause of the source in our own words, and, where no rule can carry it, why not."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)
    not_executable: Text | None = None


class Document(Value):
    """A source text with the clauses a rulebook answers for."""

    document: str
    title: Text
    clauses: Mapping[Clause, SourceClause]


class Source(Document):
    """The text a procedure comes from, and others it draws on: their clauses are quoted with the document's name, `S18 4.1.2`."""

    also: tuple[Document, ...] = ()

    @cached_property
    def quotable(self) -> Mapping[str, SourceClause]:
        """Every clause as rules quote it."""
        others = {f"{d.document} {c}": said for d in self.also for c, said in d.clauses.items()}
        return {**self.clauses, **others}
