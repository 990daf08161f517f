"""How the columns of somebody's file give the facts of a case: told once, remembered for the next file with the same headings."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mingduan.cases import catalogue, sheet
from mingduan.cases.sheet import Unreadable, plain
from mingduan.procedure import landmarks
from mingduan.procedure.engine import Engine
from mingduan.procedure.inputs import MAX_TEXT
from mingduan.procedure.rulebook import Fact, Rulebook
from mingduan.procedure.text import Text

from .cells import ORDERS, Reading, choice

ACTION = "action"  # the field that says which opening action a row is
SOURCE, TICKET = "source.name", "source.ticket"
MAPPABLE = frozenset({"text", "long_text", "date", "instant", "bool", "integer", "money", "choice"})
MOST_WORDS = 30  # different words in a column of choices that a person can be asked about
_ALSO: Mapping[str, tuple[str, ...]] = {
    TICKET: (
        "ticket",
        "ticket no",
        "ticket number",
        "工单号",
        "工单编号",
        "工单流水号",
        "投诉编号",
        "投诉单号",
        "编号",
        "单号",
        "流水号",
    ),
    "received_at": (
        "date",
        "time",
        "受理时间",
        "投诉时间",
        "登记时间",
        "来电时间",
        "创建时间",
        "建单时间",
        "受理日期",
        "投诉日期",
        "时间",
        "日期",
        "created",
        "created at",
        "received",
    ),
    "closed_at": (
        "办结时间",
        "归档时间",
        "完成时间",
        "结单时间",
        "关闭时间",
        "办结日期",
        "closed at",
        "closed",
        "resolved at",
    ),
    "details": (
        "customer complaint",
        "complaint",
        "description",
        "投诉内容",
        "问题描述",
        "投诉描述",
        "诉求内容",
        "反映内容",
        "内容",
    ),
    "channel": ("received via", "channel", "渠道", "来源", "来源渠道", "受理渠道", "受理方式"),
    "place.address": (
        "address",
        "地址",
        "地点",
        "位置",
        "投诉地点",
        "投诉地址",
        "故障地址",
        "故障地点",
        "详细地址",
        "city",
        "state",
        "zip code",
    ),
    "place.area": ("片区", "区域", "区县", "所属区域", "area", "district"),
    "customer.name": ("客户姓名", "用户姓名", "客户名称", "客户", "姓名", "投诉人", "联系人", "name", "customer"),
    "customer.phone": (
        "联系电话",
        "联系方式",
        "联系号码",
        "来电号码",
        "主叫号码",
        "电话",
        "电话号码",
        "phone",
        "mobile",
        "手机",
        "手机号",
        "手机号码",
    ),
    "customer.line": ("投诉号码", "受理号码", "业务号码", "用户号码", "号码"),
    "on_behalf": ("filing on behalf of someone",),
    "class": ("类别", "投诉类别", "投诉分类", "category"),
    "level": ("级别", "等级", "紧急程度", "priority"),
    "result.text": ("处理结果", "办理结果", "结果", "resolution"),
    "satisfaction": ("满意度", "回访结果", "评价", "satisfaction"),
    ACTION: ("status", "状态", "工单状态", "办理状态", "处理状态", "当前状态"),
}  # what files call such things, for the first proposal; a person corrects it
_UNDER_WAY = (
    "未",
    "待",
    "中",
    "在办",
    "新建",
    "挂起",
    "派单",
    "open",
    "pending",
    "progress",
    "new",
    "assigned",
    "not ",
)
_OVER = (
    "办结",
    "归档",
    "完成",
    "关闭",
    "结案",
    "结单",
    "完结",
    "解决",
    "closed",
    "resolved",
    "done",
    "complete",
    "solved",
)
_MEANS: Mapping[str, Mapping[str, str]] = {
    "channel": {
        "电话": "hotline",
        "来电": "hotline",
        "phone": "hotline",
        "营业": "visit",
        "上门": "visit",
        "网站": "web",
        "网页": "web",
        "网厅": "web",
        "app": "web",
        "internet": "web",
        "邮箱": "email",
        "邮件": "email",
        "mail": "email",
    },
}  # what files call the channels, beside their names


@dataclass(frozen=True, slots=True)
class Given:
    """Where a field comes from: columns, joined with a space, or the same `value` for every row; `words`: what the file's
    words for a choice mean.
    """

    columns: tuple[str, ...] = ()
    value: str = ""
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Layout:
    """The mapping of a file: the rulebook its rows are cases of, and where each field comes from."""

    rulebook: str
    fields: Mapping[str, Given]
    order: str = "ymd"
    zone: str = "Asia/Shanghai"

    @property
    def reading(self) -> Reading:
        """How its dates are written."""
        return Reading(self.order, ZoneInfo(self.zone))

    def beside(self, other: Layout) -> Layout:
        """This one, with what `other` says of words in the same columns of which this says nothing."""

        def wider(name: str, given: Given) -> Given:
            also = other.fields.get(name, Given())
            return replace(given, words={**also.words, **given.words}) if also.columns == given.columns else given

        return replace(self, fields={name: wider(name, given) for name, given in self.fields.items()})

    def to_json(self) -> dict[str, Any]:
        """As it is kept, and as `--mapping` takes it."""
        return json.loads(json.dumps(asdict(self)))  # type: ignore[no-any-return]  # what asdict makes is a dict

    @classmethod
    def from_json(cls, said: Any) -> Layout:
        """The mapping in a JSON object. Raises Unreadable, saying what is wrong."""
        try:
            fields = {
                str(name): Given(
                    tuple(map(str, g.get("columns", ()))), str(g.get("value", "")),
                    {plain(str(w)): str(c) for w, c in g.get("words", {}).items()},
                )
                for name, g in said["fields"].items()
            }  # fmt: skip
            made = cls(str(said["rulebook"]), fields, said.get("order", "ymd"), said.get("zone", "Asia/Shanghai"))
            ZoneInfo(made.zone)
        except (AttributeError, KeyError, TypeError, ValueError, ZoneInfoNotFoundError) as error:
            raise _unmapped(f"对照写法不对：{error}", f"The mapping is not well written: {error}") from None
        if made.order not in ORDERS:
            raise _unmapped(f"日期次序“{made.order}”不对", f"The order of dates “{made.order}” is not known")
        return made


@dataclass(frozen=True, slots=True)
class File:
    """A file's rows as they are: its headings, and each row's cells with the number of its line."""

    headings: tuple[str, ...]
    lines: Sequence[tuple[int, Sequence[str]]]

    @property
    def digest(self) -> str:
        """The same for every file with the same headings, in any order."""
        return hashlib.sha256("\n".join(sorted(map(plain, self.headings))).encode()).hexdigest()

    def column(self, heading: str) -> list[str]:
        """Every cell of a column."""
        at = self.headings.index(heading)
        return [cells[at] if at < len(cells) else "" for _, cells in self.lines]


def read(content: bytes) -> File:
    """The rows of a file of tickets. Raises Unreadable."""
    rows = ((n, cells) for n, cells in sheet.rows(content, _tidy) if any(cells))
    first = next(rows, None)
    if first is None:
        raise Unreadable(Text(zh="文件是空的", en="The file is empty"), Text(zh="请选择工单文件", en="Choose a file of tickets"))  # fmt: skip
    headings = tuple(h[:100] or f"#{n}" for n, h in enumerate(first[1], 1))
    if twice := {h for h in headings if headings.count(h) > 1}:
        raise Unreadable(
            Text(zh=f"栏目重复：{'、'.join(sorted(twice))}", en=f"The same column twice: {', '.join(sorted(twice))}"),
            Text(zh="每个栏目只留一列", en="Keep one of each"),
        )
    lines = list(rows)
    if len(lines) > sheet.MAX_ROWS:
        raise Unreadable(
            Text(zh=f"超过 {sheet.MAX_ROWS} 行", en=f"More than {sheet.MAX_ROWS} rows"),
            Text(zh="请分成几个文件", en="Divide it into several files"),
        )
    return File(headings, lines)


def bodies() -> list[str]:
    """Those whose cases a file can bring."""
    return sorted({i.split("/")[0] for i, e in catalogue.in_force().items() if TICKET in e.rulebook.facts})


def targets(body: str, roles: Iterable[str]) -> list[Engine]:
    """The rulebooks of a body whose cases a file can bring: those that know an outside ticket and open by one of these roles;
    those made for it, where every case has such a ticket, first.
    """
    held = set(roles)
    found = [
        e for i, e in catalogue.in_force().items()
        if i.split("/")[0] == body and TICKET in e.rulebook.facts and openings_of(e.rulebook, held)
    ]  # fmt: skip
    return sorted(found, key=lambda e: not all(TICKET in e.rulebook.actions[a].asks for a in e.rulebook.opening))


def openings_of(book: Rulebook, roles: Iterable[str]) -> dict[str, Text]:
    """The opening actions that take an outside ticket and that one of these roles may do."""
    held = set(roles)
    return {
        a: book.actions[a].text
        for a in book.opening
        if held & set(book.actions[a].by) and TICKET in (*book.actions[a].asks, *book.actions[a].may_ask)
    }


def fields(book: Rulebook, actions: Iterable[str]) -> dict[str, Fact]:
    """The facts that a file's columns can give, for these opening actions."""
    names = [n for a in actions for n in (*book.actions[a].asks, *book.actions[a].may_ask)]
    return {n: book.facts[n] for n in dict.fromkeys(names) if book.facts[n].type in MAPPABLE}


