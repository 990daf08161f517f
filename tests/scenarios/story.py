"""A case told act by act, without a store: what scenario tests are written in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mingduan.procedure.case import Act, Actor, Case, Duty, Event, Refusal, Signature, fold
from mingduan.procedure.engine import Engine
from mingduan.procedure.period import TZ


def at(written: str) -> datetime:
    """A local time: '2026-09-25 09:00' (seconds may follow)."""
    return datetime.fromisoformat(written).replace(tzinfo=TZ)


class Story:
    """One case under one rulebook; acts that are refused change nothing and are kept as `refusal`.

    `register`: what the register would tell, by the fact that asks for it.
    """

    def __init__(self, engine: Engine, register: dict[str, Any] | None = None) -> None:
        self.engine = engine
        self.register = register or {}
        self.events: list[Event] = []
        self.case = Case()
        self.refusal: Refusal | None = None

    def do(
        self,
        role: str,
        action: str,
        when: str,
        *,
        who: str = "",
        reason: str = "",
        legal_basis: str = "",
        correction: dict[str, Any] | None = None,
        **facts: Any,
    ) -> Story:
        """Do an act and insist that it is lawful."""
        self.attempt(
            role, action, when, who=who, reason=reason, legal_basis=legal_basis, correction=correction, **facts
        )
        assert self.refusal is None, self.reasons()
        return self

    def attempt(
        self,
        role: str,
        action: str,
        when: str,
        *,
        who: str = "",
        reason: str = "",
        legal_basis: str = "",
        correction: dict[str, Any] | None = None,
        signs: bool = True,
        **facts: Any,
    ) -> Story:
        """Try an act, signed where that is wanted if whoever does it `signs`; `refusal` tells how it went."""
        actor = Actor(who or role, who or role, frozenset([role]))
        named = {k.replace("__", "."): v for k, v in facts.items()}
        spec = self.engine.rulebook.actions[action]
        supplied = {f: self.register.get(f) for f in spec.reads} | dict.fromkeys(spec.draws, 1)
        act = Act(
            action, actor, at(when), named, reason, legal_basis, correction or {}, supplied=supplied, number="C-1",
            signature=Signature(actor.id, "totp", at(when)) if spec.signed and signs else None,
        )  # fmt: skip
        outcome = self.engine.decide(self.case, act)
        self.refusal = outcome if isinstance(outcome, Refusal) else None
        if isinstance(outcome, Event):
            self.events.append(outcome)
            self.case = fold([outcome], self.case)
        return self

    def refused(self, role: str, action: str, when: str, clause: str, **facts: Any) -> Story:
        """Insist that the act is refused under `clause`."""
        self.attempt(role, action, when, **facts)
        assert self.refusal is not None, f"{action} was allowed"
        assert clause in [r.clause for r in self.refusal.reasons], self.reasons()
        return self

    def duty(self, name: str, when: str) -> Duty:
        """The duty `name` as it stands at `when`."""
        return next(d for d in self.engine.duties(self.case, at(when)) if d.deadline == name)

    def reasons(self) -> str:
        """Why the last act was refused."""
        return "；".join(f"{r.clause} {r.text.zh}" for r in self.refusal.reasons) if self.refusal else ""

    def balance(self, account: str) -> int:
        """Debits less credits of an account, in fen."""
        return self.case.balances.get(account, 0)
