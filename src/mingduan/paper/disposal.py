"""A file disposed of: its content is destroyed for good, and a certificate of what was destroyed remains.

What stays: the case's number and title, its event of disposal, every event's place and hashes, the ledger, who read it,
and that its notices were sent. The rulebook's engine has seen to it that the time of keeping is over and no hold lies on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from mingduan.cases import catalogue, chain, erasing, files, outbox
from mingduan.cases.act import events_of, state_of, write_duties
from mingduan.cases.models import Case, Disposal, EventRow
from mingduan.procedure.attachments import attachments
from mingduan.procedure.case import fold
from mingduan.procedure.words import day, moment, shown

from .archive import retained_until
from .models import Certificate, Package, Printed
from .notices import PDF, Pair, organisation_of
from .typeset import typeset


@dataclass(frozen=True, slots=True)
class Destruction:
    """What a certificate of disposal tells."""

    lang: str
    letterhead: str
    number: str
    title: str
    date: str
    case: tuple[Pair, ...]
    decision: tuple[Pair, ...]
    destroyed: tuple[tuple[str, int], ...]
    packages: tuple[str, ...]
    head: str


@outbox.handles("destroy")
def destroy(payload: Mapping[str, Any], at: datetime) -> None:
    """Destroy the content of the file that an act disposed of. Begun and cut short, it goes on where it stood."""
    case = Case.objects.get(number=payload["number"])
    certificate = Certificate.objects.filter(case=case).first() or _certify(case, int(payload["seq"]), at)
    for sha256 in certificate.removing:
        files.release(sha256)
    Certificate.objects.filter(pk=certificate.pk).update(removing=[])


@transaction.atomic
def _certify(case: Case, seq: int, at: datetime) -> Certificate:
    """Write the certificate and take the content out of the database, both or neither."""
    Case.objects.select_for_update().get(pk=case.pk)
    engine = catalogue.kept(case.digest)
    kept = case.events.get(seq=seq)
    if not engine.rulebook.actions[kept.action].destroys:
        raise ValueError(f"event {seq} of {case.number} does not dispose of the file")
    told, removing = _told(case, seq, at), _hashes(case, seq)
    document = files.keep(f"{case.number}.pdf", typeset("_certificate", asdict(told), at), PDF)
    certificate = Certificate.objects.create(
        case=case, seq=seq, sha256=document.sha256, size=document.size, destroyed_at=at, told=asdict(told), removing=removing
    )  # fmt: skip
    Disposal.objects.create(case=case, at=at)
    for row in case.events.exclude(seq=seq):
        EventRow.objects.filter(pk=row.pk).update(stored=chain.tombstone(row.seq))
    case.enclosures.exclude(seq=seq).delete()
    case.notices.update(body="", remedies="")
    files.let_go(erasing.taken_along(case, {}, at), at)
    remains = state_of(case)
    case.facts, case.balances, case.stayed = dict(remains.facts), dict(remains.balances), remains.stayed
    case.save(update_fields=["facts", "balances", "stayed"])
    write_duties(engine, case, remains, events_of(case)[-1].at)
    return certificate


def _hashes(case: Case, seq: int) -> list[str]:
    """Of everything in the file store that goes: papers received, documents made, packages."""
    received = {h for row in case.events.exclude(seq=seq) for _, h in attachments(row.body)}
    printed = Printed.objects.filter(notice__case=case).values_list("sha256", flat=True)
    packages = Package.objects.filter(case=case).values_list("sha256", flat=True)
    return sorted(received | set(printed) | set(packages))


def _told(case: Case, seq: int, at: datetime) -> Destruction:
    engine, events = catalogue.kept(case.digest), events_of(case)
    book, state, event = engine.rulebook, fold(events), events[seq - 1]
    spec = book.actions[event.action]
    received = {h for row in case.events.exclude(seq=seq) for _, h in attachments(row.body)}
    sealing = [e.action for e in events if book.actions[e.action].seals]
    until = retained_until(engine, state, sealing[-1]) if sealing else None
    role = book.roles[event.role].zh if event.role in book.roles else event.role
    return Destruction(
        lang="zh",
        letterhead=organisation_of(book, event.role) or role,
        number=f"{case.number}-{seq:02}",
        title="案卷销毁证明",
        date=day(at),
        case=(
            ("案件编号", case.number), ("案卷题名", case.title), ("立案", day(events[0].at)),
            ("保存期届满", day(until) if until else "—"),
        ),
        decision=(
            *((book.facts[n].zh, shown(book.facts[n], event.facts.get(n))) for n in spec.asks),
            ("决定", f"{role} {event.actor_name}，{moment(event.at)}"),
            ("依据", " ".join(filter(None, (book.source.document, spec.clause)))),
            ("执行销毁", moment(at)),
        ),
        destroyed=(
            ("记录内容（条）", len(events) - 1), ("收到的材料（件）", len(received)), ("文书（份）", case.notices.count()),
            ("归档包（个）", Package.objects.filter(case=case).count()),
        ),
        packages=tuple(Package.objects.filter(case=case).values_list("sha256", flat=True)),
        head=case.events.order_by("-seq")[0].hash,
    )  # fmt: skip
