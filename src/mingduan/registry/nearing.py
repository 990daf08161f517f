"""Certificates in force whose day comes near: validity ending, surveillance due; and the case that has been opened for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from mingduan.cases.models import Case, Receipt
from mingduan.procedure.case import Actor, Reason, Refusal
from mingduan.procedure.engine import Engine
from mingduan.procedure.period import TZ, Period, shifted
from mingduan.procedure.registering import Scheduled
from mingduan.procedure.text import Text

from . import jobs, life
from .models import Certificate


@dataclass(frozen=True, slots=True)
class Plan:
    """A procedure that begins before a date of certificates: its engine, its opening action, before which date."""

    engine: Engine
    action: str
    scheduled: Scheduled

    @property
    def text(self) -> Text:
        """What the procedure is called."""
        return self.engine.rulebook.title

    @property
    def name(self) -> str:
        """The date it begins before."""
        return self.scheduled.before


@dataclass(frozen=True, slots=True)
class Nearing:
    """One certificate, its day, how many days are left, and the number of the case opened for it, if one is."""

    certificate: Certificate
    day: date
    left: int
    case: str

    @property
    def over(self) -> int:
        """How many days it is over."""
        return max(-self.left, 0)


@dataclass(frozen=True, slots=True)
class Opened:
    """What became of opening the case for one certificate."""

    number: str
    case: str
    reasons: tuple[Reason, ...] = ()


def plans(body: str | None = None) -> dict[str, Plan]:
    """The procedures that certificates' dates bring, by date; of one body where one is named."""
    found = (Plan(*one) for one in jobs.scheduled())
    return {p.name: p for p in found if body is None or p.engine.rulebook.id.startswith(f"{body}/")}


def nearing(plan: Plan, at: datetime, days: int) -> list[Nearing]:
    """The certificates in force whose day is at most so many days away or over, the nearest first."""
    today = at.astimezone(TZ).date()
    until = shifted(today, Period.parse(f"{days}d"))
    rows = Certificate.objects.filter(status__in=life.IN_FORCE, **{f"{plan.name}__lte": until}).order_by(plan.name, "number")  # fmt: skip
    if plan.name != "valid_until":
        rows = rows.filter(valid_until__gte=today)
    found = [(row, getattr(row, plan.name)) for row in rows]
    cases = _cases(plan, found)
    return [Nearing(row, day, (day - today).days, cases.get(row.number, "")) for row, day in found if day >= today or plan.name != "valid_until"]  # fmt: skip


def open_each(plan: Plan, numbers: Iterable[str], actor: Actor, at: datetime) -> list[Opened]:
    """Open the case for each certificate, one by one; one that is opened already is told with its number."""
    outcomes = []
    for number in dict.fromkeys(numbers):
        row = Certificate.objects.filter(number=number, status__in=life.IN_FORCE).first()
        day = getattr(row, plan.name) if row else None
        if row is None or day is None:
            told = Reason(
                "certificate", None, Text(zh=f"没有有效的证书{number}", en=f"No certificate {number} is in force")
            )
            outcomes.append(Opened(number, "", (told,)))
            continue
        if (known := _cases(plan, [(row, day)]).get(number)) is not None:
            outcomes.append(Opened(number, known))
            continue
        done = jobs.open_planned(plan.engine, plan.action, plan.scheduled, number, day, actor, at)
        outcomes.append(
            Opened(number, "", done.reasons) if isinstance(done, Refusal) else Opened(number, done.case.number)
        )
    return outcomes


def _cases(plan: Plan, found: Iterable[tuple[Certificate, date]]) -> dict[str, str]:
    """Certificate → the running case of the procedure about it, or the one that was opened for that very date."""
    keys = {jobs.receipt(plan.engine, row.number, day): row.number for row, day in found}
    about = Cast(KeyTextTransform(plan.scheduled.gives, "facts"), TextField())
    running = Case.objects.filter(rulebook=plan.engine.rulebook.id, ended=False).annotate(about=about)
    cases = dict(running.filter(about__in=list(keys.values())).values_list("about", "number"))
    opened = Receipt.objects.filter(key__in=list(keys)).values_list("key", "case__number")
    return cases | {keys[key]: number for key, number in opened}
