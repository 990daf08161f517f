"""Many certificates made, signed and packed as one job: begun again after any interruption, it makes nothing twice.

Each paper is noted in the database the moment it stands; the archive appears whole or not at all. The work comes from the
outbox in slices, so that no worker holds it longer than its lease and the progress can be watched.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q

from mingduan.cases import outbox
from mingduan.procedure.period import TZ
from mingduan.procedure.text import Text

from . import issuing
from .models import Certificate
from .papers import Batch, BatchItem, CertificatePaper, EnglishWording
from .typeset import NotAskedFor, face
from .wording import wording

TOPIC = "certificates.batch"
SLICE = 50


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is."""

    total: int
    made: int
    failed: int
    packed: bool


def begin(
    name: str,
    certificates: Iterable[Certificate],
    at: datetime,
    *,
    kinds: Iterable[str] = ("original",),
    lang: str = "zh",
) -> Batch:
    """A job for these certificates, asked of the outbox. All its papers are signed as of `at`."""
    with transaction.atomic():
        batch = Batch.objects.create(name=name, asked_at=at)
        numbers = [c.number for c in certificates]
        BatchItem.objects.bulk_create(
            BatchItem(batch=batch, number=number, kind=kind, lang=lang) for number in numbers for kind in kinds
        )
        _ask(batch, at)
    return batch


@dataclass(frozen=True, slots=True)
class Choice:
    """Which certificates a job is for: all that may be used, narrowed by what is said here."""

    specialty: str = ""
    issued_from: date | None = None
    issued_to: date | None = None
    without_paper: bool = False


REASONS = {
    "unusable": Text(zh="证书现在不得使用，不制证", en="The certificate may not be used now"),
    "not_asked": Text(zh="没有申请英文证书", en="No English papers were asked for"),
    "unknown": Text(zh="没有这张证书", en="There is no such certificate"),
}
"""Why a paper could not be made, by what `BatchItem.error` keeps."""


def chosen(choice: Choice, kinds: Sequence[str], lang: str, at: datetime) -> list[Certificate]:
    """The certificates in question: those that may be used on the day, in English those whose holder asked for it (S07 3.1).

    A paper that no longer says what the register says counts as none.
    """
    found = Certificate.objects.filter(status__in=_usable(), valid_until__gte=at.astimezone(TZ).date())
    if lang == "en":
        found = found.filter(number__in=EnglishWording.objects.values("number"))
    if choice.specialty:
        found = found.filter(specialty=choice.specialty)
    if choice.issued_from:
        found = found.filter(issued_on__gte=choice.issued_from)
    if choice.issued_to:
        found = found.filter(issued_on__lte=choice.issued_to)
    rows = found.select_related("holder").prefetch_related("conclusions").order_by("number")
    if not choice.without_paper:
        return list(rows)
    made = set(CertificatePaper.objects.filter(lang=lang).values_list("number", "kind", "face_hash"))
    with_any = {(number, kind) for number, kind, _ in made}

    def current(c: Certificate, kind: str) -> bool:
        return (c.number, kind) in with_any and (c.number, kind, face(c, kind, lang).hash()) in made

    return [c for c in rows if not all(current(c, kind) for kind in kinds)]


def again(batch: Batch, at: datetime) -> None:
    """Go on with a job that stopped, trying once more what could not be made; what is made stays as it is."""
    with transaction.atomic():
        if batch.items.exclude(error="").update(error="") or not archive(batch).exists():
            Batch.objects.filter(pk=batch.pk).update(packed_at=None, sha256="")
        _ask(batch, at, f"{at.isoformat()}:")


def _usable() -> list[str]:
    return [code for code, words in wording().standings.items() if words.usable]


def resume(batch: Batch, at: datetime) -> Iterator[Progress]:
    """Do what is left of a job here and now, telling the progress after each slice."""
    while _work(batch, at):
        yield progress(batch)
    yield progress(batch)


def progress(batch: Batch) -> Progress:
    """How far it is, as the database has it."""
    counted = batch.items.aggregate(
        total=Count("pk"), made=Count("pk", filter=~Q(paper=None)), failed=Count("pk", filter=~Q(error=""))
    )
    return Progress(**counted, packed=Batch.objects.filter(pk=batch.pk).exclude(packed_at=None).exists())


def archive(batch: Batch) -> Path:
    """Where the packed papers are, once they are."""
    return Path(settings.HOME) / "batches" / f"{batch.pk}.zip"


@outbox.handles(TOPIC)
def handle(payload: Mapping[str, Any], at: datetime) -> None:
    """One slice of a job; then the next is asked for."""
    batch = Batch.objects.get(pk=payload["batch"])
    if _work(batch, at):
        _ask(batch, at, payload.get("run", ""))


def _ask(batch: Batch, at: datetime, run: str = "") -> None:
    """The key counts what is left in this run, so that asking twice for the same slice asks once."""
    outbox.put(TOPIC, f"batch:{batch.pk}:{run}{_left(batch).count()}", {"batch": batch.pk, "run": run}, at)


def _left(batch: Batch) -> Any:
    return batch.items.filter(paper=None, error="").order_by("pk")


def _work(batch: Batch, at: datetime) -> bool:
    """One slice, or the packing when all are made; whether there is more to do."""
    items = list(_left(batch)[:SLICE])
    if not items:
        if not batch.packed_at:
            _pack(batch, at)
        return False
    held = {c.number: c for c in Certificate.objects.filter(number__in=[i.number for i in items])}
    usable = _usable()
    for item in items:
        if item.number in held and held[item.number].status not in usable:
            item.error = "unusable"
            item.save(update_fields=["error"])
            continue
        try:
            item.paper = issuing.paper(held[item.number], item.kind, item.lang, batch.asked_at)
        except NotAskedFor:
            item.error = "not_asked"
        except KeyError:
            item.error = "unknown"
        item.save(update_fields=["paper", "error"])
    return True


def _pack(batch: Batch, at: datetime) -> None:
    """All papers and a list of their hashes, in one archive whose bytes depend on nothing but them."""
    target = archive(batch)
    target.parent.mkdir(parents=True, exist_ok=True)
    for left in target.parent.glob(f"{batch.pk}-*.part"):  # of a worker that was killed while packing
        left.unlink(missing_ok=True)
    items = batch.items.exclude(paper=None).select_related("paper").order_by("number", "kind")
    papers = [item.paper for item in items if item.paper]
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f"{batch.pk}-", suffix=".part", delete=False) as out:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as packed:
            listed = []
            for paper in papers:
                name = issuing.file_name(paper.number, paper.kind, paper.lang)
                packed.writestr(zipfile.ZipInfo(name), issuing.content(paper))
                listed.append(f"{paper.sha256}  {name}\n")
            packed.writestr(zipfile.ZipInfo("SHA256SUMS"), "".join(listed))
        out.flush()
        os.fsync(out.fileno())
    os.replace(out.name, target)
    with target.open("rb") as whole:
        batch.sha256 = hashlib.file_digest(whole, "sha256").hexdigest()
    batch.packed_at = at
    batch.save(update_fields=["sha256", "packed_at"])
