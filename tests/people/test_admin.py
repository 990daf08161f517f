"""The administration: who manages accounts manages accounts. No case is there, and nothing that happened is changed there."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.test import Client

from mingduan.people.models import Office, Organisation, Specialty, User

pytestmark = pytest.mark.django_db
WORD = "a-long-enough-word"


@pytest.fixture
def root() -> Client:
    """An administrator's browser."""
    User.objects.create_superuser("root", "root@example.com", WORD, name="管理员")
    client = Client()
    client.force_login(User.objects.get(username="root"))
    return client


@pytest.fixture
def officer() -> User:
    """An officer of the body, signed in somewhere."""
    body = Organisation.objects.create(name="评定机构", kind="body")
    user = User.objects.create_user("centre", "centre@example.com", WORD, name="林静", organisation=body)
    Office.objects.create(user=user, body="cace", role="centre")
    return user


def test_only_accounts_and_what_belongs_to_them_is_administered() -> None:
    kept = {model._meta.label for model in admin.site._registry}
    assert kept == {"people.User", "people.Organisation", "people.Enrolment", "people.Specialty", "complaints.Mailbox"}
    told = {model for name in ("cases", "registry", "paper") for model in apps.get_app_config(name).get_models()}
    assert not told & set(admin.site._registry), (
        "what cases, certificates and papers are is written by their events alone"
    )


@pytest.mark.parametrize("model", ["user", "organisation", "specialty", "enrolment"])
def test_nothing_is_deleted_there(root: Client, officer: User, model: str) -> None:
    Specialty.objects.create(zh="线路", en="Lines")
    page = root.get(f"/admin/people/{model}/").content.decode()
    assert "delete_selected" not in page
    kept = {"user": officer.pk, "organisation": officer.organisation_id}.get(model)
    if model == "specialty":
        kept = Specialty.objects.get().pk
    if kept:
        assert root.post(f"/admin/people/{model}/{kept}/delete/", {"post": "yes"}).status_code == 403


def form(user: User) -> dict[str, str]:
    """The form of an account as it is, its offices and mandates left alone."""
    none = {f"{of}-{n}_FORMS": "0" for of in ("offices", "mandates") for n in ("TOTAL", "INITIAL")}
    own = {"username": user.username, "name": user.name, "email": user.email, "is_active": "on"}
    return none | own | {"organisation": str(user.organisation_id or "")}


def test_an_administrator_who_gives_an_office_to_somebody_is_on_record(root: Client, officer: User) -> None:
    Office.objects.all().delete()
    given = {
        "offices-TOTAL_FORMS": "1",
        "offices-INITIAL_FORMS": "0",
        "offices-0-body": "cace",
        "offices-0-role": "committee",
        "offices-0-user": str(officer.pk),
    }
    answer = root.post(f"/admin/people/user/{officer.pk}/change/", form(officer) | given)
    assert answer.status_code == 302, answer.content.decode()
    assert officer.offices.get().role == "committee"
    entry = LogEntry.objects.get()
    assert (entry.user.username, entry.object_id) == ("root", str(officer.pk))


def test_whose_password_an_administrator_sets_is_told_and_signed_out(root: Client, officer: User) -> None:
    theirs = Client()
    theirs.force_login(officer)
    new = {"password1": "another-long-word", "password2": "another-long-word", "usable_password": "true"}
    assert root.post(f"/admin/people/user/{officer.pk}/password/", new).status_code == 302
    assert theirs.get("/account/").status_code == 302
    assert mail.outbox[-1].to == ["centre@example.com"]
    assert "密码已由管理员" in mail.outbox[-1].subject
    assert "An administrator set your password" in mail.outbox[-1].subject
    assert LogEntry.objects.get().object_id == str(officer.pk)


def test_an_account_taken_out_of_service_is_signed_out_at_once_and_stays_on_record(root: Client, officer: User) -> None:
    theirs = Client()
    theirs.force_login(officer)
    assert root.post(f"/admin/people/user/{officer.pk}/change/", form(officer) | {"is_active": ""}).status_code == 302
    assert theirs.get("/account/").status_code == 302
    tried = Client().post("/login/", {"login": "centre", "password": WORD}, follow=True)
    assert "账号已停用" in tried.content.decode()
    assert User.objects.filter(username="centre").exists()


def test_a_changed_e_mail_is_told_to_the_address_before(root: Client, officer: User) -> None:
    """Whoever could set another address could ask for a new password at it: its owner hears of it."""
    assert (
        root.post(
            f"/admin/people/user/{officer.pk}/change/", form(officer) | {"email": "other@example.com"}
        ).status_code
        == 302
    )
    assert mail.outbox[-1].to == ["centre@example.com"]
    assert "邮箱已由管理员" in mail.outbox[-1].subject
