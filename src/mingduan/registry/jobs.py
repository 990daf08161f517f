"""What the passing of time does to certificates: they expire, and the procedures that must follow open by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from mingduan.cases import catalogue
from mingduan.cases.act import Done, act, open_case
from mingduan.cases.models import Case, Receipt
from mingduan.cases.timer import system
from mingduan.procedure.case import Actor, Refusal
from mingduan.procedure.engine import Engine
from mingduan.procedure.period import TZ, shifted
from mingduan.procedure.registering import Scheduled

from . import life
from .models import Certificate
from .register import expire


def daily(at: datetime) -> int:
    """Everything that a new day brings; returns how much was done. Safe to repeat."""
    return expire(at) + end_pointless(at) + open_scheduled(at)


def end_pointless(at: datetime) -> int:
    """End every case that a rulebook scheduled and in which nothing was done yet, once its certificate is no longer in force:
    nobody is reminded of what can't be done any more.
    """
    done = 0
    for engine, action, plan in scheduled():
        book = engine.rulebook
        if plan.ends is None:
            continue
        waiting = Case.objects.filter(rulebook=book.id, state=book.actions[action].to, ended=False, stayed=False)
        about = {case.number: case.facts.get(plan.gives) for case in waiting}
        good = set(
            Certificate.objects.filter(number__in=about.values(), status__in=life.IN_FORCE).values_list(
                "number", flat=True
            )
        )
        for number in (n for n, certificate in about.items() if certificate not in good):
            done += not isinstance(act(number=number, action=plan.ends, actor=system(book), at=at), Refusal)
    return done


def open_scheduled(at: datetime) -> int:
    """Open every case that a rulebook schedules before a date of a certificate in force, once for each date."""
    done = 0
    for engine, action, plan in scheduled():
        for number, day in _due(engine, plan, at):
            if not Receipt.objects.filter(key=receipt(engine, number, day)).exists():
                opened = open_planned(engine, action, plan, number, day, system(engine.rulebook), at)
                done += not isinstance(opened, Refusal)
    return done


def receipt(engine: Engine, number: str, day: date) -> str:
    """The key under which a rulebook's case is opened for one date of a certificate, once, by whomever."""
    return f"{engine.rulebook.id}:{number}:{day.isoformat()}"


def open_planned(
    engine: Engine, action: str, plan: Scheduled, number: str, day: date, actor: Actor, at: datetime
) -> Done | Refusal:
    """Open the case that a rulebook schedules before that date of a certificate; opened already, it is the same one."""
    return open_case(
        rulebook=engine.rulebook.id, action=action, actor=actor, at=at, facts={plan.gives: number}, sides=(), title="",
        key=receipt(engine, number, day),
    )  # fmt: skip


def scheduled() -> Iterator[tuple[Engine, str, Scheduled]]:
    """Every opening that a rulebook in force schedules before a date of certificates."""
    for engine in catalogue.in_force().values():
        for action in engine.rulebook.opening:
            if (plan := engine.rulebook.actions[action].scheduled) is not None:
                yield engine, action, plan


def _due(engine: Engine, plan: Scheduled, at: datetime) -> list[tuple[str, date]]:
    """The certificates in force whose date is that near, and the date."""
    today = at.astimezone(TZ).date()
    horizon = shifted(today, engine.rulebook.period(plan.at_least))
    rows = Certificate.objects.filter(status__in=life.IN_FORCE, **{f"{plan.before}__lte": horizon})
    return list(rows.order_by(plan.before, "number").values_list("number", plan.before))
