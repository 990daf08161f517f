"""Cases over the interface: an appeal, what it refuses, and what each reader sees."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from mingduan.cases import audit, outbox
from mingduan.cases.models import Case, Reading

from .client import act, call, filed, filing, make_people, pay

pytestmark = pytest.mark.django_db
READS = ("", "/events", "/duties", "/options", "/notices", "/ledger", "/files")


@pytest.fixture(autouse=True)
def people() -> None:
    make_people()


def test_an_appeal_is_filed_paid_and_accepted_over_the_interface() -> None:
    number = filed().json()["number"]
    pay(number)
    response = act("centre", number, "accept", '"2"', major=False)
    assert response.status_code == 200, response.content
    assert response.json()["state"] == "accepted"
    assert any(d["deadline"] == "meet" for d in call("enterprise", "GET", f"/cases/{number}/duties").json())
    told = call("enterprise", "GET", f"/cases/{number}/events").json()
    assert [e["action"] for e in told] == ["file", "receive_deposit", "accept"]
    assert told[0]["facts"]["statement"] == "不服"
    assert (told[1]["money"][0]["amount"], told[2]["state"]) == (500_000, "accepted")
    options = {o["action"]: o for o in call("enterprise", "GET", f"/cases/{number}/options").json()}
    assert options["withdraw"]["open"]
    assert any(i["name"] == "entry.address" for i in options["name_witness"]["inputs"])
    assert any(d["number"] == number for d in call("centre", "GET", "/duties").json())
    assert call("centre", "GET", f"/cases/{number}/ledger").json()[0]["amount"] == 500_000
    assert Reading.objects.filter(reader="centre").exists()
    assert list(audit.verify()) == []


def test_a_refusal_is_a_problem_with_its_clause() -> None:
    number = filed().json()["number"]
    response = act("centre", number, "accept", major=False)
    assert response.status_code == 422
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["clause"] == "6.1"
    assert response.json()["reasons"][0]["remedy"]["zh"]


def test_if_match_is_asked_for_and_kept_to() -> None:
    response = filed()
    number, etag = response.json()["number"], response.headers["ETag"]
    path, body = f"/cases/{number}/acts", {"action": "inform_departments", "facts": {"departments": "审查部"}}
    assert call("centre", "POST", path, body).status_code == 428
    assert call("centre", "POST", path, body, If_Match="abc").status_code == 412
    assert call("centre", "POST", path, body, If_Match=etag).status_code == 200
    late = call("centre", "POST", path, body, If_Match=etag)
    assert late.status_code == 412
    assert late.json()["type"].endswith("/api/problems/overtaken")


@pytest.mark.parametrize("path", READS)
def test_what_has_not_changed_is_not_sent_again(path: str) -> None:
    number = filed().json()["number"]
    first = call("enterprise", "GET", f"/cases/{number}{path}")
    again = call("enterprise", "GET", f"/cases/{number}{path}", If_None_Match=first.headers["ETag"])
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert "Authorization" in first.headers["Vary"]
    pay(number)
    if path != "/files":
        assert call("enterprise", "GET", f"/cases/{number}", If_None_Match=first.headers["ETag"]).status_code == 200


@pytest.mark.parametrize("path", READS)
def test_who_may_not_see_a_case_cannot_tell_that_it_exists(path: str) -> None:
    number = filed().json()["number"]
    mine = call("stranger", "GET", f"/cases/{number}{path}")
    none = call("stranger", "GET", f"/cases/CACE-SS-1999-0001{path}")
    assert (mine.status_code, mine.json()) == (none.status_code, none.json())
    assert mine.status_code == 404
    assert call("stranger", "GET", "/cases").json()["items"] == []


def test_what_if_is_told_rule_by_rule_and_changes_nothing() -> None:
    number = filed().json()["number"]
    body = {"action": "accept", "facts": {"major": False}}
    found = call("centre", "POST", f"/cases/{number}/check", body).json()
    assert {(f["clause"], f["holds"]) for f in found} >= {("6.1", False)}
    assert any(f["holds"] for f in found)
    assert Case.objects.get().length == 1


def test_a_correction_touches_only_what_its_entry_gave() -> None:
    number = filed().json()["number"]
    pay(number)

    def correct(seq: int, **correction: Any) -> Any:
        body = {"action": "correct", "facts": {"corrects": seq}, "reason": "误录", "correction": correction}
        return call("centre", "POST", f"/cases/{number}/acts", body, If_Match="*")

    refused = correct(2, statement="改")
    assert refused.status_code == 422, "the payment gave no statement"
    assert "可更正" in refused.json()["reasons"][0]["remedy"]["zh"]
    assert correct(1, at_fault=True).status_code == 422, "nobody has said that yet"
    assert correct(1, earlier_members=[]).status_code == 422, "people are the store's to record"
    assert correct(1, **{"decision.own": True}).status_code == 422, "what the register told is not a person's"
    right = correct(1, signed_by="李四")
    assert right.status_code == 200, right.content
    assert right.json()["facts"]["signed_by"] == "李四"
    assert correct(3, signed_by="王五").status_code == 422, "a correction is corrected by correcting its entry again"


def test_a_case_tells_the_cases_linked_to_it() -> None:
    one, other = (filed().json()["number"] for _ in range(2))
    assert call("enterprise", "GET", f"/cases/{one}").json()["links"] == []
    joined = act("centre", one, "join", case=other)
    assert joined.status_code == 200, joined.content
    assert joined.json()["links"] == [{"relation": "joined", "number": other}]
    assert call("enterprise", "GET", f"/cases/{other}").json()["links"] == [{"relation": "joined_from", "number": one}]


def test_votes_stay_inside() -> None:
    case = Case.objects.get(number=filed().json()["number"])
    Case.objects.filter(pk=case.pk).update(facts={**case.facts, "votes": [{"vote": "upheld"}]})
    assert "votes" in call("centre", "GET", f"/cases/{case.number}").json()["facts"]
    assert "votes" not in call("enterprise", "GET", f"/cases/{case.number}").json()["facts"]


def test_an_experts_interests_are_the_registers_whatever_the_caller_says_and_stay_inside() -> None:
    number = filed().json()["number"]
    pay(number)
    assert act("centre", number, "accept", major=True).status_code == 200
    able = call("centre", "GET", f"/cases/{number}/candidates/form_panel").json()
    ids = {c["name"]: c["id"] for c in able}
    tied = next(c for c in able if c["name"] == "tied")
    assert tied["interests"]
    assert tied["against"]
    assert call("enterprise", "GET", f"/cases/{number}/candidates/form_panel").status_code == 404
    lie = [{"id": ids["tied"], "name": "tied", "employer": "", "interests": []}]
    refused = act("centre", number, "form_panel", people=lie)
    assert refused.status_code == 422
    assert "8.3" in {r["clause"] for r in refused.json()["reasons"]}
    assert act("centre", number, "form_panel", people=["999999"]).status_code == 422


def test_pages_of_cases_follow_each_other_without_gap_or_repeat() -> None:
    numbers = [filed().json()["number"] for _ in range(5)]
    seen, path = [], "/cases?limit=2"
    while path:
        response = call("enterprise", "GET", path)
        seen += [c["number"] for c in response.json()["items"]]
        link = response.headers.get("Link", "")
        assert bool(link) == bool(response.json()["next"])
        path = link.partition("<")[2].partition(">")[0].partition("/api")[2]
    assert seen == numbers[::-1]
    assert call("enterprise", "GET", "/cases?cursor=nonsense").status_code == 422


def test_rows_added_between_two_pages_shift_nothing() -> None:
    numbers = [filed().json()["number"] for _ in range(4)]
    first = call("enterprise", "GET", "/cases?limit=2").json()
    for _ in range(3):
        filed()
    second = call("enterprise", "GET", f"/cases?limit=2&cursor={first['next']}").json()
    assert [c["number"] for page in (first, second) for c in page["items"]] == numbers[::-1]
    assert second["next"] is None


@pytest.mark.parametrize(
    "body",
    [{}, {"rulebook": 3}, {"rulebook": "x/y", "facts": {}}, {"rulebook": "cace/appeal", "facts": {}}, [],
     {"rulebook": "cace/appeal", "facts": {"statement": "\0"}}, {"rulebook": "cace/appeal", "facts": {"x\ud800": 1}}],
)  # fmt: skip
def test_what_is_not_understood_is_a_problem_too(body: Any) -> None:
    response = call("enterprise", "POST", "/cases", body)
    assert response.status_code in (400, 422)
    assert response.json()["title"]
    assert Case.objects.count() == 0


def test_a_case_is_found_by_text() -> None:
    number = filed().json()["number"]
    assert [c["number"] for c in call("centre", "GET", "/cases?text=enterprise").json()["items"]] == [number]
    assert call("centre", "GET", "/cases?text=nobody").json()["items"] == []
    assert filing()["rulebook"] == call("centre", "GET", f"/cases/{number}").json()["rulebook"]


def test_a_notice_is_read_as_pdf_and_that_is_its_service() -> None:
    number = filed().json()["number"]
    pay(number)
    assert act("centre", number, "accept", major=False).status_code == 200
    outbox.run(timezone.now(), limit=100)
    inbox = call("enterprise", "GET", "/notices").json()
    unread = next(n for n in inbox if n["number"] == number)
    assert unread["read_at"] is None
    address = f"/cases/{number}/notices/{unread['id']}/pdf"
    assert call("enterprise", "GET", address).content.startswith(b"%PDF")
    assert next(n for n in call("enterprise", "GET", "/notices").json() if n["id"] == unread["id"])["read_at"]
    assert call("stranger", "GET", address).status_code == 404


def test_who_read_a_case_is_for_the_bodys_officers() -> None:
    number = filed().json()["number"]
    told = call("centre", "GET", f"/cases/{number}/readings").json()["items"]
    assert {r["reader"] for r in told} == {"enterprise", "centre"}
    assert call("enterprise", "GET", f"/cases/{number}/readings").status_code == 404


def test_the_board_is_searched_as_on_its_page() -> None:
    number = filed().json()["number"]
    assert [c["number"] for c in call("centre", "GET", "/cases?grounds=change_of_status&due=week").json()["items"]] == [number]  # fmt: skip
    assert call("centre", "GET", "/cases?stayed=true").json()["items"] == []
    assert call("centre", "GET", "/cases?due=never").status_code == 422


def test_the_register_of_experts_is_for_officers() -> None:
    assert {e["name"] for e in call("centre", "GET", "/experts").json()} == {"expert", "tied"}
    assert call("expert", "GET", "/experts").status_code == 404
