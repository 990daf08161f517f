"""Choosing a panel: who could sit, who may not and why, and whom the office would propose."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mingduan.cases import catalogue
from mingduan.cases.act import Done, Side, act, open_case, state_of
from mingduan.cases.models import Case
from mingduan.cases.panels import Candidate, candidates, earlier_members, propose, wanted
from mingduan.people.models import Absence, Specialty
from mingduan.procedure.case import Actor, Origin
from mingduan.procedure.words import day

from ..people.test_interests import CENTRE, NOW, TODAY, accepted, appoint, expert, of_kin

pytestmark = pytest.mark.django_db


def found(case: Case, specialty: Specialty | None = None) -> dict[str, Candidate]:
    engine = catalogue.kept(case.digest)
    return {c.user.name: c for c in candidates(case, state_of(case), engine, "panel", NOW, specialty)}


def test_each_obstacle_is_told_and_lawful_candidates_come_first() -> None:
    case, lines = accepted(), Specialty.objects.create(zh="线路", en="Lines")
    for name in ("甲", "乙", "丙", "丁"):
        expert(name).specialties.add(lines)
    stranger = expert("戊")
    by_name = {u.name: u for u in lines.user_set.all()}
    of_kin(by_name["乙"], TODAY)
    Absence.objects.create(user=by_name["丙"], since=TODAY, until=TODAY)
    got = found(case, lines)
    assert list(got)[:2] == ["甲", "丁"]
    assert "配偶" in got["乙"].against[0].zh
    assert "不在" in got["丙"].against[0].zh
    assert [r.zh for r in got["戊"].against] == ["专业不是线路"]
    assert found(case)["戊"].against == (), str(stranger)


def test_absence_is_asked_for_the_day_of_the_meeting_once_it_is_set() -> None:
    case, user = accepted(), expert("甲")
    meeting = NOW + timedelta(18)  # after National Day, within 15 working days
    Absence.objects.create(user=user, since=meeting.date(), until=meeting.date())
    assert found(case)["甲"].against == ()
    facts = {"meeting.starts_at": meeting.isoformat(), "meeting.place": "北京"}
    assert isinstance(act(number=case.number, action="announce_meeting", actor=CENTRE, at=NOW, facts=facts), Done)
    assert day(meeting) in found(case)["甲"].against[0].zh


def test_the_load_is_the_open_cases_and_the_least_loaded_come_first() -> None:
    busy = [expert(name, name) for name in ("甲", "乙", "丙")]
    assert isinstance(appoint(accepted(), *[str(u.pk) for u in busy]), Done)
    expert("丁", "丁")
    got = found(accepted())
    assert {name: c.load for name, c in got.items()} == {"甲": 1, "乙": 1, "丙": 1, "丁": 0}
    assert next(iter(got)) == "丁"


def test_a_proposal_is_lawful_and_from_different_employers_where_it_can_be() -> None:
    case = accepted()
    for name, employer in (("甲", "一院"), ("乙", "一院"), ("丙", "二院"), ("丁", "二院"), ("戊", "三院")):
        expert(name, employer)
    of_kin(found(case)["丙"].user, TODAY)
    assert wanted(catalogue.kept(case.digest), state_of(case), "panel") == 3
    assert [c.user.name for c in propose(found(case).values(), 3)] == ["甲", "丁", "戊"]
    assert len(propose(found(case).values(), 9)) == 4


def test_members_are_not_offered_twice_and_those_of_the_earlier_round_not_again() -> None:
    case = accepted()
    members = [expert(name, name) for name in ("甲", "乙", "丙")]
    assert isinstance(appoint(case, *[str(u.pk) for u in members]), Done)
    expert("丁")
    assert list(found(case)) == ["丁"]
    released = {"person": str(members[0].pk)}
    assert isinstance(
        act(number=case.number, action="recuse", actor=CENTRE, at=NOW, facts=released, reason="同学"), Done
    )
    again = _second_round(case)
    assert earlier_members(state_of(again)) == {str(u.pk) for u in members}
    assert "上一轮" in found(again)["甲"].against[0].zh
    assert found(again)["丁"].against == ()


def _second_round(case: Case) -> Case:
    facts = {n: v for n, v in case.facts.items() if n in ("grounds", "decision.reference", "decision.notified_on", "statement", "requested", "signed_by")}  # fmt: skip
    done = open_case(
        rulebook="cace/appeal", action="file", actor=Actor("a", "张三", frozenset(["appellant"])), at=NOW, facts=facts,
        sides=[Side(p.role, p.name, p.organisation) for p in case.parties.all()], title="重新裁决",
        origin=Origin("round", case.number, 2),
    )  # fmt: skip
    assert isinstance(done, Done)
    return done.case


def test_s01_8_3_who_left_after_a_challenge_is_not_proposed_again() -> None:
    case = accepted()
    members = [expert(name, name) for name in ("甲", "乙", "丙")]
    expert("丁", "丁")
    assert isinstance(appoint(case, *[str(u.pk) for u in members]), Done)
    appellant = Actor("p", "恒通", frozenset(["appellant"]))
    challenge = {"entry.member": "甲", "entry.why": "同窗"}
    made = act(number=case.number, action="challenge", actor=appellant, at=NOW, facts=challenge)
    assert isinstance(made, Done)
    committee = Actor("c", "周建国", frozenset(["committee"]))
    upheld = {"entry": made.seq, "entry.decision_why": "属实", "person": str(members[0].pk)}
    assert isinstance(act(number=case.number, action="uphold_challenge", actor=committee, at=NOW, facts=upheld), Done)
    got = found(Case.objects.get(pk=case.pk))
    assert [r.zh for r in got["甲"].against] == ["人选中有人已在本案中回避"]
    assert [c.user.name for c in propose(got.values(), 1)] == ["丁"]
