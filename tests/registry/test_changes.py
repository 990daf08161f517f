"""S18 2, S10 3 and 4.3: what a change makes of a certificate, of its papers, and of what anybody is told on any past day."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest

from mingduan.cases import audit
from mingduan.cases.models import Counter
from mingduan.procedure.period import TZ
from mingduan.registry import credential, issuing, queries, typeset, verification
from mingduan.registry.models import Announcement, Certificate, CertificatePaper
from mingduan.registry.verification import Level

from .scheme import START, Course, certified, concerning, paper

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("registry_home")]
ASKED = START + timedelta(days=20)
OTHERS = ("number", "title", "specialty", "auditing_body", "issued_on", "valid_until", "surveillances", "url")


def printed(held: Certificate, at: datetime, kind: str = "original", lang: str = "zh") -> bytes:
    return issuing.content(issuing.paper(held, kind, lang, at))


def changed(held: Certificate, kind: str, audited: bool = False, **facts: Any) -> Course:
    """A change through to the committee's decision."""
    course = concerning(
        held, "cace/change", "file", "holder", ASKED, kind=kind, reasons="变更", **{"change.papers": paper("a.pdf"), **facts}
    )  # fmt: skip
    course.do("centre", "accept")
    if audited:
        course.audit("holder")
    course.do("centre", "examine", **{"examination.opinion": "属实"})
    action = "decide_grade" if kind in ("upgrade", "downgrade") else "decide_change"
    return course.do("committee", action, reasoning="准予")


def on(number: str, day: datetime) -> Any:
    """What anybody is told who asks for that day."""
    return queries.standing_at(number, datetime.combine(day.astimezone(TZ).date(), time(23, 59, 59), TZ))


def levels(pdf: bytes, at: datetime) -> dict[str, Level]:
    return {f.what.en: f.level for f in verification.verify_pdf(pdf, at).findings}


def said(pdf: bytes, at: datetime) -> str:
    return "".join(f.text.zh for f in verification.verify_pdf(pdf, at).findings)


@pytest.mark.parametrize(
    ("kind", "facts", "member", "was", "becomes"),
    [
        ("name", {"name.new": "恒通科技有限公司"}, "name", "恒通代维有限公司", "恒通科技有限公司"),
        ("address", {"address.new": "上海市浦东新区张江路1号"}, "address", "北京市海淀区学院路1号", "上海市浦东新区张江路1号"),
        ("scope", {"scope.new": "华北地区传输线路"}, "scope", "", "华北地区传输线路"),
    ],
)  # fmt: skip
def test_s18_2_a_change_of_name_address_or_scope_keeps_the_number_and_each_days_words(
    kind: str, facts: dict[str, Any], member: str, was: str, becomes: str
) -> None:
    held = certified()
    old = {k: printed(held, START, k) for k in typeset.KINDS}
    faces = {k: typeset.face(held, k, "zh") for k in typeset.KINDS}
    course = changed(held, kind, audited=kind == "scope", **facts)
    held.refresh_from_db()

    assert (held.status, Counter.objects.get(name="cace:certificate-2026").last) == ("valid", 1)
    days = [START, ASKED - timedelta(days=1), course.at, course.at + timedelta(days=400)]
    assert [getattr(on(held.number, day), member) for day in days] == [was, was, becomes, becomes]
    assert {on(held.number, day).status for day in days} == {"valid"}
    assert on(held.number, START - timedelta(days=1)) is None

    for one in typeset.KINDS:
        face, before = typeset.face(held, one, "zh"), faces[one]
        shown = {"name": face.holder, "address": face.address, "scope": "".join(face.notes)}
        assert becomes in shown[member]
        assert not was or was not in shown[member]
        assert [getattr(face, n) for n in OTHERS] == [getattr(before, n) for n in OTHERS], "all else is as it was"
        new = printed(held, course.at, one)
        assert levels(old[one], course.at)["Signature"] is Level.GOOD, "it was genuine and stays so"
        assert levels(old[one], course.at)["On record"] is Level.WARN
        assert "登记内容此后有变动" in said(old[one], course.at)
        assert levels(new, course.at)["On record"] is levels(new, course.at)["Present standing"] is Level.GOOD
    assert CertificatePaper.objects.count() == 4, "what was issued stays on record"
    course.do("centre", "issue", **{"handover.on": "2026-03-23", "handover.receiver": "张三"}).do("centre", "announce")
    assert held.number in Announcement.objects.get(case_number=course.number).body
    assert list(audit.verify()) == []


@pytest.mark.parametrize(("kind", "was", "becomes"), [("upgrade", "y", "j"), ("downgrade", "j", "y")])
def test_s18_2_another_grade_is_another_certificate_from_the_instant_of_the_decision(
    kind: str, was: str, becomes: str
) -> None:
    held = certified(grade=was)
    old = printed(held, START)
    course = changed(held, kind, audited=kind == "upgrade", **{"grade.new": becomes})
    new = Certificate.objects.exclude(pk=held.pk).get()
    assert new.number == f"2026ZH0002{becomes.upper()}R0"
    assert (new.valid_until, new.next_surveillance_on) == (held.valid_until, held.next_surveillance_on)

    before, after = course.at - timedelta(seconds=1), course.at
    told = [queries.standing_at(n, at) for at in (before, after) for n in (held.number, new.number)]
    assert [span and span.status for span in told] == ["valid", None, "replaced", "valid"], (
        "never two at once, nor none"
    )
    assert on(held.number, START).status == "valid"
    assert on(held.number, course.at + timedelta(days=400)).status == "replaced"

    face = typeset.face(new, "original", "zh")
    assert {"j": "甲级", "y": "乙级"}[becomes] in face.grade
    assert face.issued_on == course.at.astimezone(TZ).date().isoformat()
    assert levels(old, before)["Present standing"] is Level.GOOD
    assert levels(old, after)["Present standing"] is Level.BAD
    assert f"现以{new.number}为准" in said(old, after)
    assert levels(printed(new, after), after)["Present standing"] is Level.GOOD
    assert list(audit.verify()) == []


def test_s07_3_1_after_a_change_of_name_no_english_paper_gives_the_name_of_before() -> None:
    held = certified()
    issuing.ask_for_english(held, holder_name="Hengtong Maintenance Ltd.", holder_address="1 Xueyuan Road", at=START)
    held.holder.name_en = "Hengtong Maintenance Ltd."
    held.holder.save()
    old = printed(held, START, lang="en")
    course = changed(held, "name", **{"name.new": "恒通科技有限公司"})
    held.refresh_from_db()
    face = typeset.face(held, "original", "en")
    assert (face.holder, face.address) == ("恒通科技有限公司", "1 Xueyuan Road")
    assert levels(old, course.at)["On record"] is Level.WARN
    issuing.ask_for_english(held, holder_name="Hengtong Technology Ltd.", holder_address="", at=course.at)
    assert typeset.face(held, "original", "en").holder == "Hengtong Technology Ltd."


def test_s18_2_the_credential_says_the_new_name_under_the_same_place_in_the_lists() -> None:
    held = certified()
    before = credential.credential(held)
    course = changed(held, "name", **{"name.new": "恒通科技有限公司"})
    held.refresh_from_db()
    after = credential.credential(held)
    assert after["credentialSubject"]["name"] == "恒通科技有限公司"
    assert after["credentialStatus"] == before["credentialStatus"]
    assert (after["id"], after["validFrom"]) == (before["id"], before["validFrom"])
    assert course.number in [s.source.case for s in queries.certificate(held.number).spans]
