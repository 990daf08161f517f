"""Is this certificate genuine, and is it good today? Each check says what it found in plain words."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.conf import settings

from mingduan.procedure.period import TZ
from mingduan.procedure.text import Text

from .examination import Examination, examine
from .issuing import is_current
from .models import Certificate
from .papers import CertificatePaper
from .queries import follower, standing_at
from .signing import trust_roots
from .typeset import NotAskedFor
from .wording import StandingWords, wording

MAX_BYTES = 5 * 2**20


class Level(StrEnum):
    """How a check came out."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check and what it found."""

    what: Text
    level: Level
    text: Text


@dataclass(frozen=True, slots=True)
class Present:
    """A certificate's standing at an instant."""

    code: str
    words: StandingWords
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """All that was found, and the certificate it is about, if it is one of ours."""

    findings: tuple[Finding, ...]
    certificate: Certificate | None = None
    present: Present | None = None

    @property
    def level(self) -> Level:
        """The worst of the findings."""
        levels = {f.level for f in self.findings}
        return next(level for level in (Level.BAD, Level.WARN, Level.GOOD) if level in levels)

    @property
    def genuine(self) -> bool:
        """Nothing but the certificate's standing speaks against it."""
        return all(f.level is not Level.BAD or f.what == _PRESENT for f in self.findings)


def present(certificate: Certificate, at: datetime) -> Present:
    """What a certificate is at `at`."""
    span = standing_at(certificate.number, at)
    code = span.status if span else "not_yet"
    return Present(code, wording().standing(code), span.since if span else None)


def verify_number(number: str, at: datetime) -> Verdict | None:
    """What the register says of a number today; None when it knows no such number."""
    certificate = Certificate.objects.filter(number=number.strip().upper()).first()
    if certificate is None:
        return None
    now = present(certificate, at)
    return Verdict((_standing(certificate, now),), certificate, now)


def verify_pdf(pdf: bytes, at: datetime) -> Verdict:
    """Check a PDF: its signature, whether it is the file we issued, and what the certificate is today."""
    paper = CertificatePaper.objects.filter(sha256=hashlib.sha256(pdf).hexdigest()).first()
    # A file we know was signed when we made it: our own record dates the signature. Another's date proves nothing.
    seen = examine(pdf, trust_roots(), paper.made_at if paper else at)
    number = paper.number if paper else seen.claims if seen.good else ""
    certificate = Certificate.objects.filter(number=number).first()
    now = present(certificate, at) if certificate else None
    findings = [_signature(seen), _registered(paper, certificate, seen)]
    if certificate and now:
        findings.append(_standing(certificate, now))
    if seen.trusted and settings.SIGNER["kind"] == "test-ca":
        findings.append(_TEST)
    return Verdict(tuple(f for f in findings if f), certificate, now)


_SIGNATURE = Text(zh="电子签名", en="Signature")
_REGISTER = Text(zh="登记留存", en="On record")
_PRESENT = Text(zh="证书现状", en="Present standing")
_TEST = Finding(
    Text(zh="签署机构", en="Signing authority"),
    Level.WARN,
    Text(zh="签名出自本系统的测试证书机构，仅供演示，没有法律效力。", en="Signed by this installation's test authority: for demonstration only, without legal effect."),
)  # fmt: skip
_PROBLEMS = {
    "not_pdf": Text(zh="这不是 PDF 文件。请选择下载得到的证书 PDF，不要用照片或截图。", en="This is not a PDF. Choose the certificate's PDF as downloaded, not a photo or screenshot."),
    "unreadable": Text(zh="文件已损坏，或不是本系统能读的 PDF，无法检查签名。", en="The file is damaged or no PDF that can be read here; its signature can't be checked."),
    "too_costly": Text(zh="文件过于复杂，检查已中止。真的证书文件不会这样。", en="The file is too complex and the check was stopped. A genuine certificate is never like this."),
}  # fmt: skip


