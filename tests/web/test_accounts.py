"""Signing in and up, second factors, sessions: as people and as those who guess meet them."""

from __future__ import annotations

import hashlib
import hmac
import re
import struct
import time
from base64 import b32decode
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from mingduan.people.accounts import has_second_factor, unlock
from mingduan.people.models import Enrolment, Office, Organisation, User

pytestmark = pytest.mark.django_db
WORD = "a-long-enough-word"


@pytest.fixture(autouse=True)
def _people() -> None:
    body = Organisation.objects.create(name="评定机构", kind="body")
    for login, role in (("centre", "centre"), ("enterprise", "")):
        user = User.objects.create_user(login, f"{login}@example.com", WORD, name=login, organisation=body)
        if role:
            Office.objects.create(user=user, body="cace", role=role)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Stands still at a moment; called with seconds, moves on by them."""
    at = [1_800_000_000.0]
    monkeypatch.setattr(time, "time", lambda: at[0])
    return lambda seconds: at.__setitem__(0, at[0] + seconds)


def sign_in(login: str, password: str = WORD, address: str = "10.0.0.1", client: Client | None = None) -> Client:
    client = client or Client(REMOTE_ADDR=address)
    client.post("/login/", {"login": login, "password": password})
    return client


def signed_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def answer(login: str, password: str, address: str = "10.0.0.1") -> str:
    response = Client(REMOTE_ADDR=address).post("/login/", {"login": login, "password": password})
    told = re.findall(r'role="alert"[^>]*>(.*?)</(?:div|section)>', response.content.decode(), re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", one) for one in told)


def plain(response: Any) -> str:
    """The page without what differs on every request."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())


