"""An enterprise's people come in: where each application stands and who must do what by when, certificates, what to do next."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from mingduan.cases.models import Case
from mingduan.people.models import Organisation, User
from mingduan.registry import jobs
from mingduan.registry.models import Certificate, Standing

from ..registry.scheme import applied, certified, enterprise, suspended
from .office import signed_in

pytestmark = pytest.mark.django_db
NAME = "恒通代维有限公司"


@pytest.fixture(autouse=True)
def _person() -> None:
    User.objects.create_user("enterprise", password="x", name="张三", organisation=enterprise(NAME))
    stranger = Organisation.objects.create(name="远景维护", kind="enterprise")
    User.objects.create_user("stranger", password="x", name="李四", organisation=stranger)


def home(login: str = "enterprise") -> str:
    return html.unescape(signed_in(login).get("/home/").content.decode())


def test_an_application_shows_where_it_stands_and_who_owes_what_by_when() -> None:
    course = applied(enterprise(NAME), timezone.now())  # of the same day, whatever the hour
    page = home()
    row = page[page.index(course.number) :]
    assert "已申请" in row
    assert "<strong>评定中心</strong>：审查材料是否齐全" in row
    assert "还有 10 个工作日" in row
    assert course.number not in home("stranger")


def test_a_certificate_shows_its_days_and_what_can_be_filed_about_it_with_its_number() -> None:
    number = certified(NAME, timezone.now() - timedelta(days=1)).number
    page = home()
    links = re.findall(r'href="/file/(cace/[a-z-]+)/\?certificate.number=([A-Z0-9]+)"', page)
    assert links == [("cace/renewal", number), ("cace/change", number), ("cace/cancellation", number)]
    assert number not in home("stranger")


def test_a_renewal_that_has_been_called_for_leads_to_its_case() -> None:
    number = certified(NAME, timezone.now() - timedelta(days=1)).number
    Certificate.objects.update(valid_until=timezone.localdate() + timedelta(60))
    jobs.open_scheduled(timezone.now())
    case = Case.objects.get(rulebook="cace/renewal")
    page = home()
    assert f'<a href="/cases/{case.number}/">' in page[page.index('id="certificates"') :]
    assert f"/file/cace/renewal/?certificate.number={number}" not in page
    assert f"/file/cace/change/?certificate.number={number}" in page


@pytest.mark.parametrize("procedure", ["renewal", "change", "cancellation"])
def test_the_form_begins_with_the_certificate_chosen(procedure: str) -> None:
    number = certified(NAME, timezone.now() - timedelta(days=1)).number
    page = signed_in("enterprise").get(f"/file/cace/{procedure}/?certificate.number={number}").content.decode()
    assert re.search(rf'<option value="{number}" selected>', page)


def test_a_suspended_certificate_is_told_and_an_expired_one_offers_nothing() -> None:
    certificate = certified(NAME, timezone.now() - timedelta(days=90))
    suspended(certificate, timezone.now() - timedelta(days=30))
    assert "暂停" in home()
    Certificate.objects.update(valid_until=timezone.localdate() - timedelta(1), status="valid")
    Standing.objects.filter(until=None).update(status="valid")
    assert "?certificate.number=" not in home()


def test_an_enterprise_with_nothing_yet_is_told_where_to_begin() -> None:
    page = home("stranger")
    for words in ("还没有登记企业档案", "没有在办的申请", "还没有证书"):
        assert words in page
    assert 'href="/file/cace/qualification/"' in page


def test_an_officers_home_has_no_such_desk() -> None:
    User.objects.create_user("expert1", password="x", name="专家", expert=True)
    assert "本企业的证书" not in home("expert1")


def test_an_experts_home_is_not_the_desk_of_their_employer() -> None:
    institute = Organisation.objects.create(name="某研究院", kind="enterprise")
    User.objects.create_user("expert1", password="x", name="专家", expert=True, organisation=institute)
    page = home("expert1")
    assert "还没有登记企业档案" not in page
    assert "本企业的证书" not in page
