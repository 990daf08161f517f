"""An enterprise applies: its profile fills the form, the form asks what grade and mode need, and what was filed stays."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from mingduan.cases import files
from mingduan.cases.files import StoredFile, receive
from mingduan.cases.models import Case
from mingduan.people.models import Organisation, User
from mingduan.registry import keeping
from mingduan.registry.models import Enterprise, Paper
from mingduan.web.models import Draft

from ..registry.scheme import certified
from .office import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("desk")]
NAMES = ("application", "licence", "profile", "leader", "working")


@pytest.fixture
def profile(desk: None) -> Enterprise:
    """The enterprise with a full profile; every document it needs is kept ready, the licence for another year."""
    user, now = User.objects.get(username="enterprise"), timezone.now()
    assert user.organisation is not None
    registration = {
        "credit_code": "91110000600037341L", "representative": "王恒", "region": "110108", "address": "北京市海淀区学院路1号",
        "contact": "张三", "phone": "010-12345678",
    }  # fmt: skip
    made = keeping.register(user.organisation, registration, by=user, at=now)
    for kind, row in (
        ("staff", {"name": "李工", "leads": True}), ("sites", {"name": "海淀代维点", "address": "北京"}),
        ("equipment", {"kind": "instrument", "name": "光时域反射仪", "quantity": 2}), ("equipment", {"kind": "vehicle", "name": "抢修车", "quantity": 1}),
        ("performance", {"client": "甲运营商", "project": "线路代维", "specialty": "XL", "since": date(2023, 1, 1), "until": date(2025, 1, 1)}),
        ("performance", {"client": "乙运营商", "project": "基站代维", "specialty": "JZ", "since": date(2023, 1, 1), "until": date(2025, 1, 1)}),
    ):  # fmt: skip
        keeping.put(made, keeping.KINDS[kind], row, by=user, at=now)
    for name in NAMES:
        _keep(made, f"{name}.papers", timezone.localdate() + timedelta(365) if name == "licence" else None)
    return made


def _keep(enterprise: Enterprise, fact: str, expires_on: date | None, name: str = "") -> Paper:
    user = User.objects.get(username="enterprise")
    kept = receive(name or f"{fact}.txt", (name or fact).encode(), timezone.now())
    assert isinstance(kept, StoredFile)
    values = {"fact": fact, "expires_on": expires_on, **kept.as_fact()}
    made: Paper = keeping.put(enterprise, keeping.KINDS["papers"], values, by=user, at=timezone.now())
    return made


def what(**more: str) -> dict[str, str]:
    """The first step: what is applied for."""
    return {
        "opponent": str(Organisation.objects.get(name="安信认证").pk), "specialty": "xl", "grade": "j", "quality.held": "false",
        "independent": "true", "meets_standard": "true", "accepts": "true", "go": "next", **more,
    }  # fmt: skip


def begun(client: Client, procedure: str = "qualification", **more: str) -> str:
    """The address of the second step, the first for documents, after the first was sent."""
    response = client.post(f"/file/cace/{procedure}/", what(**more))
    assert response.status_code == 302, response.content.decode()
    return response.headers["Location"]


def at(second: str, place: int) -> str:
    """The address of another step of the same draft."""
    return second.replace("/2/", f"/{place}/")


def documents(client: Client, second: str) -> str:
    """The pages of all the steps for documents."""
    return "".join(client.get(at(second, place)).content.decode() for place in (2, 3, 4))


def kept_words(page: str, name: str) -> list[str]:
    """The words of the ticked boxes of a field of files."""
    return re.findall(rf'name="{re.escape(name)}\.kept" value="([^"]+)" checked', page)


def offered(page: str) -> dict[str, Any]:
    """A step for documents as the page offers it, with every list made from the profile."""
    sent: dict[str, Any] = {f"{n}.papers.kept": kept_words(page, f"{n}.papers") for n in NAMES}
    made = dict.fromkeys(re.findall(r'name="([a-z]+\.papers\.made)"', page), "1")
    expires = re.search(r'name="licence.expires_on" value="([^"]*)"', page)
    return {**sent, **made, "licence.expires_on": expires[1] if expires else "", "go": "next"}


def fill(client: Client, second: str) -> str:
    """Send every step for documents as offered; the address of the review."""
    for place in (2, 3, 4):
        response = client.post(at(second, place), offered(client.get(at(second, place)).content.decode()))
        assert response.status_code == 302, response.content.decode()
    return at(second, 5)


@pytest.mark.usefixtures("profile")
def test_s09_3_2_1_an_application_is_filed_with_what_the_profile_holds() -> None:
    client = signed_in("enterprise")
    assert client.post(fill(client, begun(client)), {"go": "submit"}).status_code == 200
    facts = Case.objects.get().facts
    assert {n for n in facts if n.endswith(".papers")} == {f"{n}.papers" for n in (*NAMES, "staff", "equipment", "performance", "sites")}  # fmt: skip
    assert facts["licence.expires_on"] == (timezone.localdate() + timedelta(365)).isoformat()


@pytest.mark.usefixtures("profile")
def test_s09_3_2_1_6_performance_is_of_the_specialty_applied_for() -> None:
    from io import BytesIO

    from openpyxl import load_workbook

    client = signed_in("enterprise")
    fill(client, begun(client))
    (made,) = Draft.objects.get().typed["performance.papers"]
    rows = [[c.value for c in row] for row in load_workbook(BytesIO(files.content(made["sha256"]))).worksheets[0]]
    assert [row[0] for row in rows[1:]] == ["甲运营商"]


@pytest.mark.usefixtures("profile")
def test_s09_3_2_1_6_performance_in_other_specialties_is_told_as_such() -> None:
    client = signed_in("enterprise")
    page = client.get(at(begun(client, specialty="zw"), 3)).content.decode()
    assert "中没有所选专业的，其他专业的有 2 条" in page
    assert "企业档案中还没有“业绩”" not in page


@pytest.mark.usefixtures("profile")
def test_the_review_says_what_the_register_would_answer() -> None:
    client = signed_in("enterprise")
    review = client.get(fill(client, begun(client))).content.decode()
    assert "符合" in _standing(review, "本企业在该专业没有有效证书")
    certified(Enterprise.objects.get().organisation.name, timezone.now() - timedelta(days=1), specialty="xl")
    again = client.get(fill(client, begun(client))).content.decode()
    assert "不符合" in _standing(again, "该专业已有")


def _standing(page: str, rule: str) -> str:
    """How a rule of the checklist stands, as it is read out."""
    before, found, _ = page.partition(rule)
    assert found, rule
    return before[-200:]


@pytest.mark.usefixtures("profile")
def test_s02_9_only_a_certification_agency_is_chosen_to_audit() -> None:
    Organisation.objects.create(name="某评定机构", kind="body")
    client = signed_in("enterprise")
    page = client.get("/file/cace/qualification/").content.decode()
    assert ">安信认证</option>" in page
    assert "某评定机构" not in page
    assert "某评定机构" in client.get("/file/cace/complaint/").content.decode()


def test_s09_3_2_1_what_was_filed_stays_when_the_profile_changes(profile: Enterprise) -> None:
    client = signed_in("enterprise")
    client.post(fill(client, begun(client)), {"go": "submit"})
    before = Case.objects.get().events.get(seq=1).body
    user = User.objects.get(username="enterprise")
    for paper in profile.papers.all():
        keeping.remove(profile, keeping.KINDS["papers"], paper.pk, by=user, at=timezone.now())
    keeping.register(profile.organisation, {**{c.name: getattr(profile, c.name) for c in keeping.REGISTRATION}, "address": "上海"}, by=user, at=timezone.now())  # fmt: skip
    case = Case.objects.get()
    assert case.events.get(seq=1).body == before
    assert case.facts["applicant.address"] == "北京市海淀区学院路1号"
    assert not files.release(case.facts["licence.papers"][0]["sha256"]), "the case holds what it took"


def test_s09_3_2_1_2_an_expired_licence_is_shown_with_its_clause_and_not_taken(profile: Enterprise) -> None:
    profile.papers.filter(fact="licence.papers").update(expires_on=timezone.localdate() - timedelta(1))
    client = signed_in("enterprise")
    second = begun(client)
    page = client.get(second).content.decode()
    assert kept_words(page, "licence.papers") == []
    assert "已过期" in page
    response = client.post(second, offered(page))
    assert response.status_code == 422
    assert "缺少企业法人营业执照副本复印件" in response.content.decode()


def test_s09_3_2_1_2_a_licence_that_expires_while_the_draft_waits_is_taken_back(profile: Enterprise) -> None:
    client = signed_in("enterprise")
    second = begun(client)
    sent = offered(client.get(second).content.decode())
    review = fill(client, second)
    profile.papers.filter(fact="licence.papers").update(expires_on=timezone.localdate() - timedelta(1))
    assert client.post(second, sent).status_code == 422, "the word of a page opened before brings it no more"
    response = client.post(review, {"go": "submit"})
    assert response.status_code == 422
    assert not Case.objects.exists()


@pytest.mark.usefixtures("profile")
def test_s09_3_2_1_each_missing_document_is_told_beside_its_field() -> None:
    client = signed_in("enterprise")
    second = begun(client)
    responses = [client.post(at(second, place), {"go": "next"}) for place in (2, 3)]
    assert [r.status_code for r in responses] == [422, 422]
    told = "".join(r.content.decode() for r in responses)
    for words in ("缺少资质等级申请表", "缺少从业技术人员清单", "缺少代维点统计清单", "缺少代维作业文件清单"):
        assert re.search(rf'<p class="error">{words}', told), words


@pytest.mark.usefixtures("profile")
@pytest.mark.parametrize(
    ("grade", "mode", "asked", "not_asked"),
    [
        ("j", "own", {"equipment", "performance"}, {"spares", "quality"}),
        ("j", "whole", {"spares", "performance"}, {"equipment", "quality"}),
        ("b", "repair", {"equipment", "spares"}, {"performance", "quality"}),
        ("b", "whole", {"spares", "performance"}, {"equipment", "quality"}),
    ],
)
def test_s06_3_2_1_the_form_shows_what_grade_and_mode_need(
    grade: str, mode: str, asked: set[str], not_asked: set[str]
) -> None:
    client = signed_in("enterprise")
    page = documents(client, begun(client, "repair-qualification", specialty="cs", grade=grade, mode=mode))
    shown = {name for name in asked | not_asked if f'name="{name}.papers"' in page}
    assert shown == asked


@pytest.mark.usefixtures("profile")
def test_s06_3_2_1_the_form_asks_again_when_the_mode_changes_and_leaves_out_what_is_no_longer_needed() -> None:
    client = signed_in("enterprise")
    second = begun(client, "repair-qualification", specialty="cs", mode="own")
    client.post(at(second, 3), {"equipment.papers": SimpleUploadedFile("清单.txt", "清单".encode()), "go": "3"})
    client.post(at(second, 1), what(specialty="cs", mode="whole"))
    page = client.get(at(second, 3)).content.decode()
    assert 'name="equipment.papers"' not in page
    assert 'name="spares.papers"' in page
    assert "<dt>主要设备清单" not in client.get(at(second, 5)).content.decode()
    client.post(at(second, 1), what(specialty="cs", mode="own"))
    assert "清单.txt" in client.get(at(second, 3)).content.decode(), "nothing typed is lost"


def test_without_a_profile_the_form_begins_empty() -> None:
    page = signed_in("stranger").get("/file/cace/qualification/").content.decode()
    assert "企业档案中的" not in page
