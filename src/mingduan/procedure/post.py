"""Whether what a rulebook says of letters (e-mail, text messages) fits its facts and actions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from .reading import Fault, Path_
from .rulebook import Rulebook
from .text import Text
from .ticket import act_faults


def post_faults(book: Rulebook, known: Callable[..., Iterator[Fault]]) -> Iterator[Fault]:
    """Letters open cases by the filer's own action, and join them by acts that the filer may do."""
    post, at = book.post, ("post",)
    if post is None:
        return
    if post.keeps:
        yield from known(
            "parameter", post.keeps, [n for n, p in book.parameters.items() if p.type == "period"], (*at, "keeps")
        )
    filing = book.filing[0] if book.filing else ""
    asked = {i.name: i.fact for i in book.inputs(filing)} if filing else {}
    if post.opens and not filing:
        yield (
            (*at, "opens"),
            Text(zh="没有由当事人提出的立案步骤", en="no action by which a party files"),
            Text(zh="去掉 opens", en="remove it"),
        )
    if post.opens:
        for member in ("text", "files", "address", "number"):
            yield from known("input", getattr(post, member), asked, (*at, member))
    for channel, given in post.opens.items():
        yield from _given_faults(book, given, list(asked), (*at, "opens", channel), known)
    for i, act in enumerate(post.adds):
        yield from act_faults(book, act.model_dump(), (*at, "adds", i), known)
    for i, saying in enumerate(post.says):
        yield from known("action", saying.action, book.actions, (*at, "says", i, "action"))
        inputs = [x.name for x in book.inputs(saying.action)] if saying.action in book.actions else []
        for word, given in saying.words.items():
            yield from _given_faults(book, given, inputs, (*at, "says", i, "words", word), known)


def _given_faults(
    book: Rulebook, given: Mapping[str, str], inputs: list[str], at: Path_, known: Callable[..., Iterator[Fault]]
) -> Iterator[Fault]:
    for name, value in given.items():
        yield from known("input", name, inputs, (*at, name))
        fact = book.facts.get(name)
        if fact is not None and fact.type == "choice":
            yield from known("choice", value, fact.choices, (*at, name))
