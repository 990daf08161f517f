"""A case that the body itself opens: by whoever holds the office, with the holder as the register has it."""

from __future__ import annotations

import pytest
from django.test import Client

from mingduan.cases.models import Case
from mingduan.people.models import Interest, Office, User
from mingduan.registry.models import Certificate
from tests.registry.scheme import certified

pytestmark = pytest.mark.django_db
PATH = "/procedures/cace/suspension/open/propose/"


def somebody(login: str, role: str = "") -> Client:
    user = User.objects.create_user(login, name=login)
    if role:
        Office.objects.create(user=user, body="cace", role=role)
    client = Client()
    client.force_login(user)
    return client


def test_s18_3_2_the_centre_proposes_suspension_from_the_procedures_page() -> None:
    made, centre = certified(), somebody("centre", "centre")
    assert PATH in centre.get("/procedures/cace/suspension/").content.decode()
    answer = centre.post(
        PATH, {"certificate.number": made.number, "ground": "serious_problem", "reasons": "重大事故", "key": "k"}
    )
    case = Case.objects.get(rulebook="cace/suspension")
    assert answer.headers["Location"].endswith(f"/cases/{case.number}/")
    assert case.parties.get(role="holder").organisation == made.holder
    assert "综合代维专业" in centre.get(f"/cases/{case.number}/").content.decode(), (
        "in words, not as the register codes it"
    )


def test_whoever_may_propose_does_so_from_the_certificates_page_with_its_number_filled_in() -> None:
    made, centre = certified(), somebody("centre", "centre")
    page = centre.get(f"/register/{made.number}/").content.decode()
    link = f"{PATH}?certificate.number={made.number}"
    assert link in page
    assert f'value="{made.number}"' in centre.get(link).content.decode()
    for client in (Client(), somebody("nobody")):
        assert PATH not in client.get(f"/register/{made.number}/").content.decode()
    Certificate.objects.update(status="withdrawn")
    assert PATH not in centre.get(f"/register/{made.number}/").content.decode()


def test_a_wrong_number_is_told_beside_the_form_with_its_clause() -> None:
    answer = somebody("centre", "centre").post(
        PATH, {"certificate.number": "2020ZH9999JR0", "ground": "misuse", "reasons": "x"}
    )
    assert answer.status_code == 422
    assert "证书现在不是有效状态" in answer.content.decode()
    assert not Case.objects.exists()


def test_s01_8_3_an_officer_with_an_interest_in_the_holder_opens_nothing_and_is_told_why() -> None:
    made, centre = certified(), somebody("centre", "centre")
    Interest.objects.create(user=User.objects.get(username="centre"), organisation=made.holder, kind="持股")
    answer = centre.post(
        PATH, {"certificate.number": made.number, "ground": "serious_problem", "reasons": "重大事故", "key": "k"}
    )
    page = answer.content.decode()
    assert (answer.status_code, "有利害关系" in page, "S01 8.3" in page) == (422, True, True)
    assert not Case.objects.filter(rulebook="cace/suspension").exists()


def test_nobody_without_the_office_finds_the_form() -> None:
    for client in (somebody("committee", "committee"), somebody("nobody")):
        assert client.get(PATH).status_code == 404
        assert PATH not in client.get("/procedures/cace/suspension/").content.decode()
    assert Client().get(PATH).status_code == 302


def test_what_cannot_be_filed_has_no_way_to_file_it() -> None:
    client = Client()
    assert "/file/cace/suspension/" not in client.get("/procedures/cace/suspension/").content.decode()
    assert client.get("/file/cace/suspension/").status_code == 404
