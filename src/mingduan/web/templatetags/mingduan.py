"""Words for templates: two languages side by side, dates, money, and facts as a person reads them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import template
from django.utils.translation import get_language

from mingduan.procedure.period import TZ
from mingduan.procedure.rulebook import Fact

register = template.Library()
_WEEKDAYS = "一二三四五六日"


def lang() -> str:
    """The reader's language: 'zh' or 'en'."""
    return "en" if (get_language() or "").startswith("en") else "zh"


@register.simple_tag
def t(zh: str, en: str) -> str:
    """The words in the reader's language."""
    return en if lang() == "en" else zh


@register.filter
def words(item: Any) -> str:
    """The name of anything with `zh` and `en`."""
    return "" if item is None else str(item.en if lang() == "en" else item.zh)


@register.filter
def moment(value: datetime | str | None) -> str:
    """An instant in local time: 2026年10月12日 周一 09:00; the end of a day as 24:00."""
    if not value:
        return ""
    at = (datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(TZ)
    clock = "24:00" if (at.hour, at.minute, at.second) == (23, 59, 59) else f"{at:%H:%M}"
    return (
        f"{at:%Y-%m-%d %a} {clock}"
        if lang() == "en"
        else f"{at.year}年{at.month}月{at.day}日 周{_WEEKDAYS[at.weekday()]} {clock}"
    )


@register.filter
def day(value: date | datetime | str | None) -> str:
    """A day: 2026年10月12日."""
    if not value:
        return ""
    got = datetime.fromisoformat(value) if isinstance(value, str) else value
    if isinstance(got, datetime) and got.tzinfo:
        got = got.astimezone(TZ)
    return f"{got:%Y-%m-%d}" if lang() == "en" else f"{got.year}年{got.month}月{got.day}日"


@register.filter
def yuan(fen: int) -> str:
    """An amount of fen in yuan: ¥5,000.00."""
    return f"{'−' if fen < 0 else ''}¥{abs(fen) / 100:,.2f}"


@register.simple_tag
def shown(fact: Fact, value: Any) -> str:
    """A fact's value as a person reads it."""
    if value in (None, "", []):
        return "—"
    if fact.type == "choice":
        return words(fact.choices[value]) if value in fact.choices else str(value)
    if fact.type == "money":
        return yuan(value)
    if fact.type == "date":
        return day(value)
    if fact.type == "instant":
        return moment(value)
    if fact.type == "bool":
        return t("是", "Yes") if value else t("否", "No")
    if fact.type in ("people", "files"):
        return "、".join(v["name"] for v in value)
    return str(value["name"]) if fact.type == "person" else str(value)
