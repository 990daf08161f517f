"""Who signs certificates, and the signature: PAdES B-B at the seal's place, forbidding any later change, keeping PDF/A.

The key comes from where the settings say: a hardware token (PKCS#11), a PKCS#12 file, or, by default, a test authority
made once in this installation's home and named as what it is. Secrets come from the environment and are kept nowhere.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from asn1crypto import pem
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID
from django.conf import settings
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields
from pyhanko.sign.signers.pdf_cms import Signer, SimpleSigner
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner, PdfSigningSession
from pyhanko.stamp.noop import NoOpStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

FIELD = "Signature"
TEST_NAME = "明断测试 Mingduan TEST ONLY"
_FROM, _TO = datetime(2015, 1, 1, tzinfo=UTC), datetime(2045, 12, 31, tzinfo=UTC)


class SigningError(Exception):
    """The signer the settings ask for can't be used; says what to put right."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the page in millimetres from its upper left corner."""

    left: float
    top: float
    width: float
    height: float

    def points(self, page_height: float) -> tuple[int, int, int, int]:
        """As PDF counts: from below, in points.

        Examples:
            >>> Box(0, 0, 25.4, 25.4).points(page_height=254)
            (0, 648, 72, 720)
        """
        x, y = self.left, page_height - self.top - self.height
        left, low, right, high = (round(v * 72 / 25.4) for v in (x, y, x + self.width, y + self.height))
        return left, low, right, high


def sign(pdf: bytes, *, at: datetime, reason: str, seal: Box, page_height: float) -> bytes:
    """The same document, signed at `at`; who clicks on `seal` in a reader is shown the signature.

    The same document, instant and key give the same bytes (RSA as PAdES readers know it draws no random number).
    Raises SigningError when there is no usable signer.
    """
    who = signer()
    meta = PdfSignatureMetadata(
        field_name=FIELD, subfilter=fields.SigSeedSubFilter.PADES, md_algorithm="sha256", reason=reason,
        certify=True, docmdp_permissions=fields.MDPPerm.NO_CHANGES,
    )  # fmt: skip
    spec = fields.SigFieldSpec(FIELD, box=seal.points(page_height), readable_field_name="签章 Signature")
    document, out = _Archival(pdf), BytesIO()
    fields.append_signature_field(document, spec)  # with the empty appearance that PDF/A asks for
    _Dated(meta, who, at=at).sign_pdf(document, output=out)
    return out.getvalue()


def signer() -> Signer:
    """The signer of this installation, as its settings say."""
    return _signer(tuple(sorted(settings.SIGNER.items())), str(settings.HOME))


def trust_roots() -> bytes:
    """The roots that a certificate's signature must lead to, as PEM."""
    if file := settings.SIGNER.get("roots"):
        return _readable(file).read_bytes()
    if settings.SIGNER["kind"] != "test-ca":
        raise SigningError("set MINGDUAN_SIGNER_ROOTS to a PEM file with the roots of your signing certificate")
    return (test_authority(Path(settings.HOME)) / "root.pem").read_bytes()


def test_authority(home: Path) -> Path:
    """The folder of the test authority, made if it is not there yet: all of it at once or nothing."""
    folder = home / "ca"
    if not folder.exists():
        made = Path(tempfile.mkdtemp(prefix="ca-", dir=home))
        _make_authority(made)
        with contextlib.suppress(OSError):  # another process was first: its authority counts
            made.rename(folder)
        shutil.rmtree(made, ignore_errors=True)
    return folder


class _Archival(IncrementalPdfFileWriter):
    """Adds the signature and touches nothing else: a document's metadata stays as PDF/A wants it, and dated as it was."""

    output_version = (1, 4)

    def __init__(self, pdf: bytes) -> None:
        super().__init__(BytesIO(pdf))
        changed = hashlib.sha256(pdf).digest()[:16]  # any new value will do for the changed file's identifier
        self._document_id = generic.ArrayObject([self._document_id[0], generic.ByteStringObject(changed)])

    def _update_meta(self) -> None:
        pass


class _Dated(PdfSigner):
    """Signs at the instant it is told, not at the machine's, and draws nothing over the page."""

    def __init__(self, meta: PdfSignatureMetadata, who: Signer, *, at: datetime) -> None:
        super().__init__(meta, who, stamp_style=NoOpStampStyle())
        self._at = at

    def init_signing_session(self, pdf_out: Any, existing_fields_only: bool = False) -> PdfSigningSession:
        session = super().init_signing_session(pdf_out, existing_fields_only)
        session.system_time = self._at
        return session