def totp(secret: str) -> str:
    """The code of RFC 6238 for now."""
    digest = hmac.new(b32decode(secret), struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


@pytest.mark.parametrize("login", ["centre", "centre@example.com", "CENTRE@example.com"])
def test_one_signs_in_by_account_or_e_mail(login: str) -> None:
    assert signed_in(sign_in(login))


@pytest.mark.parametrize(("known", "unknown"), [("centre", "nobody"), ("centre@example.com", "nobody@example.com")])
def test_a_wrong_password_and_an_unknown_account_get_the_same_answer(known: str, unknown: str) -> None:
    assert answer(known, "wrong") == answer(unknown, "wrong") != ""


def test_whoever_guesses_is_told_when_to_try_again_and_the_owner_still_gets_in(clock: Callable[[float], None]) -> None:
    for _ in range(5):
        assert "密码不对" in answer("centre", "wrong", "10.6.6.6")
        clock(30)
    assert "请在 8 分钟后再试" in answer("centre", WORD, "10.6.6.6")
    assert "请在 8 分钟后再试" in answer("centre@example.com", WORD, "10.6.6.6"), "the other name counts too"
    assert signed_in(sign_in("centre", address="10.0.0.1")), "the owner, from elsewhere"
    assert "密码不对" in answer("enterprise", "wrong", "10.6.6.6"), "other accounts are counted apart"
    clock(8 * 60)
    assert signed_in(sign_in("centre", address="10.6.6.6"))


def test_an_unknown_account_is_locked_just_the_same(clock: Callable[[float], None]) -> None:
    for _ in range(5):
        answer("nobody", "wrong")
    assert "分钟后再试" in answer("nobody", "wrong")


def test_an_administrator_lifts_the_lock(clock: Callable[[float], None]) -> None:
    for _ in range(6):
        answer("centre", "wrong")
    assert not signed_in(sign_in("centre"))
    unlock(User.objects.get(username="centre"))
    assert signed_in(sign_in("centre"))


def test_a_forgotten_password_is_reset_by_e_mail_and_the_link_works_once() -> None:
    Client().post("/password/reset/", {"email": "centre@example.com"})
    link = re.search(r"http://testserver(/password/reset/\S+)", str(mail.outbox[0].body))
    assert link
    client = Client()
    form = client.get(link[1], follow=True)
    new = {"password1": "another-long-word", "password2": "another-long-word"}
    client.post(form.redirect_chain[-1][0], new)
    assert signed_in(sign_in("centre", "another-long-word"))
    assert "链接已失效" in Client().get(link[1], follow=True).content.decode()


def test_asking_for_a_new_password_does_not_say_whether_there_is_an_account() -> None:
    pages = [
        plain(Client().post("/password/reset/", {"email": f"{name}@example.com"}, follow=True))
        for name in ("centre", "nobody")
    ]
    assert pages[0] == pages[1]
    assert len(mail.outbox) == 2


def test_changing_the_password_signs_out_everywhere_else() -> None:
    here, there = sign_in("centre"), sign_in("centre")
    form = {"oldpassword": WORD, "password1": "another-long-word", "password2": "another-long-word"}
    assert here.post("/account/password/", form).status_code == 302
    assert signed_in(here)
    assert not signed_in(there)


def test_the_account_lists_its_sessions_and_ends_the_others() -> None:
    here, there = sign_in("centre", address="10.0.0.1"), sign_in("centre", address="10.0.0.2")
    assert "10.0.0.2" in here.get("/account/").content.decode()
    here.post("/account/sessions/")
    assert signed_in(here)
    assert not signed_in(there)


def with_second_factor(client: Client) -> str:
    """Set up a second factor; the key."""
    client.post("/account/confirm/?next=/account/second-factor/", {"password": WORD})
    page = client.get("/account/second-factor/").content.decode()
    assert 'src="data:image/svg+xml;base64,' in page
    secret = re.search(r"<code>([A-Z2-7]+)</code>", page)
    assert secret
    assert client.post("/account/second-factor/", {"code": "000000"}).status_code == 200
    assert client.post("/account/second-factor/", {"code": totp(secret[1])}).status_code == 302
    return secret[1]


def test_a_second_factor_is_asked_for_at_the_next_sign_in_and_no_code_works_twice(
    clock: Callable[[float], None],
) -> None:
    secret = with_second_factor(sign_in("centre"))
    clock(60)
    client = sign_in("centre")
    assert not signed_in(client), "the password alone is not enough"
    assert "不对" in client.post("/login/code/", {"code": "123456"}).content.decode()
    code = totp(secret)
    client.post("/login/code/", {"code": code})
    assert signed_in(client)
    again = sign_in("centre")
    again.post("/login/code/", {"code": code})
    assert not signed_in(again)


def test_setting_one_up_asks_for_the_password_again() -> None:
    assert sign_in("centre").get("/account/second-factor/").headers["Location"].startswith("/account/confirm/")


def test_a_recovery_code_works_once_and_the_codes_are_shown_once(clock: Callable[[float], None]) -> None:
    owner = sign_in("centre")
    with_second_factor(owner)
    codes = re.findall(r"<code>(\d{8})</code>", owner.get("/account/recovery-codes/").content.decode())
    assert len(codes) == 10
    assert codes[0] not in sign_in("centre", client=owner).get("/account/recovery-codes/").content.decode()
    for code in codes:
        for works in (True, False):
            client = sign_in("centre")
            client.post("/login/code/", {"code": code})
            assert signed_in(client) == works, code
        clock(11 * 60)  # a code refused counts as a failure; those are forgotten by then
    assert "剩余恢复码：0" in re.sub(r"\s", "", owner.get("/account/").content.decode())


def test_whoever_holds_an_office_is_asked_to_set_one_up() -> None:
    assert "请为账号设置两步验证" in sign_in("centre").get("/home/").content.decode()
    assert "请为账号设置两步验证" not in sign_in("enterprise").get("/home/").content.decode()


def test_where_it_is_demanded_nothing_else_opens_before_and_it_cannot_be_taken_off(settings) -> None:
    settings.REQUIRE_SECOND_FACTOR = True
    assert sign_in("enterprise").get("/home/").status_code == 200
    client = sign_in("centre")
    assert client.get("/home/").headers["Location"] == "/account/second-factor/"
    with_second_factor(client)
    assert client.get("/home/").status_code == 200
    assert "不能关闭" in client.get("/account/second-factor/off/").content.decode()
    client.post("/account/second-factor/off/")
    assert has_second_factor(User.objects.get(username="centre"))


def sign_up(organisation: str, email: str = "new@example.com") -> str:
    """Open an account and confirm its e-mail; the page after signing up."""
    form = {"organisation": organisation, "name": "张三", "email": email, "password1": WORD, "password2": WORD}
    page = plain(Client().post("/signup/", form, follow=True))
    if link := re.search(r"http://testserver(/signup/confirm/\S+)", str(mail.outbox[-1].body)):
        assert Client().post(link[1]).status_code == 302
    return page


def test_an_enterprise_opens_an_account_and_acts_once_its_e_mail_is_confirmed() -> None:
    form = {
        "organisation": "新纪元公司",
        "name": "张三",
        "email": "new@example.com",
        "password1": WORD,
        "password2": WORD,
    }
    client = Client()
    client.post("/signup/", form)
    assert not signed_in(sign_in("new@example.com"))
    assert not Organisation.objects.filter(name="新纪元公司").exists(), "nothing is entered before"
    link = re.search(r"http://testserver(/signup/confirm/\S+)", str(mail.outbox[0].body))
    assert link
    Client().post(link[1])
    page = sign_in("new@example.com").get("/account/").content.decode()
    assert "新纪元公司" in page
    user = User.objects.get(email="new@example.com")
    assert (user.name, user.organisation and user.organisation.kind) == ("张三", "enterprise")


@pytest.mark.parametrize("typed", ["恒通(北京)公司", " 恒通（北京）公司 ", "恒通（北京） 公司"])
def test_nobody_joins_an_enterprise_by_typing_its_name(typed: str) -> None:
    enterprise = Organisation.objects.create(name="恒通（北京）公司", kind="enterprise")
    sign_up(typed)
    user = User.objects.get(email="new@example.com")
    assert user.organisation is None
    assert "等待管理员核准" in sign_in("new@example.com").get("/account/").content.decode()
    admin = User.objects.create_superuser("root", "root@example.com", WORD, name="管理员")
    client = Client()
    client.force_login(admin)
    chosen = {"action": "approve", "_selected_action": [Enrolment.objects.get().pk]}
    client.post("/admin/people/enrolment/", chosen)
    user.refresh_from_db()
    assert user.organisation == enterprise
    assert Enrolment.objects.get().decided_by == admin


def test_signing_up_with_a_known_e_mail_looks_the_same_and_tells_only_its_owner() -> None:
    assert sign_up("甲公司", "new@example.com").replace("new@example.com", "") == sign_up(
        "乙公司", "centre@example.com"
    ).replace("centre@example.com", "")
    assert mail.outbox[-1].to == ["centre@example.com"]
    assert "已有账号" in mail.outbox[-1].subject
    assert User.objects.filter(email="centre@example.com").count() == 1


def test_a_new_e_mail_counts_once_it_is_confirmed() -> None:
    client = sign_in("centre")
    client.post("/account/email/", {"email": "other@example.com", "action_add": "1"})
    assert User.objects.get(username="centre").email == "centre@example.com"
    link = re.search(r"http://testserver(/signup/confirm/\S+)", str(mail.outbox[0].body))
    assert link
    client.post(link[1])
    assert User.objects.get(username="centre").email == "other@example.com"


@pytest.mark.parametrize("address", ["/login/", "/signup/", "/password/reset/"])
def test_pages_of_accounts_speak_both_languages_and_hold_no_script(address: str) -> None:
    assert "明断" in Client().get(address).content.decode()
    page = Client().get(address, headers={"accept-language": "en"}).content.decode()
    assert "Password" in page or "password" in page
    assert " style=" not in page
    assert "<script>" not in page


def test_too_many_requests_from_one_address_get_a_page_that_says_so(clock: Callable[[float], None]) -> None:
    client = Client(REMOTE_ADDR="10.7.7.7")
    for n in range(31):
        response = client.post("/login/", {"login": f"n{n}", "password": "x"})
    assert response.status_code == 429
    assert "过于频繁" in response.content.decode()
