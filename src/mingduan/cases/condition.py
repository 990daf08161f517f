"""How the store stands: what waits to be done outside, what fails, which deadlines have passed. For whoever keeps it running."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Min, Q

from .models import Case, Checkpoint, DutyRow, Outbox


@dataclass(frozen=True, slots=True)
class Waiting:
    """The work of one kind that is not done: how much, how much of it has failed before, when the oldest was first asked for
    as far as is known (its due time), how often the worst was tried, and the kind of the last fault.
    """

    topic: str
    pieces: int
    failing: int
    since: datetime
    tries: int
    fault: str


@dataclass(frozen=True, slots=True)
class Owed:
    """Deadlines not met: how many have passed, and how many pass within a day."""

    late: int
    within_a_day: int


def waiting() -> list[Waiting]:
    """The outbox by kind, what fails first. What is due later (a retry, a lease) waits too."""
    failing = Q(attempts__gt=0) & ~Q(error="")
    rows = (
        Outbox.objects.filter(done_at=None)
        .values("topic")
        .annotate(pieces=Count("pk"), failing=Count("pk", filter=failing), since=Min("due"), tries=Max("attempts"))
    )
    found = [Waiting(**row, fault=_fault(row["topic"]) if row["failing"] else "") for row in rows]
    return sorted(found, key=lambda w: (-w.failing, w.topic))


def overdue_work(at: datetime) -> timedelta:
    """How long the piece has waited that should have been done first; zero when none is due."""
    first = Outbox.objects.filter(done_at=None, due__lte=at).order_by("due").values_list("due", flat=True).first()
    return at - first if first else timedelta()


def owed(at: datetime) -> Owed:
    """The deadlines that have passed at `at` unmet, and those of the day to come."""
    unmet = DutyRow.objects.filter(status__in=("open", "late"), case__stayed=False, case__ended=False)
    counted = unmet.aggregate(
        late=Count("pk", filter=Q(due__lt=at)),
        within_a_day=Count("pk", filter=Q(due__gte=at, due__lt=at + timedelta(days=1))),
    )
    return Owed(**counted)


def running() -> int:
    """How many cases are under way."""
    return Case.objects.filter(ended=False).count()


def last_checkpoint() -> Checkpoint | None:
    """The last signed hash of the store."""
    return Checkpoint.objects.last()


def _fault(topic: str) -> str:
    """The kind of the last fault of a topic; its words may quote an address or a name, so they are not told here."""
    last = Outbox.objects.filter(topic=topic, done_at=None).exclude(error="").order_by("-due").values_list("error", flat=True).first()  # fmt: skip
    return (last or "").partition(":")[0]
