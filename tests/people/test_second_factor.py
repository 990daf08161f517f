"""Signing an act with the actor's own second factor: through the page, the API and the command line, once for each code."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.test import Client
from django.utils import timezone

from mingduan.cases.models import Case
from mingduan.people.models import Office, Organisation, User
from tests.registry.scheme import Course, code_for, enterprise, reviewed

pytestmark = pytest.mark.django_db
TURN = 59_000_000
SECRET = "MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U"


def code(turn: int = TURN) -> str:
    """The code the authenticator shows in a turn."""
    return format_hotp_value(hotp_value(SECRET, turn))


@pytest.fixture(autouse=True)
def _turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The authenticator stands still, so that no test lives through the end of a code's half minute."""
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.yield_hotp_counters_from_time", lambda: iter([TURN]))


@pytest.fixture
def association() -> User:
    body = Organisation.objects.create(name="协会", kind="body")
    user = User.objects.create_user("association", password="x", name="高远", organisation=body)
    Office.objects.create(user=user, body="cace", role="association")
    TOTP.activate(user, SECRET)
    return user


@pytest.fixture
def course() -> Course:
    return reviewed(enterprise(), timezone.now() - timedelta(days=2))


@pytest.fixture
def client(association: User) -> Client:
    client = Client()
    client.force_login(association)
    return client


def approve(client: Client, course: Course, **sent: str) -> tuple[int, str]:
    """The status and the text of what comes back when the form of approval is sent."""
    answer = client.post(f"/cases/{course.number}/do/approve/", sent)
    return answer.status_code, answer.content.decode()


def state(course: Course) -> str:
    return Case.objects.get(number=course.number).state


def test_an_approval_is_signed_with_the_code_of_ones_own_authenticator(
    client: Client, course: Course, association: User
) -> None:
    assert approve(client, course, code=code())[0] == 302
    event = Case.objects.get(number=course.number).events.last()
    assert event is not None
    assert event.body["signature"]["by"] == str(association.pk)
    assert event.body["signature"]["method"] == "totp"
    assert "已签署" in client.get(f"/cases/{course.number}/").content.decode()


def test_the_code_itself_is_kept_nowhere_in_the_case(client: Client, course: Course) -> None:
    sent = code()
    approve(client, course, code=sent)
    assert all(
        sent not in str(row.body.get("signature", "")) for row in Case.objects.get(number=course.number).events.all()
    )


@pytest.mark.parametrize("sent", ["", "000", "abcdef"])
def test_without_the_right_code_nothing_is_approved(client: Client, course: Course, sent: str) -> None:
    assert approve(client, course, code=sent)[0] == 422
    assert state(course) == "reviewed"


def test_a_code_is_good_once(client: Client, course: Course) -> None:
    other = reviewed(enterprise("远景", code_for("远景")), timezone.now() - timedelta(days=2))
    sent = code()
    assert approve(client, course, code=sent)[0] == 302
    status, page = approve(client, other, code=sent)
    assert (status, state(other)) == (422, "reviewed")
    assert "已用过" in page


def test_a_code_is_not_used_up_by_an_act_that_can_not_be_done(client: Client, course: Course) -> None:
    sent = code()
    assert (
        client.post(f"/cases/{course.number}/do/disapprove/", {"code": sent, "decline.reason": ""}).status_code == 422
    )
    assert approve(client, course, code=sent)[0] == 302


def test_wrong_codes_lock_the_second_factor(client: Client, course: Course) -> None:
    for _ in range(5):
        approve(client, course, code=code(TURN - 1))
    status, page = approve(client, course, code=code())
    assert (status, state(course)) == (422, "reviewed")
    assert "输错次数过多" in page


def test_a_recovery_code_signs_once(client: Client, course: Course, association: User) -> None:
    sent = RecoveryCodes.activate(association).generate_codes()[0]
    assert approve(client, course, code=sent)[0] == 302
    event = Case.objects.get(number=course.number).events.last()
    assert event is not None
    assert event.body["signature"]["method"] == "recovery_codes"
    other = reviewed(enterprise("远景", code_for("远景")), timezone.now() - timedelta(days=2))
    assert approve(client, other, code=sent)[0] == 422


def test_an_account_without_a_second_factor_is_told_where_to_set_one_up(
    client: Client, course: Course, association: User
) -> None:
    Authenticator.objects.filter(user=association).delete()
    page = client.get(f"/cases/{course.number}/do/approve/").content.decode()
    assert 'href="/account/second-factor/' in page
    assert approve(client, course, code="123456")[0] == 422


def test_no_code_is_shown_outside_a_demonstration(client: Client, course: Course) -> None:
    assert "data-codes" not in client.get(f"/cases/{course.number}/do/approve/").content.decode()


def test_somebody_elses_code_signs_nothing(client: Client, course: Course, association: User) -> None:
    other = User.objects.create_user("other", password="x", name="别人")
    Authenticator.objects.filter(user=association).update(user=other)
    TOTP.activate(association, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    assert approve(client, course, code=code())[0] == 422
