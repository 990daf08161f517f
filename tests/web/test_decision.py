"""From a decision about a certificate to an appeal against it, and back to the register, as its holder sees it in pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from mingduan.cases.models import Case
from mingduan.people.models import User
from mingduan.registry.models import Certificate
from tests.registry.scheme import Course, certified, suspended
from tests.registry.test_register import appealed

pytestmark = pytest.mark.django_db


@pytest.fixture
def certificate() -> Certificate:
    return certified(at=timezone.now() - timedelta(days=40))


@pytest.fixture
def course(certificate: Certificate) -> Course:
    return suspended(certificate, timezone.now() - timedelta(days=2))


@pytest.fixture
def holder(certificate: Certificate) -> Client:
    client = Client()
    client.force_login(User.objects.create_user("holder", password="x", organisation=certificate.holder))
    return client


def test_s01_6_1_the_certificates_page_leads_its_holder_to_the_decision(
    holder: Client, certificate: Certificate, course: Course
) -> None:
    page = holder.get(f"/register/{certificate.number}/").content.decode()
    assert f'href="/register/{certificate.number}/decision/"' in page
    assert holder.get(f"/register/{certificate.number}/decision/").headers["Location"] == f"/cases/{course.number}/"


def test_whoever_is_no_party_is_not_led_to_the_case(certificate: Certificate, course: Course) -> None:
    stranger = Client()
    stranger.force_login(User.objects.create_user("stranger", password="x"))
    answer = stranger.get(f"/register/{certificate.number}/decision/")
    assert answer.headers["Location"] == f"/register/{certificate.number}/"
    assert stranger.get(f"/cases/{course.number}/").status_code == 404


def test_s01_6_1_the_decisions_page_says_until_when_an_appeal_is_open(holder: Client, course: Course) -> None:
    page = holder.get(f"/cases/{course.number}/").content.decode()
    begin = page.index(f"/cases/{course.number}/do/appeal/")
    assert "最迟" in page[begin : begin + 200]


def test_s01_6_1_the_appeals_form_names_the_decision_it_is_against(holder: Client, course: Course) -> None:
    page = holder.get(f"/cases/{course.number}/do/appeal/").content.decode()
    assert Case.objects.get(number=course.number).facts["decision.reference"] in page


def test_s01_6_1_an_appeal_filed_from_the_decision_carries_it(holder: Client, course: Course) -> None:
    sent = {"grounds": "change_of_status", "statement": "不服", "requested": "撤销", "signed_by": "王恒"}
    assert holder.post(f"/cases/{course.number}/do/appeal/", sent).status_code == 302
    appeal = Case.objects.get(rulebook="cace/appeal")
    assert appeal.facts["decision.entry"] == f"{course.number}#3"
    assert holder.get(f"/cases/{appeal.number}/").status_code == 200


def test_s01_6_3_1_what_an_upheld_appeal_restores_is_announced(certificate: Certificate) -> None:
    appealed(suspended(certificate, timezone.now() - timedelta(days=30)), "revoked")
    page = Client().get("/announcements/?kind=restore").content.decode()
    assert f'href="/register/{certificate.number}/"' in page
    certificate.refresh_from_db()
    assert certificate.status == "valid"


def test_s01_6_3_1_an_appeal_that_changes_no_certificate_is_not_announced(certificate: Certificate) -> None:
    appealed(suspended(certificate, timezone.now() - timedelta(days=30)), "stands")
    for kind in ("restore", "reapply", "hold"):
        assert certificate.number not in Client().get(f"/announcements/?kind={kind}").content.decode()
