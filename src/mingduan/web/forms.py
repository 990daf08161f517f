"""A rulebook's inputs as form fields, and what was posted as the facts of an act. Knows types, no procedure."""

from __future__ import annotations

import contextlib
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from mingduan.cases.files import MAX_BYTES, FileRefusal, clean_name, receive
from mingduan.config import clock
from mingduan.procedure.case import Reason
from mingduan.procedure.period import TZ
from mingduan.procedure.rulebook import Fact, Input
from mingduan.procedure.text import Text

from .hints import Range

MADE = ".made"
_KEPT, _FIX = ".kept", "fix."
_NONE: Mapping[str, Any] = {}
_MINUTE, _DAY = "%Y-%m-%dT%H:%M", "%Y-%m-%d"


@dataclass(frozen=True, slots=True)
class Offer:
    """A document of the filer's profile that a field of files can take; one that has expired can only be shown."""

    record: Mapping[str, Any]
    expires_on: date | None
    expired: bool

    @property
    def word(self) -> str:
        """The sealed word that brings it in when the form is sent."""
        return signing.dumps(dict(self.record), salt=_KEPT, compress=True)


@dataclass(frozen=True, slots=True)
class Makeable:
    """A list of the filer's profile that a field's paper can be made of: what it is called and how many rows it has.

    `others`: how many it has of another specialty than the one applied for.
    """

    text: Text
    rows: int
    others: int = 0


@dataclass(slots=True)
class Field:
    """One field of a form: what to show, what was typed, and what is wrong with it.

    `form`: the name of its form, where a page has several. `needed`: whether a rule asks for it by the answers given so far; None where no rule ever does.
    `sometimes`: a rule asks for it with some of the answers that the same form still asks for.
    """

    input: Input
    options: Sequence[tuple[str, Any]] = ()
    value: Any = ""
    errors: list[Reason] = field(default_factory=list)
    range: Range | None = None
    needed: bool | None = None
    sometimes: bool = False
    offers: Sequence[Offer] = ()
    makeable: Makeable | None = None
    hangs_on: Field | None = None
    form: str = ""

    @property
    def optional(self) -> bool:
        """Whether it may stay empty as things are."""
        return not (self.input.required or self.needed)

    @property
    def left(self) -> list[Offer]:
        """What the profile holds besides what has been taken."""
        taken = {f["sha256"] for f in self.value}
        return [o for o in self.offers if o.record["sha256"] not in taken]

    @property
    def made(self) -> str:
        """The name under which the form asks for the paper to be made."""
        return self.input.name + MADE

    @property
    def applies(self) -> bool:
        """Whether it is asked at all, as the choice it hangs on has been made."""
        return self.hangs_on is None or self.hangs_on.value in self.wanted

    @property
    def wanted(self) -> tuple[str, ...]:
        """The choices with which it is asked."""
        return next(iter(self.input.fact.only_for.values()), ())

    @property
    def wanted_words(self) -> list[Any]:
        """Those choices, as a person reads them."""
        return [c for key, c in self.hangs_on.options if key in self.wanted] if self.hangs_on else []

    @property
    def low(self) -> str:
        """The first lawful day or minute, as the date field takes it."""
        return self._bound(self.range.low) if self.range else ""

    @property
    def high(self) -> str:
        """The last lawful day or minute."""
        return self._bound(self.range.high) if self.range else ""

    @property
    def kept(self) -> list[tuple[Mapping[str, Any], str]]:
        """The files already taken, each with the sealed word that brings it back when the form is sent again."""
        return [(f, signing.dumps(f, salt=_KEPT, compress=True)) for f in self.value]

    @property
    def long(self) -> bool:
        """Whether the choices are too many to lay open."""
        return len(self.options) > 6

    def _bound(self, at: datetime | None) -> str:
        return at.strftime(_MINUTE if self.input.fact.type == "instant" else _DAY) if at else ""

    @property
    def id(self) -> str:
        """The element's id: the input's name without dots."""
        return "-".join(filter(None, ("f", self.form, self.input.name.replace(".", "-"))))


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
    ranges: Mapping[str, Range] = _NONE,
    *,
    choices: Mapping[str, Sequence[tuple[str, Any]]] = _NONE,
    typed: bool = False,
) -> list[Field]:
    """The form's fields, filled from what was posted or from `initial`; files sent are looked at and kept.

    `choices` are what can be given for an input that is no choice by itself; `initial` holds facts, or, when `typed`,
    what somebody typed before.
    """
    made = []
    for item in inputs:
        kind = item.fact.type
        options = choices.get(item.name, ())
        if kind == "choice":
            options = tuple(item.fact.choices.items())
        elif kind in ("people", "person"):
            options = tuple((p.record["id"], p) for p in people)
        if kind == "files":
            before = initial.get(item.name, []) if typed or item.name.startswith(_FIX) else []
            made.append(_files(item, post, files, before))
            continue
        if post is None:
            value = initial.get(item.name, "") if typed else as_typed(kind, initial.get(item.name))
        else:
            value = post.getlist(item.name) if kind == "people" else post.get(item.name, "")
        if post is None and item.required and not value and len(options) == 1 and kind not in ("choice", "people"):
            value = options[0][0]
        made.append(Field(item, options, value, range=ranges.get(item.name)))
    return _hung(made, initial)


