"""A case's values as people read them, in either language: days, instants, money, and what a fact says."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from .period import TZ
from .rulebook import Fact
from .text import Text

SIGNING = {
    "totp": Text(zh="动态码", en="authenticator"),
    "recovery_codes": Text(zh="恢复码", en="recovery code"),
    "demonstration": Text(zh="演示数据", en="demonstration data"),
}
_WEEKDAYS = "一二三四五六日"
_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")


def day(value: date | datetime | str | None, lang: str = "zh") -> str:
    """A day in local time.

    Examples:
        >>> day("2026-10-12"), day("2026-10-12", "en")
        ('2026年10月12日', '12 October 2026')
    """
    if not value:
        return ""
    got = datetime.fromisoformat(value) if isinstance(value, str) else value
    if isinstance(got, datetime) and got.tzinfo:
        got = got.astimezone(TZ)
    return f"{got.day} {got:%B %Y}" if lang == "en" else f"{got.year}年{got.month}月{got.day}日"


def moment(value: datetime | str | None, lang: str = "zh") -> str:
    """An instant in local time, the last second of a day as 24:00.

    Examples:
        >>> moment("2026-10-12T01:00:00+00:00"), moment("2026-10-12T15:59:59+00:00", "en")
        ('2026年10月12日（周一）09:00', '12 October 2026 (Mon) 24:00')
    """
    if not value:
        return ""
    at = (datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(TZ)
    clock = "24:00" if (at.hour, at.minute, at.second) == (23, 59, 59) else f"{at:%H:%M}"
    return f"{day(at, lang)} ({at:%a}) {clock}" if lang == "en" else f"{day(at)}（周{_WEEKDAYS[at.weekday()]}）{clock}"


def yuan(fen: int) -> str:
    """An amount of fen in yuan.

    Examples:
        >>> yuan(500000), yuan(-5)
        ('¥5,000.00', '−¥0.05')
    """
    return f"{'−' if fen < 0 else ''}¥{abs(fen) // 100:,}.{abs(fen) % 100:02}"


def capital(fen: int) -> str:
    """An amount above zero in the capitals that a Chinese receipt writes beside the figures.

    Examples:
        >>> capital(500000), capital(1000010), capital(10203040), capital(1_0000_0000_00), capital(5)
        ('伍仟元整', '壹万元零壹角整', '壹拾万贰仟零叁拾元零肆角整', '壹亿元整', '伍分')
    """
    whole, jiao, cents = fen // 100, fen // 10 % 10, fen % 10
    said = _whole(whole)
    head = f"{said}元" if said else ""
    if not jiao and not cents:
        return f"{head or '零元'}整"
    gap = "零" if head and (not jiao or whole % 10 == 0) else ""
    tenth = f"{_DIGITS[jiao]}角" if jiao else ""
    return f"{head}{gap}{tenth}{f'{_DIGITS[cents]}分' if cents else '整'}"


def shown(fact: Fact, value: Any, lang: str = "zh") -> str:
    """A fact's value in words; empty when there is none."""
    if value in (None, "", []):
        return ""
    if fact.type == "choice":
        return fact.choices[value].text.in_(lang) if value in fact.choices else str(value)
    if fact.type == "money":
        return yuan(value)
    if fact.type == "date":
        return day(value, lang)
    if fact.type == "instant":
        return moment(value, lang)
    if fact.type == "bool":
        return ("Yes" if value else "No") if lang == "en" else ("是" if value else "否")
    if fact.type in ("people", "files"):
        return (", " if lang == "en" else "、").join(v["name"] for v in value)
    return str(value["name"]) if fact.type in ("person", "organisation") else str(value)


def _whole(number: int) -> str:
    """A whole number in capitals, four digits at a time, one 零 for each run of empty places between."""
    groups: list[str] = []
    rest, place, gap = number, 0, False
    while rest:
        rest, group = divmod(rest, 10_000)
        said, empty = "", True
        for digit_place in range(4):
            digit = group // 10**digit_place % 10
            if digit:
                said = f"{_DIGITS[digit]}{_PLACES[digit_place]}{'零' if said and empty else ''}{said}"
            empty = not digit
        if said:
            groups.insert(0, f"{said}{_GROUPS[place]}{'零' if groups and gap else ''}")
        gap = group < 1000
        place += 1
    return "".join(groups)
