"""What an attacker tries at the doors: a session made beforehand, members nobody asked for, answers that a browser may misread, workbooks that swell."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile

import pytest
from django.test import Client
from openpyxl import Workbook

from mingduan.cases import sheet
from mingduan.cases.models import Case
from mingduan.people.models import Organisation, User
from tests.permissions.world import make

PASSWORD = "correct-horse-battery"


@pytest.mark.django_db
def test_a_session_made_before_signing_in_is_not_the_one_after() -> None:
    """Session fixation: whoever planted a session's key knows nothing once its owner has signed in."""
    user = User.objects.create_user("wang", password=PASSWORD, name="王", email="wang@example.com")
    victim = Client()
    session = victim.session
    session["planted"] = "x"
    session.save()
    planted = session.session_key
    victim.cookies["sessionid"] = planted
    victim.post("/login/", {"login": "wang", "password": PASSWORD})
    assert victim.session["_auth_user_id"] == str(user.pk), "signed in"
    assert victim.session.session_key != planted
    attacker = Client()
    attacker.cookies["sessionid"] = planted
    assert "_auth_user_id" not in attacker.session


@pytest.mark.django_db
@pytest.mark.parametrize("extra", [{"state": "closed"}, {"number": "X-1"}, {"role": "committee"}, {"facts2": {}}])
def test_a_member_nobody_asked_for_is_refused_by_name(extra: dict[str, object]) -> None:
    """Mass assignment: what a program may set is what the interface describes, and a mistyped member is told."""
    world = make()
    before = Case.objects.count()
    sent = {"rulebook": "cace/appeal", "facts": {}} | extra
    answer = world.people["filer"].client.post(
        "/api/cases", json.dumps(sent), "application/json", headers=world.people["filer"].headers | {"Accept-Language": "zh"}
    )  # fmt: skip
    told = answer.json()
    assert (answer.status_code, [r["input"].rpartition(".")[2] for r in told["reasons"]]) == (422, [*extra])
    assert told["detail"] == f"没有“{next(iter(extra))}”这一项"
    assert Case.objects.count() == before


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/login/", "/follow/", "/file/cace/complaint/", "/cases/X-1/do/accept/"])
def test_a_form_from_elsewhere_is_refused(path: str) -> None:
    """CSRF: without the token of our own page nothing is taken, signed in or not."""
    user = User.objects.create_user("wang", password=PASSWORD, name="王")
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(user)
    assert browser.post(path, {"login": "wang"}).status_code == 403


@pytest.mark.django_db
def test_the_interface_takes_no_session() -> None:
    """A browser's cookie opens nothing of the programs' interface, so no page elsewhere can use it."""
    browser = Client()
    browser.force_login(User.objects.create_user("wang", password=PASSWORD, name="王"))
    assert browser.get("/api/duties").status_code == 401


@pytest.mark.django_db
def test_signing_up_makes_an_enterprises_account_whatever_else_is_sent() -> None:
    Organisation.objects.create(name="评定机构", kind="body")
    Client().post("/signup/", {
        "email": "new@example.com", "password1": PASSWORD, "password2": PASSWORD, "name": "新", "organisation": "新来代维有限公司",
        "is_staff": "on", "is_superuser": "on", "expert": "on", "kind": "body", "organisation_id": "1",
    })  # fmt: skip
    user = User.objects.get(email="new@example.com")
    assert (user.is_staff, user.is_superuser, user.expert, user.offices.count()) == (False, False, False, 0)
    assert user.organisation is None or user.organisation.kind == "enterprise"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/register/", "/login/", "/nowhere/", "/api/openapi.json", "/follow/", "/static/web/case.css"])  # fmt: skip
def test_every_answer_tells_the_browser_what_it_may_not_do(path: str) -> None:
    answer = Client().get(path)
    headers = answer.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    if path.startswith("/static/"):
        return
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "http:" not in policy
    assert "object-src 'none'" in policy
    for cookie in answer.cookies.values():
        assert cookie["samesite"] == "Lax"
        assert cookie["httponly"] or cookie.key in ("csrftoken", "django_language")


def test_in_production_django_finds_nothing_to_warn_of(tmp_path: object) -> None:
    """`check --deploy`, as an installation behind HTTPS is set up (docs/operate.md)."""
    there = {"MINGDUAN_HTTPS": "1", "MINGDUAN_HOSTS": "appeals.example", "MINGDUAN_URL": "https://appeals.example", "MINGDUAN_HOME": str(tmp_path)}  # fmt: skip
    asked = [sys.executable, "-m", "django", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(
        asked, env=os.environ | there | {"DJANGO_SETTINGS_MODULE": "mingduan.config.settings"}, capture_output=True, text=True
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET = f"<worksheet xmlns='{MAIN}'><sheetData><row r='1'><c r='A1' t='inlineStr'><is><t>%s</t></is></c></row></sheetData></worksheet>"
ENTITIES = "".join(f"<!ENTITY {b} '{f'&{a};' * 10}'>" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
LAUGHS = f"<!DOCTYPE x [<!ENTITY a '哈哈哈哈哈哈哈哈哈哈'>{ENTITIES}]>"
OUTSIDE = "<!DOCTYPE x [<!ENTITY i SYSTEM 'file:///etc/passwd'>]>"


def test_a_sheet_as_these_tests_write_it_is_read() -> None:
    assert [(n, cells[0]) for n, cells in sheet.rows(_workbook(SHEET % "标题"))] == [(1, "标题")]


@pytest.mark.parametrize("doctype", [LAUGHS, OUTSIDE])
def test_entities_in_a_workbook_swell_nothing_and_read_no_file(doctype: str) -> None:
    """Billion laughs and entities from outside: refused in words, or read as nothing; never unfolded, never fetched."""
    try:
        rows = list(sheet.rows(_workbook(doctype + SHEET % "&i;"), str))
    except sheet.Unreadable:
        rows = []
    assert sum(len(cell) for _, cells in rows for cell in cells) < 100
    assert "root:" not in str(rows)


def test_a_workbook_that_unpacks_to_too_much_is_refused_before_it_is_read() -> None:
    packed = _workbook(SHEET % "标题" + " " * (sheet.MAX_UNPACKED + 1))
    assert len(packed) < sheet.MAX_UNPACKED / 100
    with pytest.raises(sheet.Unreadable):
        list(sheet.rows(packed))


def _workbook(written: str) -> bytes:
    """A workbook whose one sheet is `written`, as it stands."""
    plain, made = io.BytesIO(), io.BytesIO()
    Workbook().save(plain)
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, written if name == "xl/worksheets/sheet1.xml" else old.read(name))
    return made.getvalue()
