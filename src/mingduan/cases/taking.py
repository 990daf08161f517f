"""A file somebody brought whose rows become cases: how far it is, slice by slice in the background, and what was wrong.

How far it is stands in the database with the cases themselves, so that a worker that dies leaves nothing half.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from django.conf import settings
from django.db import models, transaction

from mingduan.procedure.text import Text


class Faulty(Protocol):
    """What is wrong with a row: in which columns (as headed), what is wrong, what would be right, the clause that says so."""

    @property
    def column(self) -> str: ...
    @property
    def wrong(self) -> Text: ...
    @property
    def right(self) -> Text | None: ...
    @property
    def clause(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row, in the words of its file."""

    column: str
    wrong: Text
    right: Text | None = None
    clause: str | None = None


F = TypeVar("F", bound=Faulty, covariant=True)


@dataclass(frozen=True, slots=True)
class Outcome(Generic[F]):
    """What became of a row: 'added', 'already' (it is in, as the row says), 'conflict' (it is in and says something else)
    or 'bad'. `number`: what the row calls itself; `case`: the case it became.
    """

    line: int
    number: str
    what: str
    faults: tuple[F, ...] = ()
    case: str = ""


@dataclass(slots=True)
class Report(Generic[F]):
    """All outcomes counted, and those rows that did not come in."""

    counts: Counter[str] = field(default_factory=Counter)
    refused: list[Outcome[F]] = field(default_factory=list)

    def add(self, outcome: Outcome[F]) -> None:
        """Count one row."""
        self.counts[outcome.what] += 1
        if outcome.faults:
            self.refused.append(outcome)

    @property
    def good(self) -> bool:
        """Whether every row is in now."""
        return not self.refused


class FileJob(models.Model):
    """One file somebody brought. Its rows are cases; this only tells the story of the file."""

    name = models.CharField("文件名", max_length=200)
    content = models.BinaryField("内容")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="经办")
    asked_at = models.DateTimeField("提出时间")
    total = models.PositiveIntegerField("行数")
    looked_at = models.PositiveIntegerField("已处理", default=0)
    added = models.PositiveIntegerField("移入", default=0)
    already = models.PositiveIntegerField("原已移入", default=0)
    conflict = models.PositiveIntegerField("不一致", default=0)
    bad = models.PositiveIntegerField("有误", default=0)

    class Meta:
        abstract = True

    @property
    def done(self) -> bool:
        """Whether every row has been looked at."""
        return self.looked_at >= self.total

    @property
    def refused(self) -> int:
        """How many rows did not come in."""
        return self.conflict + self.bad


class RowFault(models.Model):
    """One thing that is wrong with one row; a subclass says `of` which job."""

    line = models.PositiveIntegerField("行")
    number = models.CharField("编号", max_length=60, blank=True)
    what = models.CharField("种类", max_length=10)
    columns = models.CharField("栏目", max_length=200, blank=True)
    wrong_zh = models.CharField("问题", max_length=2000)
    wrong_en = models.CharField(max_length=2000)
    right_zh = models.CharField("应为", max_length=1000, blank=True)
    right_en = models.CharField(max_length=1000, blank=True)
    clause = models.CharField("条款", max_length=30, blank=True)

    class Meta:
        abstract = True
        ordering = ["id"]


J = TypeVar("J", bound=FileJob)


def advance(job: J, faults: type[RowFault], take: Callable[[J], Iterable[Outcome[Faulty]]]) -> bool:
    """Take in the rows that `take` gives for the job as it stands, locked, and note what became of each; whether there are more."""
    with transaction.atomic():
        row = type(job)._default_manager.select_for_update().get(pk=job.pk)
        outcomes = list(take(row))
        for outcome in outcomes:
            setattr(row, outcome.what, getattr(row, outcome.what) + 1)
        faults._default_manager.bulk_create(faults(**_written(o, f), **{"of": row}) for o in outcomes for f in o.faults)
        row.looked_at += len(outcomes)
        row.save()
    job.refresh_from_db()
    return not job.done


def _written(outcome: Outcome[Faulty], fault: Faulty) -> dict[str, Any]:
    right = fault.right
    return {
        "line": outcome.line, "number": outcome.number[:60], "what": outcome.what, "columns": fault.column[:200],
        "wrong_zh": fault.wrong.zh[:2000], "wrong_en": fault.wrong.en[:2000], "right_zh": right.zh[:1000] if right else "",
        "right_en": right.en[:1000] if right else "", "clause": fault.clause or "",
    }  # fmt: skip
