"""The signed papers of certificates: made when first asked for, kept by their hash, made anew when what stands on them changes."""

from __future__ import annotations

from datetime import datetime

from mingduan.cases import files
from mingduan.cases.models import Case
from mingduan.people.models import User

from . import search
from .models import Certificate
from .papers import CertificatePaper, EnglishWording
from .signing import sign
from .typeset import PAGE_HEIGHT, SEALS, face, typeset


def paper(certificate: Certificate, kind: str, lang: str, at: datetime) -> CertificatePaper:
    """The signed paper with what the register says now; made, signed at `at`, where there is none yet.

    Raises NotAskedFor for an English one nobody asked for, SigningError when there is no usable signer.
    """
    wanted = face(certificate, kind, lang)
    key = {"number": certificate.number, "kind": kind, "lang": lang, "face_hash": wanted.hash()}
    if made := CertificatePaper.objects.filter(**key).first():
        return made
    pdf = sign(typeset(wanted), at=at, reason=wanted.title, seal=SEALS[kind], page_height=PAGE_HEIGHT)
    kept = files.keep(file_name(certificate.number, kind, lang), pdf, "application/pdf")
    made, _ = CertificatePaper.objects.get_or_create(
        **key, defaults={"face": wanted.as_json(), "sha256": kept.sha256, "made_at": at}
    )
    return made


def content(made: CertificatePaper) -> bytes:
    """The PDF of a paper."""
    return files.read(made.sha256)


def is_current(made: CertificatePaper, certificate: Certificate) -> bool:
    """Does the paper still say what the register says?"""
    return face(certificate, made.kind, made.lang).hash() == made.face_hash


def file_name(number: str, kind: str, lang: str) -> str:
    """The name a paper is saved under.

    Examples:
        >>> file_name("2026ZH0001JR0", "original", "zh")
        '2026ZH0001JR0-original-zh.pdf'
    """
    return f"{number}-{kind}-{lang}.pdf"


def may_ask_for_english(user: User, certificate: Certificate) -> bool:
    """Its holder's own people, and the officers of the body whose case it comes from."""
    if not user.expert and user.organisation_id == certificate.holder_id:
        return True
    case = Case.objects.filter(number=certificate.case_number).first()
    return case is not None and user.offices.filter(body=case.rulebook.split("/")[0]).exists()


def ask_for_english(certificate: Certificate, *, holder_name: str, holder_address: str, at: datetime) -> None:
    """The holder asks for English papers and may say how it is called (S07 3.1); a later word replaces an earlier one.

    What it leaves empty is printed as its profile says, else in Chinese.
    """
    EnglishWording.objects.update_or_create(
        number=certificate.number,
        defaults={"holder_name": holder_name, "holder_address": holder_address, "requested_at": at},
    )
    search.keep([certificate])
