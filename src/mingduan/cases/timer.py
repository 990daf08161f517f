"""What happens because time has passed: acts a rulebook has done by the system once a deadline is missed."""

from __future__ import annotations

from datetime import datetime

from mingduan.procedure.case import Actor, Refusal

from . import catalogue
from .act import act
from .models import DutyRow


def run_due(at: datetime) -> int:
    """Do every act that a missed deadline calls for at `at`; returns how many were done. Safe to repeat."""
    done = 0
    for row in DutyRow.objects.filter(status__in=("open", "late"), due__lt=at, case__stayed=False).select_related(
        "case"
    ):
        book = catalogue.kept(row.case.digest).rulebook
        action = book.deadlines[row.deadline].when_missed
        if action is None:
            continue
        timers = frozenset(n for n, r in book.roles.items() if r.side == "system")
        outcome = act(number=row.case.number, action=action, actor=Actor("timer", "系统", timers), at=at)
        done += not isinstance(outcome, Refusal)
    return done
