"""Fifty approvals at once: fifty numbers, none twice, no gap; of two for one holder, one; one file imported twice at once, once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import pytest
from django.db import connection

from mingduan.cases import audit
from mingduan.cases.act import Done
from mingduan.cases.models import Counter
from mingduan.registry.models import Certificate, Standing

from .scheme import START, certified, code_for, concerning, enterprise, paper, reviewed
from .test_importing import row, taken, text

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("flushable")]


T = TypeVar("T")


def at_once(work: list[Callable[[], T]]) -> list[T]:
    """Do all of it, each in a thread of its own, begun together."""
    outcomes: list[T] = []
    start = threading.Barrier(len(work))

    def run(one: Callable[[], T]) -> None:
        start.wait()
        try:
            outcomes.append(one())
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_s07_3_1_fifty_approvals_at_once_give_fifty_serials_without_a_gap() -> None:
    courses = [reviewed(enterprise(f"企业{n}", code_for(f"企业{n}"))) for n in range(50)]
    outcomes = at_once([lambda c=c: c.attempt("association", "approve", after=timedelta(days=1)) for c in courses])
    assert [type(o) for o in outcomes] == [Done] * 50
    assert sorted(Certificate.objects.values_list("number", flat=True)) == [f"2026ZH{n:04}JR0" for n in range(1, 51)]
    assert list(audit.verify()) == []


def test_s09_3_1_1_of_two_approvals_at_once_for_one_enterprise_and_specialty_one_wins() -> None:
    holder = enterprise()
    courses = [reviewed(holder, START + timedelta(days=n)) for n in (0, 1)]
    outcomes = at_once([lambda c=c: c.attempt("association", "approve") for c in courses])
    assert sorted(type(o).__name__ for o in outcomes) == ["Done", "Refusal"]
    assert Certificate.objects.get().number == "2026ZH0001JR0"
    assert Standing.objects.count() == 1
    assert list(audit.verify()) == []


def test_s10_4_2_of_two_decisions_at_once_about_one_certificate_the_later_finds_what_the_earlier_made() -> None:
    """A suspension and an upgrade, each of a valid certificate: whichever comes second finds it suspended, or replaced."""
    held = certified(grade="y")
    suspending = concerning(
        held, "cace/suspension", "propose", "centre", START + timedelta(days=30), ground="serious_problem", reasons="重大质量事故"
    ).do("holder", "answer", **{"entry.text": "说明"})  # fmt: skip
    upgrading = concerning(
        held, "cace/change", "file", "holder", START + timedelta(days=30), kind="upgrade", reasons="达标",
        **{"grade.new": "j", "change.papers": paper()},
    )  # fmt: skip
    upgrading.do("centre", "accept").audit("holder").do("centre", "examine", **{"examination.opinion": "符合"})
    until = (suspending.at + timedelta(days=60)).date().isoformat()
    outcomes = at_once([
        lambda: suspending.attempt("committee", "suspend", reasoning="事实清楚", **{"suspension.until": until}),
        lambda: upgrading.attempt("committee", "decide_grade", reasoning="同意"),
    ])  # fmt: skip
    assert sorted(type(o).__name__ for o in outcomes) == ["Done", "Refusal"]
    in_force = Certificate.objects.filter(status__in=("valid", "suspended"))
    assert in_force.count() == 1
    assert list(audit.verify()) == []


def test_one_file_imported_twice_at_once_is_there_once() -> None:
    file = text(*(row(f"2025ZH{n:04}JR0", n) for n in range(1, 13)))
    reports = at_once([lambda: taken(file), lambda: taken(file)])
    assert sum(r.counts["added"] for r in reports) == 12
    assert sum(r.counts["already"] + r.counts["conflict"] for r in reports) == 12
    assert Certificate.objects.count() == Standing.objects.count() == 12
    assert list(audit.verify()) == []


def test_files_that_name_years_and_enterprises_in_opposite_orders_wait_for_each_other_only_one_way() -> None:
    years = [(y, n) for y in (2021, 2022, 2023, 2024) for n in range(1, 4)]
    there, back = (
        [row(f"{y}ZH{serial + n:04}JR0", n, 发证日期=f"{y}-03-05", 有效期至=f"{y + 3}-03-04", 状态="注销", 状态自=f"{y}-06-01") for y, n in order]
        for serial, order in ((0, years), (100, list(reversed(years))))
    )  # fmt: skip
    Counter.objects.create(
        name="cace:certificate-2023", last=5
    )  # one there already, the others made as they are needed
    reports = at_once([lambda: taken(text(*there)), lambda: taken(text(*back)), lambda: taken(text(*there))])
    assert sum(r.counts["added"] for r in reports) == Certificate.objects.count() == 24
    assert sum(r.counts["bad"] for r in reports) == 0
    assert Counter.objects.get(name="cace:certificate-2023").last == 103
    assert list(audit.verify()) == []
