"""What somebody wrote into a cell, as the value of a fact: a choice by any of its names, a time in the order the file keeps."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from mingduan.cases.sheet import plain
from mingduan.procedure.inputs import mismatch
from mingduan.procedure.rulebook import Fact
from mingduan.procedure.text import Text

ORDERS = ("ymd", "dmy", "mdy")
_MONTHS = {m: n for n, m in enumerate(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1)}  # fmt: skip
_NAMED = re.compile(r"(\d{1,2})[-/. ]([A-Za-z]{3})[a-z]*[-/., ]+(\d{4}|\d{2})(?!\d)", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))(?!\d)", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})(?!\d)", re.ASCII)
_TIME = re.compile(r"[T ]*(上午|下午)?\s*(\d{1,2})[:：时](\d{2})(?:[:：分](\d{2})(?:\.\d+)?)?[秒分]?\s*([AaPp]\.?[Mm]\.?)?", re.ASCII)  # fmt: skip
_TRUE, _FALSE = frozenset({"是", "有", "yes", "y", "true", "1", "√"}), frozenset({"否", "无", "no", "n", "false", "0", "×"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wrong:
    """A cell that is not right, and what would be."""

    wrong: Text
    right: Text | None


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file writes its dates: in which order, in which time zone."""

    order: str
    zone: ZoneInfo


def value(fact: Fact, written: str, words: Mapping[str, str], reading: Reading) -> Any | Wrong:
    """The value of a filled cell; `words`: what the file's own words for a choice mean (plain word → choice)."""
    found = _value(fact, written, words, reading)
    if isinstance(found, Wrong):
        return found
    right = mismatch(fact, found) if found is not None else _right(fact, reading)
    return found if right is None else Wrong(_not_right(written), right)


def choice(choices: Mapping[str, Text], written: str, words: Mapping[str, str]) -> str | None:
    """The choice that somebody's word means: as the file's own words say, or by its key or name."""
    word = plain(written)
    if word in words:
        return words[word]
    return next((key for key, said in choices.items() if word in (plain(key), plain(said.zh), plain(said.en))), None)


def instant(written: str, reading: Reading) -> datetime | None:
    """A day with or without a time of day; None for what is neither. A day alone is its midnight."""
    text = unicodedata.normalize("NFKC", written).strip()
    if len(text) > 10 and text[:4].isdecimal():
        try:
            at = datetime.fromisoformat(text)
            return at if at.tzinfo else at.replace(tzinfo=reading.zone)
        except ValueError:
            pass
    found = _day(text, reading.order)
    if found is None:
        return None
    day, rest = found
    clock = _clock(rest) if rest.strip() else time()
    return datetime.combine(day, clock, reading.zone) if clock is not None else None


def _value(fact: Fact, written: str, words: Mapping[str, str], reading: Reading) -> Any:
    if fact.type == "choice":
        key = choice({k: c.text for k, c in fact.choices.items()}, written, words)
        right = Text(
            zh=f"选项：{'、'.join(c.zh for c in fact.choices.values())}；其他写法请在对照中说明", en=f"One of {', '.join(c.en for c in fact.choices.values())}; say what other words mean in the mapping"
        )  # fmt: skip
        return key if key in fact.choices else Wrong(_not_right(written), right)
    if fact.type == "bool":
        word = plain(written) or written.strip()
        return True if word in _TRUE else False if word in _FALSE else None
    if fact.type in ("date", "instant"):
        at = instant(written, reading)
        if at is None:
            return None
        return at.date().isoformat() if fact.type == "date" else at.isoformat()
    if fact.type in ("integer", "money"):
        try:
            number = Decimal(
                unicodedata.normalize("NFKC", written).replace(",", "").removeprefix("¥").removesuffix("元").strip()
            )
        except InvalidOperation:
            return None
        number = number * 100 if fact.type == "money" else number
        return int(number) if number.is_finite() and number == number.to_integral_value() else None
    return written


def _day(text: str, order: str) -> tuple[date, str] | None:
    """A day at the beginning of a text, and what follows it."""
    if found := _NAMED.match(text):
        month = _MONTHS.get(found[2].casefold(), 0)
        parts = (found[3], str(month), found[1])
    elif found := _YEAR_FIRST.match(text):
        parts = (found[1], found[2] or found[4], found[3] or found[5])
    elif found := _YEAR_LAST.match(text):
        first, second = (found[2], found[1]) if order == "dmy" else (found[1], found[2])
        parts = (found[3], first, second)
        if order == "ymd":
            parts = (found[1], found[2], found[3])
    else:
        return None
    try:
        return date(_year(parts[0]), int(parts[1]), int(parts[2])), text[found.end() :]
    except ValueError:
        return None


def _year(written: str) -> int:
    year = int(written)
    return year if len(written) == 4 else year + (2000 if year < 70 else 1900)


def _clock(written: str) -> time | None:
    found = _TIME.fullmatch(written.strip())
    if found is None:
        return None
    hour, half = int(found[2]), (found[1] or found[5] or "").casefold()[:1]
    if half in ("a", "p") or found[1]:
        afternoon = half == "p" or found[1] == "下午"
        if hour > 12:
            return None
        hour = hour % 12 + (12 if afternoon else 0)
    try:
        return time(hour, int(found[3]), int(found[4] or 0))
    except ValueError:
        return None


def _not_right(written: str) -> Text:
    return Text(zh=f"“{written[:40]}”不对", en=f"“{written[:40]}” is not right")


def _right(fact: Fact, reading: Reading) -> Text:
    if fact.type in ("date", "instant"):
        written = {"ymd": "2026-09-25 15:30", "dmy": "25-09-26 15:30", "mdy": "9/25/2026 3:30 PM"}[reading.order]
        return Text(zh=f"日期和时间，如 {written}", en=f"A date and time, such as {written}")
    if fact.type == "bool":
        return Text(zh="填“是”或“否”", en="Yes or no")
    return Text(zh="填数字", en="A number")
