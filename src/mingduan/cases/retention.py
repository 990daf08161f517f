"""Until when a case's personal data must be kept: the law's period is counted from the case's end (PIPL 47)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mingduan.procedure import case as pure
from mingduan.procedure import landmarks
from mingduan.procedure.engine import Engine
from mingduan.procedure.period import Period, after
from mingduan.procedure.rulebook import Parameter
from mingduan.procedure.text import Text


@dataclass(frozen=True, slots=True)
class Keeping:
    """The rule that keeps a case's personal data, None where there is none; whether the case has ended; until when it holds."""

    rule: Parameter | None
    ended: bool
    until: datetime | None

    @property
    def lasts(self) -> Text | None:
        """How long the rule keeps it, in words."""
        period = self.rule.constant if self.rule else None
        return Text(zh=period.text("zh"), en=period.text("en")) if isinstance(period, Period) else None

    def over(self, at: datetime) -> bool:
        """Whether nothing keeps the data any more: a case that goes on still needs it."""
        return self.ended and (self.until is None or self.until < at)


def keeping(engine: Engine, state: pure.Case) -> Keeping:
    """What keeps the personal data of a case: from when it was over, the last time where it was so twice."""
    book = engine.rulebook
    rule = book.parameters.get(book.keeps_personal or "")
    over = landmarks.over(book)
    if state.state not in over:
        return Keeping(rule, False, None)
    since = state.course[-1][1]
    for name, at in reversed(state.course):
        if name not in over:
            break
        since = at
    lasts = rule.constant if rule else None
    until = after(lasts, since, engine.calendar).instant if isinstance(lasts, Period) else None
    return Keeping(rule, True, until)
