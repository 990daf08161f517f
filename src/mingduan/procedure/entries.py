"""What an act says of entries made before: it corrects what one gave, or completes the record that one added."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .case import Act, Actor, Case, Reason
from .inputs import mismatch
from .rulebook import Action, Fact, Rulebook
from .text import Text

CORRECTABLE = frozenset({"text", "long_text", "choice", "date", "instant", "bool", "integer", "money", "files"})


@dataclass(frozen=True, slots=True)
class Given:
    """What an entry gave that can be corrected, each as it stands now, and the facts it is made of."""

    of: Mapping[str, Fact]
    current: Mapping[str, Any]


def correction_faults(book: Rulebook, supplied: frozenset[str], case: Case, act: Act, spec: Action) -> Iterator[Reason]:
    """A correction names an entry that exists and gives facts of the right type."""
    if not spec.corrects or not isinstance(act.facts.get("corrects"), int):
        return
    seq = act.facts["corrects"]
    if not 1 <= seq <= case.length:
        yield Reason(
            "input", spec.clause, Text(zh=f"没有第{seq}条记录", en=f"There is no entry {seq}"), input="corrects"
        )
        return
    if not act.correction:
        yield Reason(
            "input",
            spec.clause,
            Text(zh="没有写明更正的内容", en="Nothing to correct is given"),
            input="correction",
        )
    if not act.reason.strip():
        yield Reason(
            "input",
            spec.clause,
            Text(zh="请写明更正的理由", en="Give the reason for the correction"),
            input="reason",
        )
    given = correctable(book, supplied, case, seq, act.actor)
    for name, value in act.correction.items():
        if name not in given.current:
            yield Reason("input", spec.clause, Text(
                zh=f"第{seq}条记录没有可更正的“{name}”", en=f"Entry {seq} gave no “{name}” that can be corrected"),
                _list_of([given.of[n].text for n in given.current], seq), name)  # fmt: skip
        elif (wanted := mismatch(given.of[name], value)) is not None:
            label = given.of[name].text
            yield Reason(
                "input",
                spec.clause,
                Text(zh=f"“{label.zh}”填写有误", en=f"“{label.en}” is not right"),
                wanted,
                name,
            )


def correctable(book: Rulebook, supplied: frozenset[str], case: Case, seq: int, actor: Actor) -> Given:
    """What entry `seq` gave that `actor` may correct: a record's fields where it added one.

    Left out is what no person enters: people (the store records them with their interests), what the register
    tells, numbers drawn; and what is confidential, unless the actor is one of the body's own (S01 8.1).
    """
    facts = book.facts
    inside = any(book.roles[r].inside for r in actor.roles if r in book.roles)
    of, held, names = facts, case.facts, dict(case.given).get(seq, ())
    if (records := records_of(case, seq)) is not None:
        of, held = facts[records].of, record(case, records, seq)
        names = tuple(of) if inside or not facts[records].confidential else ()
    known = [n for n in names if n in of and n in held and n not in supplied]
    shown = [n for n in known if of[n].type in CORRECTABLE and (inside or not of[n].confidential)]
    return Given(of, {n: held[n] for n in shown})


def record(case: Case, records: str | None, seq: Any) -> dict[str, Any]:
    """The record that entry `seq` added to the list `records`; empty when there is none."""
    return next((r for r in case.facts.get(records or "", ()) if r["seq"] == seq), {})


def completed(case: Case, act: Act, spec: Action) -> dict[str, Any]:
    """The record that the act completes; empty where it completes none."""
    return record(case, spec.completes, act.facts.get("entry")) if spec.completes else {}


def completion_faults(case: Case, act: Act, spec: Action) -> Iterator[Reason]:
    """What completes a record names one that is there and not completed yet."""
    if spec.completes is None or "entry" not in act.facts:
        return
    seq, held = act.facts["entry"], completed(case, act, spec)
    if not held:
        yield Reason(
            "input",
            spec.clause,
            Text(zh=f"第{seq}条记录不能作此答复", en=f"Entry {seq} can't be answered so"),
            input="entry",
        )
    elif "completed_by" in held:
        yield Reason("input", spec.clause, Text(zh=f"第{seq}条记录已有答复", en=f"Entry {seq} has been answered"), input="entry")  # fmt: skip


def _list_of(labels: Iterable[Text], seq: int) -> Text:
    """What of an entry can be corrected, in words."""
    names = list(labels)
    if not names:
        return Text(zh=f"第{seq}条记录没有可以更正的内容", en=f"Entry {seq} holds nothing that can be corrected")
    return Text(zh=f"可更正：{'、'.join(n.zh for n in names)}", en=f"It can correct: {', '.join(n.en for n in names)}")


def records_of(case: Case, seq: int) -> str | None:
    """The list that entry `seq` added a record to, if it did."""
    for name, value in case.facts.items():
        if isinstance(value, list) and any(isinstance(r, dict) and r.get("seq") == seq for r in value):
            return name
    return None
