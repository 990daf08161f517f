"""Credentials and status lists, checked by openvc: a verifier of other hands that knows nothing of us."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openvc
import pytest
from openvc.errors import OpenvcError

from mingduan.registry import credential
from mingduan.registry.models import CredentialIndex

from .story import ISSUED, becomes, certificate

pytestmark = pytest.mark.django_db
NOW = datetime(2027, 3, 1, 2, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _home(settings, tmp_path: Path) -> None:
    settings.HOME, settings.CREDENTIAL_KEY = tmp_path, ""


def checked(document: dict[str, Any], at: datetime = NOW) -> openvc.VerificationResult:
    """As a stranger does it: from JSON, fetching the status lists named in it and checking those the same way."""

    def fetch(url: str) -> dict[str, Any]:
        purpose = url.removesuffix(".json").rsplit("/", 1)[-1]
        listed = json.loads(json.dumps(credential.status_list(purpose, at)))
        policy = openvc.VerificationPolicy(now=at, expected_types="BitstringStatusListCredential")
        return openvc.verify_credential(listed, policy=policy).credential

    policy = openvc.VerificationPolicy(
        now=at, expected_types="QualificationCertificate", require_status_issuer_binding=True
    )
    return openvc.verify_credential(json.loads(json.dumps(document)), policy=policy, resolve_status_list=fetch)


def test_an_independent_verifier_accepts_it_and_reads_the_certificate() -> None:
    result = checked(credential.credential(certificate()))
    assert result.format == "data-integrity:eddsa-jcs-2022"
    assert result.issuer == credential.issuer()
    assert result.credential["credentialSubject"]["certificateNumber"] == "2026ZH0001JR0"
    assert result.credential["validUntil"] == "2029-11-23T15:59:59Z"


@pytest.mark.parametrize("member", ["grade", "name"])
def test_a_changed_word_breaks_the_proof(member: str) -> None:
    document = credential.credential(certificate())
    document["credentialSubject"][member] = "乙级"
    with pytest.raises(OpenvcError):
        checked(document)


def test_it_is_refused_before_its_day_and_after_it() -> None:
    document = credential.credential(certificate())
    for at in (ISSUED - timedelta(days=1), datetime(2029, 11, 24, tzinfo=UTC)):
        with pytest.raises(OpenvcError):
            checked(document, at)


@pytest.mark.parametrize(
    ("status", "error"),
    [("suspended", "CredentialSuspended"), ("withdrawn", "CredentialRevoked"), ("cancelled", "CredentialRevoked")],
)
def test_the_status_lists_tell_the_standing_and_only_from_its_instant(status: str, error: str) -> None:
    made = certificate()
    other = credential.credential(certificate("2026TT0002YR0", holder_name="远景维护有限公司"))
    document = credential.credential(made)
    becomes(made, status, NOW - timedelta(hours=1))
    checked(document, NOW - timedelta(hours=2))
    with pytest.raises(OpenvcError) as refused:
        checked(document)
    assert type(refused.value).__name__ == error
    checked(other)


def test_a_lifted_suspension_clears_the_bit() -> None:
    made = certificate()
    document = credential.credential(made)
    becomes(made, "suspended", NOW - timedelta(days=2))
    becomes(made, "valid", NOW - timedelta(days=1))
    checked(document)


def test_the_list_grows_with_the_register() -> None:
    made = certificate()
    CredentialIndex.objects.create(pk=200_000, number=made.number)
    becomes(made, "withdrawn", NOW - timedelta(days=1))
    with pytest.raises(OpenvcError):
        checked(credential.credential(made))


def test_the_same_certificate_gives_the_same_bytes() -> None:
    made = certificate()
    assert credential.credential(made) == credential.credential(made)


def test_the_key_is_the_owners_only(tmp_path: Path) -> None:
    credential.issuer()
    assert (tmp_path / "credential-key.pem").stat().st_mode & 0o777 == 0o600
