"""Whether what a rulebook says of personal data fits its facts and actions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from .reading import Fault
from .rulebook import Fact, Rulebook

_ACTS = ("proves", "gives")
_CHOICES = {"wanted": ("copy",), "identity": ("secret", "account", "contact", "document")}
_TYPES = {
    "wanted": "choice", "cases": "text", "everywhere": "bool", "identity": "choice", "contact": "text",
}  # fmt: skip


_LOOKS = re.compile("姓名|电话|手机|住址|通讯地址|家庭地址|身份证|证件号|邮箱|电子邮件|联系方式")
_IN_RECORDS = re.compile("地址")  # of a fact it is mostly an enterprise's


def unmarked(book: Rulebook) -> Iterator[tuple[str, Fact]]:
    """Texts whose label sounds as if they were about a natural person and that are not marked so: for an author to think over."""
    for name, fact in book.facts.items():
        for place, one, looks in (
            (name, fact, (_LOOKS,)),
            *((f"{name}.{n}", f, (_LOOKS, _IN_RECORDS)) for n, f in fact.of.items()),
        ):
            if one.type in ("text", "long_text") and not one.personal and one.told is None and any(p.search(one.zh) for p in looks):  # fmt: skip
                yield place, one


def request_faults(book: Rulebook, known: Callable[..., Iterator[Fault]]) -> Iterator[Fault]:
    """A procedure for requests names facts of the right kind, and acts of its own; what keeps data is a period."""
    if book.keeps_personal:
        yield from known("parameter", book.keeps_personal, [n for n, x in book.parameters.items() if x.type == "period"], ("keeps_personal",))  # fmt: skip
    if book.holds_personal:
        yield from known("fact", book.holds_personal, [n for n, f in book.facts.items() if f.type == "bool"], ("holds_personal",))  # fmt: skip
    asked, at = book.personal_requests, ("personal_requests",)
    if asked is None:
        return
    for member, kind in _TYPES.items():
        able = [n for n, f in book.facts.items() if f.type == kind]
        yield from known("fact", getattr(asked, member), able, (*at, member))
    for member, names in _CHOICES.items():
        fact = book.facts.get(getattr(asked, member))
        for name in names if fact else ():
            yield from known("choice", name, fact.choices if fact else (), (*at, member))
    if asked.erases:
        fact = book.facts.get(asked.wanted)
        yield from known("choice", "erase", fact.choices if fact else (), (*at, "wanted"))
        yield from known("action", asked.erases, book.actions, (*at, "erases"))
    if asked.notes:
        yield from known(
            "action", asked.notes, [n for n, a in book.actions.items() if len(a.asks) == 1], (*at, "notes")
        )
    for member in _ACTS:
        yield from known("action", getattr(asked, member), book.actions, (*at, member))