def _signature(seen: Examination) -> Finding:
    def bad(zh: str, en: str) -> Finding:
        return Finding(_SIGNATURE, Level.BAD, Text(zh=zh, en=en))

    if seen.problem:
        return Finding(_SIGNATURE, Level.BAD, _PROBLEMS[seen.problem])
    if not seen.signatures:
        return bad("文件没有电子签名。", "The file carries no signature.")
    if not seen.intact:
        return bad("签名与内容不符：文件在签署后被改动过。", "The signature doesn't match: the file was changed after it was signed.")  # fmt: skip
    if not seen.trusted:
        return bad(
            f"签名者“{seen.signer}”不是本机构认可的签署者。",
            f"The signer “{seen.signer}” is not one this body stands behind.",
        )
    if not seen.good:
        return bad("文件在签署后又添加了内容。", "Something was added to the file after it was signed.")
    signed = _day(datetime.fromisoformat(seen.signed_at).astimezone(TZ).date()) if seen.signed_at else Text(zh="", en="")  # fmt: skip
    return Finding(
        _SIGNATURE,
        Level.GOOD,
        Text(
            zh=f"签名有效：“{seen.signer}”于{signed.zh}签署，此后未改动。",
            en=f"Valid: signed by “{seen.signer}” on {signed.en}, unchanged since.",
        ),
    )


def _registered(paper: CertificatePaper | None, certificate: Certificate | None, seen: Examination) -> Finding:
    def finding(level: Level, zh: str, en: str) -> Finding:
        return Finding(_REGISTER, level, Text(zh=zh, en=en))

    if paper is None:
        if seen.good:
            return finding(Level.WARN, "文件由本机构签署，但不是留存的那一份；请以下面的现状为准。", "Signed by this body, yet not a file on record; go by the present standing below.")  # fmt: skip
        return finding(Level.BAD, "登记中没有这份文件。", "No such file is on record.")
    kind = {"original": Text(zh="正本", en="original"), "duplicate": Text(zh="副本", en="duplicate")}[paper.kind]
    if certificate is None:
        return finding(Level.BAD, "文件曾由本机构签发，但登记中已没有这张证书。", "Issued here once, yet the register has no such certificate.")  # fmt: skip
    try:
        current = is_current(paper, certificate)
    except NotAskedFor:
        current = False
    if not current:
        return finding(
            Level.WARN,
            f"这是证书{paper.number}较早的{kind.zh}，登记内容此后有变动，请下载新的一份。",
            f"An earlier {kind.en} of {paper.number}: the register has changed since. Download the new one.",
        )
    return finding(
        Level.GOOD,
        f"与留存的证书{paper.number}{kind.zh}逐字节一致。",
        f"Byte for byte the {kind.en} of {paper.number} on record.",
    )


def _standing(certificate: Certificate, now: Present) -> Finding:
    until = _day(certificate.valid_until)
    if now.words.usable:
        return Finding(_PRESENT, Level.GOOD, Text(zh=f"证书{now.words.zh}，有效期至{until.zh}。", en=f"{now.words.en}, until {until.en}."))  # fmt: skip
    if now.code == "expired":
        return Finding(_PRESENT, Level.BAD, Text(zh=f"证书已于{until.zh}到期。", en=f"Expired after {until.en}."))
    if now.since is None:
        return Finding(_PRESENT, Level.BAD, Text(zh=f"证书{now.words.zh}。", en=f"{now.words.en}."))
    since, following = _day(now.since.astimezone(TZ).date()), follower(certificate.number)
    zh, en = (f"现以{following}为准。", f" {following} has taken its place.") if following else ("", "")
    return Finding(
        _PRESENT,
        Level.BAD,
        Text(
            zh=f"证书自{since.zh}起{now.words.zh}，不得使用。{zh}",
            en=f"{now.words.en} since {since.en}: it may not be used.{en}",
        ),
    )


def _day(day: date) -> Text:
    return Text(zh=f"{day.year}年{day.month}月{day.day}日", en=day.isoformat())
