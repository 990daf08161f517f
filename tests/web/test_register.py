"""The public register as anybody sees it."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.core.cache import cache
from django.test import Client

from mingduan.config import clock, limits
from mingduan.people.models import User
from mingduan.registry import keeping
from mingduan.registry.models import Certificate, Enterprise
from mingduan.web import public_register
from tests.registry import shelf

pytestmark = [pytest.mark.django_db]
NOW = datetime(2026, 11, 25, 2, tzinfo=UTC)
PAGES = [
    "/register/", "/register/2026ZH0001JR0/", "/register/2026XL0002YR0/", "/announcements/", "/announcements/feed.atom",
    "/register/guide/", "/register/open-data/", "/register/open-data/certificates.csv", "/register/open-data/certificates.jsonl",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _shelf(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    shelf.register()


def body(address: str, **data: str) -> str:
    return Client().get(address, data).getvalue().decode()


def test_a_search_shows_what_fits_with_its_standing() -> None:
    page = body("/register/", q="ｙｊｗｌ")
    assert "远景网络维护有限公司" in page
    assert 'class="state suspended">暂停' in page
    assert "恒通" not in page


def test_s10_4_1_whoever_holds_a_certificate_is_published_and_how_it_may_be_used() -> None:
    listed = body("/register/")
    assert Certificate.objects.exists()
    for row in Certificate.objects.all():
        assert row.number in listed
        assert row.holder_name in body(f"/register/{row.number}/")
        assert row.number in body("/register/open-data/certificates.csv")
    assert "现状是什么意思" in body("/register/guide/")


def test_nothing_found_says_what_to_try() -> None:
    assert "没有符合条件的证书" in body("/register/", q="不存在")


def test_pages_go_on() -> None:
    for n in range(public_register.PAGE):
        shelf.issue(f"2026ZW{n + 100:04}JR0", f"第{n}通信有限公司")
    assert 'rel="next"' in body("/register/", status="valid")
    assert "2026ZH0001JR0" in body("/register/", q="恒通", page="9")


@pytest.mark.parametrize(
    ("number", "standing"),
    [("2026ZH0001JR0", "有效"), ("2026XL0002YR0", "暂停"), ("2026JZ0003BR0", "撤销"), ("2026TT0004JR0", "注销"), ("2023ZW0005YR0", "已过期")],
)  # fmt: skip
def test_a_certificate_says_what_it_is_now(number: str, standing: str) -> None:
    page = body(f"/register/{number}/")
    present = page[page.index('class="present"') :][:120]
    assert standing in present
    assert ("original-zh.pdf" in page) == (standing == "有效")


@pytest.mark.parametrize(
    ("on", "said"),
    [
        ("2026-05-31", "有效"),
        ("2026-06-01", "暂停"),
        ("2026-01-01", "尚未颁发"),
        ("2027-01-01", "还没有到"),
        ("never", "完整的日期"),
    ],
)
def test_any_past_day_can_be_asked(on: str, said: str) -> None:
    page = body("/register/2026XL0002YR0/", on=on)
    assert said in page[page.index('role="') :].split("</section>")[0] or said in page.split('class="onday"')[1]


def test_a_surveillance_shows_what_it_came_to_and_when_the_next_is() -> None:
    shelf.change(
        "maintain",
        NOW,
        number="2026ZH0001JR0",
        conclusion="maintain",
        approved_on="2026-11-20",
        next_surveillance_on="2027-11-20",
    )
    page = body("/register/2026ZH0001JR0/")
    assert "2026年11月20日 保持" in page
    assert "下次监督：2027年11月20日" in page


@pytest.mark.parametrize("address", ["/register/", "/register/guide/", "/announcements/", "/verify/"])
def test_the_menu_marks_the_register_on_all_its_pages(address: str) -> None:
    assert '<a class="item" href="/register/" aria-current="page">' in body(address)


def test_a_demonstrations_clock_reaches_verification_papers_and_status_lists(registry_home: Path) -> None:
    assert "有效" in body("/verify/", number="2026ZH0001JR0")
    clock.begin_demonstration()
    clock.put_forward(datetime(2029, 4, 1, 2, tzinfo=UTC))
    assert "2029年3月1日到期" in body("/verify/", number="2026ZH0001JR0")
    assert Client().get("/register/2026ZH0001JR0/original-zh.pdf").status_code == 410
    assert "2029-04-01T" in body("/register/status/revocation.json")


def test_a_number_in_any_width_and_case_leads_there_and_an_unknown_one_is_not_found() -> None:
    assert Client().get("/register/2026zh0001jr0/").headers["Location"] == "/register/2026ZH0001JR0/"
    assert Client().get("/register/2026ZH9999JR0/").status_code == 404


def test_misuse_is_reported_with_the_number_filled_in() -> None:
    page = body("/register/2026ZH0001JR0/")
    link = page.split('href="/file/cace/misuse/')[1].split('"')[0].replace("&amp;", "&")
    assert 'value="2026ZH0001JR0"' in body(f"/file/cace/misuse/{link}")


@pytest.mark.parametrize("address", PAGES)
def test_no_personal_data(address: str) -> None:
    page = body(address)
    assert not [secret for secret in ("赵法人", "钱联系", "13912345678", "qian@", "9133010") if secret in page]


@pytest.mark.parametrize("address", PAGES)
def test_it_is_sent_again_only_when_the_register_has_changed(address: str) -> None:
    client = Client()
    client.get(address)  # the form token comes with the first page
    first = client.get(address)
    assert "max-age" in first.headers["Cache-Control"]
    again = {"if-none-match": first.headers["ETag"]}
    assert client.get(address, headers=again).status_code == 304
    shelf.change("lift", NOW, number="2026XL0002YR0", reason="整改合格")
    assert client.get(address, headers=again).status_code == 200


def test_pages_with_a_reader_s_token_are_not_kept_in_between() -> None:
    assert "private" in Client().get("/register/").headers["Cache-Control"]
    assert "public" in Client().get("/register/open-data/certificates.csv").headers["Cache-Control"]


def test_whoever_asks_too_often_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client()
    codes = [client.get("/register/guide/").status_code for _ in range(limits.TABLE["register"].times + 1)]
    assert codes[-2:] == [200, 429]


def test_announcements_tell_each_change_and_can_be_narrowed() -> None:
    assert "弄虚作假" in body("/announcements/")
    narrowed = body("/announcements/", kind="suspend")
    assert "未接受监督" in narrowed
    assert "弄虚作假" not in narrowed


def test_the_feed_is_atom_and_leads_to_the_certificates() -> None:
    atom = "{http://www.w3.org/2005/Atom}"
    feed = ElementTree.fromstring(body("/announcements/feed.atom"))  # noqa: S314  our own feed
    entries = feed.findall(f"{atom}entry")
    assert len(entries) == 8
    assert entries[0].findtext(f"{atom}title") == "瑞达铁塔服务有限公司的证书2026TT0004JR0：注销"
    link = entries[0].find(f"{atom}link")
    assert link is not None
    assert link.get("href", "").endswith("/register/2026TT0004JR0/")
    assert len({e.findtext(f"{atom}id") for e in entries}) == 8


def test_the_feed_the_announcements_and_the_history_are_in_the_readers_language() -> None:
    shelf.change("lift", NOW, number="2026XL0002YR0", reason="整改合格", reason_en="Corrected and verified")
    said = [Client(HTTP_ACCEPT_LANGUAGE="en").get(a).content.decode() for a in ("/announcements/feed.atom", "/announcements/", "/register/2026XL0002YR0/")]  # fmt: skip
    assert "Suspension lifted: certificate 2026XL0002YR0" in said[0]
    for page in said:
        assert "Corrected and verified" in page
        assert "整改合格" not in page
    ended = Client(HTTP_ACCEPT_LANGUAGE="en").get("/register/2023ZW0005YR0/").content.decode()
    assert "Its validity ended" in ended
    for address in ("/announcements/feed.atom", "/register/2026XL0002YR0/"):
        assert "整改合格" in body(address)
        assert "Corrected" not in body(address)


def test_open_data_is_the_register() -> None:
    lines = [json.loads(line) for line in body("/register/open-data/certificates.jsonl").splitlines()]
    rows = list(csv.DictReader(StringIO(body("/register/open-data/certificates.csv").removeprefix("\ufeff"))))
    assert [{k: v for k, v in line.items() if k not in ("as_of", "licence")} for line in lines] == rows
    assert {r["number"] for r in rows} == set(Certificate.objects.values_list("number", flat=True))
    assert {r["number"]: r["status"] for r in rows}["2023ZW0005YR0"] == "expired"
    assert {line["as_of"] for line in lines} == {"2026-11-25"}


def test_the_holder_asks_for_english_papers_on_its_certificates_page() -> None:
    """S07 3.1: on request only. What it is called in English is printed, so it is in English."""
    row = Certificate.objects.get(number="2026ZH0001JR0")
    client = Client()
    client.force_login(User.objects.create_user("holder", name="王恒", organisation=row.holder))
    page = client.get("/register/2026ZH0001JR0/").content.decode()
    assert "申请英文证书" in page
    assert "original-en.pdf" not in page
    before = client.get("/register/2026ZH0001JR0/english/").content.decode()
    assert "英文证书上印中文" in before, "told before it is asked for"
    assert "<strong>恒通代维有限公司</strong>" in before
    refused = client.post("/register/2026ZH0001JR0/english/", {"holder_name": "恒通 Ltd.", "holder_address": ""})
    assert refused.status_code == 422
    assert "请用英文填写" in refused.content.decode()
    told = {"holder_name": "Hengtong Services Co., Ltd.", "holder_address": "478 Wensan Road, Hangzhou"}
    assert client.post("/register/2026ZH0001JR0/english/", told).status_code == 302
    for kind in ("original", "duplicate"):
        assert f"/register/2026ZH0001JR0/{kind}-en.pdf" in body("/register/2026ZH0001JR0/"), "anybody may fetch it now"
        assert Client().get(f"/register/2026ZH0001JR0/{kind}-en.pdf").content.startswith(b"%PDF")


def test_english_papers_without_an_english_name_bear_the_chinese_and_that_is_told() -> None:
    row = Certificate.objects.get(number="2026ZH0001JR0")
    client = Client()
    client.force_login(User.objects.create_user("holder", name="王恒", organisation=row.holder))
    asked = client.post("/register/2026ZH0001JR0/english/", {"holder_name": "", "holder_address": ""}, follow=True)
    assert "没有的，印中文" in asked.content.decode()
    assert Client().get("/register/2026ZH0001JR0/original-en.pdf").content.startswith(b"%PDF")


def test_the_form_and_the_register_in_english_say_what_the_profile_says() -> None:
    row = Certificate.objects.get(number="2026ZH0001JR0")
    user = User.objects.create_user("holder", name="王恒", organisation=row.holder)
    profile = Enterprise.objects.get(organisation=row.holder)
    english = {"HTTP_ACCEPT_LANGUAGE": "en"}
    first = Client(**english).get("/register/2026ZH0001JR0/")
    assert "<h1>恒通代维有限公司</h1>" in first.content.decode(), "Chinese where it has no name in English"
    Enterprise.objects.filter(pk=profile.pk).update(credit_code="91110000600037341L")
    told = {c.name: getattr(Enterprise.objects.get(pk=profile.pk), c.name) for c in keeping.REGISTRATION}
    keeping.register(row.holder, {**told, "name_en": "Hengtong Ltd.", "region": "440305"}, by=user, at=NOW)
    page = Client(**english).get("/register/2026ZH0001JR0/").content.decode()
    assert "<h1>Hengtong Ltd.</h1>" in page
    assert "恒通代维有限公司" in page
    assert "China Association of Communication Enterprises" in page
    again = Client(**english).get("/register/2026ZH0001JR0/", headers={"if-none-match": first.headers["ETag"]})
    assert again.status_code == 200, "the page has changed with the profile"
    assert "<h1>恒通代维有限公司</h1>" in body("/register/2026ZH0001JR0/")
    assert "Hengtong Ltd." in Client(**english).get("/register/", {"q": "HENGTONG", "region": "44"}).content.decode()
    client = Client()
    client.force_login(user)
    assert 'value="Hengtong Ltd."' in client.get("/register/2026ZH0001JR0/english/").content.decode()


def test_nobody_else_asks_for_it() -> None:
    client = Client()
    assert client.get("/register/2026ZH0001JR0/english/").status_code == 302
    client.force_login(User.objects.create_user("somebody", name="路人"))
    assert client.get("/register/2026ZH0001JR0/english/").status_code == 404
    assert "申请英文证书" not in client.get("/register/2026ZH0001JR0/").content.decode()


def test_reports_go_to_the_procedure_whose_rulebook_takes_them(settings, tmp_path) -> None:
    address = "/file/cace/misuse/?report.number=2026ZH0001JR0&amp;report.holder=%E6%81%92"
    assert address in body("/register/2026ZH0001JR0/")
    assert "/file/cace/misuse/" in body("/register/guide/")
    settings.RULEBOOKS_DIR = tmp_path
    assert "举报" not in body("/register/2026ZH0001JR0/") + body("/register/guide/")
