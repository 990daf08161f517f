"""A month of tickets and records for a scorecard's tests, written as the files a branch would hand in."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from mingduan.complaints.scorecard.card import Card, load
from mingduan.complaints.scorecard.expression import Month
from mingduan.complaints.scorecard.settle import ContractorScore, EngineName, Settled, settle
from mingduan.procedure.calendar import WorkingCalendar

CARD = load(Path(__file__).parents[2] / "scorecards/contractor/complaint-score.yaml")
OCTOBER = Month(date(2026, 10, 1), datetime(2026, 11, 7))
TICKET = (
    "ticket",
    "contractor",
    "urgency",
    "dispatched_at",
    "accepted_at",
    "replied_at",
    "analysed_at",
    "suspected_fault",
)
RECORD = ("record", "contractor", "item", "at", "persons", "points", "note")


@dataclass
class Files:
    """What is handed in."""

    folder: Path
    tickets: list[Mapping[str, str]] = field(default_factory=list)
    records: list[Mapping[str, str]] = field(default_factory=list)
    contractors: list[Mapping[str, str]] = field(default_factory=list)

    def ticket(
        self, dispatched: str, accepted: str = "", replied: str = "", *, urgency: str = "一般", **more: str
    ) -> None:
        """A ticket of contractor 甲 with its instants, `08 09:00` being the 8th of October at nine."""
        row = {"ticket": f"T{len(self.tickets)}", "contractor": "甲", "urgency": urgency, "dispatched_at": dispatched,
               "accepted_at": accepted, "replied_at": replied, **more}  # fmt: skip
        for column in ("dispatched_at", "accepted_at", "replied_at", "analysed_at"):
            if row.get(column) and "-" not in row[column]:
                row[column] = f"2026-10-{row[column]}"
        self.tickets.append(row)

    def record(self, item: str, times: int = 1, **more: str) -> None:
        """So many records of contractor 甲 on the 9th of October."""
        for _ in range(times):
            row = {
                "record": f"R{len(self.records)}",
                "contractor": "甲",
                "item": item,
                "at": "2026-10-09 10:00:00",
                **more,
            }
            self.records.append(row)

    def write(self) -> Path:
        """The folder with the files in it."""
        _write(self.folder / "tickets.csv", TICKET, self.tickets)
        _write(self.folder / "records.csv", RECORD, self.records)
        if self.contractors:
            _write(self.folder / "contractors.csv", ("contractor", "group"), self.contractors)
        return self.folder

    def settled(self, card: Card = CARD, month: Month = OCTOBER, engine: EngineName = "duckdb") -> Settled:
        """The month worked out."""
        return settle(card, self.write(), month, WorkingCalendar.china(), engine=engine)

    def score(self) -> ContractorScore:
        """What 甲 comes to."""
        return next(s for s in self.settled().scores if s.contractor == "甲")

    def lost(self, item: str) -> float:
        """Points 甲 loses on an item."""
        return next(i.lost for i in self.score().items if i.item == item) / 100


def _write(file: Path, columns: tuple[str, ...], rows: Iterable[Mapping[str, str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, columns)
        writer.writeheader()
        writer.writerows(rows)
