"""The pages, as each kind of person meets them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from mingduan.cases.models import Case, Reading
from mingduan.people.models import Office, Organisation, User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def people() -> None:
    body = Organisation.objects.create(name="评定机构", kind="body")
    agency = Organisation.objects.create(name="安信认证", kind="agency")
    enterprise = Organisation.objects.create(name="恒通代维", kind="enterprise")
    other = Organisation.objects.create(name="远景维护", kind="enterprise")
    for login, organisation, role in (
        ("centre", body, "centre"), ("committee", body, "committee"), ("secretary", body, "secretariat"),
        ("agency", agency, ""), ("enterprise", enterprise, ""), ("stranger", other, ""),
    ):  # fmt: skip
        user = User.objects.create_user(login, password="x", name=login, organisation=organisation)
        if role:
            Office.objects.create(user=user, body="cace", role=role)


def signed_in(login: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=login))
    return client


def filing(**more: str) -> dict[str, str]:
    today = timezone.localdate()
    return {
        "grounds": "change_of_status", "decision.reference": "安信〔2026〕7号", "decision.notified_on": (today - timedelta(3)).isoformat(),
        "statement": "不服降级", "requested": "撤销", "signed_by": "张三", "opponent": str(Organisation.objects.get(name="安信认证").pk), **more,
    }  # fmt: skip


def file_case(login: str = "enterprise") -> Case:
    response = signed_in(login).post("/file/cace/appeal/", filing())
    assert response.status_code == 200
    case = Case.objects.last()
    assert case is not None
    return case


def do(login: str, case: Case, action: str, **facts: object) -> int:
    return signed_in(login).post(f"/cases/{case.number}/do/{action}/", facts).status_code


@pytest.mark.parametrize(
    "address", ["/", "/login/", "/follow/", "/procedures/", "/procedures/cace/appeal/", "/file/cace/appeal/"]
)
def test_anybody_may_open_the_public_pages_in_both_languages(address: str) -> None:
    assert "明断" in Client().get(address).content.decode()
    assert "Mingduan" in Client().get(address, headers={"accept-language": "en"}).content.decode()


@pytest.mark.parametrize("address", ["/home/", "/cases/"])
def test_lists_ask_to_sign_in(address: str) -> None:
    assert Client().get(address).headers["Location"].startswith("/login/")


def test_without_an_account_a_case_is_filed_and_followed_with_its_secret() -> None:
    client = Client()
    page = client.post("/file/cace/appeal/", filing(name="新纪元公司")).content.decode()
    case = Case.objects.get()
    secret = re.search(r"<code>([^<]+)</code>", page)
    assert secret
    assert Client().get(f"/cases/{case.number}/").status_code == 404
    fresh = Client()
    assert fresh.post("/follow/", {"number": case.number, "secret": "wrong"}).status_code == 422
    assert fresh.post("/follow/", {"number": case.number, "secret": secret[1]}).status_code == 302
    assert "新纪元公司" in fresh.get(f"/cases/{case.number}/").content.decode()


def test_an_empty_form_says_what_is_missing_beside_each_field_and_keeps_what_was_typed() -> None:
    response = signed_in("enterprise").post("/file/cace/appeal/", filing(statement="", requested="我的请求"))
    page = response.content.decode()
    assert response.status_code == 422
    assert "缺少“申诉书正文”" in page
    assert "我的请求" in page
    assert Case.objects.count() == 0


@pytest.mark.parametrize(
    ("login", "status"),
    [
        ("centre", 200),
        ("committee", 200),
        ("secretary", 200),
        ("enterprise", 200),
        ("agency", 200),
        ("stranger", 404),
        (None, 404),
    ],
)
def test_who_may_open_a_case(login: str | None, status: int) -> None:
    case = file_case()
    client = signed_in(login) if login else Client()
    assert client.get(f"/cases/{case.number}/").status_code == status
    assert Reading.objects.filter(case=case).exists() == (status == 200)


def test_a_stranger_cannot_act_and_does_not_see_the_case_in_lists() -> None:
    case = file_case()
    assert do("stranger", case, "withdraw") == 404
    assert case.number not in signed_in("stranger").get("/cases/").content.decode()
    assert case.number in signed_in("agency").get("/cases/").content.decode()


def test_a_role_cannot_do_what_is_anothers() -> None:
    case = file_case()
    assert do("enterprise", case, "accept", major="false") == 404
    assert do("agency", case, "withdraw") == 404


def test_a_refused_act_shows_its_clause_and_the_remedy() -> None:
    case = file_case()
    page = signed_in("centre").post(f"/cases/{case.number}/do/accept/", {"major": "false"}).content.decode()
    assert "保证金未足额到账" in page
    assert "依据第6.1条" in page


def test_an_old_page_is_told_what_changed() -> None:
    case = file_case()
    payment = {"payment.amount": "5000", "payment.on": timezone.localdate().isoformat(), "seen": "1"}
    assert do("centre", case, "receive_deposit", **payment) == 302
    page = signed_in("centre").post(f"/cases/{case.number}/do/receive_deposit/", payment).content.decode()
    assert "您打开本页后" in page
    case.refresh_from_db()
    assert case.balances == {"bank": 500_000, "deposit_held": -500_000}


@pytest.mark.parametrize("amount", ["abc", "-1", "0.001", "NaN", "1e999"])
def test_an_amount_that_is_none_is_told_not_stored(amount: str) -> None:
    case = file_case()
    assert do("centre", case, "receive_deposit", **{"payment.amount": amount, "payment.on": "2026-09-25"}) == 422


def test_text_of_a_party_is_never_markup() -> None:
    client = signed_in("enterprise")
    client.post("/file/cace/appeal/", filing(statement="<script>alert(1)</script>"))
    case = Case.objects.get()
    page = client.get(f"/cases/{case.number}/")
    assert "<script>alert" not in page.content.decode()
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]


def test_duties_stand_with_whoever_owes_them() -> None:
    case = file_case()
    assert case.number in signed_in("centre").get("/home/").content.decode()
    assert "决定是否受理" in signed_in("centre").get("/home/").content.decode()
    mine, _, awaited = signed_in("enterprise").get("/home/").content.decode().partition('id="awaited"')
    assert "决定是否受理" not in mine
    assert "决定是否受理" in awaited, "what the other side owes is shown apart"


def test_what_if_filed_on_a_day_gives_all_its_dates() -> None:
    page = Client().get("/procedures/cace/appeal/?from=2026-09-25").content.decode()
    assert "2026年10月22日" in page
    assert "2026年12月25日" in page
    assert Client().get("/procedures/cace/appeal/?from=9999-12-31").status_code == 200
    assert Client().get("/procedures/cace/appeal/?from=nonsense").status_code == 200


def test_a_paper_is_uploaded_and_read_only_by_whoever_may_read_the_case(settings, tmp_path) -> None:
    settings.HOME = tmp_path
    paper = SimpleUploadedFile("申诉书.pdf", b"%PDF-1.7\n%%EOF", "text/html")
    signed_in("enterprise").post("/file/cace/appeal/", {**filing(), "papers": paper})
    case = Case.objects.get()
    address = f"/cases/{case.number}/files/{case.facts['papers'][0]['sha256']}/"
    assert address in signed_in("centre").get(f"/cases/{case.number}/").content.decode()
    got = signed_in("agency").get(address)
    assert got.content.startswith(b"%PDF")
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert signed_in("stranger").get(address).status_code == 404
    assert Client().get(address).status_code == 404
    assert signed_in("centre").get(f"/cases/{case.number}/files/{'0' * 64}/").status_code == 404


def test_a_harmful_file_is_told_and_nothing_is_filed() -> None:
    bad = SimpleUploadedFile("申诉书.pdf", b"<html><script>1</script></html>", "application/pdf")
    response = signed_in("enterprise").post("/file/cace/appeal/", {**filing(), "papers": bad})
    assert response.status_code == 422
    assert "不予接收" in response.content.decode()
    assert Case.objects.count() == 0


def test_a_mistaken_entry_is_corrected_by_a_new_one() -> None:
    case = file_case()
    wrong = {"corrects": "1", "correction_name": "signed_by", "correction_value": "李四"}
    assert do("centre", case, "correct", **wrong) == 422, "a correction needs its reason"
    assert do("centre", case, "correct", **wrong, reason="签名误录") == 302
    case.refresh_from_db()
    assert case.facts["signed_by"] == "李四"
    assert case.events.get(seq=1).body["facts"]["signed_by"] == "张三"
