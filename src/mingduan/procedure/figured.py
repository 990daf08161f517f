"""Whether what a rulebook says about figures, improvement and the page of an emergency leads somewhere: every name known and of a kind that can be counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .reading import Fault, Path_
from .rulebook import FactType, Rulebook
from .uses import Figured, Improves, Watch

_FOUND: Mapping[str, tuple[FactType, ...]] = {
    "report": ("text",), "where": ("text", "long_text"), "cells": ("long_text",), "since": ("date",), "until": ("date",),
    "observed": ("integer",), "expected": ("text",),
}  # fmt: skip

_RECORDS: Mapping[str, frozenset[str]] = {
    "roster": frozenset({"name", "post", "phone"}), "resources": frozenset({"kind", "what", "where"}), "log": frozenset({"what", "text"}),
    "exercises": frozenset({"step", "minutes", "goal", "met"}),
}  # fmt: skip


def figure_faults(book: Rulebook, known: Any) -> Iterator[Fault]:
    """Every mistake in `figures`, `improves` and `watch`."""
    if book.figures is not None:
        yield from _figured(book, book.figures, known)
    if book.improves is not None:
        yield from _improves(book, book.improves, known)
    if book.watch is not None:
        yield from _watch(book, book.watch, known)


def _figured(book: Rulebook, figures: Figured, known: Any) -> Iterator[Fault]:
    for member, kinds in (
        ("came", ("instant",)), ("position", ("text",)), ("address", ("text", "long_text")), ("satisfaction", ("choice",)),
    ):  # fmt: skip
        if name := getattr(figures, member):
            yield from known("fact", name, _facts(book, *kinds), ("figures", member))
    for n, name in enumerate(figures.ends):
        yield from known("action", name, [*book.actions, *_facts(book, "instant")], ("figures", "ends", n))
    for part, name in figures.by.items():
        yield from known("fact", name, _facts(book, "choice", "text"), ("figures", "by", part))
    if figures.company:
        yield from known("role", figures.company, [*book.roles, *_facts(book, "text")], ("figures", "company"))
    for n, name in enumerate(figures.due):
        yield from known("deadline", name, book.deadlines, ("figures", "due", n))
    choices = (
        book.facts[figures.satisfaction].choices if figures.satisfaction and figures.satisfaction in book.facts else ()
    )
    for n, name in enumerate(figures.content):
        yield from known("fact", name, choices, ("figures", "content", n))


def _improves(book: Rulebook, improves: Improves, known: Any) -> Iterator[Fault]:
    at: Path_ = ("improves",)
    yield from known("action", improves.action, book.opening, (*at, "action"))
    yield from known("action", improves.measure, book.actions, (*at, "measure"))
    yield from known("fact", improves.finished, _facts(book, "date"), (*at, "finished"))
    whole = [n for n, p in book.parameters.items() if p.type == "integer"]
    yield from known("parameter", improves.days, whole, (*at, "days"))
    opening = book.actions.get(improves.action)
    for part, name in improves.found.items():
        asked = {*opening.asks, *opening.may_ask} if opening else set()
        yield from known("fact", name, [n for n in _facts(book, *_FOUND[part]) if n in asked], (*at, "found", part))
    for compared, name in improves.compared.items():
        kind: FactType = "date" if compared.endswith(("from", "until")) else "integer"
        yield from known("fact", name, _facts(book, kind), (*at, "compared", compared))


def _watch(book: Rulebook, watch: Watch, known: Any) -> Iterator[Fault]:
    at: Path_ = ("watch",)
    for name in (*watch.live, watch.plan):
        yield from known("state", name, book.states, at)
    if watch.drill:
        yield from known("action", watch.drill, book.opening, (*at, "drill"))
    for member in ("headline", "shows", "after"):
        for name in getattr(watch, member):
            yield from known("fact", name, book.facts, (*at, member))
    for member, fields in _RECORDS.items():
        able = [n for n, f in book.facts.items() if f.type == "records" and fields <= set(f.of)]
        yield from known("fact", getattr(watch, member), able, (*at, member))


def _facts(book: Rulebook, *kinds: str) -> list[str]:
    return [n for n, f in book.facts.items() if f.type in kinds]
