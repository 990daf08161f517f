"""What a notice says: its words with the case's facts, dates, amounts and people in their {places}."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, time
from typing import Any

from . import words
from .calendar import WorkingCalendar
from .case import Case, Event
from .deadlines import due
from .period import TZ, Period
from .rulebook import Fact, Rulebook
from .text import Text
from .variables import balance

_PLACE = re.compile(r"\{([a-z0-9_.]+)\}")
_OPTIONAL = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)
_BROUGHT: Mapping[str, Callable[[Event], Any]] = {
    "people": lambda e: e.appointed[1] if e.appointed else "",
    "organisation": lambda e: e.engaged[1] if e.engaged else "",
    "until": lambda e: e.extended[1] if e.extended else "",
    "case": lambda e: e.link[1] if e.link else "",
    "reason": lambda e: e.why or "",
    "legal_basis": lambda e: e.legal_basis,
    "today": lambda e: e.at.astimezone(TZ).date(),
}


def written(
    book: Rulebook, calendar: WorkingCalendar, text: Text, case: Case, event: Event, parties: Mapping[str, str],
    lang: str = "zh",
) -> str:  # fmt: skip
    """The words of a notice of `event`, which left the case as `case`; `parties` are their names by role.

    Words in [[…]] fall away where a place in them is empty or an amount of nothing.
    """
    return _filled(text.in_(lang), lambda name: _value(book, calendar, name, case, event, parties, lang))


def said(book: Rulebook, calendar: WorkingCalendar, text: Text, case: Case) -> Text:
    """What is said of a case as it stands, with its facts, days and amounts in the {places}."""
    if "{" not in text.zh and "{" not in text.en:
        return text
    return Text(
        zh=_filled(text.zh, lambda name: _value(book, calendar, name, case, None, {}, "zh")),
        en=_filled(text.en, lambda name: _value(book, calendar, name, case, None, {}, "en")),
    )


def _filled(words: str, value: Callable[[str], str]) -> str:
    def optional(match: re.Match[str]) -> str:
        return match[1] if all(value(name) for name in _PLACE.findall(match[1])) else ""

    return _PLACE.sub(lambda m: value(m[1]), _OPTIONAL.sub(optional, words))


def places(text: Text) -> frozenset[str]:
    """The names of the places in a text, in either language."""
    return frozenset(_PLACE.findall(text.zh) + _PLACE.findall(text.en))


def known_places(book: Rulebook, records: str | None) -> Iterator[str]:
    """Every name a place may have in a notice of an action that adds to or completes `records`."""
    yield from standing_places(book)
    yield from (f"entry.{name}" for name in (book.facts[records].of if records and records in book.facts else ()))
    yield from book.roles
    yield from _BROUGHT


def standing_places(book: Rulebook) -> Iterator[str]:
    """Every name a place may have where only the case as it stands is told of."""
    yield from (name for name, fact in book.facts.items() if fact.type != "records")
    for kind, names in (("due", book.deadlines), ("parameter", book.parameters), ("balance", book.accounts)):
        yield from (f"{kind}.{name}" for name in names)
    yield from (f"assigned.{name}" for name in book.roles)


def _value(
    book: Rulebook, calendar: WorkingCalendar, name: str, case: Case, event: Event | None, parties: Mapping[str, str],
    lang: str,
) -> str:  # fmt: skip
    if name in book.facts:
        return _shown(book.facts[name], case.facts.get(name), lang)
    if name in book.roles:
        return parties.get(name) or book.roles[name].text.in_(lang)
    if name in _BROUGHT and event is not None:
        return _plain(_BROUGHT[name](event), lang)
    kind, _, rest = name.partition(".")
    if kind == "entry" and event is not None and event.entry is not None:
        seq = event.entry.completes or event.seq
        record: Mapping[str, Any] = next((r for r in case.facts[event.entry.records] if r["seq"] == seq), {})
        return _shown(book.facts[event.entry.records].of[rest], record.get(rest), lang)
    if kind == "due" and (found := due(book, case, rest, calendar)) is not None:
        ends = found[0].instant
        whole = ends.astimezone(TZ).time() == time.max  # the last day is meant, up to its end
        return words.day(ends, lang) if whole else words.moment(ends, lang)
    if kind == "parameter":
        return _parameter(book, rest, lang)
    if kind == "balance":
        amount = balance(book, case, rest)
        return _money(amount, lang) if amount else ""
    if kind == "assigned":
        return _plain(case.assigned.get(rest, ()), lang)
    return ""


def _parameter(book: Rulebook, name: str, lang: str) -> str:
    constant = book.parameters[name].constant
    if isinstance(constant, Period):
        return constant.text(lang)
    return _money(int(constant), lang) if book.parameters[name].type == "money" else str(constant)


def _plain(value: Any, lang: str) -> str:
    """Text as it is, a day in words, a person or file by name, several one after another."""
    if isinstance(value, Text):
        return value.in_(lang)
    if isinstance(value, date):
        return words.day(value.isoformat(), lang)
    if isinstance(value, Mapping):
        return str(value["name"])
    if isinstance(value, list | tuple):
        return ("、" if lang == "zh" else ", ").join(_plain(v, lang) for v in value)
    return str(value)


def _shown(fact: Fact, value: Any, lang: str) -> str:
    return _money(value, lang) if fact.type == "money" and value is not None else words.shown(fact, value, lang)


def _money(fen: int, lang: str) -> str:
    """An amount with its currency in front, as an official letter writes it."""
    return f"{'CNY ' if lang == 'en' else '人民币'}{words.yuan(fen).replace('¥', '')}{'' if lang == 'en' else '元'}"


__all__ = ["known_places", "places", "said", "standing_places", "written"]
