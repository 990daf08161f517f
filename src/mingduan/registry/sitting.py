"""The register during one sitting: acts decided one after the other in one transaction, and written together.

What they will ask about is looked up at once. A certificate that one of them transfers counts for those after it, although
it stands in no table yet, nor perhaps its holder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.db.models.functions import Substr

from mingduan.cases.registrar import Ask
from mingduan.people.models import Organisation
from mingduan.procedure.case import Event
from mingduan.procedure.period import TZ

from . import life, profile
from .enterprises import Enterprise
from .life import Change, Held, Shelf, Source
from .models import Certificate

Answer = Callable[[str, str, Organisation | None, datetime], Any]
_REGISTRATION = frozenset({"enterprise", "credit_code", "representative", "address", "region"})
_NOWHERE = Source("", 0)


class Sitting:
    """See `mingduan.cases.registrar.Sitting`. `plainly` answers what was not looked up."""

    foresees = frozenset({"taken", "held", "transfer", *_REGISTRATION})

    def __init__(self, plainly: Answer, shelf: Shelf, asked: Iterable[Ask]) -> None:
        self._plainly, self._shelf = plainly, shelf
        questions = list(asked)
        filers = {a.filer.pk for a in questions if a.filer is not None and a.filer.pk}
        wanted = {a.question for a in questions}
        self._serials = _serials({_serial(a.about) for a in questions if a.question == "taken"})
        self._enterprises = _enterprises(filers) if wanted & _REGISTRATION else {}
        self._holdings = _holdings(filers) if "held" in wanted else {}
        self._expected: dict[tuple[object, str], list[Held]] = {}  # by holder and specialty

    def answer(self, question: str, about: str, filer: Organisation | None, at: datetime) -> Any:
        """See `Registrar.answer`."""
        if question == "taken":
            taken = self._serials.get(_serial(about))
            return self._plainly(question, about, filer, at) if taken is None else taken
        if question == "held" and filer is not None:
            return self._held(about, filer, at)
        if question in _REGISTRATION and filer is not None and (filer.pk is None or filer.pk in self._enterprises):
            # One that is not stored may be about to be, with its organisation.
            enterprise = self._enterprises.get(filer.pk) or getattr(filer, "enterprise", None)
            return profile.QUESTIONS[question](enterprise) if enterprise else None
        return self._plainly(question, about, filer, at)

    def expect(self, event: Event, parties: Mapping[str, Organisation]) -> None:
        """See `mingduan.cases.registrar.Sitting`."""
        for values in event.registers:
            holder = parties.get(values.get("for", ""))
            change = Change(values["effect"], values, event.at, _NOWHERE, (holder.pk or 0) if holder else None)
            for held in life.apply(self._shelf, change):
                if holder is not None:
                    self._expected.setdefault((_who(holder), held.specialty), []).append(held)
                self._serials[_serial(held.number)] = held.number

    def _held(self, specialty: str, filer: Organisation, at: datetime) -> str:
        """The certificate in force that a filer holds in a specialty: one stored, or one expected."""
        today, code = at.astimezone(TZ).date(), specialty.upper()
        for held in self._expected.get((_who(filer), code), ()):
            if held.in_force and held.valid_until >= today:
                return held.number
        if filer.pk is None:
            return ""
        if filer.pk not in self._holdings:
            return str(self._plainly("held", specialty, filer, at))
        return next((n for s, until, n in self._holdings[filer.pk] if s == code and until >= today), "")


def _who(organisation: Organisation) -> object:
    """What an organisation is told from others by, stored or not."""
    return organisation.pk or f"new {id(organisation)}"


def _serial(number: str) -> tuple[str, str]:
    """A number's year and its serial in it (S10 3.1: characters 1–4 and 7–10)."""
    return number[:4], number[6:10]


def _serials(wanted: set[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Which certificate has each serial, the first if there are several; empty for none."""
    found = dict.fromkeys(wanted, "")
    years: dict[str, set[str]] = {}
    for year, serial in wanted:
        if len(year) == 4 and serial:
            years.setdefault(year, set()).add(serial)
    rows = Certificate.objects.annotate(serial=Substr("number", 7, 4)).order_by("-pk")
    for year, serials in years.items():
        # A range, unlike a prefix, is looked up in the index on every database.
        asked = rows.filter(number__gte=year, number__lt=f"{year}\U0010ffff", serial__in=serials)
        found |= {(year, serial): number for number, serial in asked.values_list("number", "serial")}
    return found


def _enterprises(filers: set[int]) -> dict[int, Enterprise | None]:
    rows = Enterprise.objects.select_related("organisation").filter(organisation__in=filers) if filers else ()
    return {**dict.fromkeys(filers), **{row.organisation_id: row for row in rows}}


def _holdings(filers: set[int]) -> dict[int, list[tuple[str, date, str]]]:
    """The certificates in force of each filer: specialty, validity and number, the first first."""
    found: dict[int, list[tuple[str, date, str]]] = {pk: [] for pk in filers}
    in_force = Q(holder__in=filers, status__in=life.IN_FORCE)
    told = Certificate.objects.filter(in_force).order_by("pk") if filers else Certificate.objects.none()
    for row in told.only("holder", "specialty", "valid_until", "number"):
        found[row.holder_id].append((row.specialty, row.valid_until, row.number))
    return found
