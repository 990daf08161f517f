"""Settling a month: every contractor's score, item by item, ranked within its benchmarking group (S03; S05)."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, NamedTuple

import ibis
import pyarrow as pa
import pyarrow.compute as pc
from ibis.backends import BaseBackend

from mingduan.procedure.calendar import WorkingCalendar

from .card import Card
from .expression import Inputs, Month, lines, scores
from .reading import read

EngineName = Literal["duckdb", "spark"]


@dataclass(frozen=True, slots=True)
class ItemScore:
    """What one item cost: how many times (a mean: of how many tickets, `seconds` in all), hundredths of points lost."""

    item: str
    count: int
    lost: int
    seconds: int | None = None

    @property
    def hours(self) -> Decimal | None:
        """The mean in hours of an item that judges a mean; None without a ticket to judge."""
        return round(Decimal(self.seconds) / self.count / 3600, 2) if self.seconds and self.count else None


@dataclass(frozen=True, slots=True)
class ContractorScore:
    """A contractor's month. Points are in hundredths; `rank` is within the `group`, equal scores sharing one."""

    contractor: str
    group: str
    score: int
    rank: int
    items: tuple[ItemScore, ...]
    sections: dict[str, int]


class Line(NamedTuple):
    """One deduction and the ticket or record behind it, before any most."""

    contractor: str
    item: str
    source: str
    at: datetime
    points: int
    note: str


@dataclass(frozen=True, slots=True)
class Lines:
    """Every deduction, by contractor, item and time: kept as columns and read one by one, for a bad month of a big operator has a
    million.
    """

    table: pa.Table = field(default_factory=lambda: pa.table({name: [] for name in Line._fields}))

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def __iter__(self) -> Iterator[Line]:
        for batch in self.table.select(Line._fields).to_batches(max_chunksize=10_000):
            yield from map(Line._make, zip(*(column.to_pylist() for column in batch.columns), strict=True))

    def of(self, contractor: str) -> list[Line]:
        """Those of one contractor."""
        return list(Lines(self.table.filter(pc.field("contractor") == contractor)))


@dataclass(frozen=True, slots=True)
class Settled:
    """A month worked out."""

    card: Card
    month: Month
    scores: tuple[ContractorScore, ...]
    lines: Lines


def settle(
    card: Card,
    path: Path,
    month: Month,
    calendar: WorkingCalendar,
    *,
    engine: EngineName = "duckdb",
    traced: bool = True,
) -> Settled:
    """The scores of `month` from the files at `path` (see `reading.read`), with each deduction's line when `traced`.
    Raises InputError.
    """  # fmt: skip
    con = ibis.duckdb.connect()
    inputs = read(con, path, card)
    if engine == "duckdb":
        return worked_out(card, con, inputs, month, calendar, traced=traced)
    with _on_spark(con, inputs) as (spark, same):
        return worked_out(card, spark, same, month, calendar, traced=traced)


def of_means(card: Card, month: Month, score: ContractorScore) -> Iterator[Line]:
    """What a mean cost, as a line of its own, so that it can be contested: its source is the month, all of whose tickets it rests on."""
    for item in score.items:
        if card.items[item.item].mean and item.lost:
            said = f"{item.count}张工单平均{item.hours}小时"
            yield Line(
                score.contractor, item.item, f"{month.first:%Y-%m}", month.end - timedelta(seconds=1), item.lost, said
            )


def without(card: Card, score: ContractorScore, fallen: Collection[str]) -> ContractorScore:
    """The score where nothing is lost for the items of `fallen`."""
    if not fallen:
        return score
    items = tuple(replace(i, lost=0) if i.item in fallen else i for i in score.items)
    lost = {i.item: i.lost for i in items}
    sections = {s: min(sum(lost[n] for n in card.by_section[s]), spec.points) for s, spec in card.sections.items()}
    return replace(score, items=items, sections=sections, score=card.points - sum(sections.values()))


def worked_out(
    card: Card, con: BaseBackend, inputs: Inputs, month: Month, calendar: WorkingCalendar, *, traced: bool = True
) -> Settled:
    """The month on any Ibis backend whose tables `inputs` are."""
    table = con.to_pyarrow(scores(card, inputs, month, calendar)).to_pylist()
    traces = Lines(con.to_pyarrow(lines(card, inputs, month, calendar))) if traced else Lines()
    return Settled(card, month, tuple(_ranked(card, table)), traces)


def _ranked(card: Card, rows: list[dict[str, Any]]) -> Iterator[ContractorScore]:
    for row in sorted(rows, key=lambda r: (r["group"], -r["score"], r["contractor"])):
        group = row["group"]
        better = sum(r["score"] > row["score"] and r["group"] == group for r in rows)
        items = tuple(ItemScore(n, row[f"{n}__count"], row[f"{n}__lost"], row.get(f"{n}__seconds")) for n in card.items)
        sections = {s: row[f"{s}__section_lost"] for s in card.sections}
        yield ContractorScore(row["contractor"], group, row["score"], better + 1, items, sections)


@contextmanager
def _on_spark(con: Any, inputs: Inputs) -> Iterator[tuple[BaseBackend, Inputs]]:
    """A Spark session on this machine with the inputs in it, by way of Parquet; stopped at the end."""
    from pyspark.sql import SparkSession

    with tempfile.TemporaryDirectory() as folder:
        session = (
            SparkSession.builder.master("local[*]").appName("mingduan")
            .config("spark.sql.session.timeZone", "UTC").config("spark.ui.enabled", "false")
            .config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1")
            .config("spark.sql.warehouse.dir", folder).getOrCreate()
        )  # fmt: skip
        try:
            spark = ibis.pyspark.connect(session)
            moved = {}
            for name in ("tickets", "records", "contractors"):
                file = Path(folder) / f"{name}.parquet"
                con.to_parquet(getattr(inputs, name), file)
                moved[name] = spark.read_parquet(file, table_name=name)
            yield spark, Inputs(**moved)
        finally:
            session.stop()
