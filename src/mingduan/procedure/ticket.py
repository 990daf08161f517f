"""Whether what a rulebook says of trouble tickets (TMF621) fits its facts, states and actions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .reading import Fault, Path_
from .rulebook import Fact, Rulebook
from .text import Text


def ticket_faults(book: Rulebook, known: Callable[..., Iterator[Fault]]) -> Iterator[Fault]:
    """A procedure offered as tickets has a status for every state, and its ticket names only what is there."""
    at: Path_ = ("ticket",)
    for name, state in book.states.items():
        if (state.ticket is None) == (book.ticket is not None):
            text = Text(
                zh="每个状态的 ticket 须与规则书的 ticket 同有同无", en="states have a ticket status where the rulebook has a ticket"
            )  # fmt: skip
            yield (
                ("states", name),
                text,
                Text(zh="写 ticket: inProgress 之类，或一并去掉", en="write one, or remove both"),
            )
    ticket = book.ticket
    if ticket is None:
        return
    for member, facts in ticket.told.items():
        for i, fact in enumerate(facts):
            yield from known("fact", fact, book.facts, (*at, "told", member, i))
    asked = [n for a in book.opening for n in (*book.actions[a].asks, *book.actions[a].may_ask)]
    for member, fact in ticket.given.items():
        yield from known("fact", fact, asked, (*at, "given", member))
    for fact in ticket.otherwise:
        yield from known("fact", fact, asked, (*at, "otherwise", fact))
    for word, role in ticket.parties.items():
        yield from known("role", role, book.roles, (*at, "parties", word))
    for i, deadline in enumerate(ticket.due):
        yield from known("deadline", deadline, book.deadlines, (*at, "due", i))
    fields = [f"{n}.{part}" for n, f in book.facts.items() for part in f.of]
    for i, note in enumerate(ticket.notes):
        yield from known("fact", note, [*book.facts, *fields], (*at, "notes", i))
    for i, act in enumerate(ticket.adds):
        yield from act_faults(book, act.model_dump(), (*at, "adds", i), known)
    for i, action in enumerate(ticket.asks):
        yield from known("action", action, book.actions, (*at, "asks", i))
    if ticket.withdraw:
        yield from known("action", ticket.withdraw, book.actions, (*at, "withdraw"))


def told_in(book: Rulebook, note: str) -> tuple[str, str, Fact]:
    """The list and field, or '' and the fact, that a note is told by, with what it is."""
    if note in book.facts:
        return "", note, book.facts[note]
    records, _, field = note.partition(".")
    return records, field, book.facts[records].of[field]


def act_faults(book: Rulebook, act: dict[str, Any], at: Path_, known: Callable[..., Iterator[Fault]]) -> Iterator[Fault]:  # fmt: skip
    """Whether an act that adds words and files takes them so."""
    yield from known("action", act["action"], book.actions, (*at, "action"))
    if act["action"] not in book.actions:
        return
    inputs = {i.name: i.fact.type for i in book.inputs(act["action"])}
    yield from known("input", act["text"], [n for n, t in inputs.items() if t in ("text", "long_text")], (*at, "text"))
    if act["files"]:
        yield from known("input", act["files"], [n for n, t in inputs.items() if t == "files"], (*at, "files"))
