"""Statistics: counted right, for the officers of the body only, each bar leading to its cases, fit for the strict CSP."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from mingduan.cases import catalogue
from mingduan.cases.models import Case, DutyRow
from mingduan.people.models import Interest, Office, Organisation, User

from . import office
from .office import accepted, ago, closed, do, file_case, ruled, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def people() -> None:
    office.people()


def figures(login: str = "centre", **query: object):
    return signed_in(login).get("/statistics/", query).context["found"]


@pytest.mark.parametrize(("login", "status"), [("centre", 200), ("enterprise", 404), ("agency", 404), ("expert1", 404)])
def test_only_officers_find_the_page(login: str, status: int) -> None:
    assert signed_in(login).get("/statistics/").status_code == status


def test_cases_of_the_time_are_counted_by_what_became_of_them() -> None:
    file_case(ago(1))
    ruled(ago(20), outcome="upheld")
    closed(ago(25))
    ruled(ago(25), outcome="rejected", grounds="refused_application")
    found = figures()
    assert (found.opened, found.decided, found.pending) == (4, 3, 1)
    assert {s.name: s.count for s in found.outcomes} == {"upheld": 1, "rejected": 2}
    assert {s.name: s.count for s in found.grounds} == {"change_of_status": 3, "refused_application": 1}
    assert sum(m.opened for m in found.months) == 4
    assert sum(m.decided for m in found.months) == 3


def test_a_time_holds_only_what_happened_in_it() -> None:
    ruled(ago(30))
    file_case(ago(1))
    before = {"until": ago(26).date().isoformat(), "since": ago(40).date().isoformat()}
    found = figures(**before)
    assert (found.opened, found.decided) == (1, 0)
    assert figures(since=ago(22).date().isoformat(), until=ago(20).date().isoformat()).decided == 1
    swapped = figures(since=before["until"], until=before["since"])
    assert swapped.opened == 1
    assert figures(since="0001-01-01", until="nonsense").opened == 2


def test_length_is_in_working_days_from_opening_to_decision() -> None:
    ruled(ago(20))
    ruled(ago(30))
    [lengths] = figures().lengths
    assert (lengths.count, lengths.median, lengths.ninth, lengths.longest) == (2, 9, 9, 9)
    assert sum(n for *_, n in figures().spread) == 2


def test_punctuality_counts_what_fell_due_in_time_late_and_not_at_all() -> None:
    file_case(ago(10))  # neither informed nor decided upon
    late = file_case(ago(10))
    do(late, "centre", "centre", "inform_departments", ago(5), departments="审查部")
    accepted(ago(10))
    kept = {p.name: (p.met, p.met_late, p.late) for p in figures().deadlines}
    assert kept["inform"] == (1, 1, 1)
    assert kept["decide_acceptance"] == (1, 0, 2)
    assert "retain" not in kept
    roles = {p.name: p for p in figures().roles}
    assert roles["centre"].late == sum(late for *_, late in kept.values())
    assert figures().rate == pytest.approx(
        100 * sum(met for met, *_ in kept.values()) / sum(sum(k) for k in kept.values())
    )


def test_what_was_only_entered_is_told_in_a_line_and_not_counted() -> None:
    ruled(ago(20))
    entered = file_case(ago(5))
    engine = catalogue.in_force()["cace/transfer"]
    catalogue.keep(engine)
    book = engine.rulebook
    DutyRow.objects.filter(case=entered).delete()
    Case.objects.filter(pk=entered.pk).update(rulebook=book.id, digest=book.digest, state="entered")
    page = signed_in("centre").get("/statistics/").context
    assert page["found"].opened == 1
    [(told, count, link)] = page["entered"]
    assert (told.id, count) == ("cace/transfer", 1)
    assert [r.case.pk for r in signed_in("centre").get(link).context["rows"]] == [entered.pk]
    assert figures(rulebook="cace/transfer").opened == 1, "asked for, it is counted"


def test_load_counts_open_appointments_and_steps() -> None:
    case = accepted(ago(3))
    expert = User.objects.get(username="expert1")
    case.assignments.create(role="panel", user=expert)
    load = {x.user.username: (x.appointed, x.acts) for x in figures().load}
    assert load["expert1"] == (1, 0)
    assert load["centre"] == (0, 3)
    assert "enterprise" not in load


def test_another_body_and_an_interest_leave_nothing_to_count() -> None:
    ruled(ago(20))
    other = User.objects.create_user("other", password="x", name="他机构")
    Office.objects.create(user=other, body="ccrc", role="quality")
    assert (figures("other").opened, figures("other").outcomes, figures("other").load) == (0, (), ())
    party = Organisation.objects.get(name="恒通代维")
    Interest.objects.create(user=User.objects.get(username="centre"), organisation=party, kind="股东")
    found = figures("centre")
    assert (found.opened, found.decided, found.deadlines, found.grounds) == (0, 0, (), ())
    assert figures("committee").opened == 1


def test_charts_carry_words_and_links_and_no_style_or_script() -> None:
    ruled(ago(20), outcome="upheld")
    page = signed_in("centre").get("/statistics/").content.decode()
    svgs = re.findall(r"<svg [^>]*class=\"marks\".*?</svg>", page, re.S)
    assert len(svgs) >= 5
    for svg in svgs:
        assert "style=" not in svg
        assert "<script" not in svg
        assert "here.invalid" not in svg
        assert "vega.github.io" not in svg
    assert 'aria-label="申诉成立 1（100%）"' in page
    links = re.findall(r'<a href="(/cases/\?[^"]*outcome=upheld[^"]*)"', page)
    assert links
    followed = signed_in("centre").get(links[0].replace("&amp;", "&"))
    assert len(followed.context["rows"]) == 1


def test_every_bar_of_a_month_leads_to_as_many_cases() -> None:
    file_case(ago(1))
    file_case(ago(40))
    page = signed_in("centre").get("/statistics/").context
    volume = next(f for f in page["figures"] if f.name == "volume")
    for (_, opened, _), link in volume.rows:
        assert signed_in("centre").get(link).context["page"].paginator.count == opened


def test_queries_do_not_grow_with_the_cases(django_assert_max_num_queries) -> None:
    client = signed_in("centre")
    ruled(ago(20))
    client.get("/statistics/")
    with django_assert_max_num_queries(70) as few:
        client.get("/statistics/")
    for n in range(5):
        ruled(ago(20 + n))
    with django_assert_max_num_queries(len(few)):
        client.get("/statistics/")


def test_a_quiet_time_says_so() -> None:
    page = signed_in("centre").get(
        "/statistics/",
        {
            "since": (ago(1) - timedelta(days=900)).date().isoformat(),
            "until": (ago(1) - timedelta(days=800)).date().isoformat(),
        },
    )
    assert "这段时间没有数据" in page.content.decode()
    assert page.context["found"].rate is None
