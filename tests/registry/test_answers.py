"""What the register answers, against the events of all cases told again from nothing, on every day that matters.

The reckoning here shares no line with `registry.life`: a decision that an appeal revoked is one that never was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from mingduan.cases.models import EventRow
from mingduan.procedure.period import TZ
from mingduan.registry import queries
from mingduan.registry.models import Certificate
from mingduan.registry.search import Wanted, search

from .scheme import START, certified, concerning, paper, suspended
from .test_register import appealed

pytestmark = pytest.mark.django_db
AT = START + timedelta(days=30)
BECOMES = {"suspend": "suspended", "lift": "valid", "withdraw": "withdrawn", "cancel": "cancelled"}


@dataclass(frozen=True)
class Told:
    """One change of the register as an event tells it."""

    at: datetime
    entry: str
    change: Mapping[str, Any]


def told() -> list[Told]:
    """Every change that any event of any case told, in their order."""
    rows = EventRow.objects.select_related("case")
    found = [
        Told(datetime.fromisoformat(r.body["at"]), f"{r.case.number}#{r.seq}", change)
        for r in rows
        for change in r.body.get("registers", ())
    ]
    return sorted(found, key=lambda t: t.at)


def reckoned(changes: list[Told], instant: datetime) -> dict[str, str]:
    """Number → status at `instant`, from nothing but the changes told until then."""
    known = [t for t in changes if t.at <= instant]
    revoked = {t.change["entry"] for t in known if t.change["effect"] == "restore"}
    status, ends = dict[str, str](), dict[str, date]()
    for t in known:
        change, effect, number = t.change, t.change["effect"], t.change.get("number", "")
        if effect in ("issue", "replace"):
            until = change.get("valid_until") or ends[change["replaces"]].isoformat()
            status[number], ends[number] = "annulled" if t.entry in revoked else "valid", date.fromisoformat(until)
        if t.entry in revoked:
            continue
        if effect == "replace":
            status[change["replaces"]] = "replaced"
        elif effect in BECOMES:
            status[number] = BECOMES[effect]
    today = instant.astimezone(TZ).date()
    over = {n for n, s in status.items() if s in ("valid", "suspended") and ends[n] < today}
    return status | dict.fromkeys(over, "expired")


def days() -> Iterator[datetime]:
    """The end of each of the first hundred days, and days around the end of validity."""
    last = Certificate.objects.earliest("id").valid_until
    for day in [(START + timedelta(days=n)).date() for n in range(-1, 100)] + [last, last + timedelta(days=1)]:
        yield datetime.combine(day, time(23, 59, 59), TZ)


@pytest.fixture
def _lives() -> None:
    """Nine certificates: valid, suspended, lifted, withdrawn, cancelled, renamed, downgraded, and two whose suspension
    and whose downgrade an appeal revoked.
    """
    made = [certified(f"{name}公司") for name in "甲乙丙丁戊己庚辛壬"]
    suspended(made[1], AT)
    suspended(made[2], AT).do("holder", "apply_lifting", **{"correction.statement": "已整改"}).do(
        "centre", "verify", **{"verification.opinion": "合格"}
    ).do("committee", "lift", reasoning="合格")
    concerning(made[3], "cace/withdrawal", "propose", "centre", AT, ground="serious_problem", reasons="重大问题").do(
        "holder", "answer", **{"entry.text": "说明"}
    ).do("association", "withdraw", reasoning="事实清楚")
    concerning(made[4], "cace/cancellation", "file", "holder", AT, reasons="转产", signed_request=paper()).do(
        "centre", "accept"
    ).do("committee", "cancel")
    renamed = {"kind": "name", "reasons": "更名", "name.new": "己集团", "change.papers": paper()}
    concerning(made[5], "cace/change", "file", "holder", AT, **renamed).do("centre", "accept").do(
        "centre", "examine", **{"examination.opinion": "属实"}
    ).do("committee", "decide_change", reasoning="准予")
    lower = {"kind": "downgrade", "reasons": "不达标", "grade.new": "y"}
    for one in made[6:8]:
        course = concerning(one, "cace/change", "propose", "centre", AT, **lower).do(
            "holder", "answer", **{"entry.text": "不服"}
        )
        course.do("centre", "examine", **{"examination.opinion": "属实"}).do(
            "committee", "decide_grade", reasoning="降级"
        )
    appealed(course, "revoked")
    other = suspended(made[8], AT)
    appealed(other, "revoked")


@pytest.mark.usefixtures("_lives")
def test_on_any_day_each_certificate_is_what_the_events_give() -> None:
    changes, wrong = told(), []
    held = {number: queries.certificate(number) for number in Certificate.objects.values_list("number", flat=True)}
    for instant in days():
        wanted = reckoned(changes, instant)
        got = {n: span.status for n, h in held.items() if h is not None and (span := h.at(instant)) is not None}
        if got != wanted:
            wrong.append((instant.date(), sorted(set(got.items()) ^ set(wanted.items()))))
    assert wrong == []
    assert set(reckoned(changes, AT + timedelta(days=60)).values()) == {
        "valid", "suspended", "withdrawn", "cancelled", "replaced", "annulled",
    }  # fmt: skip


@pytest.mark.usefixtures("_lives")
def test_a_search_by_status_finds_what_the_events_give() -> None:
    now = reckoned(told(), AT + timedelta(days=90))
    for status in ("valid", "suspended", "withdrawn", "cancelled", "replaced", "annulled", "expired"):
        found = search(Wanted(status=status), (AT + timedelta(days=90)).date()).values_list("number", flat=True)
        assert sorted(found) == sorted(n for n, s in now.items() if s == status), status