def guess(file: File, book: Rulebook, actions: Mapping[str, Text]) -> Layout:
    """A first proposal for a file never seen before, by what its columns are called and how its dates look."""
    known = fields(book, actions)
    by_word: dict[str, str] = {}
    for name in (*known, ACTION):
        said = (known[name].zh, known[name].en, name) if name in known else ()
        for word in (*said, *_ALSO.get(name, ())):
            by_word.setdefault(plain(word), name)
    found: dict[str, list[str]] = {}
    for heading in file.headings:
        if (name := by_word.get(plain(heading), "")) and (name in known or name == ACTION):
            found.setdefault(name, []).append(heading)
    made = {name: Given(tuple(columns)) for name, columns in found.items()}
    for name, given in made.items():
        made[name] = replace(given, words=_meanings(name, file, given, book, actions))
    made.setdefault(ACTION, Given(value=next(iter(actions), "")))
    dates = [cell for name in ("received_at", "closed_at") for h in found.get(name, ()) for cell in file.column(h)]
    return Layout(book.id, made, _order(dates))


def words_to_map(file: File, given: Given, choices: Mapping[str, Text]) -> list[str]:
    """The words in a column of choices that nothing explains yet, commonest first."""
    if len(given.columns) != 1:
        return []
    counted: dict[str, int] = {}
    for cell in file.column(given.columns[0]):
        if cell:
            counted[cell] = counted.get(cell, 0) + 1
    unknown = [w for w in sorted(counted, key=lambda w: (-counted[w], w)) if choice(choices, w, {}) is None]
    return unknown[:MOST_WORDS]


