"""Whether what an act brings is what the rulebook asks for: present, of the right type, nothing unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from datetime import date, datetime
from typing import Any

from .case import Act, Reason
from .rulebook import Fact, Input, Role
from .text import Text

MAX_TEXT = 20_000
EARLIEST, LATEST = date(1950, 1, 1), date(2089, 12, 31)


def asked_of(inputs: tuple[Input, ...], roles: Set[str], noted: Set[str] = frozenset()) -> tuple[Input, ...]:
    """Those inputs that somebody in these roles is asked for; what is `noted` for them counts as theirs."""
    return tuple(i for i in inputs if not i.fact.asked_of or i.name in noted or not roles.isdisjoint(i.fact.asked_of))


def foreign(
    inputs: tuple[Input, ...], asked: tuple[Input, ...], facts: Mapping[str, Any], roles: Mapping[str, Role], clause: str | None
) -> Iterator[Reason]:  # fmt: skip
    """One reason for each fact given that the rulebook asks of somebody else."""
    own = {i.name for i in asked}
    for item in inputs:
        if item.name in own or facts.get(item.name) in (None, "", []):
            continue
        label, those = item.fact.text, [roles[r] for r in item.fact.asked_of]
        yield Reason(
            "input", item.fact.clause or clause,
            Text(zh=f"“{label.zh}”不由您填写", en=f"“{label.en}” is not for you to give"),
            Text(zh=f"由{'、'.join(r.zh for r in those)}填写，请去掉这一项", en=f"Leave it out: it is given by {', '.join(r.en for r in those)}"),
            item.name,
        )  # fmt: skip


def problems(inputs: tuple[Input, ...], facts: Mapping[str, Any], clause: str | None) -> Iterator[Reason]:
    """One reason for each input that is missing, of the wrong type, or not asked for."""
    known = {i.name for i in inputs}
    for item in inputs:
        label = item.fact.text
        value = facts.get(item.name)
        if value in (None, "", []):
            if item.required:
                yield Reason(
                    "input", item.fact.clause or clause,
                    Text(zh=f"缺少“{label.zh}”", en=f"“{label.en}” is missing"),
                    wanted(item.fact), item.name,
                )  # fmt: skip
        elif (right := mismatch(item.fact, value)) is not None:
            yield Reason(
                "input", item.fact.clause or clause,
                Text(zh=f"“{label.zh}”填写有误", en=f"“{label.en}” is not right"), right, item.name,
            )  # fmt: skip
    for name in facts:
        if name not in known:
            yield Reason(
                "input", clause,
                Text(zh=f"此步骤不收“{name}”", en=f"“{name}” is not asked for here"),
                Text(zh="请去掉这一项", en="Leave it out"), name,
            )  # fmt: skip


def unkeepable(act: Act, clause: str | None) -> Iterator[Reason]:
    """One reason for each of an act's free words that no database keeps, or that are too long."""
    for name, value, label in (("reason", act.reason, _REASON), ("legal_basis", act.legal_basis, _BASIS)):
        if value.strip() and not _text(value):
            yield Reason(
                "input", clause, Text(zh=f"“{label.zh}”填写有误", en=f"“{label.en}” is not right"),
                Text(zh=f"请填写文字，不超过{MAX_TEXT}字，不含控制字符", en=f"A text of at most {MAX_TEXT} characters, without control characters"),
                name,
            )  # fmt: skip


def asked(fact: Fact) -> Text:
    """That something is to be given, and how."""
    verb = {
        "choice": ("选择", "Choose"), "bool": ("选择", "Choose"), "person": ("选择", "Choose"), "people": ("选择", "Choose"),
        "files": ("上传", "Upload"),
    }.get(fact.type, ("填写", "Give"))  # fmt: skip
    return Text(zh=f"请{verb[0]}“{fact.zh}”", en=f"{verb[1]} “{fact.en}”")


def wanted(fact: Fact) -> Text | None:
    """What would be right, beyond that it is given: how to write or choose it, or what the rulebook says to help; of
    free words nothing.
    """
    if fact.type in ("text", "long_text"):
        return fact.help
    if fact.type == "choice":
        zh = "、".join(c.zh for c in fact.choices.values())
        return Text(zh=f"请选择：{zh}", en=f"Choose one of: {', '.join(fact.choices)}")
    if fact.type == "records":
        return Text(zh="请用相应的步骤逐条添加", en="Add records one by one with their own action")
    return _TESTS[fact.type][1]


def mismatch(fact: Fact, value: Any) -> Text | None:
    """What would be right, when `value` is not of the fact's type; None when it is."""
    if fact.type == "choice":
        return None if isinstance(value, str) and value in fact.choices else wanted(fact)
    if fact.type == "records":
        return wanted(fact)
    test, right = _TESTS[fact.type]
    return None if test(value) else right


def _text(value: Any) -> bool:
    # PostgreSQL can't store a NUL, nor UTF-8 half a character, and nobody types one.
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_TEXT:
        return False
    return "\0" not in value and not any("\ud800" <= c <= "\udfff" for c in value)


def _date(value: Any) -> bool:
    try:
        return isinstance(value, str) and len(value) == 10 and value[4] == "-" and _countable(date.fromisoformat(value))
    except ValueError:
        return False


def _instant(value: Any) -> bool:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        return at is not None and at.tzinfo is not None and _countable(at.date())
    except ValueError:
        return False


def _countable(day: date) -> bool:
    """Whether the calendar reaches a day, and the periods that may be counted from it."""
    return EARLIEST <= day <= LATEST


def _integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53


def _person(value: Any) -> bool:
    return isinstance(value, dict) and _text(value.get("id")) and _text(value.get("name"))


def _people(value: Any) -> bool:
    return isinstance(value, list) and all(map(_person, value)) and len({p["id"] for p in value}) == len(value)


def _files(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(f, dict) and _text(f.get("name")) and isinstance(f.get("sha256"), str) and len(f["sha256"]) == 64
        for f in value
    )


_REASON, _BASIS = Text(zh="理由", en="Reason"), Text(zh="法律依据", en="Legal basis")
_LONG = Text(zh=f"请填写文字，不超过{MAX_TEXT}字", en=f"A text of at most {MAX_TEXT} characters")
_TESTS: Mapping[str, tuple[Callable[[Any], bool], Text]] = {
    "text": (_text, _LONG),
    "long_text": (_text, _LONG),
    "date": (_date, Text(zh="请按“年-月-日”填写，如 2026-09-25", en="A date such as 2026-09-25")),
    "instant": (
        _instant,
        Text(zh="请填写日期、时间和时区，如 2026-09-25T09:00:00+08:00", en="A time such as 2026-09-25T09:00:00+08:00"),
    ),
    "bool": (lambda v: isinstance(v, bool), Text(zh="请选“是”或“否”", en="Yes or no")),
    "integer": (_integer, Text(zh="请填写整数", en="A whole number")),
    "money": (lambda v: _integer(v) and v >= 0, Text(zh="请填写不小于零的金额", en="An amount not below zero")),
    "person": (_person, Text(zh="请从名册中选一人", en="Choose a person of the register")),
    "organisation": (_person, Text(zh="请从名单中选一个单位", en="Choose an organisation of the list")),
    "people": (_people, Text(zh="请从名册中选人，每人一次", en="Choose people of the register, each once")),
    "files": (_files, Text(zh="请上传文件", en="Upload files")),
}
