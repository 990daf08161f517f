"""Words for templates: two languages side by side, dates, money, and facts as a person reads them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from mingduan.config.clock import now as present
from mingduan.people.interests import Tie, in_english, whose_in_english
from mingduan.procedure.calendar import WorkingCalendar
from mingduan.procedure.case import Reason
from mingduan.procedure.period import TZ
from mingduan.procedure.rulebook import Fact, Rulebook
from mingduan.procedure.text import Text
from mingduan.procedure.words import SIGNING

from .. import casefile
from ..forms import Field, facts

register = template.Library()
_WEEKDAYS = "一二三四五六日"
_SOON = timedelta(days=2)


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
def tie_kind(kind: str) -> str:
    """A kind of tie in the reader's language."""
    return t(kind, in_english(kind))


@register.filter
def tie_told(tie: Tie) -> str:
    """Through whom somebody is tied to an organisation, and how: 配偶任职, spouse: employment."""
    through = f"{whose_in_english(tie.whose)}: " if tie.whose else ""
    return t(f"{tie.whose}{tie.kind}", f"{through}{in_english(tie.kind)}")


@register.filter
def listed(names: Iterable[Any]) -> str:
    """Names one after the other."""
    return t("、", ", ").join(map(str, names))


@register.filter
def signing_method(name: str) -> Text:
    """How an act was signed, in words."""
    return SIGNING.get(name, Text(zh=name, en=name))


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
def clock(value: datetime) -> str:
    """An instant's time of day: 09:00."""
    return f"{value.astimezone(TZ):%H:%M}"


@register.filter
def when(value: datetime | str | None) -> SafeString:
    """An instant kept short, the year left out when it is this one: 10月12日 周一 09:00; in full when pointed at."""
    if not value:
        return SafeString()
    at = (datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(TZ)
    full = moment(at)
    year = f"{at.year}-" if lang() == "en" else f"{at.year}年"
    short = full.removeprefix(year) if at.year == present().astimezone(TZ).year else full
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), full, short)


@register.filter
def remaining(due: datetime, now: datetime) -> str:
    """How long is left until the day `due` falls on, or how long it has been missed: 还有 12 个工作日, 逾期 3 天. What ends at
    an hour within two days is told in hours: 还有 6 小时, 逾期 40 分钟.
    """
    at, today = due.astimezone(TZ), now.astimezone(TZ).date()
    if (at.hour, at.minute, at.second) != (23, 59, 59) and abs(due - now) < _SOON:
        return _in_hours(due - now)
    end = at.date()
    if due < now:
        days = max((today - end).days, 1)
        return t(f"逾期 {days} 天", f"{days} day{'' if days == 1 else 's'} late")
    if end == today:
        return t("今天到期", "due today")
    days = WorkingCalendar.china().count(today, end)
    return t(f"还有 {days} 个工作日", f"{days} working day{'' if days == 1 else 's'} left")


