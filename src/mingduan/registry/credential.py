"""A certificate as a W3C Verifiable Credential (Data Model 2.0), secured with Ed25519 (Data Integrity, eddsa-jcs-2022).

Its standing is in two Bitstring Status Lists, credentials themselves. The issuer is a did:key: who trusts the key needs
nothing else of us to check a credential. The same certificate and key always give the same bytes.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from mingduan.config.keys import public_part, signing_key
from mingduan.procedure.period import TZ

from .models import Certificate, Standing
from .papers import CredentialIndex
from .wording import wording

CONTEXT = ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/undefined-terms/v2"]
PURPOSES = ("revocation", "suspension")
LIST_LENGTH = 131_072  # the least a status list may have, so that one entry tells nothing of its reader
LIST_LIFE = timedelta(minutes=15)
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def credential(certificate: Certificate) -> dict[str, Any]:
    """The credential of a certificate, signed as of its issue."""
    words = wording()
    page = f"{settings.PUBLIC_URL}/register/{certificate.number}/"
    index = CredentialIndex.objects.get_or_create(number=certificate.number)[0].pk
    issued = _midnight(certificate.issued_on)
    document = {
        "@context": CONTEXT,
        "id": f"{page}credential.json",
        "type": ["VerifiableCredential", "QualificationCertificate"],
        "issuer": {"id": issuer(), "name": certificate.approving_body},
        "name": words.title(certificate.specialty).zh,
        "validFrom": _stamp(issued),
        "validUntil": _stamp(_midnight(certificate.valid_until + timedelta(days=1)) - timedelta(seconds=1)),
        "credentialSubject": {
            "name": certificate.holder_name,
            "address": certificate.holder_address,
            "certificateNumber": certificate.number,
            "specialty": words.specialty(certificate.specialty).zh,
            "grade": words.grade(certificate.grade).zh,
            "auditedBy": certificate.auditing_body,
            "evaluatedBy": certificate.evaluating_body,
            "approvedBy": certificate.approving_body,
        },
        "credentialStatus": [
            {
                "id": f"{status_url(purpose)}#{index}",
                "type": "BitstringStatusListEntry",
                "statusPurpose": purpose,
                "statusListIndex": str(index),
                "statusListCredential": status_url(purpose),
            }
            for purpose in PURPOSES
        ],
    }
    return secured(document, issued)


def status_list(purpose: str, at: datetime) -> dict[str, Any]:
    """The status list of a purpose as it stands at `at`, good for a quarter of an hour. Raises KeyError for another."""
    if purpose not in PURPOSES:
        raise KeyError(purpose)
    shown = [code for code, words in wording().standings.items() if words.shown_in == purpose]
    now = Standing.objects.filter(status__in=shown, since__lte=at).exclude(until__lte=at)
    marked = set(
        CredentialIndex.objects.filter(number__in=now.values("certificate__number")).values_list("pk", flat=True)
    )
    start = at.replace(second=0, microsecond=0)
    start -= timedelta(minutes=start.minute % 5)
    document = {
        "@context": CONTEXT[:1],
        "id": status_url(purpose),
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer(),
        "validFrom": _stamp(start),
        "validUntil": _stamp(start + LIST_LIFE),
        "credentialSubject": {
            "id": f"{status_url(purpose)}#list",
            "type": "BitstringStatusList",
            "statusPurpose": purpose,
            "encodedList": encoded(marked, max([LIST_LENGTH - 1, *marked]) + 1),
        },
    }
    return secured(document, start)


def encoded(marked: Iterable[int], length: int) -> str:
    """A bitstring with the `marked` places set, leftmost first, as the status list wants it: 'u' and base64url of gzip.

    Examples:
        >>> packed = base64.urlsafe_b64decode(encoded({0, 9}, 16)[1:] + "==")
        >>> gzip.decompress(packed).hex()
        '8040'
    """
    bits = bytearray(-(-length // 8))
    for place in marked:
        bits[place // 8] |= 0x80 >> place % 8
    return "u" + base64.urlsafe_b64encode(gzip.compress(bytes(bits), mtime=0)).decode().rstrip("=")


def secured(document: dict[str, Any], created: datetime) -> dict[str, Any]:
    """The document with its proof (Data Integrity EdDSA Cryptosuites 1.0, section 3.3)."""
    proof = {
        "@context": document["@context"], "type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022",
        "created": _stamp(created), "verificationMethod": f"{issuer()}#{issuer().removeprefix('did:key:')}",
        "proofPurpose": "assertionMethod",
    }  # fmt: skip
    digest = b"".join(hashlib.sha256(rfc8785.dumps(part)).digest() for part in (proof, document))
    return {**document, "proof": {**proof, "proofValue": _multibase(_key().sign(digest))}}


def issuer() -> str:
    """Our key as a DID."""
    return f"did:key:{_multibase(bytes((0xED, 0x01)) + public_part(_key()))}"


def status_url(purpose: str) -> str:
    """Where a status list is."""
    return f"{settings.PUBLIC_URL}/register/status/{purpose}.json"


def _key() -> Ed25519PrivateKey:
    return signing_key(settings.CREDENTIAL_KEY, "credential-key.pem")


def _multibase(content: bytes) -> str:
    """Base58btc with its prefix 'z'.

    Examples:
        >>> _multibase(b"Hello World!")
        'z2NEpo7TZRRrLZSi2U'
    """
    number, digits = int.from_bytes(content), ""
    while number:
        number, rest = divmod(number, 58)
        digits = _BASE58[rest] + digits
    return "z" + "1" * (len(content) - len(content.lstrip(b"\0"))) + digits


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), TZ)


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
