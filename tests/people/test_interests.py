"""Whom a person is close to: by themselves, through employers and through kin, and what becomes of it in a case."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from mingduan.cases.access import access, log_reading, visible
from mingduan.cases.act import Done, Side, act, open_case
from mingduan.cases.models import Case, Reading
from mingduan.people.interests import person_record
from mingduan.people.models import Employment, Interest, Kin, Office, Organisation, User
from mingduan.procedure.case import Actor, Refusal
from mingduan.procedure.period import TZ

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 9, 25, 9, tzinfo=TZ)
TODAY = NOW.date()
CENTRE = Actor("c", "林静", frozenset(["centre"]))


def organisation(name: str, kind: str = "enterprise") -> Organisation:
    return Organisation.objects.get_or_create(name=name, defaults={"kind": kind})[0]


def expert(login: str, employer: str = "研究院") -> User:
    return User.objects.create_user(login, name=login, organisation=organisation(employer), expert=True)


def accepted(major: bool = True) -> Case:
    """An appeal of 恒通 against 安信, accepted as a major question."""
    done = open_case(
        rulebook="cace/appeal", action="file", actor=Actor("a", "张三", frozenset(["appellant"])), at=NOW,
        facts={"grounds": "change_of_status", "decision.reference": "7号", "decision.notified_on": "2026-09-01",
               "statement": "不服", "requested": "撤销", "signed_by": "张三"},
        sides=[Side("appellant", "恒通", organisation("恒通")), Side("respondent", "安信", organisation("安信", "agency"))],
        title="恒通申诉案",
    )  # fmt: skip
    assert isinstance(done, Done)
    for action, facts in (
        ("receive_deposit", {"payment.amount": 500_000, "payment.on": "2026-09-25"}), ("accept", {"major": major}),
    ):  # fmt: skip
        assert isinstance(act(number=done.case.number, action=action, actor=CENTRE, at=NOW, facts=facts), Done)
    done.case.refresh_from_db()
    return done.case


def appoint(case: Case, *people: Any) -> Done | Refusal:
    return act(number=case.number, action="form_panel", actor=CENTRE, at=NOW, facts={"people": list(people)})


def own(user: User, until: date) -> None:
    Interest.objects.create(user=user, organisation=organisation("恒通"), kind="顾问", until=until)


def of_kin(user: User, until: date) -> None:
    kin = Kin.objects.create(user=user, name="陈立", relation="spouse")
    Interest.objects.create(kin=kin, organisation=organisation("恒通"), kind="任职", until=until)


def of_employer(user: User, until: date) -> None:
    Interest.objects.create(employer=user.organisation, organisation=organisation("恒通"), kind="合同", until=until)


def of_former_kin(user: User, until: date) -> None:
    kin = Kin.objects.create(user=user, name="陈立", relation="spouse", until=until)
    Interest.objects.create(kin=kin, organisation=organisation("恒通"), kind="任职")


def of_past_employer(user: User, until: date) -> None:
    past = organisation("旧东家")
    Employment.objects.create(user=user, organisation=past, until=until)
    Interest.objects.create(employer=past, organisation=organisation("恒通"), kind="合同")


def past_job_there(user: User, until: date) -> None:
    Employment.objects.create(user=user, organisation=organisation("恒通"), until=until)


WAYS = [own, of_kin, of_former_kin, of_employer, of_past_employer, past_job_there]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("days_ago", "barred"), [(729, True), (731, False)])
def test_a_tie_within_two_years_keeps_an_expert_off_the_panel(
    way: Callable[[User, date], None], days_ago: int, barred: bool
) -> None:
    case = accepted()
    tied, *others = [expert(f"专家{n}", f"单位{n}") for n in range(3)]
    way(tied, TODAY - timedelta(days_ago))
    outcome = appoint(case, *[str(u.pk) for u in (tied, *others)])
    assert isinstance(outcome, Refusal) == barred
    if isinstance(outcome, Refusal):
        assert [(r.rule, r.clause) for r in outcome.reasons] == [("interest", "8.3")]
        assert "恒通" in outcome.reasons[0].text.zh


def test_the_record_says_through_whom_and_names_no_relative() -> None:
    user = expert("专家", "东方研究院")
    of_kin(user, TODAY)
    of_employer(user, TODAY)
    record = person_record(user, [organisation("恒通").pk])
    assert [(i["through"], i["whose"], i["kind"]) for i in record["interests"]] == [
        ("kin", "配偶", "任职"), ("employer", "东方研究院", "合同"),
    ]  # fmt: skip
    assert "陈立" not in str(record)


def test_a_retracted_tie_counts_no_more_and_nothing_can_be_deleted() -> None:
    user = expert("专家")
    own(user, TODAY)
    tie = user.interests.get()
    tie.retracted_at = NOW
    tie.save()
    assert person_record(user, [organisation("恒通").pk])["interests"] == []
    with pytest.raises(Exception, match="kept for good"):
        tie.delete()


def test_what_an_employer_did_after_somebody_left_is_no_tie_of_theirs() -> None:
    user = expert("专家")
    past = organisation("旧东家")
    Employment.objects.create(user=user, organisation=past, until=TODAY - timedelta(30))
    Interest.objects.create(employer=past, organisation=organisation("恒通"), kind="合同", since=TODAY - timedelta(10))
    assert person_record(user, [organisation("恒通").pk])["interests"] == []


def test_a_caller_cannot_say_that_an_expert_has_no_interests() -> None:
    case = accepted()
    tied, *others = [expert(f"专家{n}") for n in range(3)]
    of_kin(tied, TODAY)
    forged = [{"id": str(u.pk), "name": str(u), "interests": []} for u in (tied, *others)]
    assert isinstance(appoint(case, *forged), Refusal)


@pytest.mark.parametrize("somebody", ["999999", "9" * 30, "²", "", None, ["1"], {"id": "1 OR 1"}])
def test_nobody_off_the_register_can_be_appointed(somebody: Any) -> None:
    outcome = appoint(accepted(), somebody, *[str(expert(f"专家{n}").pk) for n in range(2)])
    assert isinstance(outcome, Refusal)
    assert outcome.reasons[0].input == "people"


def officer() -> User:
    user = User.objects.create_user("officer", name="officer", organisation=organisation("评定机构", "body"))
    Office.objects.create(user=user, body="cace", role="centre")
    return user


@pytest.mark.parametrize("lasting", [True, False])
def test_an_officer_with_a_relative_at_a_party_cannot_open_the_case_or_see_it_in_lists(lasting: bool) -> None:
    case, user = accepted(), officer()
    assert access(user, case, NOW).reads
    kin = Kin.objects.create(user=user, name="陈立", relation="child")
    until = None if lasting else TODAY - timedelta(1)
    Interest.objects.create(kin=kin, organisation=organisation("恒通"), kind="任职", until=until)
    assert access(user, case, NOW).reads == (not lasting)
    assert list(visible(user, NOW)) == ([] if lasting else [case])


def test_the_bodys_own_contracts_bar_none_of_its_officers() -> None:
    case, user = accepted(), officer()
    Interest.objects.create(employer=user.organisation, organisation=organisation("安信"), kind="委托合同")
    assert access(user, case, NOW).reads


def test_a_member_whose_past_tie_comes_to_light_is_shut_out_of_the_case() -> None:
    case = accepted()
    members = [expert(f"专家{n}") for n in range(3)]
    assert isinstance(appoint(case, *[str(u.pk) for u in members]), Done)
    assert access(members[0], case, NOW).inside
    own(members[0], TODAY - timedelta(100))
    assert not access(members[0], case, NOW).reads
    assert list(visible(members[0], NOW)) == []
    assert list(visible(members[1], NOW)) == [case]


def test_what_was_read_cannot_be_changed() -> None:
    case = accepted()
    log_reading(case, CENTRE, NOW, Reading.What.PAPER, "申诉书.pdf")
    for change in (lambda: Reading.objects.update(reader="别人"), lambda: Reading.objects.all().delete()):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()
