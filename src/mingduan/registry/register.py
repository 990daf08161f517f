"""The register kept: it answers what rulebooks ask before an act is decided, and writes what events change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models.functions import Substr

from mingduan.cases.faults import Fault
from mingduan.cases.models import Case, Party
from mingduan.cases.registrar import Ask
from mingduan.people.models import Organisation
from mingduan.procedure.case import Event
from mingduan.procedure.period import TZ

from . import english, life, profile, search
from .life import Change, Held, Source
from .models import Announcement, Certificate, Conclusion, Entry, Standing
from .sitting import Sitting

_OF_CERTIFICATE: Mapping[str, Callable[[Certificate], Any]] = {
    "number": lambda c: c.number,
    "specialty": lambda c: c.specialty.lower(),
    "grade": lambda c: c.grade.lower(),
    "renewals": lambda c: c.renewals,
    "holder_name": lambda c: c.holder_name,
    "holder_address": lambda c: c.holder_address,
    "scope": lambda c: c.scope,
    "issued_on": lambda c: c.issued_on.isoformat(),
    "valid_until": lambda c: c.valid_until.isoformat(),
    "next_surveillance_on": lambda c: c.next_surveillance_on.isoformat() if c.next_surveillance_on else None,
}


class Stored:
    """The certificates in the database; whatever is looked up stays locked until the transaction ends."""

    def get(self, number: str) -> Held | None:
        row = locked(number)
        return load(row) if row else None

    def touched(self, source: Source) -> Sequence[Held]:
        rows = Certificate.objects.filter(standings__case_number=source.case, standings__seq=source.seq)
        keys = sorted(set(rows.values_list("pk", flat=True)))
        return [load(row) for row in Certificate.objects.select_for_update().filter(pk__in=keys).order_by("pk")]

    def rivals(self, holder: int, specialty: str) -> Sequence[Held]:
        rows = Certificate.objects.select_for_update().filter(
            holder=holder, specialty=specialty, status__in=life.IN_FORCE
        )
        return [load(row) for row in rows]


class Register:
    """The registrar that cases know."""

    def answer(self, question: str, about: str, filer: Organisation | None, at: datetime) -> Any:
        """See `Registrar.answer`. Nothing is told of a certificate or decision that does not exist."""
        if question == "held":
            return held_by(filer, about, at) if filer else ""
        if question == "own_decision":
            return self._own_decision(about, filer)
        if question == "decision_held":
            return decision_held(about)
        if question == "taken":
            return taken(about)
        if question in profile.QUESTIONS:
            return profile.answer(question, filer)
        row = locked(about)
        if row is None:
            return None
        if question == "own":
            return filer is not None and row.holder_id == filer.pk
        if question == "status":
            return life.expired(load(row), at).present.status
        return _OF_CERTIFICATE[question](row)

    def party(self, question: str, about: str) -> Organisation | None:
        """See `Registrar.party`."""
        if question == "enterprise":
            return Organisation.objects.filter(enterprise__credit_code=about).first() if about else None
        row = Certificate.objects.select_related("holder").filter(number=about).first()
        if row is None:
            return None
        if question == "holder":
            return row.holder
        return Organisation.objects.filter(name=row.auditing_body).first()

    def enter(self, told: Sequence[tuple[Case, Event]]) -> None:
        """See `Registrar.enter`."""
        parties = _parties(told)
        new, entries = list[Held](), list[Entry]()
        for case, event in told:
            for place, change in enumerate(changes(case, event, parties)):
                if change.effect == "transfer":
                    new += life.apply(Stored(), change)
                else:
                    add(new)
                    new = []
                    for held in life.apply(Stored(), change):
                        save(held)
                if change.effect == "announce":
                    Announcement.objects.create(
                        number=change.text("number"), title=change.text("title"), body=change.text("body"), at=change.at,
                        case_number=case.number, seq=event.seq,
                    )  # fmt: skip
                entries.append(Entry(
                    case_number=case.number, seq=event.seq, place=place, at=change.at, values=dict(change.values),
                    holder_id=change.holder, auditing_body=change.auditing_body,
                ))  # fmt: skip
        add(new)
        # Written last, while what they changed is locked: entries about one certificate follow in the order they counted.
        Entry.objects.bulk_create(entries)

    def sitting(self, asked: Iterable[Ask]) -> Sitting:
        """See `Registrar.sitting`."""
        return Sitting(self.answer, Stored(), asked)

    def verify(self) -> Iterator[Fault]:
        """See `Registrar.verify`."""
        from . import audit

        return audit.verify()

    def _own_decision(self, about: str, filer: Organisation | None) -> bool:
        """Whether the entry is of a case that `filer` is a party of; what it touched stays locked."""
        source = Source.parse(about)
        if source is None or filer is None:
            return False
        Stored().touched(source)
        return Party.objects.filter(case__number=source.case, case__length__gte=source.seq, organisation=filer).exists()


def changes(case: Case, event: Event, parties: Mapping[tuple[int, str], Party] | None = None) -> Iterator[Change]:
    """The changes of the register that an event tells, with the parties they name (`parties`: where they have been read)."""
    known = _parties([(case, event)]) if parties is None else parties
    for written in event.registers:
        holder = known.get((case.pk, written.get("for", "")))
        auditor = known.get((case.pk, written.get("audited_by", "")))
        yield Change(
            written["effect"], written, event.at, Source(case.number, event.seq),
            holder.organisation_id if holder else None, auditor.name if auditor else "",
        )  # fmt: skip


def locked(number: str) -> Certificate | None:
    """The certificate's row, locked against other decisions about it."""
    return Certificate.objects.select_for_update().filter(number=number).first() if number else None