def _meanings(name: str, file: File, given: Given, book: Rulebook, actions: Mapping[str, Text]) -> dict[str, str]:
    """What the file's own words for a choice most likely mean; those that are not plain are left to a person."""
    if name == ACTION:
        likely: dict[str, str | None] = {
            w: _status(plain(w), book, actions) for w in words_to_map(file, given, actions)
        }
    else:
        choices = {k: c.text for k, c in book.facts[name].choices.items()}
        likely = {w: _likely(name, plain(w), choices) for w in (words_to_map(file, given, choices) if choices else ())}
    return {plain(w): means for w, means in likely.items() if means}


def _likely(name: str, word: str, choices: Mapping[str, Text]) -> str | None:
    """The one choice whose name is in the word or has the word in it, or that such a word is known to mean."""
    names = {k: [plain(n) for n in (c.zh, c.en)] for k, c in choices.items()}
    near = {k for k, said in names.items() if len(word) > 1 and any(len(n) > 1 and (n in word or word in n) for n in said)}  # fmt: skip
    if not near:
        near = {k for part, k in _MEANS.get(name, {}).items() if part in word and k in choices}
    return near.pop() if len(near) == 1 else None


def _status(word: str, book: Rulebook, actions: Mapping[str, Text]) -> str | None:
    """The only opening action that leaves a case over, or still to do, as the word says it is; negations come first."""
    if any(part in word for part in _UNDER_WAY):
        over = False
    elif any(part in word for part in _OVER):
        over = True
    else:
        return None
    last = landmarks.filed_away(book)
    fits = [a for a in actions if (book.actions[a].to in last) == over]
    return fits[0] if len(fits) == 1 else None


def problems(layout: Layout, file: File, book: Rulebook, actions: Mapping[str, Text]) -> list[Text]:
    """What stands against using a mapping for this file."""
    told: list[Text] = []
    known = fields(book, actions)
    for name, given in layout.fields.items():
        if name not in known and name != ACTION:
            told.append(Text(zh=f"“{name}”不是可以导入的栏目", en=f"“{name}” can't be imported"))
        missing = [c for c in given.columns if c not in file.headings]
        if missing:
            told.append(
                Text(zh=f"文件没有栏目：{'、'.join(missing)}", en=f"The file has no column {', '.join(missing)}")
            )
    for name in (ACTION, SOURCE, TICKET):
        if (wanted := layout.fields.get(name)) is None or not (wanted.columns or wanted.value):
            label = known[name].text if name in known else Text(zh="这一行是什么", en="What a row is")
            told.append(Text(zh=f"没有说明“{label.zh}”从哪里来", en=f"Where “{label.en}” comes from is not said"))
    action = layout.fields.get(ACTION, Given())
    for said in (action.value, *action.words.values()):
        if said and said not in actions:
            told.append(Text(zh=f"“{said}”不是您可以办理的移入", en=f"“{said}” is not for you to do"))
    return told


def _order(dates: Sequence[str]) -> str:
    """The order in which a column's days, months and years stand, by those that can be read one way only."""
    firsts = [(int(m[1]), int(m[2])) for d in dates if (m := re.match(r"(\d{1,2})[-/.](\d{1,2})[-/.]\d{2,4}", d))]
    if not firsts:
        return "ymd"
    return "mdy" if any(b > 12 for _, b in firsts) and not any(a > 12 for a, _ in firsts) else "dmy"


def _tidy(cell: str) -> str:
    """A cell without spaces around it or the quote that keeps a spreadsheet from computing it; its lines stay."""
    text = cell.strip()[: MAX_TEXT + 1]
    return text[1:] if text[:1] == "'" and text[1:2] in ("=", "+", "-", "@") else text


def _unmapped(zh: str, en: str) -> Unreadable:
    return Unreadable(Text(zh=zh, en=en), Text(zh="按说明写对照", en="Write the mapping as described"))
