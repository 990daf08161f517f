"""Reading a YAML document into a value: every mistake at once, with file, line, column, and how to mend it."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from .rulebook import Action, Deadline, Fact, Rulebook
from .text import Text

MAX_BYTES = 1_000_000
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times faster where libyaml is there
Place = tuple[int, int]
Path_ = tuple[str | int, ...]
Fault = tuple[Path_, Text, Text | None]  # where, what is wrong, what would be right
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong with a rulebook, where it is, and what would be right. Lines and columns count from 1."""

    file: str
    line: int
    column: int
    text: Text
    remedy: Text | None = None

    def in_(self, lang: str) -> str:
        """One line for a person: place, what is wrong, what would be right."""
        mend = f" → {self.remedy.in_(lang)}" if self.remedy else ""
        return f"{self.file}:{self.line}:{self.column}: {self.text.in_(lang)}{mend}"


class RulebookError(ValueError):
    """A rulebook that can't be used; `mistakes` tells every reason."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(m.in_("zh") for m in self.mistakes))


def read_model(model: type[M], data: bytes, file: str, faults: Callable[[M], Iterable[Fault]]) -> M:
    """The value that `data` (YAML, UTF-8) writes down, its digest with it. Raises RulebookError with every mistake that the
    schema finds or, where it finds none, that `faults` does.
    """
    tree, places = parse(data, file)
    try:
        value = model.model_validate({**tree, "digest": hashlib.sha256(data).hexdigest()})
    except ValidationError as error:
        raise RulebookError(_schema_mistakes(error, places, file)) from error
    found = [Mistake(file, *_place(places, path), text, remedy) for path, text, remedy in faults(value)]
    if found:
        raise RulebookError(sorted(found, key=lambda m: (m.line, m.column)))
    return value


def parse(data: bytes, file: str) -> tuple[dict[str, Any], dict[Path_, Place]]:
    """The plain tree of a YAML document and where each of its nodes stands."""

    def fail(line: int, column: int, zh: str, en: str) -> RulebookError:
        return RulebookError([Mistake(file, line, column, Text(zh=zh, en=en))])

    if len(data) > MAX_BYTES:
        raise fail(1, 1, f"文件超过{MAX_BYTES}字节", f"the file is larger than {MAX_BYTES} bytes")
    try:
        node = yaml.compose(data.decode("utf-8"), Loader=_LOADER)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise fail(line, 1, "文件不是 UTF-8 编码", "the file is not UTF-8") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        if "nesting" in str(error.problem):
            raise fail(line, column, "嵌套过深", "nested too deeply") from error
        raise fail(line, column, f"不是合法的 YAML：{error.problem}", f"not valid YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise fail(1, 1, f"不是合法的 YAML：{error}", f"not valid YAML: {error}") from error
    except RecursionError as error:
        raise fail(1, 1, "嵌套过深", "nested too deeply") from error
    places: dict[Path_, Place] = {}
    mistakes: list[Mistake] = []
    if not isinstance(node, yaml.MappingNode):
        raise fail(1, 1, "规则书应是“键: 值”的结构", "a rulebook is a mapping of keys to values")
    tree = _plain(node, (), places, mistakes, file, frozenset())
    if mistakes:
        raise RulebookError(mistakes)
    return tree, places


def _plain(
    node: yaml.Node, path: Path_, places: dict[Path_, Place], mistakes: list[Mistake], file: str, inside: frozenset[int]
) -> Any:
    here = (node.start_mark.line + 1, node.start_mark.column + 1)
    places.setdefault(path, here)
    if id(node) in inside:  # an anchor that contains itself would never end
        mistakes.append(Mistake(file, *here, Text(zh="锚点引用了自身", en="an anchor refers to itself")))
        return None
    inside |= {id(node)}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(child, (*path, i), places, mistakes, file, inside) for i, child in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        out: dict[str, Any] = {}
        for key_node, value_node in node.value:
            at = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            if not isinstance(key_node, yaml.ScalarNode):
                mistakes.append(Mistake(file, *at, Text(zh="键应是一个词", en="a key must be a word")))
                continue
            key = key_node.value
            if key in out:
                first = places[(*path, key)][0]
                mistakes.append(Mistake(
                    file, *at, Text(zh=f"“{key}”重复，第{first}行已有", en=f"“{key}” is already given on line {first}"),
                    Text(zh="改名或删去其一", en="rename or remove one of them")))  # fmt: skip
                continue
            places[(*path, key)] = at
            out[key] = _plain(value_node, (*path, key), places, mistakes, file, inside)
        return out
    assert isinstance(node, yaml.ScalarNode)  # noqa: S101  YAML has no fourth kind of node
    return _scalar(node)


def _scalar(node: yaml.ScalarNode) -> Any:
    """Only true, false, null and whole numbers are more than text: no date or 'no' turns into something else."""
    value: str = node.value
    if node.style is None:
        if value in ("true", "false"):
            return value == "true"
        if value in ("", "null", "~"):
            return None
        if value.lstrip("-").isascii() and value.lstrip("-").isdigit() and len(value) < 19:
            return int(value) if value.lstrip("-") == "0" or not value.lstrip("-").startswith("0") else value
    return value


def _place(places: Mapping[Path_, Place], path: Path_) -> Place:
    """Where a path stands, or the nearest thing around it that does."""
    while path and path not in places:
        path = path[:-1]
    return places.get(path, (1, 1))


def _schema_mistakes(error: ValidationError, places: Mapping[Path_, Place], file: str) -> Iterator[Mistake]:
    """The schema's findings, one for each place: a value that may be one of two things fails both ways."""
    told: set[tuple[Path_, str]] = set()
    for fault in error.errors():
        kind, path = fault["type"], _written(fault["loc"], places)
        key = str(fault["loc"][-1]) if kind == "missing" else str(path[-1]) if path else ""
        mark = (path, key if kind == "missing" else "")
        if mark in told:
            continue
        told.add(mark)
        remedy = None
        if kind == "missing":
            text = Text(zh=f"缺少“{key}”", en=f"“{key}” is missing")
        elif kind == "extra_forbidden":
            text = Text(zh=f"不认识“{key}”", en=f"“{key}” is not known here")
            remedy = meant(key, _keys_at(path[:-1]))
        else:
            said = fault["msg"].removeprefix("Value error, ")
            text = Text(zh=f"“{key}”不合要求：{said}", en=f"“{key}” is not right: {said}")
        yield Mistake(file, *_place(places, path), text, remedy)


