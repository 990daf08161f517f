"""The signature on a certificate, seen by poppler as well; and where the key may come from."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from mingduan.registry import signing

AT = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
BOX = signing.Box(210, 131, 33, 33)
SOFTHSM = "/usr/lib/softhsm/libsofthsm2.so"


@pytest.fixture(autouse=True)
def _home(settings, tmp_path: Path) -> None:
    settings.HOME, settings.SIGNER = tmp_path, {"kind": "test-ca"}


def blank() -> bytes:
    out = BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(842, 595))
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable, deterministic_id=True)
    return out.getvalue()


def signed() -> bytes:
    return signing.sign(blank(), at=AT, reason="颁发证书", seal=BOX, page_height=210)


def poppler(pdf: bytes, folder: Path) -> str:
    (folder / "signed.pdf").write_bytes(pdf)
    return subprocess.run(
        ["pdfsig", "-nocert", folder / "signed.pdf"], capture_output=True, text=True, check=True
    ).stdout


def test_poppler_finds_one_valid_pades_signature_over_the_whole_file(tmp_path: Path) -> None:
    said = poppler(signed(), tmp_path)
    for words in ("Signature is Valid", "Total document signed", "ETSI.CAdES.detached", "TEST ONLY Signing"):
        assert words in said
    assert "Signature #2" not in said


def test_poppler_sees_one_changed_byte(tmp_path: Path) -> None:
    pdf = bytearray(signed())
    pdf[pdf.index(b"/MediaBox") + 12] ^= 1
    assert "Signature is Valid" not in poppler(bytes(pdf), tmp_path)


def test_the_same_document_instant_and_key_give_the_same_bytes() -> None:
    assert signed() == signed()


def test_the_test_authority_says_what_it_is_and_keeps_its_keys_to_itself(tmp_path: Path) -> None:
    folder = signing.test_authority(tmp_path)
    root = x509.load_pem_x509_certificate((folder / "root.pem").read_bytes())
    assert "TEST ONLY" in root.subject.rfc4514_string()
    assert {(folder / f"{k}-key.pem").stat().st_mode & 0o777 for k in ("root", "signing")} == {0o600}


def test_many_at_once_make_one_authority(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        folders = set(pool.map(lambda _: signing.test_authority(tmp_path), range(4)))
    assert folders == {tmp_path / "ca"}
    assert [p.name for p in tmp_path.iterdir()] == ["ca"]


def own_key(tmp_path: Path) -> tuple[object, x509.Certificate]:
    folder = signing.test_authority(tmp_path)
    key = serialization.load_pem_private_key((folder / "signing-key.pem").read_bytes(), None)
    return key, x509.load_pem_x509_certificate((folder / "signing.pem").read_bytes())


def test_a_pkcs12_file_signs_with_its_passphrase(settings, tmp_path: Path) -> None:
    key, certificate = own_key(tmp_path)
    locked = serialization.BestAvailableEncryption("口令 secret".encode())
    (tmp_path / "office.p12").write_bytes(pkcs12.serialize_key_and_certificates(b"", key, certificate, None, locked))
    settings.SIGNER = {"kind": "pkcs12", "file": str(tmp_path / "office.p12"), "passphrase": "口令 secret"}
    assert "Signature is Valid" in poppler(signed(), tmp_path)
    settings.SIGNER = settings.SIGNER | {"passphrase": "wrong"}
    with pytest.raises(signing.SigningError, match="MINGDUAN_SIGNER_PASSPHRASE"):
        signed()


def test_a_key_in_a_token_signs_without_leaving_it(settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pkcs11

    _, certificate = own_key(tmp_path)
    (tmp_path / "tokens").mkdir()
    (tmp_path / "softhsm2.conf").write_text(f"directories.tokendir = {tmp_path / 'tokens'}\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "softhsm2.conf"))
    hsm = ["softhsm2-util", "--token", "office", "--pin", "4711"]
    subprocess.run(["softhsm2-util", "--init-token", "--free", "--label", "office", "--pin", "4711", "--so-pin", "0815"], check=True)  # fmt: skip
    subprocess.run([*hsm, "--import", tmp_path / "ca" / "signing-key.pem", "--label", "signing", "--id", "01"], check=True)  # fmt: skip
    with pkcs11.lib(SOFTHSM).get_token(token_label="office").open(rw=True, user_pin="4711") as session:
        session.create_object({
            pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE, pkcs11.Attribute.TOKEN: True,
            pkcs11.Attribute.CERTIFICATE_TYPE: pkcs11.CertificateType.X_509, pkcs11.Attribute.LABEL: "signing",
            pkcs11.Attribute.ID: b"\x01", pkcs11.Attribute.SUBJECT: certificate.subject.public_bytes(),
            pkcs11.Attribute.VALUE: certificate.public_bytes(serialization.Encoding.DER),
        })  # fmt: skip
    settings.SIGNER = {"kind": "pkcs11", "module": SOFTHSM, "token": "office", "pin": "4711", "label": "signing"}
    assert "Signature is Valid" in poppler(signed(), tmp_path)


@pytest.mark.parametrize(
    ("signer", "said"),
    [
        ({"kind": "abacus"}, "test-ca, pkcs12 or pkcs11"),
        ({"kind": "pkcs12", "file": "/nowhere.p12"}, "can't read /nowhere.p12"),
        ({"kind": "pkcs11"}, "none is named"),
    ],
)
def test_a_signer_that_cannot_be_used_says_what_to_put_right(settings, signer: dict[str, str], said: str) -> None:
    settings.SIGNER = signer
    with pytest.raises(signing.SigningError, match=said):
        signed()