def _in_hours(left: timedelta) -> str:
    minutes = max(int(abs(left).total_seconds() // 60), 1)
    hours = minutes // 60
    count, zh, en = (hours, "小时", "hour") if hours else (minutes, "分钟", "minute")
    en += "" if count == 1 else "s"
    return (
        t(f"逾期 {count} {zh}", f"{count} {en} late")
        if left < timedelta()
        else t(f"还有 {count} {zh}", f"{count} {en} left")
    )


@register.simple_tag(takes_context=True)
def nav_link(context: template.Context, name: str, zh: str, en: str, count: int = 0, also: str = "") -> SafeString:
    """An item of the navigation, marked when one is on its page, on those `also` named, or below one of them; nothing
    where there is no such page.
    """
    try:
        address = reverse(name)
    except NoReverseMatch:
        return SafeString()
    path = context["request"].path
    marked = (address, *map(reverse, also.split()))
    here = any(path == one or (one != "/" and path.startswith(one)) for one in marked)
    badge = format_html(' <span class="badge">{}</span>', count) if count else ""
    current = SafeString(' aria-current="page"') if here else ""
    return format_html('<a class="item" href="{}"{}>{}{}</a>', address, current, t(zh, en), badge)


@register.simple_tag(takes_context=True)
def clause(context: template.Context, book: Rulebook, number: str | None) -> SafeString:
    """A clause's number; pointed at, focused or pressed it says what the clause is about."""
    if not number:
        return SafeString()
    said = book.source.quotable.get(number)
    title = f"{_quoted(book, number)} {words(said)}".strip()
    if said is None or context.get("fragment"):  # a part of a page brings no notes of its own
        return format_html('<span class="clause" title="{}">{}</span>', title, number)
    key = re.sub(r"[^A-Za-z0-9]+", "-", f"c-{_quoted(book, number)}")
    _told(context)[key] = (book, number)
    return format_html(
        '<button type="button" class="clause" popovertarget="{}" title="{}">{}</button>', key, title, number
    )


@register.filter
def wrong(form: Collection[Field] | None) -> list[Field]:
    """The fields of a form that must be put right, in their order."""
    return [f for f in form or () if f.errors]


@register.inclusion_tag("web/_mending.html", takes_context=True)
def mending(context: template.Context, reason: Reason | None, action: str, told: bool = False) -> dict[str, Any]:
    """What would put a refusal right, with a link to each step that does and is open to the reader. `told`: the remedy
    itself has been said already.
    """
    opened: Collection[str] = context.get("opened") or ()
    steps = casefile.mending(context["book"], reason, action, opened) if reason else []
    # Where every step that helps is open, their links say it all.
    whole = bool(reason and steps) and (reason is None or len(steps) >= len(reason.remedied_by))
    return {"reason": reason, "steps": steps, "whole": whole, "told": told, "case": context.get("case")}


@register.simple_tag
def clause_words(book: Rulebook, number: str) -> str:
    """What a clause is about."""
    return words(book.source.quotable.get(number))


@register.simple_tag
def typed(field: Field) -> str:
    """What was typed into a field, as a person reads it."""
    chosen = next((option for key, option in field.options if key == field.value), None)
    if chosen is not None:
        return words(chosen)
    value = facts([field]).get(field.input.name)
    try:
        return shown(field.input.fact, value)
    except (TypeError, ValueError):  # what was typed is not of its type: shown as it is
        return str(field.value)


@register.simple_tag(takes_context=True)
def clause_notes(context: template.Context) -> SafeString:
    """What each clause named on the page is about, once, for its number to open."""
    return format_html_join(
        "\n",
        '<div id="{}" popover><strong>{}</strong><br>{}</div>',
        (
            (key, _quoted(book, number), words(book.source.quotable[number]))
            for key, (book, number) in _told(context).items()
        ),
    )


def _quoted(book: Rulebook, number: str) -> str:
    """A clause with its document: S01 6.1. One of another document carries its name already."""
    return f"{book.source.document} {number}" if number in book.source.clauses else number


def _told(context: template.Context) -> dict[str, tuple[Rulebook, str]]:
    """The clauses named on this page so far."""
    told: dict[str, tuple[Rulebook, str]] = context["request"].__dict__.setdefault("clauses_told", {})
    return told


@register.filter
def dials(value: Any) -> str:
    """The number that a text would dial; empty for one that is no telephone number."""
    written = re.sub(r"[ -]", "", value) if isinstance(value, str) else ""
    return written if re.fullmatch(r"\+?\d{7,15}", written) else ""


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
        return listed(v["name"] for v in value)
    return str(value["name"]) if fact.type in ("person", "organisation") else str(value)


@register.filter
def points(hundredths: int) -> str:
    """Hundredths of a point as a person reads them: 92.5, 0.5, 15.

    Examples:
        >>> points(9250), points(1500)
        ('92.5', '15')
    """
    return f"{hundredths / 100:g}"