def held_by(filer: Organisation, specialty: str, at: datetime) -> str:
    """The number of the certificate in force that `filer` holds in `specialty` at `at`; empty for none."""
    rows = Certificate.objects.filter(holder=filer, specialty=specialty.upper(), status__in=life.IN_FORCE)
    return rows.filter(valid_until__gte=_today(at)).values_list("number", flat=True).first() or ""


def decision_held(entry: str) -> bool:
    """Whether an appeal holds the effect of the decision in that entry: accepted, and neither ruled on nor taken back.

    What the decision touched stays locked, so that no ruling comes between.
    """
    source = Source.parse(entry)
    touched = Stored().touched(source) if source else ()
    since = {span.source.case for held in touched for span in held.spans}
    told = Entry.objects.filter(case_number__in=since, values__entry=entry).order_by("id")
    return "hold" in dict(told.values_list("case_number", "values__effect")).values()


def taken(number: str) -> str:
    """The certificate that has this number, or its serial of the year (S10 3.1: characters 1–4 and 7–10); empty for none."""
    year, serial = number[:4], number[6:10]
    rows = Certificate.objects.filter(number__startswith=year).annotate(serial=Substr("number", 7, 4))
    return rows.filter(serial=serial).values_list("number", flat=True).first() or ""


def load(row: Certificate) -> Held:
    """A stored certificate as a value, with its whole history."""
    return Held(
        number=row.number, holder=row.holder_id, specialty=row.specialty, grade=row.grade, renewals=row.renewals, issued_on=row.issued_on,
        valid_until=row.valid_until, next_surveillance_on=row.next_surveillance_on, auditing_body=row.auditing_body,
        evaluating_body=row.evaluating_body, approving_body=row.approving_body, replaces=row.replaces,
        source=Source(row.case_number, row.seq),
        spans=tuple(
            life.Span(s.status, s.since, s.until, s.holder_name, s.holder_address, s.scope, life.Why(s.reason, s.reason_en), Source(s.case_number, s.seq))
            for s in row.standings.all()
        ),
        conclusions=tuple(
            life.Conclusion(c.conclusion, c.approved_on, Source(c.case_number, c.seq)) for c in row.conclusions.all()
        ),
    )  # fmt: skip


def save(held: Held) -> None:
    """Write a certificate and what is new of its history; what was written before is only ever closed."""
    present = held.present
    before = Certificate.objects.filter(number=held.number).values_list("holder_name", "holder_address").first()
    if before is not None:
        english.outdated(held.number, name=before[0] != present.name, address=before[1] != present.address)
    row, _ = Certificate.objects.update_or_create(number=held.number, defaults=_columns(held))
    search.keep([row])
    written = list(row.standings.all())
    for span, standing in zip(held.spans, written, strict=False):
        if standing.until != span.until:
            standing.until = span.until
            standing.save(update_fields=["until"])
    Standing.objects.bulk_create(_standing(row, span) for span in held.spans[len(written) :])
    for said in held.conclusions[row.conclusions.count() :]:
        Conclusion.objects.create(
            certificate=row, conclusion=said.text, approved_on=said.approved_on, case_number=said.source.case, seq=said.source.seq
        )  # fmt: skip


def add(new: Sequence[Held]) -> None:
    """Write certificates that nobody has written yet."""
    rows = Certificate.objects.bulk_create(Certificate(number=held.number, **_columns(held)) for held in new)
    search.keep(rows)
    Standing.objects.bulk_create(_standing(row, s) for row, held in zip(rows, new, strict=True) for s in held.spans)


def expire(at: datetime) -> int:
    """Mark every certificate whose validity has ended by `at`, from the instant it ended; returns how many."""
    done = 0
    due = Certificate.objects.filter(status__in=life.IN_FORCE, valid_until__lt=_today(at))
    for number in due.values_list("number", flat=True):
        with transaction.atomic():
            row = locked(number)
            if row is None:
                continue
            before = load(row)
            after = life.expired(before, at)
            if after != before:
                save(after)
                done += 1
    return done


def _columns(held: Held) -> dict[str, Any]:
    present = held.present
    return {
        "holder_id": held.holder, "holder_name": present.name, "holder_address": present.address, "scope": present.scope,
        "specialty": held.specialty, "grade": held.grade, "renewals": held.renewals, "issued_on": held.issued_on, "valid_until": held.valid_until,
        "auditing_body": held.auditing_body, "evaluating_body": held.evaluating_body, "approving_body": held.approving_body,
        "next_surveillance_on": held.next_surveillance_on, "replaces": held.replaces, "status": present.status,
        "case_number": held.source.case, "seq": held.source.seq,
    }  # fmt: skip


def _standing(row: Certificate, span: life.Span) -> Standing:
    return Standing(
        certificate=row, status=span.status, since=span.since, until=span.until, holder_name=span.name, holder_address=span.address,
        scope=span.scope, reason=span.reason.zh, reason_en=span.reason.english, case_number=span.source.case, seq=span.source.seq,
    )  # fmt: skip


def _parties(told: Iterable[tuple[Case, Event]]) -> dict[tuple[int, str], Party]:
    """The parties that the changes of these events name, by case and role."""
    named = {(case.pk, w[m]) for case, e in told for w in e.registers for m in ("for", "audited_by") if w.get(m)}
    if not named:
        return {}
    rows = Party.objects.filter(case__in={pk for pk, _ in named}, role__in={role for _, role in named})
    return {(p.case_id, p.role): p for p in rows.order_by("-id")}  # the first of each


def _today(at: datetime) -> date:
    return at.astimezone(TZ).date()
