"""Tickets of another system taken in from a file: each good row becomes a case, each bad one is told, none comes in twice.

A row goes through `cases.opening` like any other filing. Its outside number and source are the key of its receipt, so that a
file taken twice, or begun again after an interruption, adds nothing twice.

    file = layout.read(content)
    for outcome in tickets.take_in(file, mapping, actor, at):
        report.add(outcome)
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from mingduan.cases import catalogue
from mingduan.cases.models import Case, Receipt
from mingduan.cases.opening import Opening, Openings
from mingduan.cases.taking import Fault, Outcome
from mingduan.procedure.case import Actor, Reason, Refusal
from mingduan.procedure.text import Text

from .cells import Wrong, choice, value
from .layout import ACTION, SOURCE, TICKET, File, Layout, fields, openings_of

SLICE = 200


def take_in(
    file: File, layout: Layout, actor: Actor, at: datetime, *, begin: int = 0, end: int | None = None, dry_run: bool = False
) -> Iterator[Outcome[Fault]]:  # fmt: skip
    """Take in the rows from index `begin` to before `end`, telling what became of each. Good rows stand as soon as they
    are told, slice by slice; with `dry_run` nothing is written. Raises KeyError for a rulebook that is not in force.
    """
    taking = _Taking(file, layout, actor, at, dry_run)
    lines = file.lines[:end]
    for first in range(begin, len(lines), SLICE):
        yield from taking.take(lines[first : first + SLICE])


class _Taking:
    """One file being taken in."""

    def __init__(self, file: File, layout: Layout, actor: Actor, at: datetime, dry_run: bool) -> None:
        self.engine = catalogue.in_force()[layout.rulebook]
        self.book = self.engine.rulebook
        self.layout, self.actor, self.at, self.dry_run = layout, actor, at, dry_run
        self.actions = openings_of(self.book, actor.roles)
        self.facts = fields(self.book, self.actions)
        self.place = {heading: n for n, heading in enumerate(file.headings)}
        self.would: dict[str, Mapping[str, Any]] = {}  # rows a dry run has found good, by the key of their receipt

    def take(self, lines: Sequence[tuple[int, Sequence[str]]]) -> list[Outcome[Fault]]:
        """What becomes of some rows, which are one transaction; or, if somebody else took one of them in at this moment,
        each is its own.
        """
        try:
            with transaction.atomic():
                outcomes = self._slice(lines)
                transaction.set_rollback(self.dry_run)
                return outcomes
        except IntegrityError:
            if len(lines) == 1:
                return self.take(lines)  # it is in now
            return [outcome for line in lines for outcome in self.take([line])]

    def _slice(self, lines: Sequence[tuple[int, Sequence[str]]]) -> list[Outcome[Fault]]:
        read = [(number, *self._parsed(cells)) for number, cells in lines]
        keys = [self._key(facts) for _, _, facts, _ in read]
        held = {
            r.key: (r.case, r.case.facts)
            for r in Receipt.objects.filter(key__in=keys).select_related("case").defer("case__balances")
        }
        openings = Openings(self.book.id, self.actor, self.at)
        rows = zip(read, keys, strict=True)
        openings.prepare(
            [
                self._opening(action, facts, key)
                for (_, action, facts, faults), key in rows
                if not (faults or key in held or key in self.would)
            ]
        )
        told = []
        for (number, action, facts, faults), key in zip(read, keys, strict=True):
            ticket = str(facts.get(TICKET, ""))
            if faults:
                told.append(Outcome(number, ticket, "bad", tuple(faults)))
            elif key in held:
                told.append(self._again(number, ticket, facts, *held[key]))
            elif key in self.would:
                told.append(self._again(number, ticket, facts, None, self.would[key]))
            else:
                outcome, case = self._enter(number, ticket, self._opening(action, facts, key), openings)
                told.append(outcome)
                if case is not None:
                    held[key] = (case, case.facts)
        if not self.dry_run:
            openings.write()
        return told

    def _parsed(self, cells: Sequence[str]) -> tuple[str, dict[str, Any], list[Fault]]:
        """A row's action and facts, and what is wrong with it by itself."""
        facts: dict[str, Any] = {}
        faults: list[Fault] = []
        action = ""
        for name, given in self.layout.fields.items():
            written = " ".join(w for c in given.columns if (w := self._cell(cells, c))) or given.value
            if name == ACTION:
                action = choice(self.actions, written, given.words) or ""
                if action not in self.actions:
                    right = Text(zh=f"说明它是：{'、'.join(a.zh for a in self.actions.values())}", en=f"Say which it is: {', '.join(a.en for a in self.actions.values())}")  # fmt: skip
                    faults.append(
                        Fault(
                            "、".join(given.columns),
                            Text(zh=f"“{written[:40]}”没有对应的办理", en=f"“{written[:40]}” has no meaning here"),
                            right,
                        )
                    )
            elif written and name in self.facts:
                found = value(self.facts[name], written, given.words, self.layout.reading)
                if isinstance(found, Wrong):
                    faults.append(Fault("、".join(given.columns), found.wrong, found.right, self.facts[name].clause))
                else:
                    facts[name] = found
        for name in (SOURCE, TICKET):
            if name not in facts:
                zh, en = self.facts[name].zh, self.facts[name].en
                faults.append(Fault(self._column(name), Text(zh=f"缺少“{zh}”", en=f"“{en}” is missing"), Text(zh="每一行都要有", en="Every row needs it")))  # fmt: skip
        if action in self.actions:
            spec = self.book.actions[action]
            asked = {*spec.asks, *spec.may_ask}
            facts = {n: v for n, v in facts.items() if n in asked}
        return action, facts, faults

    def _cell(self, cells: Sequence[str], column: str) -> str:
        at = self.place.get(column, len(cells))
        return cells[at] if at < len(cells) else ""

    def _again(
        self, number: int, ticket: str, facts: Mapping[str, Any], case: Case | None, known: Mapping[str, Any]
    ) -> Outcome[Fault]:
        """A row whose ticket is in: the same once more, or something else."""
        differing = [n for n, v in facts.items() if known.get(n) != v]
        called = case.number if case else ""
        if not differing:
            return Outcome(number, ticket, "already", case=called)
        zh = "、".join(self.facts[n].zh for n in differing)
        en = ", ".join(self.facts[n].en for n in differing)
        where = f" {called} " if called else ""
        wrong = Text(
            zh=f"工单{ticket}已移入{where}，内容不同：{zh}",
            en=f"Ticket {ticket} is in already{where}, and differs in {en}",
        )
        right = Text(
            zh="核对工单号；内容变了的在案件中更正", en="Check the number; correct what has changed in the case"
        )
        return Outcome(number, ticket, "conflict", (Fault("、".join(map(self._column, differing)), wrong, right),), called)  # fmt: skip

    def _opening(self, action: str, facts: Mapping[str, Any], key: str) -> Opening:
        return Opening(action, facts, title=f"{facts[SOURCE]} {facts[TICKET]}"[:200], key=key)

    def _enter(self, number: int, ticket: str, wanted: Opening, openings: Openings) -> tuple[Outcome[Fault], Case | None]:  # fmt: skip
        """Open the case."""
        done = openings.open(wanted)
        if isinstance(done, Refusal):
            return Outcome(number, ticket, "bad", tuple(self._fault(wanted.action, r) for r in done.reasons)), None
        if self.dry_run:
            self.would[wanted.key] = wanted.facts
            return Outcome(number, ticket, "added"), None
        return Outcome(number, ticket, "added", case=done.case.number), done.case

    def _fault(self, action: str, reason: Reason) -> Fault:
        """A refusal's reason as it concerns the file."""
        if reason.input:
            return Fault(self._column(reason.input), reason.text, reason.remedy, reason.clause)
        guard = next((g for g in self.book.actions[action].when if g.that == reason.that), None)
        about = self.engine.expressions.names_in(guard.that) if guard else frozenset()
        columns = "、".join(filter(None, (self._column(n) for n in self.facts if n in about)))
        return Fault(columns, reason.text, reason.remedy, reason.clause)

    def _column(self, name: str) -> str:
        """What the file calls a field; our own name where it has no column for it."""
        given = self.layout.fields.get(name)
        return (
            "、".join(given.columns) if given and given.columns else self.facts[name].zh if name in self.facts else name
        )

    def _key(self, facts: Mapping[str, Any]) -> str:
        """The key of a ticket's receipt: its body, source and number."""
        named = f"{self.book.id.split('/')[0]}\n{facts.get(SOURCE, '')}\n{facts.get(TICKET, '')}"
        return f"ticket:{hashlib.sha256(named.encode()).hexdigest()}"
