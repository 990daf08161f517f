"""The face of a certificate: what stands on the original and the duplicate (S07, S10 3.1–3.2), and its archival PDF.

PDF/A-1a: the oldest of the archival kinds, understood by every reader, and the one an independent checker can be had for.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from io import BytesIO
from pathlib import Path
from typing import Any

import segno
from django.conf import settings

from mingduan.paper.typeset import press
from mingduan.procedure.period import TZ

from . import english
from .models import Certificate
from .signing import Box
from .wording import wording

KINDS, LANGS = ("original", "duplicate"), ("zh", "en")
PAGE_HEIGHT = 210.0
SEALS = {"original": Box(218.5, 127, 33, 33), "duplicate": Box(167, 143, 27, 27)}
_TEMPLATE = Path(__file__).parent / "templates" / "certificate.typ"


class NotAskedFor(LookupError):
    """An English certificate is made on request only (S07 3.1), and its holder has not asked."""


@dataclass(frozen=True, slots=True)
class Surveillance:
    """One line of a duplicate's table: what was concluded, and the day that was approved."""

    conclusion: str
    approved_on: str


@dataclass(frozen=True, slots=True)
class Face:
    """Everything that stands on one certificate, in its own language. Days as ISO 8601."""

    kind: str
    lang: str
    number: str
    title: str
    holder: str
    address: str
    specialty: str
    grade: str
    auditing_body: str
    evaluating_body: str
    approving_body: str
    second_seal: str
    issued_on: str
    valid_until: str
    next_surveillance_on: str | None
    surveillances: tuple[Surveillance, ...]
    notes: tuple[str, ...]
    url: str

    def as_json(self) -> dict[str, Any]:
        """As it is kept."""
        kept: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return kept

    def hash(self) -> str:
        """What tells one face from another."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def face(certificate: Certificate, kind: str, lang: str) -> Face:
    """The face of a certificate as the register knows it now. Raises NotAskedFor for an English one nobody asked for."""
    words = wording()
    holder, address = certificate.holder_name, certificate.holder_address
    notes = tuple(note.said(lang) for note in words.notes)
    if certificate.scope:
        notes = (f"{words.scope.said(lang)}{certificate.scope}", *notes)
    if lang == "en":
        if english.asked(certificate) is None:
            raise NotAskedFor(certificate.number)
        holder, address = english.holder(certificate, english.name(certificate)).en, english.address(certificate)
        notes = (*notes, words.english_note)
    duplicate = kind == "duplicate"
    due = certificate.next_surveillance_on
    return Face(
        kind=kind,
        lang=lang,
        number=certificate.number,
        title=words.title(certificate.specialty).said(lang),
        holder=holder,
        address=address,
        specialty=words.specialty(certificate.specialty).said(lang),
        grade=words.grade(certificate.grade).said(lang),
        auditing_body=_body(certificate.auditing_body, lang),
        evaluating_body=_body(certificate.evaluating_body, lang),
        approving_body=_body(certificate.approving_body, lang),
        second_seal=_body(words.second_seal, lang) if duplicate else "",
        issued_on=certificate.issued_on.isoformat(),
        valid_until=certificate.valid_until.isoformat(),
        next_surveillance_on=due.isoformat() if duplicate and due else None,
        surveillances=tuple(
            Surveillance(words.conclusion(c.conclusion, lang), c.approved_on.isoformat())
            for c in (certificate.conclusions.all() if duplicate else ())
        ),
        notes=notes,
        url=public_url(certificate.number),
    )


def _body(name: str, lang: str) -> str:
    return english.body(name).en if lang == "en" else name


def public_url(number: str) -> str:
    """Where anybody sees what the register says of a certificate today; the QR code leads there."""
    return f"{settings.PUBLIC_URL}/register/{number}/"


def typeset(face: Face) -> bytes:
    """The PDF/A, unsigned: the same face gives the same bytes, dated the day of issue."""
    seal = SEALS[face.kind]
    data = {**face.as_json(), "qr": qr(face.url), "seal": {"left": seal.left, "top": seal.top, "width": seal.width}}
    issued = datetime.combine(date.fromisoformat(face.issued_on), time(), TZ)
    return press(_TEMPLATE, data, issued, standards=["a-1a"])


def qr(text: str) -> str:
    """A QR code as SVG, in the ink of the certificate."""
    out = BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", border=0, dark="#12343f", xmldecl=False)
    return out.getvalue().decode()
