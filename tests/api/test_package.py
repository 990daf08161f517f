"""What remains of a case that is over: its sealed package for the body's own people, the certificate once it is destroyed."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from mingduan.api.tokens import digest
from mingduan.cases import outbox
from mingduan.cases.models import Case, Reading
from mingduan.people.models import ApiToken, User
from tests.web import office
from tests.web.office import ago, closed, do

from .client import call

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def people(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path
    office.people()
    for user in User.objects.all():
        ApiToken.objects.create(user=user, name="t", scopes=["cases:read"], digest=digest(user.username))


def archived(days: int, papers_made_at: datetime) -> Case:
    case = do(closed(ago(days)), "secretary", "secretariat", "archive", ago(days - 12))
    outbox.run(papers_made_at, limit=500)
    return case


def test_the_bodys_people_fetch_the_package_and_it_is_logged() -> None:
    case = archived(40, timezone.now())
    address = f"/cases/{case.number}/archive.zip"
    response = call("secretary", "GET", address)
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/zip")
    assert "private" in response.headers["Cache-Control"]
    assert "Authorization" in response.headers["Vary"]
    names = zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content))).namelist()
    assert any(n.endswith("manifest-sha256.txt") for n in names)
    assert Reading.objects.filter(what=Reading.What.PACKAGE, reader="secretary").count() == 1
    for login in ("enterprise", "agency", "stranger"):
        assert call(login, "GET", address).status_code == 404, login
    assert call("secretary", "GET", f"/cases/{case.number}/disposal.pdf").status_code == 404, "it is not destroyed"


def test_a_case_that_is_not_sealed_has_no_package() -> None:
    case = closed(ago(40))
    assert call("secretary", "GET", f"/cases/{case.number}/archive.zip").status_code == 404


def test_once_destroyed_the_certificate_remains_for_whoever_could_read_the_case() -> None:
    case = archived(6 * 250, ago(6 * 250 - 13))
    do(case, "committee", "committee", "dispose", ago(1), disposal__decision="专委会〔2026〕1号")
    outbox.run(timezone.now(), limit=500)
    for login in ("secretary", "enterprise"):
        told = call(login, "GET", f"/cases/{case.number}/disposal.pdf")
        assert (told.status_code, told.content[:4]) == (200, b"%PDF"), login
        assert told.headers["Content-Disposition"].startswith("attachment")
    assert call("secretary", "GET", f"/cases/{case.number}/archive.zip").status_code == 404
    assert call("stranger", "GET", f"/cases/{case.number}/disposal.pdf").status_code == 404
