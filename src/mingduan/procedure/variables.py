"""What a case knows, by the names that expressions and notices use."""

from __future__ import annotations

from datetime import datetime

from .case import Case
from .rulebook import Rulebook


def variables(rulebook: Rulebook, case: Case, now: datetime) -> dict[str, object]:
    """What a case knows, as expressions see it; `late` is left to whoever needs it, for it costs more."""
    values: dict[str, object] = dict(case.facts)
    values["given"] = [name for name, value in case.facts.items() if value not in (None, "", [])]
    values |= {f"balance.{name}": balance(rulebook, case, name) for name in rulebook.accounts}
    values |= {f"assigned.{role}": list(people) for role, people in case.assigned.items()}
    values |= {f"served.{role}": list(people) for role, people in case.served.items()}
    values |= {
        "state": case.state, "round": case.round, "now": now, "taken": list(case.taken), "stayed": case.stayed,
        "links": [relation for relation, _ in case.links],
    }  # fmt: skip
    return values


def balance(rulebook: Rulebook, case: Case, account: str) -> int:
    """An account's balance on its natural side: what is held, owed or earned counts up, not down."""
    raw = case.balances.get(account, 0)
    return raw if rulebook.accounts[account].kind in ("asset", "expense") else -raw


__all__ = ["balance", "variables"]
