"""What the passing of time does to certificates: they expire, and the procedures that must follow open by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from mingduan.cases import catalogue
from mingduan.cases.act import open_case
from mingduan.cases.models import Receipt
from mingduan.procedure.case import Actor, Refusal
from mingduan.procedure.engine import Engine
from mingduan.procedure.period import TZ, shifted
from mingduan.procedure.rulebook import Scheduled

from . import life
from .models import Certificate
from .register import expire


def daily(at: datetime) -> int:
    """Everything that a new day brings; returns how much was done. Safe to repeat."""
    return expire(at) + open_scheduled(at)


def open_scheduled(at: datetime) -> int:
    """Open every case that a rulebook schedules before a date of a certificate in force, once for each date."""
    done = 0
    for engine, action, scheduled in _scheduled():
        book = engine.rulebook
        timers = frozenset(n for n, r in book.roles.items() if r.side == "system")
        for number, day in _due(engine, scheduled, at):
            key = f"{book.id}:{number}:{day.isoformat()}"
            if Receipt.objects.filter(key=key).exists():
                continue
            opened = open_case(
                rulebook=book.id, action=action, actor=Actor("timer", "系统", timers), at=at, facts={scheduled.gives: number},
                sides=(), title="", key=key,
            )  # fmt: skip
            done += not isinstance(opened, Refusal)
    return done


def _scheduled() -> Iterator[tuple[Engine, str, Scheduled]]:
    for engine in catalogue.in_force().values():
        for action in engine.rulebook.opening:
            if (scheduled := engine.rulebook.actions[action].scheduled) is not None:
                yield engine, action, scheduled


def _due(engine: Engine, scheduled: Scheduled, at: datetime) -> list[tuple[str, date]]:
    """The certificates in force whose date is that near, and the date."""
    today = at.astimezone(TZ).date()
    horizon = shifted(today, engine.rulebook.period(scheduled.at_least))
    rows = Certificate.objects.filter(status__in=life.IN_FORCE, **{f"{scheduled.before}__lte": horizon})
    return list(rows.order_by(scheduled.before, "number").values_list("number", scheduled.before))
