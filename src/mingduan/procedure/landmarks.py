"""What lists and figures need to know of any procedure without knowing it by name.

A *deciding* action asks for the outcome or changes a certificate; a case *waits* while one can still be taken. All of it is read off the
rulebook's shape, so a new procedure has its views, figures and calendar on the day its file is written.
"""

from __future__ import annotations

from .rulebook import Action, Rulebook

_NO_DECISION = frozenset(
    {"announce", "hold", "restore", "reapply"}
)  # they tell of a decision, or are about another case's


def grounds_fact(book: Rulebook) -> str | None:
    """The fact that says what the case is about: the first choice its opening action asks for."""
    return next((name for a in book.opening for name in _choices_asked(book, book.actions[a])), None)


def deciding(book: Rulebook) -> frozenset[str]:
    """The actions that give the outcome, or change what a certificate is."""
    return frozenset(
        n
        for n, a in book.actions.items()
        if book.outcome in a.asks or any(c.effect not in _NO_DECISION for c in a.registers)
    )


def waits_for_acceptance(book: Rulebook) -> frozenset[str]:
    """States of the first stage from which a decision can still come."""
    first = next(iter(book.stages))
    return frozenset(s for s in _undecided(book) if book.states[s].stage == first)


def waits_for_decision(book: Rulebook) -> frozenset[str]:
    """States after the first stage from which a decision can still come."""
    return _undecided(book) - waits_for_acceptance(book)


def running(book: Rulebook) -> frozenset[str]:
    """States that are no end: something is still to come."""
    return frozenset(n for n, s in book.states.items() if not s.end)


def filed_away(book: Rulebook) -> frozenset[str]:
    """States of the last stage: the matter is over and its file is kept."""
    last = list(book.stages)[-1]
    return frozenset(n for n, s in book.states.items() if s.stage == last)


def handled(book: Rulebook) -> frozenset[str]:
    """Every state of a procedure in which somebody does something by a day; none of one that only enters in the file what
    was done elsewhere: opened straight into its last stage, with no deadline.
    """
    entered = not book.deadlines and {book.actions[a].to for a in book.opening} <= filed_away(book)
    return frozenset() if entered else frozenset(book.states)


def over(book: Rulebook) -> frozenset[str]:
    """States in which nothing more is done in a case than to keep its file and to dispose of it."""
    ends = {n for n, s in book.states.items() if s.end}
    return frozenset(ends.union(*(a.since or () for a in book.actions.values() if a.destroys)))


def disposed(book: Rulebook) -> frozenset[str]:
    """States in which the file has been given up for destruction; none, where the procedure destroys nothing."""
    return frozenset(a.to for a in book.actions.values() if a.destroys and a.to)


def openers(book: Rulebook) -> frozenset[str]:
    """Deadlines that open a door rather than close it (`not_before`): never late, only reached."""
    return frozenset(n for n, d in book.deadlines.items() if d.not_before is not None)


def spent(book: Rulebook, state: str) -> frozenset[str]:
    """Deadlines that nothing can meet any more in this state: missed or waived, but owed no longer."""
    return frozenset(n for n, d in book.deadlines.items() if not book.reachable[state] & set(d.met_by))


def meetings(book: Rulebook) -> tuple[str, ...]:
    """The instants that people come together at: those that a deadline counts back from."""
    before = {d.before for d in book.deadlines.values()}
    return tuple(n for n, f in book.facts.items() if f.type == "instant" and n in before)


def settleable(book: Rulebook) -> tuple[str, ...]:
    """Accounts on which money is open until settled: what is held for or owed to a party, and what a party owes."""
    owed = {p.debit for a in book.actions.values() for p in a.money if book.accounts[p.credit].kind == "income"}
    return tuple(n for n, a in book.accounts.items() if a.kind == "liability" or (a.kind == "asset" and n in owed))


def searchable(book: Rulebook) -> tuple[str, ...]:
    """The texts of a case that a search may look into: none that parties may not read, none that a part would give away."""
    return tuple(
        n
        for n, f in book.facts.items()
        if f.type in ("text", "long_text") and not f.confidential and f.personal in (None, "text")
    )


def _undecided(book: Rulebook) -> frozenset[str]:
    ends = deciding(book)
    return frozenset(n for n, s in book.states.items() if not s.end and book.reachable[n] & ends)


def _choices_asked(book: Rulebook, action: Action) -> list[str]:
    return [n for n in (*action.asks, *action.may_ask) if book.facts[n].type == "choice"]
