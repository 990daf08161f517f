"""Is it genuine, and is it good today? What each check says, of files good, old, forged and hostile."""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pyhanko.pdf_utils.generic import pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from mingduan.registry import examination, issuing, signing, verification
from mingduan.registry.models import Certificate, CertificatePaper
from mingduan.registry.verification import Level

from .story import ISSUED, becomes, certificate

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
NOW = datetime(2027, 3, 1, 2, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _home(registry_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)  # the pages' clock


def issued() -> tuple[Certificate, bytes]:
    made = certificate()
    return made, issuing.content(issuing.paper(made, "original", "zh", AT))


def levels(verdict: verification.Verdict) -> dict[str, Level]:
    return {f.what.en: f.level for f in verdict.findings}


def said(verdict: verification.Verdict) -> str:
    return "".join(f.text.zh for f in verdict.findings)


def test_a_certificate_as_issued_passes_every_check() -> None:
    _, pdf = issued()
    verdict = verification.verify_pdf(pdf, NOW)
    assert levels(verdict) == {
        "Signature": Level.GOOD, "On record": Level.GOOD, "Present standing": Level.GOOD, "Signing authority": Level.WARN,
    }  # fmt: skip
    assert "于2026年11月24日签署" in said(verdict)
    assert "正本逐字节一致" in said(verdict)


def test_the_warning_of_a_test_authority_goes_with_it(settings) -> None:
    _, pdf = issued()
    roots = signing.test_authority(Path(settings.HOME)) / "root.pem"
    settings.SIGNER = {"kind": "pkcs12", "roots": str(roots)}
    assert verification.verify_pdf(pdf, NOW).level is Level.GOOD


def test_a_genuine_file_of_a_withdrawn_certificate_fails_for_its_standing_only() -> None:
    made, pdf = issued()
    becomes(made, "withdrawn", NOW - timedelta(days=1))
    verdict = verification.verify_pdf(pdf, NOW)
    assert levels(verdict)["Signature"] is Level.GOOD
    assert levels(verdict)["Present standing"] is Level.BAD
    assert "证书自2027年2月28日起撤销，不得使用。" in said(verdict)
    assert verification.verify_pdf(pdf, NOW - timedelta(days=2)).present.code == "valid"


def test_after_its_last_day_it_has_expired() -> None:
    made, _ = issued()
    assert verification.present(made, datetime(2029, 11, 23, 15, 59, tzinfo=UTC)).code == "valid"
    assert verification.present(made, datetime(2029, 11, 23, 16, 0, tzinfo=UTC)).code == "expired"


def test_an_earlier_paper_is_told_from_the_present_one() -> None:
    made, pdf = issued()
    made.holder_address = "杭州市滨江区"
    made.save()
    verdict = verification.verify_pdf(pdf, NOW)
    assert levels(verdict)["On record"] is Level.WARN
    assert "较早的正本" in said(verdict)


def test_one_changed_byte_is_seen() -> None:
    _, pdf = issued()
    changed = bytearray(pdf)
    changed[pdf.index(b"stream") + 40] ^= 1
    verdict = verification.verify_pdf(bytes(changed), NOW)
    assert levels(verdict) == {"Signature": Level.BAD, "On record": Level.BAD}
    assert "文件在签署后被改动过" in said(verdict)
    assert verdict.certificate is None


def test_something_added_after_signing_is_seen() -> None:
    _, pdf = issued()
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    writer.root["/Lang"] = pdf_string("xx")
    writer.update_root()
    out = BytesIO()
    writer.write(out)
    verdict = verification.verify_pdf(out.getvalue(), NOW)
    assert (levels(verdict)["Signature"], levels(verdict)["On record"]) == (Level.BAD, Level.BAD)
    assert "添加了内容" in said(verdict)


def test_a_forgery_signed_by_somebody_else_is_seen(settings, tmp_path: Path) -> None:
    made = certificate()
    ours, settings.HOME = settings.HOME, tmp_path
    forged = issuing.content(issuing.paper(made, "original", "zh", AT))
    CertificatePaper.objects.all().delete()
    settings.HOME = ours
    verdict = verification.verify_pdf(forged, NOW)
    assert levels(verdict) == {"Signature": Level.BAD, "On record": Level.BAD}
    assert "不是本机构认可的签署者" in said(verdict)


def test_a_file_signed_by_us_that_is_not_on_record_is_a_warning() -> None:
    _, pdf = issued()
    CertificatePaper.objects.all().delete()
    verdict = verification.verify_pdf(pdf, NOW)
    assert levels(verdict)["Signature"] is Level.GOOD
    assert levels(verdict)["On record"] is Level.WARN
    assert verdict.certificate is not None


def unsigned() -> bytes:
    out = BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(out)
    return out.getvalue()


def bomb() -> bytes:
    """A cross-reference stream that unpacks to 3 GB."""
    squeeze = zlib.compressobj(9)
    packed = b"".join(squeeze.compress(bytes(1 << 24)) for _ in range(192)) + squeeze.flush()
    body = (
        b"%PDF-1.7\n1 0 obj\n<</Type/XRef/Size 2/W[1 2 1]/Root 1 0 R/Filter/FlateDecode/Length "
        + str(len(packed)).encode()
    )
    return body + b">>\nstream\n" + packed + b"\nendstream\nendobj\nstartxref\n9\n%%EOF"


def endless() -> bytes:
    """A cross-reference table that names itself as the one before."""
    body = b"%PDF-1.4\nxref\n0 1\n0000000000 65535 f \ntrailer\n<</Size 1/Prev 9/Root 1 0 R>>\nstartxref\n9\n%%EOF"
    return body


@pytest.mark.parametrize(
    ("pdf", "says"),
    [
        (b"GIF89a....", "这不是 PDF 文件"),
        (b"", "这不是 PDF 文件"),
        (b"%PDF-1.7\n" + b"\x00" * 200, "文件已损坏"),
        (b"%PDF-1.7\n" + b"[" * 2_000_000 + b"\nstartxref\n9\n%%EOF", "文件已损坏"),
        (endless(), ""),
    ],
)
def test_broken_and_hostile_files_are_refused_in_words(pdf: bytes, says: str) -> None:
    verdict = verification.verify_pdf(pdf, NOW)
    assert verdict.level is Level.BAD
    assert says in said(verdict)


def test_a_bomb_ends_only_the_process_that_read_it() -> None:
    seen = examination.examine(bomb(), signing.trust_roots(), NOW)
    assert seen.problem in ("unreadable", "too_costly")


def test_a_pdf_without_signature_says_so() -> None:
    assert "没有电子签名" in said(verification.verify_pdf(unsigned(), NOW))


# the pages


def test_the_page_checks_by_number_and_by_file_without_script() -> None:
    _, pdf = issued()
    client = Client()
    assert "有效期至2029年11月23日" in client.get("/verify/", {"number": "2026zh0001jr0"}).content.decode()
    page = client.post("/verify/", {"file": SimpleUploadedFile("证书.pdf", pdf)}).content.decode()
    assert "逐字节一致" in page
    assert "恒通信息技术服务有限公司" in page


def test_a_suspended_certificate_is_shown_as_such_and_its_papers_are_not_offered() -> None:
    becomes(certificate(), "suspended", NOW - timedelta(days=1))
    page = Client().get("/verify/", {"number": "2026ZH0001JR0"}).content.decode()
    assert "证书现在不得使用" in page
    assert "original-zh.pdf" not in page


def test_a_qr_code_leads_to_the_present_standing() -> None:
    certificate()
    page = Client().get("/register/2026ZH0001JR0/")
    assert 'class="state valid">有效' in page.content.decode()


@pytest.mark.parametrize(
    ("files", "status"),
    [({}, 422), ({"file": SimpleUploadedFile("x.pdf", b"")}, 422), ({"file": SimpleUploadedFile("x.pdf", b"%PDF-" + bytes(verification.MAX_BYTES))}, 413)],
)  # fmt: skip
def test_a_missing_or_too_large_file_is_told(files: dict[str, SimpleUploadedFile], status: int) -> None:
    assert Client().post("/verify/", files).status_code == status


def test_an_unknown_number_is_told_and_shown_as_text() -> None:
    response = Client().get("/verify/", {"number": "<script>"})
    assert response.status_code == 404
    assert "&lt;SCRIPT&gt;" in response.content.decode()


def test_who_asks_too_often_is_asked_to_wait() -> None:
    client = Client()
    answers = {client.get("/verify/", {"number": "2026ZH0009JR0"}).status_code for _ in range(21)}
    assert answers == {404, 429}
    assert client.get("/verify/").status_code == 200


def test_papers_credential_and_status_list_are_public() -> None:
    made, pdf = issued()
    client = Client()
    response = client.get("/register/2026ZH0001JR0/original-zh.pdf")
    assert response.content == pdf
    assert response["Content-Type"] == "application/pdf"
    assert client.get("/register/2026ZH0001JR0/original-en.pdf").status_code == 404
    assert client.get("/register/2026ZH0001JR0/copy-zh.pdf").status_code == 404
    credential = client.get("/register/2026ZH0001JR0/credential.json")
    assert credential["Content-Type"] == "application/vc"
    assert json.loads(credential.content)["credentialSubject"]["certificateNumber"] == made.number
    listed = json.loads(client.get("/register/status/suspension.json").content)
    assert listed["credentialSubject"]["statusPurpose"] == "suspension"
    assert client.get("/register/status/other.json").status_code == 404


def test_a_certificate_that_may_not_be_used_is_not_handed_out() -> None:
    made, _ = issued()
    becomes(made, "suspended", ISSUED + timedelta(seconds=1))
    response = Client().get("/register/2026ZH0001JR0/original-zh.pdf")
    assert response.status_code == 410
    assert "不得使用" in response.content.decode()
