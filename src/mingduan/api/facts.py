"""A program's facts as the engine takes them: uploads named by id become the records the house keeps of them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from mingduan.procedure.case import Actor, Case, Reason
from mingduan.procedure.engine import Engine
from mingduan.procedure.rulebook import Fact
from mingduan.procedure.text import Text

from .models import Upload
from .problems import Problem, refused


def resolve(engine: Engine, action: str, facts: Mapping[str, Any], *, owner: str) -> dict[str, Any]:
    """`facts` with each upload's record in the place of the id sent for it.

    What else a caller says of a file (its hash, its type) is not believed. Raises a Problem for an unknown upload.
    """
    if action not in engine.rulebook.actions:
        return dict(facts)
    return _resolved({i.name: i.fact for i in engine.inputs(action)}, facts, {}, owner)


def corrected(
    engine: Engine, state: Case, actor: Actor, facts: Mapping[str, Any], correction: Mapping[str, Any], *, owner: str
) -> dict[str, Any]:
    """`correction` with its files resolved as `resolve` does; a file that the corrected entry holds stays by its hash."""
    seq = facts.get("corrects")
    if not correction or not isinstance(seq, int):
        return dict(correction)
    given = engine.correctable(state, seq, actor)
    return _resolved(given.of, correction, given.current, owner)


def _resolved(
    known: Mapping[str, Fact], sent: Mapping[str, Any], current: Mapping[str, Any], owner: str
) -> dict[str, Any]:
    """What was sent with the record of each file in the place of its name."""
    found, wrong = dict(sent), []
    for name, value in sent.items():
        if name in known and known[name].type == "files" and isinstance(value, list):
            held = {f["sha256"]: f for f in current.get(name, ())}
            try:
                found[name] = [_held(one, held) or _upload(one, owner) for one in value]
            except LookupError:
                wrong.append(_unknown(name, known[name]))
    if wrong:
        raise refused(wrong)
    return found


def _held(sent: Any, held: Mapping[str, Any]) -> Any:
    """The record of a file that is there already, named by its hash or by a record with it."""
    sha256 = sent.get("sha256") if isinstance(sent, Mapping) and "id" not in sent else sent
    return held.get(sha256) if isinstance(sha256, str) else None


def storable(value: Any) -> None:
    """Raise the problem for text no database keeps: NUL and halves of characters."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, str) and ("\0" in one or any("\ud800" <= c <= "\udfff" for c in one)):
            raise Problem("malformed", Text(zh="文字中有不能保存的字符", en="The text holds a character that can't be kept"))  # fmt: skip


def _upload(sent: Any, owner: str) -> dict[str, str | int]:
    """The record of an upload, named by its id or by a record with it. Raises LookupError."""
    wanted = sent.get("id") if isinstance(sent, Mapping) else sent
    try:
        found = Upload.objects.filter(pk=uuid.UUID(str(wanted)), owner__in={owner, ""}).first()
    except ValueError as error:
        raise LookupError from error
    if found is None:
        raise LookupError
    return {"name": found.name, "sha256": found.sha256, "media_type": found.media_type, "size": found.size}


def _unknown(name: str, fact: Fact) -> Reason:
    label = fact.text
    return Reason(
        "input", None,
        Text(zh=f"“{label.zh}”中有找不到的文件", en=f"“{label.en}” names an unknown file"),
        Text(zh="请先以 POST /api/files 上传，再填答复中的 id", en="Upload with POST /api/files and send the id it gives"), name,
    )  # fmt: skip