def _hung(made: list[Field], known: Mapping[str, Any]) -> list[Field]:
    """Each field with the choice it hangs on; one that hangs on a choice made already falls away where it is not asked."""
    by_name, kept = {f.input.name: f for f in made}, []
    for one in made:
        on = "" if one.input.name.startswith(_FIX) else next(iter(one.input.fact.only_for), "")
        one.hangs_on = by_name.get(on)
        if not on or one.hangs_on or known.get(on) in one.wanted:
            kept.append(one)
    return kept


def typed_of(form: Iterable[Field]) -> dict[str, Any]:
    """What was typed into a form, to be shown again later."""
    return {f.input.name: f.value for f in form}


def facts(form: Iterable[Field]) -> dict[str, Any]:
    """The facts of the act, in their types; what can't be read is left as typed, for the engine to refuse."""
    read = ((f.input.name, _read(f)) for f in form if f.applies)
    return {name: value for name, value in read if value not in (None, "", [])}


def correcting(of: Mapping[str, Fact], current: Mapping[str, Any]) -> tuple[Input, ...]:
    """The inputs of a form that corrects an entry: what the entry gave, each as it stands now."""
    return tuple(Input(name=_FIX + name, fact=of[name], required=True) for name in current)


def corrected(form: Iterable[Field], current: Mapping[str, Any], sent: Container[str]) -> dict[str, Any]:
    """Fact → the value it should have had, for those sent that are not as they stand."""
    asked = (f for f in form if f.input.name in sent or f.input.fact.type == "files")
    given = {f.input.name.removeprefix(_FIX): _read(f) for f in asked}
    # Nothing where something stood is a correction too, for the engine to take or refuse; it must not pass for done.
    return {name: "" if value is None else value for name, value in given.items() if value != current.get(name)}


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


def beside(form: Iterable[Field], names: Container[str]) -> Field | None:
    """The field to tell a rule about `names` beside: the one of them that is no mere choice, if there is one."""
    about = [f for f in form if f.input.name in names and f.input.fact.type not in ("choice", "bool")]
    return about[0] if len(about) == 1 else None


def _files(
    item: Input, post: QueryDict | None, sent: MultiValueDict[str, UploadedFile[Any]] | None, before: list[Any]
) -> Field:
    """A field of files: those taken before and kept, those now sent that pass; each that doesn't is told by name."""
    made = Field(item, value=list(before) if post is None else [])
    for word in post.getlist(item.name + _KEPT) if post else ():
        with contextlib.suppress(signing.BadSignature):
            made.value.append(signing.loads(word, salt=_KEPT))
    for upload in sent.getlist(item.name) if sent else ():
        kept = receive(upload.name or "", upload.read(MAX_BYTES + 1), clock.now())
        if isinstance(kept, FileRefusal):
            name = clean_name(upload.name or "")
            text = Text(zh=f"“{name}”：{kept.text.zh}", en=f"“{name}”: {kept.text.en}")
            made.errors.append(Reason("file", None, text, kept.remedy, item.name))
        elif kept.as_fact() not in made.value:
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
    if kind == "organisation":
        return next(({"id": key, "name": text.zh} for key, text in f.options if key == value), value)
    if kind == "bool":
        return {"true": True, "false": False}.get(value, value)
    if kind == "money":
        try:
            fen = Decimal(value.replace(",", "").replace("，", "")) * 100
        except ArithmeticError:
            return value
        return int(fen) if fen.is_finite() and abs(fen) < 2**53 and fen == fen.to_integral_value() else value
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


def as_typed(kind: str, value: Any) -> Any:
    """A fact's value as the field shows it."""
    if value in (None, ""):
        return [] if kind == "people" else ""
    if kind == "money":
        return f"{value / 100:.2f}"
    if kind == "instant":
        return datetime.fromisoformat(value).astimezone(TZ).strftime(_MINUTE)
    if kind == "bool":
        return "true" if value else "false"
    return value
