"""What a proposal of dispatch must hold, whatever the jobs and engineers (S08 3.1, S16 4)."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from mingduan.cases.models import Case
from mingduan.complaints.dispatch import Engineer, Job, Point, Why, propose, travel_minutes
from mingduan.complaints.fieldwork import Task
from mingduan.procedure.period import TZ
from mingduan.procedure.uses import FieldWork

NINE = datetime(2026, 11, 25, 9, tzinfo=TZ)
SKILLS, AREAS = ("无线", "宽带", "传输"), ("蓬江", "江海", "新会")
HERE = Point(22.58, 113.08)

points = st.builds(Point, st.floats(22.4, 22.8), st.floats(112.9, 113.3))
jobs = st.lists(
    st.builds(
        lambda place, skill, area, minutes, hours: Job("", place, skill, area, minutes, NINE + timedelta(hours=hours), NINE),
        points, st.sampled_from(SKILLS), st.sampled_from(AREAS), st.integers(10, 120), st.integers(1, 24),
    ),
    max_size=14,
).map(lambda found: [Job(f"J{n}", j.place, j.skill, j.area, j.minutes, j.due, j.ready) for n, j in enumerate(found)])  # fmt: skip
crews = st.lists(
    st.builds(
        lambda place, skills, areas, free, hours: Engineer("", place, skills, areas, NINE + timedelta(minutes=free), NINE + timedelta(hours=hours)),
        points, st.frozensets(st.sampled_from(SKILLS), min_size=1), st.frozensets(st.sampled_from(AREAS)), st.integers(0, 120), st.integers(1, 10),
    ),
    max_size=5,
).map(lambda found: [Engineer(f"E{n}", e.place, e.skills, e.areas, e.free, e.until) for n, e in enumerate(found)])  # fmt: skip


def job(
    key: str, *, hours: float = 24, skill: str = "无线", area: str = "蓬江", place: Point = HERE, minutes: int = 30
) -> Job:
    return Job(key, place, skill, area, minutes, NINE + timedelta(hours=hours), NINE)


def engineer(
    key: str,
    *,
    place: Point = HERE,
    skills: tuple[str, ...] = ("无线",),
    area: str = "蓬江",
    hours: float = 8,
    load: int = 0,
) -> Engineer:
    return Engineer(key, place, frozenset(skills), frozenset({area}), NINE, NINE + timedelta(hours=hours), load)


@settings(max_examples=150, deadline=None)
@given(jobs, crews)
def test_every_job_comes_once_with_a_skilled_engineer_within_the_shift_and_nobody_is_in_two_places(
    js: list[Job], es: list[Engineer]
) -> None:
    found = propose(js, es)
    assert sorted([v.job.key for v in found.visits] + [u.job.key for u in found.unplaced]) == sorted(j.key for j in js)
    for one in es:
        mine = [v for v in found.visits if v.engineer.key == one.key]
        assert all(v.job.skill in one.skills and v.begins >= v.job.ready and v.ends <= one.until for v in mine)
        assert [v.order for v in mine] == list(range(1, len(mine) + 1))
        stops = [(one.free, one.place), *((v.ends, v.job.place) for v in mine)]
        for (left, start), visit in zip(stops, mine, strict=False):
            assert visit.begins >= left + timedelta(minutes=int(travel_minutes(start, visit.job.place)))
        assert all(a.ends <= b.begins for a, b in pairwise(mine))


@settings(max_examples=60, deadline=None)
@given(jobs, crews, st.randoms(use_true_random=False))
def test_the_order_in_which_they_are_given_does_not_matter(
    js: list[Job], es: list[Engineer], chance: random.Random
) -> None:
    assert propose(js, es) == propose(chance.sample(js, len(js)), chance.sample(es, len(es)))


@settings(max_examples=60, deadline=None)
@given(jobs, crews)
def test_a_job_is_left_for_want_of_skill_only_when_nobody_has_it(js: list[Job], es: list[Engineer]) -> None:
    for left in propose(js, es).unplaced:
        assert (left.why is Why.SKILL) == all(left.job.skill not in e.skills for e in es)


def test_the_job_due_first_goes_first_when_one_engineer_has_both() -> None:
    found = propose([job("later", hours=24), job("sooner", hours=1)], [engineer("E")])
    assert [v.job.key for v in found.visits] == ["sooner", "later"]


def test_the_engineer_of_the_area_goes_though_another_is_a_little_nearer() -> None:
    near = engineer("A", area="新会", place=HERE)
    home = engineer("B", area="蓬江", place=Point(22.60, 113.08))
    assert propose([job("J")], [near, home]).visits[0].engineer.key == "B"


def test_another_area_helps_out_rather_than_let_the_job_be_late() -> None:
    far = engineer("A", area="蓬江", place=Point(22.58, 113.60))
    near = engineer("B", area="新会", place=HERE)
    assert propose([job("J", hours=0.75)], [far, near]).visits[0].engineer.key == "B"


def test_s19_2_1_what_the_operators_leaders_report_goes_before_what_falls_due_earlier() -> None:
    leaders, sooner = replace(job("L", hours=20), first=True), job("S", hours=2)
    visits = propose([sooner, leaders], [engineer("E")]).visits
    assert [v.job.key for v in visits] == ["L", "S"]


def test_s19_2_1_nobody_waits_for_it_where_it_was_agreed_for_later() -> None:
    case = Case(
        number="L", facts={"first": True, "at": (NINE + timedelta(hours=6)).isoformat(), "where": "22.58,113.08"}
    )
    work = FieldWork(by="engineer", done="report", address="where", position="where", agreed="at", first="first")
    made = Task(case, None, work, None).job(NINE)  # type: ignore[arg-type]  # no rulebook is asked
    assert made is not None
    assert not made.first


def test_of_two_alike_the_one_with_less_in_hand_goes() -> None:
    assert propose([job("J")], [engineer("A", load=240), engineer("B", load=0)]).visits[0].engineer.key == "B"


def test_the_reasons_tell_skill_spare_time_travel_area_and_load() -> None:
    visit = propose([job("J", hours=2)], [engineer("E", load=60)]).visits[0]
    assert [r.zh for r in visit.reasons] == [
        "具备“无线”技能", "比时限早1小时30分钟", "路程约0分钟", "负责该片区", "已有1小时在手工作，本单排第1",
    ]  # fmt: skip


def test_a_job_that_asks_for_no_skill_is_anybodys() -> None:
    visit = propose([job("J", skill="")], [engineer("E")]).visits[0]
    assert not any("技能" in r.zh for r in visit.reasons)