class _Loaded(SimpleSigner):
    """A signer whose RSA key is loaded once: loading checks it anew, and that takes far longer than signing."""

    @cached_property
    def _rsa(self) -> rsa.RSAPrivateKey | None:
        key = serialization.load_der_private_key(self.signing_key.dump(), None)
        plain = self.get_signature_mechanism_for_digest("sha256").signature_algo == "rsassa_pkcs1v15"
        return key if plain and isinstance(key, rsa.RSAPrivateKey) else None

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        if self._rsa is None or digest_algorithm != "sha256":
            return await super().async_sign_raw(data, digest_algorithm, dry_run)
        if dry_run:
            return bytes(self._rsa.key_size // 8)
        return self._rsa.sign(data, padding.PKCS1v15(), hashes.SHA256())


@lru_cache(maxsize=4)
def _signer(config: tuple[tuple[str, str], ...], home: str) -> Signer:
    options = dict(config)
    kind = options["kind"]
    if kind == "test-ca":
        folder = test_authority(Path(home))
        return _simple(
            (folder / "signing-key.pem").read_bytes(),
            (folder / "signing.pem").read_bytes(),
            (folder / "root.pem").read_bytes(),
        )
    if kind == "pkcs12":
        content = _readable(options.get("file", "")).read_bytes()
        try:
            held = SimpleSigner.load_pkcs12_data(content, (), options.get("passphrase", "").encode())
            return _Loaded(held.signing_cert, held.signing_key, held.cert_registry)
        except ValueError as error:
            raise SigningError(f"{options['file']}: {error}; is MINGDUAN_SIGNER_PASSPHRASE right?") from error
    if kind == "pkcs11":
        return _pkcs11(options)
    raise SigningError(f"MINGDUAN_SIGNER is {kind!r}; it can be test-ca, pkcs12 or pkcs11")


def _pkcs11(options: dict[str, str]) -> Signer:
    """A key that never leaves its token. The library is asked for only here: most installations have no token."""
    try:
        from pkcs11.exceptions import PKCS11Error
        from pyhanko.config.pkcs11 import TokenCriteria
        from pyhanko.sign.pkcs11 import PKCS11Signer, open_pkcs11_session
    except ImportError as error:
        raise SigningError("a PKCS#11 signer needs the package python-pkcs11: pip install mingduan[pkcs11]") from error
    _readable(options.get("module", ""))
    try:
        session = open_pkcs11_session(
            options["module"],
            token_criteria=TokenCriteria(label=options.get("token", "")),
            user_pin=options.get("pin") or None,
        )
        token: Signer = PKCS11Signer(session, cert_label=options.get("label", "signing"))
        token.signing_cert  # noqa: B018  the token is asked for it now, so that a missing one is told now
        return token
    except (PKCS11Error, OSError, RuntimeError) as error:
        raise SigningError(f"PKCS#11: {type(error).__name__} {error}") from error


def _simple(key: bytes, certificate: bytes, root: bytes) -> Signer:
    from pyhanko.keys import load_private_key_from_pemder_data

    store = SimpleCertificateStore()
    store.register(_certificate(root))
    return _Loaded(_certificate(certificate), load_private_key_from_pemder_data(key, None), store)


def _certificate(content: bytes) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(pem.unarmor(content)[2])


def _readable(path: str) -> Path:
    if not path or not os.access(path, os.R_OK):
        raise SigningError(f"can't read {path or 'the file: none is named'} (MINGDUAN_SIGNER_…)")
    return Path(path)


def _make_authority(folder: Path) -> None:
    """A root and, under it, one signing certificate. Anybody can see from the names that they prove nothing outside."""
    root_key, key = (rsa.generate_private_key(public_exponent=65537, key_size=3072) for _ in range(2))
    root_name, name = (
        x509.Name([
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, TEST_NAME),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{TEST_NAME} {role}"),
        ])
        for role in ("Root CA", "Signing")
    )  # fmt: skip
    root = _issue(root_name, root_name, root_key, root_key, ca=True)
    signing = _issue(name, root_name, key, root_key, ca=False)
    for file, content in (("root.pem", root), ("signing.pem", signing)):
        (folder / file).write_bytes(content.public_bytes(serialization.Encoding.PEM))
    for file, secret in (("root-key.pem", root_key), ("signing-key.pem", key)):
        with open(os.open(folder / file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(
                secret.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
            )


def _issue(
    subject: x509.Name, issuer: x509.Name, key: rsa.RSAPrivateKey, by: rsa.RSAPrivateKey, *, ca: bool
) -> x509.Certificate:
    """One certificate of the test authority; signing ones say they are for commitment to content."""
    usage = x509.KeyUsage(
        digital_signature=not ca, content_commitment=not ca, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=ca, crl_sign=ca, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    return (
        x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FROM)
        .not_valid_after(_TO)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=0 if ca else None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
        .sign(by, hashes.SHA256())
    )
