"""What a PDF of unknown origin shows of its signature. It is read in a process of its own with little time and memory:

a file made to exhaust or mislead a reader ends that process and nothing else. Nothing in a file is ever run.
"""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
from dataclasses import asdict, dataclass
from datetime import datetime
from io import BytesIO

SECONDS, MEMORY = 8, 1 << 30


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found. `whole`: it is signed to its last byte and nothing was added; `claims`: the number in its title."""

    signatures: int = 0
    intact: bool = False
    whole: bool = False
    trusted: bool = False
    signer: str = ""
    signed_at: str = ""
    claims: str = ""
    problem: str = ""

    @property
    def good(self) -> bool:
        """One signature, ours, over the file as it is."""
        return self.signatures == 1 and self.intact and self.whole and self.trusted


def examine(pdf: bytes, roots: bytes, at: datetime) -> Examination:
    """Look at `pdf` from a distance; `roots` (PEM) are those a signature must lead to at `at`."""
    if not pdf.startswith(b"%PDF-"):
        return Examination(problem="not_pdf")
    head = json.dumps({"roots": roots.decode(), "at": at.isoformat()}).encode() + b"\n"
    try:
        done = subprocess.run(
            [sys.executable, "-m", "mingduan.registry.examination"], input=head + pdf, capture_output=True,
            timeout=SECONDS * 2, check=True,
        )  # fmt: skip
        return Examination(**json.loads(done.stdout))
    except subprocess.TimeoutExpired:
        return Examination(problem="too_costly")
    except (subprocess.CalledProcessError, ValueError, TypeError):
        return Examination(problem="unreadable")


def look(pdf: bytes, roots: bytes, at: datetime) -> Examination:
    """Look at `pdf` here and now; raises whatever a broken file makes the reader raise."""
    from asn1crypto import pem, x509
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.status import SignatureCoverageLevel
    from pyhanko_certvalidator import ValidationContext

    reader = PdfFileReader(BytesIO(pdf))
    title = str(reader.trailer["/Info"].get("/Title", "")) if "/Info" in reader.trailer else ""
    number = re.search(r"\b[0-9]{4}[A-Z]{2}[0-9]{4}[A-Z]R[0-9]\b", title)
    claims = number[0] if number else ""
    found = reader.embedded_regular_signatures
    if not found:
        return Examination(claims=claims)
    anchors = [x509.Certificate.load(der) for _, _, der in pem.unarmor(roots, multiple=True)]
    context = ValidationContext(trust_roots=anchors, moment=at, allow_fetching=False, revocation_mode="soft-fail")
    status = validate_pdf_signature(found[-1], context)
    signer = status.signing_cert.subject.native.get("common_name", "")
    return Examination(
        signatures=len(found),
        intact=bool(status.intact and status.valid),
        whole=status.coverage == SignatureCoverageLevel.ENTIRE_FILE and bool(status.docmdp_ok),
        trusted=bool(status.trusted),
        signer=str(signer),
        signed_at=status.signer_reported_dt.isoformat() if status.signer_reported_dt else "",
        claims=claims,
    )


def main() -> None:
    """Read a line of JSON and a PDF, write what was found as JSON."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))
    head = json.loads(sys.stdin.buffer.readline())
    seen = look(sys.stdin.buffer.read(), head["roots"].encode(), datetime.fromisoformat(head["at"]))
    sys.stdout.write(json.dumps(asdict(seen)))


if __name__ == "__main__":
    main()
