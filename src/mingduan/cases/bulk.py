"""The same act in many cases: each is decided and done by itself, and each is told what became of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mingduan.people.models import User
from mingduan.procedure.case import Reason, Refusal
from mingduan.procedure.rulebook import Action, Rulebook
from mingduan.procedure.text import Text

from . import catalogue
from .access import access
from .act import act
from .models import Case
from .queries import DueItem, owed_items

__all__ = ["MOST", "Group", "Outcome", "each", "groups", "serves_many"]

MOST = 500


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the act in one case: done, or why not."""

    number: str
    title: str
    reasons: tuple[Reason, ...] = ()

    @property
    def done(self) -> bool:
        """Whether it was done."""
        return not self.reasons


@dataclass(frozen=True, slots=True)
class Group:
    """Cases in which somebody owes the same act, which one form can serve."""

    book: Rulebook
    action: str
    items: Sequence[DueItem]

    @property
    def spec(self) -> Action:
        """The action."""
        return self.book.actions[self.action]


def serves_many(book: Rulebook, action: str) -> bool:
    """Whether one form can serve many cases: not what is signed for one case, names people or files of one, sets a
    meeting, or is about another case or entry.
    """
    spec = book.actions.get(action)
    if spec is None or spec.opens:
        return False
    of_one = (
        spec.signed or spec.corrects or spec.links or spec.appoints or spec.releases or spec.completes or spec.extends
    )
    kinds = {i.fact.type for i in book.inputs(action)}
    return not of_one and not kinds & {"files", "people", "person", "records", "instant"}


def groups(user: User, at: datetime) -> list[Group]:
    """What this person owes more than once and one form can serve, the largest group first."""
    found: dict[tuple[str, str], list[DueItem]] = defaultdict(list)
    books: dict[str, Rulebook] = {}
    for item in owed_items(user, at):
        book = catalogue.kept(item.case.digest).rulebook
        books[book.id] = book
        for action in item.deadline.met_by:
            if set(book.actions[action].by) & {n for n, r in book.roles.items() if r == item.owner} and serves_many(book, action):  # fmt: skip
                found[book.id, action].append(item)
    made = [Group(books[book], action, items) for (book, action), items in found.items() if len(items) > 1]
    return sorted(made, key=lambda g: -len(g.items))


def each(
    user: User, numbers: Iterable[str], action: str, facts: Mapping[str, Any], at: datetime, *, key: str = "",
    seen: Mapping[str, int] | None = None,
) -> list[Outcome]:  # fmt: skip
    """Do the act in each case, one by one, at most MOST; whatever stands against one touches no other.

    `seen`: the length of each case as the person saw it. A case that is not there for this person is told to be none.
    """
    outcomes = []
    for number in list(dict.fromkeys(numbers))[:MOST]:
        case = Case.objects.prefetch_related("parties").filter(number=number).first()
        got = access(user, case, at) if case else None
        if case is None or got is None or not got.reads:
            outcomes.append(Outcome(number, "", (_none(number),)))
            continue
        if not serves_many(catalogue.kept(case.digest).rulebook, action):
            outcomes.append(Outcome(number, case.title, (_alone(),)))
            continue
        done = act(
            number=number, action=action, actor=got.actor, at=at, facts=facts, seen=(seen or {}).get(number), key=key
        )
        outcomes.append(Outcome(number, case.title, done.reasons if isinstance(done, Refusal) else ()))
    return outcomes


def _none(number: str) -> Reason:
    return Reason(
        "case", None, Text(zh=f"没有编号为{number}的案件", en=f"There is no case {number}"), Text(zh="核对编号", en="Check the number")
    )  # fmt: skip


def _alone() -> Reason:
    return Reason(
        "alone", None, Text(zh="这一步须逐件办理", en="This is done case by case"), Text(zh="请打开案件办理", en="Open the case and do it there")
    )  # fmt: skip