def _written(loc: tuple[int | str, ...], places: Mapping[Path_, Place]) -> Path_:
    """The part of a schema finding's path that the author wrote: validators' own names are left out."""
    path: Path_ = ()
    for part in loc:
        if (*path, part) in places:
            path = (*path, part)
    return path


def _keys_at(path: Path_) -> list[str]:
    """The keys the schema knows in the kind of thing at `path`."""
    kinds: Mapping[str, Any] = {"actions": Action, "deadlines": Deadline, "facts": Fact}
    model = kinds.get(str(path[0])) if len(path) == 2 else Rulebook if not path else None
    if model is None:
        return []
    return [f.alias or name for name, f in model.model_fields.items()]


def meant(word: str, known: Iterable[str]) -> Text | None:
    """What was probably meant, and what there is to choose from."""
    names = sorted(known)
    if close := difflib.get_close_matches(word, names, 1, 0.6):
        return Text(zh=f"是否想写“{close[0]}”？", en=f"did you mean “{close[0]}”?")
    if names:
        listed = ", ".join(names[:30])
        return Text(zh=f"可用：{listed}", en=f"known: {listed}")
    return None


__all__ = ["MAX_BYTES", "Fault", "Mistake", "Path_", "RulebookError", "meant", "parse", "read_model"]
