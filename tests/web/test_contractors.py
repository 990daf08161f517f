"""The contractors' pages: from entry to exit, the scope's rule, people held against the register, who sees whom."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from mingduan.cases.act import Done, Side, open_case
from mingduan.cases.files import keep
from mingduan.cases.models import Case
from mingduan.config import clock
from mingduan.people.models import FieldWorker, Mandate, Office, Organisation
from mingduan.procedure.case import Actor, Refusal
from mingduan.registry.enterprises import Enterprise, Technician, TechnicianCertificate
from mingduan.registry.models import Certificate, Standing
from tests.cases.telecom import Desk, at
from tests.complaints.test_settlement import desk, handled, october

pytestmark = pytest.mark.django_db
__all__ = ["desk"]
NUMBER = "2026ZH0001JR0"
MARCH, NOW = "2026-03-02 09:00", "2026-11-09 10:30"


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: at(NOW))


def qualified(desk: Desk) -> Organisation:
    """The first contractor with a valid certificate in the register, and somebody to score it."""
    company = desk.contractors[0]
    Office.objects.create(user=desk.users["contracts"], body="contractor", role="selection")
    held = Certificate.objects.create(
        number=NUMBER, holder=company, holder_name=company.name, holder_address="云州", specialty="ZH", grade="J", issued_on=date(2026, 1, 5),
        valid_until=date(2028, 1, 4), auditing_body="甲", evaluating_body="乙", approving_body="丙", case_number="X", seq=1,
    )  # fmt: skip
    Standing.objects.create(
        certificate=held, status="valid", since=at("2026-01-05 00:00"), case_number="X", seq=1, holder_name=company.name
    )
    return company


def signed(desk: Desk) -> Case:
    """The first contractor, holder of a certificate, with a contract for terminal work since March."""
    company = qualified(desk)
    done = open_case(
        rulebook="contractor/entry", action="apply", actor=Actor(str(desk.users["lead1"].pk), "lead1", frozenset(["applicant"])), at=at(MARCH),
        facts={"certificate.number": NUMBER, "area": "城北", "introduction": "30人"}, sides=[Side("applicant", company.name, company)], title="",
    )  # fmt: skip
    assert isinstance(done, Done), done
    case = done.case
    files = [keep("合同.txt", "合同".encode(), "text/plain").as_fact()]
    contract = {"contract.number": "2026-7", "contract.from": "2026-04-01", "contract.until": "2028-03-31", "contract.duties": "见附件",
                "contract.annexes": files, "contract.safety": files, "contract.secrecy": files, "group": "市区组"}  # fmt: skip
    desk.do("contracts", case, "qualify", MARCH)
    desk.do("contracts", case, "score", MARCH, **{"entry.score": 80, "entry.why": "队伍齐"})
    desk.do("manager", case, "select", MARCH)
    desk.do(
        "contracts",
        case,
        "add_scope",
        MARCH,
        **{"entry.work": "terminal", "entry.text": "宽带装维", "entry.area": "城北"},
    )
    return desk.do("manager", case, "sign", MARCH, **contract)


def page(desk: Desk, who: str, path: str = "/contractors/") -> tuple[int, str]:
    """What somebody gets there."""
    client = Client()
    client.force_login(desk.users[who])
    answer = client.get(path)
    return answer.status_code, answer.content.decode()


def own(desk: Desk, number: int = 0) -> str:
    """The page of a contractor."""
    return f"/contractors/{desk.contractors[number].pk}/"


def test_the_page_shows_the_contract_its_scope_and_the_group(desk: Desk) -> None:
    signed(desk)
    _, said = page(desk, "contracts", own(desk))
    for wanted in ("2026-7", "宽带装维", "末端维护", "市区组", "合同.txt", NUMBER):
        assert wanted in said


def test_s05_1_2_management_and_monitoring_are_refused_and_the_page_says_so(desk: Desk) -> None:
    case = signed(desk)
    refused = desk.attempt(
        "contracts",
        case,
        "add_scope",
        MARCH,
        **{"entry.work": "monitoring", "entry.text": "网管", "entry.area": "全市"},
    )
    assert isinstance(refused, Refusal)
    assert "管理、监控不得代维" in page(desk, "contracts", own(desk))[1]


@pytest.mark.parametrize(
    ("number", "expires", "said"),
    [("A1", None, "相符"), ("A1", date(2026, 1, 1), "已过期"), ("A2", None, "登记中没有这张证书")],
)
def test_peoples_certificates_are_held_against_the_register(desk: Desk, number: str, expires: Any, said: str) -> None:
    case = signed(desk)
    profile = Enterprise.objects.create(
        organisation=desk.contractors[0],
        credit_code="91110000600037341L",
        representative="甲",
        region="110108",
        address="乙",
        contact="丙",
        phone="1",
    )
    somebody = Technician.objects.create(enterprise=profile, name="李强")
    TechnicianCertificate.objects.create(technician=somebody, name="上岗证", number="A1", expires_on=expires)
    desk.do(
        "contracts",
        case,
        "add_staff",
        MARCH,
        **{"entry.name": "李强", "entry.post": "线路", "entry.certificate": number},
    )
    assert said in page(desk, "contracts", own(desk))[1]


def test_a_contractor_that_left_is_said_to_have_left_and_is_scored_no_more(desk: Desk) -> None:
    signed(desk)
    done = open_case(
        rulebook="contractor/exit", action="request", actor=Actor(str(desk.users["lead1"].pk), "lead1", frozenset(["contractor"])), at=at("2026-08-03 09:00"),
        facts={"contract.number": "2026-7", "reasons": "转型"}, sides=[], title="",
    )  # fmt: skip
    assert isinstance(done, Done), done
    case = done.case
    assert "退出办理中" in page(desk, "contracts")[1]
    desk.do("manager", case, "decide", "2026-08-04 09:00", leaves_on="2026-08-31", decision="同意")
    for kind in ("sites", "documents", "instruments", "orders", "accounts"):
        desk.do(
            "contracts",
            case,
            "hand_over",
            "2026-08-20 09:00",
            **{"entry.kind": kind, "entry.what": "全部", "entry.taken_by": "李"},
        )
    files = [keep("承诺.txt", "承诺".encode(), "text/plain").as_fact()]
    desk.do("contracts", case, "complete", "2026-08-21 09:00", settlement="已结清", secrecy=files)
    assert "已退出" in page(desk, "contracts")[1]
    assert october(desk) == {}


def test_a_contractor_at_work_without_a_ticket_gets_the_full_score_in_its_group(desk: Desk) -> None:
    signed(desk)
    case = october(desk)["恒通代维"]
    assert (case.facts["score"], case.facts["group"]) == ("95.00", "市区组")


def test_scores_over_time_and_cases_are_on_the_page(desk: Desk) -> None:
    signed(desk)
    ticket = handled(desk, "2026-10-08 09:00", "2026-10-08 12:00", "2026-10-08 13:00")
    case = october(desk)["恒通代维"]
    _, said = page(desk, "lead1", own(desk))
    assert "93.00" in said
    assert case.number in said
    assert ticket.number in said


def test_a_contractor_sees_itself_only_and_others_nothing(desk: Desk) -> None:
    signed(desk)
    handled(desk, "2026-10-08 09:00", "2026-10-08 12:00", "2026-10-08 13:00", contractor=1)
    october(desk)
    assert [page(desk, who, own(desk, 1))[0] for who in ("contracts", "lead2", "lead1", "engineer1", "desk")] == [
        200,
        200,
        404,
        404,
        404,
    ]
    assert "远景维护" not in page(desk, "lead1")[1]


def test_its_people_in_the_field_stand_there_with_skills_areas_and_base(desk: Desk) -> None:
    signed(desk)
    FieldWorker.objects.update_or_create(
        user=desk.users["engineer1"], defaults={"skills": ["indoor"], "areas": ["城北"], "base": "北站驻点"}
    )
    _, body = page(desk, "contracts", own(desk))
    crew = body.split('id="h-crew"')[1].split("</section>")[0]
    assert [word for word in ("室内分布", "城北", "北站驻点", "近七日没有班次") if word not in crew] == []


def test_s05_10_it_is_told_when_nobody_may_act_for_it_or_somebody_still_may_after_it_left(desk: Desk) -> None:
    signed(desk)
    assert "不能向它派单" not in page(desk, "contracts", own(desk))[1]
    Mandate.objects.filter(body="contractor", user__organisation=desk.contractors[0]).delete()
    assert "不能向它派单" in page(desk, "contracts", own(desk))[1]


def test_s05_13_who_was_held_to_account_stands_on_the_page(desk: Desk) -> None:
    signed(desk)
    done = open_case(
        rulebook="contractor/rectification", action="open", actor=Actor(str(desk.users["contracts"].pk), "contracts", frozenset(["management"])),
        at=at(NOW), facts={"organisation": str(desk.contractors[0].pk), "rectify.what": "机房门锁失效"}, sides=[], title="",
    )  # fmt: skip
    assert isinstance(done, Done), done
    desk.do("contracts", done.case, "hold_to_account", NOW, accountability="通报批评，约谈项目负责人")
    _, body = page(desk, "contracts", own(desk))
    assert "通报批评" in body.split('id="h-accounted"')[1].split("</section>")[0]
