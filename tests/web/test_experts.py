"""The register of experts and each person's own record; choosing a panel on the page; who read what; administration."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.test import Client
from django.utils import timezone

from mingduan.cases.act import Done, Side, act, open_case
from mingduan.cases.models import Case, Reading
from mingduan.people.accounts import has_second_factor
from mingduan.people.models import Absence, Interest, Kin, Office, Organisation, Specialty, User
from mingduan.procedure.case import Actor

pytestmark = pytest.mark.django_db
CENTRE = Actor("c", "林静", frozenset(["centre"]))


@pytest.fixture(autouse=True)
def _people() -> None:
    body = Organisation.objects.create(name="评定机构", kind="body")
    lines = Specialty.objects.create(zh="线路", en="Lines")
    officer = User.objects.create_user("centre", "centre@example.com", name="林静", organisation=body)
    Office.objects.create(user=officer, body="cace", role="centre")
    for n in range(5):
        employer = Organisation.objects.create(name=f"研究院{n}", kind="enterprise")
        user = User.objects.create_user(f"expert{n}", name=f"专家{n}", organisation=employer, expert=True)
        if n < 4:
            user.specialties.add(lines)
    enterprise = Organisation.objects.create(name="恒通公司", kind="enterprise")
    User.objects.create_user("enterprise", name="恒通", organisation=enterprise)
    Organisation.objects.create(name="安信认证", kind="agency")
    User.objects.create_superuser("admin", "admin@example.com", name="管理员")


def user(login: str) -> User:
    return User.objects.get(username=login)


def at(login: str) -> Client:
    client = Client()
    client.force_login(user(login))
    return client


def record(login: str) -> str:
    return f"/experts/{user(login).pk}/"


def accepted() -> Case:
    now, today = timezone.now(), timezone.localdate()
    sides = [Side("appellant", "恒通公司", Organisation.objects.get(name="恒通公司")), Side("respondent", "安信认证", Organisation.objects.get(name="安信认证"))]  # fmt: skip
    facts = {"grounds": "change_of_status", "decision.reference": "7号", "decision.notified_on": (today - timedelta(3)).isoformat(), "statement": "不服", "requested": "撤销", "signed_by": "张三"}  # fmt: skip
    done = open_case(rulebook="cace/appeal", action="file", actor=Actor("a", "张三", frozenset(["appellant"])), at=now, facts=facts, sides=sides, title="恒通申诉案")  # fmt: skip
    assert isinstance(done, Done)
    for action, given in (("receive_deposit", {"payment.amount": 500_000, "payment.on": today.isoformat()}), ("accept", {"major": True})):  # fmt: skip
        assert isinstance(act(number=done.case.number, action=action, actor=CENTRE, at=now, facts=given), Done)
    return done.case


@pytest.mark.parametrize(
    ("login", "register", "own", "others"),
    [("centre", 200, 200, 200), ("expert0", 404, 200, 404), ("enterprise", 404, 404, 404), ("admin", 404, 404, 404)],
)
def test_who_may_open_the_register(login: str, register: int, own: int, others: int) -> None:
    client = at(login)
    assert client.get("/experts/").status_code == register
    assert client.get(record(login)).status_code == own
    assert client.get(record("expert1")).status_code == others


def test_the_register_is_filtered_by_specialty_and_shows_who_is_away_on_a_day() -> None:
    today = timezone.localdate()
    Absence.objects.create(user=user("expert0"), since=today + timedelta(5), until=today + timedelta(7))
    lines = Specialty.objects.get().pk
    page = at("centre").get(f"/experts/?specialty={lines}&day={today + timedelta(6)}").content.decode()
    assert "专家4" not in page
    assert page.count("不在") == 1
    assert "不在" not in at("centre").get(f"/experts/?day={today}").content.decode()


def declare(client: Client, login: str, **form: str) -> int:
    return client.post(record(login), form).status_code


def test_an_expert_declares_a_tie_of_kin_and_it_keeps_them_from_the_case() -> None:
    client = at("expert0")
    assert declare(client, "expert0", form="kin", name="陈立", relation="spouse") == 302
    kin = Kin.objects.get()
    tie = {
        "form": "interest",
        "whose": f"kin:{kin.pk}",
        "organisation": "恒通公司",
        "kind": "任职",
        "since": "2020-01-01",
    }
    assert declare(client, "expert0", **tie) == 302
    found = Interest.objects.get()
    assert (found.kin, found.source, found.recorded_by) == (kin, "self", user("expert0"))
    page = at("centre").get(f"/cases/{accepted().number}/do/form_panel/").content.decode()
    assert "恒通公司（配偶任职）" in page
    assert "陈立" not in page


def test_a_tie_to_an_organisation_nobody_has_heard_of_is_kept_too() -> None:
    declare(at("expert0"), "expert0", form="interest", whose="self:", organisation="新公司", kind="顾问")
    assert Interest.objects.get().organisation == Organisation.objects.get(name="新公司")


@pytest.mark.parametrize(
    "wrong",
    [{"organisation": ""}, {"kind": ""}, {"whose": "kin:999"}, {"whose": "employer:1"}, {"since": "2026-02-01", "until": "2026-01-01"}, {"since": "someday"}],
)  # fmt: skip
def test_a_wrong_declaration_is_told_and_nothing_is_kept(wrong: dict[str, str]) -> None:
    form = {"form": "interest", "whose": "self:", "organisation": "恒通公司", "kind": "顾问"} | wrong
    response = at("expert0").post(record("expert0"), form)
    assert response.status_code == 422
    assert "没有登记" in response.content.decode()
    assert not Interest.objects.exists()


def test_one_ends_what_one_declared_but_not_what_the_body_recorded() -> None:
    own = Interest.objects.create(user=user("expert0"), organisation=Organisation.objects.get(name="恒通公司"), kind="顾问", source="self")  # fmt: skip
    theirs = Interest.objects.create(user=user("expert0"), organisation=Organisation.objects.get(name="恒通公司"), kind="持股")  # fmt: skip
    client = at("expert0")
    for tie in (own, theirs):
        declare(client, "expert0", form="end", row=f"interest:{tie.pk}", until="2026-01-31")
        declare(client, "expert0", form="retract", row=f"interest:{tie.pk}", reason="误录")
    own.refresh_from_db()
    theirs.refresh_from_db()
    assert (str(own.until), own.ended_by, own.retraction) == ("2026-01-31", user("expert0"), "误录")
    assert (theirs.until, theirs.retracted_at) == (None, None)
    declare(at("centre"), "expert0", form="end", row=f"interest:{theirs.pk}", until="2026-02-28")
    theirs.refresh_from_db()
    assert str(theirs.until) == "2026-02-28"
    assert "误录" in client.get(record("expert0")).content.decode(), "it stays readable"


def test_an_officer_cannot_rid_themselves_of_what_the_body_recorded_about_them() -> None:
    tie = Interest.objects.create(user=user("centre"), organisation=Organisation.objects.get(name="恒通公司"), kind="顾问")  # fmt: skip
    declare(at("centre"), "centre", form="retract", row=f"interest:{tie.pk}", reason="不想要")
    tie.refresh_from_db()
    assert tie.retracted_at is None


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_tie_is_told_in_the_readers_language_and_ones_own_words_as_they_are(language: str) -> None:
    for kind in ("顾问", "同乡会理事"):
        Interest.objects.create(user=user("expert0"), organisation=Organisation.objects.get(name="恒通公司"), kind=kind)
    reader = at("centre")
    reader.cookies["django_language"] = language
    for page in (reader.get(record("expert0")), reader.get("/experts/")):
        told = page.content.decode()
        assert ("adviser" in told, "同乡会理事" in told) == (language == "en", True)


def test_a_tie_through_a_relative_is_told_in_english_with_whose_it_is() -> None:
    kin = Kin.objects.create(user=user("expert0"), name="丁", relation="spouse")
    Interest.objects.create(kin=kin, organisation=Organisation.objects.get(name="恒通公司"), kind="任职")
    reader = at("centre")
    assert "配偶任职" in reader.get("/experts/").content.decode()
    reader.cookies["django_language"] = "en"
    assert "spouse: employment" in reader.get("/experts/").content.decode()


def test_nobody_ends_anothers_record_by_naming_its_row() -> None:
    tie = Interest.objects.create(user=user("expert1"), organisation=Organisation.objects.get(name="恒通公司"), kind="顾问", source="self")  # fmt: skip
    assert declare(at("expert0"), "expert0", form="end", row=f"interest:{tie.pk}", until="2026-01-31") == 404


def test_the_page_greys_out_whoever_may_not_sit_and_proposes_the_rest() -> None:
    case = accepted()
    Absence.objects.create(user=user("expert0"), since=timezone.localdate(), until=timezone.localdate())
    page = at("centre").get(f"/cases/{case.number}/do/form_panel/?specialty={Specialty.objects.get().pk}&propose=1")
    boxes = re.findall(
        r'<input type="checkbox" name="people" value="(\d+)"( checked)?( disabled)?', page.content.decode()
    )
    state = {User.objects.get(pk=pk).username: (bool(ticked), bool(off)) for pk, ticked, off in boxes}
    assert state == {
        "expert0": (False, True), "expert1": (True, False), "expert2": (True, False), "expert3": (True, False), "expert4": (False, True),
    }  # fmt: skip
    assert "来自不同单位者优先" in page.content.decode()


def test_somebody_away_is_refused_with_the_clause_even_when_the_form_is_forged() -> None:
    case = accepted()
    Absence.objects.create(user=user("expert0"), since=timezone.localdate(), until=timezone.localdate())
    chosen = {"people": [str(user(f"expert{n}").pk) for n in (0, 1, 2)]}
    assert at("centre").post(f"/cases/{case.number}/do/form_panel/", chosen).status_code == 422
    chosen = {"people": [str(user(f"expert{n}").pk) for n in (1, 2, 3)]}
    assert at("centre").post(f"/cases/{case.number}/do/form_panel/", chosen).status_code == 302


def test_the_officers_see_who_opened_what_and_nobody_else_does() -> None:
    case = accepted()
    members = [str(user(f"expert{n}").pk) for n in (1, 2, 3)]
    done = act(number=case.number, action="form_panel", actor=CENTRE, at=timezone.now(), facts={"people": members})
    assert isinstance(done, Done)
    at("enterprise").get(f"/cases/{case.number}/")
    Reading.objects.create(
        case=case, reader="某程序", reader_id="9", what="paper", name="申诉书.pdf", at=timezone.now()
    )
    page = at("centre").get(f"/cases/{case.number}/readings/").content.decode()
    assert "恒通" in page
    assert "申诉书.pdf" in page
    narrowed = at("centre").get(f"/cases/{case.number}/readings/?reader=9").content.decode()
    assert narrowed.count("<time") == 1
    for login in ("enterprise", "expert1", "expert4", "admin"):
        assert at(login).get(f"/cases/{case.number}/readings/").status_code == 404, login
    assert Client().get(f"/cases/{case.number}/readings/").status_code == 404


def test_managing_accounts_opens_no_case() -> None:
    case, client = accepted(), at("admin")
    assert client.get("/admin/people/user/").status_code == 200
    assert client.get(f"/cases/{case.number}/").status_code == 404
    assert case.number not in client.get("/cases/").content.decode()
    index = client.get("/admin/").content.decode()
    for app in ("cases", "mfa", "paper"):
        assert f"/admin/{app}/" not in index


def test_an_administrator_gives_offices_to_others_but_not_to_themselves() -> None:
    client = at("admin")

    def grant(login: str) -> bool:
        person = user(login)
        form = {
            "username": login, "name": person.name, "email": person.email, "is_active": "on", "is_staff": "on", "is_superuser": "on",
            "offices-TOTAL_FORMS": "1", "offices-INITIAL_FORMS": "0", "mandates-TOTAL_FORMS": "0", "mandates-INITIAL_FORMS": "0", "offices-0-body": "cace", "offices-0-role": "centre",
        }  # fmt: skip
        client.post(f"/admin/people/user/{person.pk}/change/", form)
        return person.offices.exists()

    assert not grant("admin")
    assert grant("expert4")


def test_whoever_moves_keeps_their_former_employer_on_record() -> None:
    person, new = user("expert0"), Organisation.objects.get(name="恒通公司")
    form = {"username": "expert0", "name": person.name, "email": "e0@example.com", "organisation": new.pk, "is_active": "on", "expert": "on", "offices-TOTAL_FORMS": "0", "offices-INITIAL_FORMS": "0", "mandates-TOTAL_FORMS": "0", "mandates-INITIAL_FORMS": "0"}  # fmt: skip
    at("admin").post(f"/admin/people/user/{person.pk}/change/", form)
    person.refresh_from_db()
    assert person.organisation == new
    assert person.employments.get().organisation.name == "研究院0"
    assert person.employments.get().until == timezone.localdate()


def test_a_lost_second_factor_is_reset_on_record_and_its_owner_is_told() -> None:
    centre = user("centre")
    Authenticator.objects.create(user=centre, type="totp", data={"secret": "x"})
    Authenticator.objects.create(user=user("admin"), type="totp", data={"secret": "x"})
    chosen = {"action": "reset_second_factor", "_selected_action": [centre.pk, user("admin").pk]}
    at("admin").post("/admin/people/user/", chosen)
    assert not has_second_factor(centre)
    assert has_second_factor(user("admin")), "not one's own"
    assert [e.change_message for e in LogEntry.objects.all()] == ["重设两步验证"]
    assert mail.outbox[0].to == ["centre@example.com"]


def test_accounts_cannot_be_deleted() -> None:
    assert at("admin").post(f"/admin/people/user/{user('expert0').pk}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.filter(username="expert0").exists()


def test_the_administration_is_entered_by_the_one_sign_in() -> None:
    assert Client().get("/admin/", follow=True).redirect_chain[-1][0].startswith("/login/")
