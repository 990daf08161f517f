"""Counters: case numbers, serials of certificates. No gap once the transaction stands, and no number twice."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection
from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import ExpressionWrapper
from django.db.models.functions import Collate

from .models import Counter


class Counters:
    """The counters of one transaction, locked from when they are taken until it ends; what was drawn is written by `write`.

    All that is known to be needed is taken at once, in one order that is everybody's: first what acts draw ('body:…'), then
    the numbers of cases, for an act that draws may open another case after it; each by name.
    """

    def __init__(self) -> None:
        self._held: dict[str, Counter] = {}
        self._written: dict[str, int] = {}
        self._made: list[Counter] = []

    def take(self, names: Iterable[str]) -> None:
        """Lock these counters; one that nobody has drawn from yet begins at nought."""
        wanted = set(names) - self._held.keys()
        if not wanted:
            return
        rows = Counter.objects.filter(name__in=wanted)
        if len(wanted) > 1 and rows.count() == len(wanted):
            found = list(_in_order(rows.select_for_update()))
        else:  # what is missing is made in its turn: making it locks it too
            found = [self._taken(name) for name in sorted(wanted, key=lambda n: (":" not in n, n))]
        self._held |= {row.name: row for row in found}
        self._written |= {row.name: row.last for row in found}

    def draw(self, name: str) -> int:
        """The next number under `name`."""
        self.take([name])
        self._held[name].last += 1
        return self._held[name].last

    def reach(self, name: str, number: int) -> None:
        """Let a counter go on after a number given out elsewhere: it is never drawn again."""
        self.take([name])
        self._held[name].last = max(self._held[name].last, number)

    def standing(self) -> dict[str, int]:
        """How far each counter is, for `back`."""
        return {name: row.last for name, row in self._held.items()}

    def back(self, standing: dict[str, int]) -> None:
        """Give back all numbers drawn since: what they were drawn for was refused."""
        for name, row in self._held.items():
            row.last = standing.get(name, self._written[name])

    def write(self) -> None:
        """Write down how far they are. One that nothing was drawn from after all is as if it had not been asked for."""
        for row in self._made:
            if row.last == 0:
                del self._held[row.name], self._written[row.name]
                row.delete()
        self._made = []
        for name, row in self._held.items():
            if row.last != self._written[name]:
                row.save(update_fields=["last"])
                self._written[name] = row.last

    def _taken(self, name: str) -> Counter:
        rows = Counter.objects.select_for_update().filter(name=name)
        if (row := rows.first()) is None:
            Counter.objects.bulk_create([Counter(name=name)], ignore_conflicts=True)
            row = rows.get()
            if row.last == 0:
                self._made.append(row)
        return row


def draw(name: str) -> int:
    """The next number under `name`, written at once."""
    counters = Counters()
    number = counters.draw(name)
    counters.write()
    return number


def _in_order(rows: QuerySet[Counter]) -> QuerySet[Counter]:
    """By the order in which Python sorts names, whatever the database's language is."""
    numbers = ExpressionWrapper(~Q(name__contains=":"), output_field=BooleanField())
    return rows.order_by(numbers, Collate("name", "C" if connection.vendor == "postgresql" else "BINARY"))
