"""A rulebook's inputs as form fields, and what was posted as the facts of an act. Knows types, no procedure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils import timezone
from django.utils.datastructures import MultiValueDict

from mingduan.cases.files import MAX_BYTES, FileRefusal, clean_name, receive
from mingduan.procedure.case import RECORD_MEMBERS, Reason
from mingduan.procedure.period import TZ
from mingduan.procedure.rulebook import Input, Rulebook
from mingduan.procedure.text import Text

SCALAR = frozenset({"text", "long_text", "choice", "date", "instant", "bool", "integer", "money"})


@dataclass(slots=True)
class Field:
    """One field of a form: what to show, what was typed, and what is wrong with it."""

    input: Input
    options: Sequence[tuple[str, Any]] = ()
    value: Any = ""
    errors: list[Reason] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The element's id: the input's name without dots."""
        return "f-" + self.input.name.replace(".", "-")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be chosen, with the record the case would keep of them and what stands against it."""

    record: Mapping[str, Any]
    zh: str
    en: str
    against: Sequence[Text] = ()


def fields(
    inputs: Iterable[Input],
    people: Sequence[Person],
    post: QueryDict | None,
    initial: Mapping[str, Any],
    files: MultiValueDict[str, UploadedFile[Any]] | None = None,
) -> list[Field]:
    """The form's fields, filled from what was posted or from `initial` facts; files sent are looked at and kept."""
    made = []
    for item in inputs:
        kind = item.fact.type
        options: Sequence[tuple[str, Any]] = ()
        if kind == "choice":
            options = tuple(item.fact.choices.items())
        elif kind in ("people", "person"):
            options = tuple((p.record["id"], p) for p in people)
        elif item.fact.answers:
            options = tuple(_waiting(initial.get(item.fact.answers, ())))
        if kind == "files":
            made.append(_files(item, files))
            continue
        if post is None:
            value = _typed(kind, initial.get(item.name))
        else:
            value = post.getlist(item.name) if kind == "people" else post.get(item.name, "")
        made.append(Field(item, options, value))
    return made


def _waiting(records: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Text]]:
    """The records of a list that wait to be completed, by number, as a person tells them apart."""
    for record in records:
        if "completed_by" not in record:
            said = "：".join(str(v) for n, v in record.items() if n not in RECORD_MEMBERS)[:80]
            label = f"#{record['seq']} {record['by_name']}：{said}"
            yield str(record["seq"]), Text(zh=label, en=label)


def facts(form: Iterable[Field]) -> dict[str, Any]:
    """The facts of the act, in their types; what can't be read is left as typed, for the engine to refuse."""
    found = {}
    for f in form:
        value = _read(f)
        if value not in (None, "", []):
            found[f.input.name] = value
    return found


def correction(book: Rulebook, post: QueryDict) -> dict[str, Any]:
    """The fact a correction names and the value it should have had; empty when none is named."""
    name = post.get("correction_name", "")
    if name not in book.facts:
        return {}
    return facts(
        [Field(Input(name=name, fact=book.facts[name], required=True), value=post.get("correction_value", ""))]
    )


def place_errors(form: list[Field], reasons: Iterable[Reason]) -> list[Reason]:
    """Put each reason beside its field; return those about no field."""
    rest = []
    by_name = {f.input.name: f for f in form}
    for reason in reasons:
        if reason.input in by_name:
            by_name[reason.input].errors.append(reason)
        else:
            rest.append(reason)
    return rest


def _files(item: Input, sent: MultiValueDict[str, UploadedFile[Any]] | None) -> Field:
    """A field of files: those that pass are its value, each that doesn't is told by name."""
    made = Field(item, value=[])
    for upload in sent.getlist(item.name) if sent else ():
        kept = receive(upload.name or "", upload.read(MAX_BYTES + 1), timezone.now())
        if isinstance(kept, FileRefusal):
            name = clean_name(upload.name or "")
            text = Text(zh=f"“{name}”：{kept.text.zh}", en=f"“{name}”: {kept.text.en}")
            made.errors.append(Reason("file", None, text, kept.remedy, item.name))
        else:
            made.value.append(kept.as_fact())
    return made


def _read(f: Field) -> Any:
    kind, value = f.input.fact.type, f.value
    if kind == "files":
        return value
    if kind == "people":
        return [dict(p.record) for key, p in f.options if key in value]
    if kind == "person":
        return next((dict(p.record) for key, p in f.options if key == value), value)
    if not isinstance(value, str) or not (value := value.strip()):
        return None
    if kind == "bool":
        return {"true": True, "false": False}.get(value, value)
    if kind == "money":
        try:
            fen = Decimal(value.replace(",", "").replace("，", "")) * 100
        except InvalidOperation:
            return value
        return int(fen) if fen.is_finite() and fen == fen.to_integral_value() else value
    if kind == "integer":
        try:
            return int(value)
        except ValueError:
            return value
    if kind == "instant":
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            return value
        return (at if at.tzinfo else at.replace(tzinfo=TZ)).isoformat()
    return value


def _typed(kind: str, value: Any) -> Any:
    """A fact's value as the field shows it."""
    if value in (None, ""):
        return [] if kind == "people" else ""
    if kind == "money":
        return f"{value / 100:.2f}"
    if kind == "instant":
        return datetime.fromisoformat(value).astimezone(TZ).strftime("%Y-%m-%dT%H:%M")
    if kind == "bool":
        return "true" if value else "false"
    return value
