"""Making the papers of many certificates from the page."""

from __future__ import annotations

import zipfile
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from mingduan.cases import outbox
from mingduan.registry import batch
from mingduan.registry.models import Batch, Certificate, CertificatePaper
from tests.registry.story import certificate

from . import office

pytestmark = pytest.mark.django_db
ALL = {"kind": "original", "lang": "zh"}
AHEAD = {"issued_on": date(2026, 5, 1), "valid_until": date(2099, 4, 30)}


@pytest.fixture
def centre(registry_home: Path) -> Client:
    office.people()
    for serial in (1, 2):
        certificate(f"2026ZH{serial:04}JR0", holder_name=f"第{serial}代维有限公司", **AHEAD)
    return office.signed_in("centre")


def worked_off() -> None:
    later = timezone.now()
    while outbox.run(later := later + timedelta(minutes=10)):
        pass


def begun(client: Client, **more: str) -> Batch:
    response = client.post("/certificates/batches/", {**ALL, **more})
    assert response.status_code == 302, response.content.decode()
    return Batch.objects.latest("pk")


def test_the_worker_makes_them_and_the_package_is_fetched(centre: Client) -> None:
    job = begun(centre, name="五月")
    assert "0 / 2" in centre.get(f"/certificates/batches/{job.pk}/").content.decode()
    worked_off()
    packed = b"".join(centre.get(f"/certificates/batches/{job.pk}/package.zip").streaming_content)  # type: ignore[attr-defined, arg-type]  # a file's response
    names = zipfile.ZipFile(BytesIO(packed)).namelist()
    assert names == ["2026ZH0001JR0-original-zh.pdf", "2026ZH0002JR0-original-zh.pdf", "SHA256SUMS"]


def test_those_with_papers_are_left_out_when_asked(centre: Client) -> None:
    begun(centre)
    worked_off()
    certificate("2026ZH0003JR0", holder_name="第3代维有限公司", **AHEAD)
    assert [i.number for i in begun(centre, without_paper="1").items.all()] == ["2026ZH0003JR0"]


def test_a_paper_that_says_what_the_register_no_longer_says_counts_as_none(centre: Client) -> None:
    begun(centre)
    worked_off()
    Certificate.objects.filter(number="2026ZH0001JR0").update(holder_address="杭州市滨江区")
    assert [i.number for i in begun(centre, without_paper="1").items.all()] == ["2026ZH0001JR0"]


def test_the_count_is_shown_before_anything_begins(centre: Client) -> None:
    page = centre.get("/certificates/batches/", {"kind": ["original", "duplicate"], "lang": "zh"}).content.decode()
    assert "<strong>2</strong>" in page
    assert "<strong>4</strong>" in page
    assert not Batch.objects.exists()


def test_what_may_not_be_used_any_more_is_not_made_and_is_told(centre: Client) -> None:
    job = begun(centre)
    Certificate.objects.filter(number="2026ZH0001JR0").update(status="suspended")
    worked_off()
    assert "证书现在不得使用" in centre.get(f"/certificates/batches/{job.pk}/").content.decode()
    in_english = centre.get(f"/certificates/batches/{job.pk}/", headers={"Accept-Language": "en"}).content.decode()
    assert "The certificate may not be used now" in in_english
    assert "不得使用" not in in_english
    assert [p.number for p in CertificatePaper.objects.all()] == ["2026ZH0002JR0"]


def test_going_on_makes_what_failed_and_nothing_twice(centre: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "SLICE", 1)
    job = begun(centre)
    Certificate.objects.update(status="suspended")
    worked_off()
    Certificate.objects.update(status="valid")
    for _ in range(2):
        centre.post(f"/certificates/batches/{job.pk}/")
        worked_off()
        assert batch.progress(job) == batch.Progress(total=2, made=2, failed=0, packed=True)
    assert CertificatePaper.objects.count() == 2


def test_a_span_that_ends_before_it_begins_is_told(centre: Client) -> None:
    response = centre.post("/certificates/batches/", {**ALL, "issued_from": "2026-05-02", "issued_to": "2026-05-01"})
    assert response.status_code == 422
    assert "“至”早于“自”" in response.content.decode()


@pytest.mark.parametrize("login", ["committee", "secretary", "agency", "enterprise"])
def test_nobody_but_the_office_that_keeps_certificates_has_the_page(centre: Client, login: str) -> None:
    assert office.signed_in(login).get("/certificates/batches/").status_code == 404
