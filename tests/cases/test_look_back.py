"""S15 5(2): an office that handles cases looks back two years, as those named case by case do."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from mingduan.cases.access import access, visible
from mingduan.cases.act import Done, Side, open_case
from mingduan.people.models import Interest, Office, Organisation, User
from mingduan.procedure.case import Actor
from mingduan.procedure.period import TZ

NOW = datetime(2026, 9, 25, 9, tzinfo=TZ)
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("days", "opens"), [(729, False), (731, True)])
def test_s15_5_2_an_officer_with_an_interest_within_two_years_cannot_open_the_case(days: int, opens: bool) -> None:
    enterprise = Organisation.objects.create(name="恒通", kind="enterprise")
    done = open_case(
        rulebook="ccrc/appeal-complaint", action="file", actor=Actor("a", "张三", frozenset(["submitter"])), at=NOW,
        facts={"kind": "complaint", "details": "迟延", "signed_by": "张三"}, sides=[Side("submitter", "恒通", enterprise)], title="案",
    )  # fmt: skip
    assert isinstance(done, Done)
    officer = User.objects.create_user("q", name="官员")
    Office.objects.create(user=officer, body="ccrc", role="quality")
    Interest.objects.create(user=officer, organisation=enterprise, kind="顾问", until=(NOW - timedelta(days)).date())
    assert access(officer, done.case, NOW).reads == opens
    assert visible(officer, NOW).exists() == opens
