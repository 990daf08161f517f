"""S15 5(2): an office that handles cases looks back two years, as those named case by case do."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from mingduan.cases.access import access, visible
from mingduan.cases.act import Done, Side, open_case
from mingduan.cases.models import Case
from mingduan.people.models import Interest, Office, Organisation, User
from mingduan.procedure.case import Actor
from mingduan.procedure.period import TZ

NOW = datetime(2026, 9, 25, 9, tzinfo=TZ)
pytestmark = pytest.mark.django_db


def filed_by(enterprise: Organisation) -> Case:
    done = open_case(
        rulebook="ccrc/appeal-complaint", action="file", actor=Actor("a", "张三", frozenset(["submitter"])), at=NOW,
        facts={"kind": "complaint", "details": "迟延", "signed_by": "张三"}, sides=[Side("submitter", enterprise.name, enterprise)], title="案",
    )  # fmt: skip
    assert isinstance(done, Done)
    return done.case


def officer_of(organisation: Organisation | None) -> User:
    officer = User.objects.create_user("q", name="官员", organisation=organisation)
    Office.objects.create(user=officer, body="ccrc", role="quality")
    return officer


@pytest.mark.parametrize(("days", "opens"), [(729, False), (731, True)])
def test_s15_5_2_an_officer_with_an_interest_within_two_years_cannot_open_the_case(days: int, opens: bool) -> None:
    enterprise = Organisation.objects.create(name="恒通", kind="enterprise")
    case, officer = filed_by(enterprise), officer_of(None)
    Interest.objects.create(user=officer, organisation=enterprise, kind="顾问", until=(NOW - timedelta(days)).date())
    assert access(officer, case, NOW).reads == opens
    assert visible(officer, NOW).exists() == opens


def test_s15_5_2_an_officer_whose_own_employer_is_a_party_acts_for_that_party_only() -> None:
    enterprise = Organisation.objects.create(name="恒通", kind="enterprise")
    officer = officer_of(enterprise)
    got = access(officer, filed_by(enterprise), NOW)
    assert (got.actor.roles, got.inside) == ({"submitter"}, False)
    filed_by(Organisation.objects.create(name="远景", kind="enterprise"))
    assert visible(officer, NOW).count() == 2


def test_the_bodys_own_officers_handle_what_is_said_against_it() -> None:
    body = Organisation.objects.create(name="评定机构", kind="body")
    got = access(officer_of(body), filed_by(body), NOW)
    assert (got.actor.roles, got.inside) == ({"submitter", "quality"}, True)
