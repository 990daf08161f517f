"""Tickets opened, changed and withdrawn by programs: every change an act of the case, lawful or refused with its clause."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from mingduan.cases.models import Case, EventRow
from mingduan.procedure.period import TZ
from tests.cases.telecom import Desk

from .house import COMPLAINT, TYPE, V5, call, opened, people

pytestmark = pytest.mark.django_db
MERGE, PATCH = "application/merge-patch+json", "application/json-patch+json"


@pytest.fixture
def desk() -> Desk:
    return people()


def patch(who: str, number: str, body: Any, status: int = 200, version: str = "v4", media: str = MERGE, **headers: str) -> Any:  # fmt: skip
    response = call(who, "PATCH", f"{version}/troubleTicket/{number}", body, media, **headers)
    assert response.status_code == status, response.content.decode()
    return response.json()


def facts(**values: Any) -> list[dict[str, Any]]:
    return [{"name": n.replace("__", "."), "value": v} for n, v in values.items()]


def verified(desk: Desk) -> str:
    number = str(opened()["id"])
    case = Case.objects.get(number=number)
    desk.do("desk", case, "verify", case.changed_at.astimezone(TZ).replace(tzinfo=None).isoformat(), **{"entry.how": "callback", "entry.found": "属实"})  # fmt: skip
    return number


@pytest.mark.parametrize("version", ["v4", "v5"])
def test_the_desk_opens_a_ticket_for_a_customer(desk: Desk, version: str) -> None:
    told = opened(version=version)
    case = Case.objects.get(number=told["id"])
    assert (told["status"], told["severity"], told["name"]) == ("acknowledged", "Major", "网速慢")
    assert (case.facts["channel"], case.facts["sender.reference"], case.facts["trouble"]) == ("api", "CRM-17", "slow_data")  # fmt: skip
    assert [(p.role, p.name) for p in case.parties.all()] == [("complainant", "王女士")]
    assert "CRM-17" in (told.get("externalId"), *(e["id"] for e in told.get("externalIdentifier", ())))


def test_a_customer_opens_a_ticket_of_their_own(desk: Desk) -> None:
    number = opened("customer", relatedParty=[])["id"]
    assert call("customer", "GET", f"v4/troubleTicket/{number}").status_code == 200
    assert call("lead1", "GET", f"v4/troubleTicket/{number}").status_code == 404


def test_a_customer_names_nobody_else_in_their_ticket_nor_another_channel(desk: Desk) -> None:
    for change, clause in (
        ({}, "S08 1.2"),
        ({"relatedParty": [], "channel": {"id": "visit", "name": "visit"}}, "S17 1.1"),
    ):
        answer = call("customer", "POST", "v4/troubleTicket", {**COMPLAINT, **change})
        assert answer.status_code == 409, answer.content.decode()
        assert [r["clause"] for r in answer.json()["reasons"]] == [clause]
    assert not Case.objects.exists()
    own = [{"id": "1", "name": "大客户", "role": "customer", "@referredType": "Organization"}]
    assert Case.objects.get(number=opened("customer", relatedParty=own)["id"]).facts["channel"] == "api"


def test_a_ticket_opened_twice_with_one_key_is_one(desk: Desk) -> None:
    first, again = (call("desk", "POST", "v4/troubleTicket", COMPLAINT, Idempotency_Key="k").json()["id"] for _ in "12")
    assert first == again
    assert call("desk", "POST", "v4/troubleTicket", {**COMPLAINT, "severity": "Minor"}, Idempotency_Key="k").status_code == 409  # fmt: skip
    assert Case.objects.count() == 1


@pytest.mark.parametrize(
    "change", [{"severity": 1}, {"description": None}, {"attachment": {}}, {"creationDate": "now"}]
)
def test_what_the_description_forbids_is_a_bad_request(desk: Desk, change: dict[str, Any]) -> None:
    assert call("desk", "POST", "v4/troubleTicket", {**COMPLAINT, **change}).status_code == 400
    assert call("desk", "POST", "v4/troubleTicket", {"ticketType": TYPE}).status_code == 400


@pytest.mark.parametrize(
    "change",
    [{"ticketType": "incident"}, {"status": "resolved"}, {"description": ""}, {"troubleTicketCharacteristic": []},
     {"relatedParty": [{"id": "1", "role": "neighbour", "@referredType": "Individual"}]}, {"note": [{"author": "x"}]},
     {"attachment": [{"content": "not base64!"}]}, {"attachment": [{"name": "x"}]}, {"troubleTicketRelationship": [{"id": "x"}]}],
)  # fmt: skip
def test_what_the_rulebook_forbids_is_a_conflict(desk: Desk, change: dict[str, Any]) -> None:
    answer = call("desk", "POST", "v4/troubleTicket", {**COMPLAINT, **change})
    assert (answer.status_code, answer.json()["message"] != "") == (409, True), answer.content.decode()
    assert Case.objects.count() == 0


def test_a_refusal_tells_each_rule_with_its_clause(desk: Desk) -> None:
    told = call("desk", "POST", "v4/troubleTicket", {**COMPLAINT, "troubleTicketCharacteristic": []}, Accept_Language="en").json()  # fmt: skip
    assert {r["input"] for r in told["reasons"]} == {"trouble", "place.address", "customer.phone"}
    assert "(S08 1.2)" in told["message"]


def test_attachments_come_by_value_or_as_an_address_that_is_not_fetched(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: pytest.fail("looked for a host"))
    content = base64.b64encode("现场记录".encode()).decode()
    told = opened(attachment=[{"name": "记录.txt", "content": content}, {"url": "https://crm.example/p.png"}])
    kept, sent = told["attachment"]
    assert (kept["name"], kept["mimeType"], kept["size"]["amount"]) == ("记录.txt", "text/plain", 12)
    assert sent["url"] == "https://crm.example/p.png"
    harmful = base64.b64encode(b"<html><script>1</script></html>").decode()
    answer = call("desk", "POST", "v4/troubleTicket", {**COMPLAINT, "attachment": [{"content": harmful}]})
    assert (answer.status_code, answer.json()["code"]) == (409, "file-refused")


def test_notes_and_concerns_sent_with_a_ticket_are_told_again(desk: Desk) -> None:
    concern = {"id": "P-9", "role": "product", "@referredType": "Product", "name": "宽带"}
    told = opened(note=[{"text": "请尽快"}, {"text": "下午在家"}], relatedEntity=[concern])
    assert told["note"][0]["text"] == "请尽快\n下午在家"
    assert told["relatedEntity"] == [concern]
    v5 = call("desk", "GET", f"v5/troubleTicket/{told['id']}?fields=relatedEntity").json()
    assert v5["relatedEntity"][0]["entity"]["name"] == "宽带"


def test_a_status_is_changed_by_the_act_that_leads_there(desk: Desk) -> None:
    number = verified(desk)
    told = patch("desk", number, {
        "status": "rejected", "statusChangeReason": "查无此事", "troubleTicketCharacteristic": facts(refusal__kind="false", refusal__reason="无此用户"),
    })  # fmt: skip
    assert (told["status"], told["statusChangeReason"]) == ("rejected", "查无此事")
    assert [c["status"] for c in told["statusChange"]] == ["acknowledged", "rejected"]
    assert EventRow.objects.get(case__number=number, seq=told_length(number)).body["action"] == "refuse"


def told_length(number: str) -> int:
    return Case.objects.get(number=number).length


def test_an_unlawful_change_of_status_is_refused_with_what_stands_against_it(desk: Desk) -> None:
    number = str(opened()["id"])
    refused = patch("desk", number, {"status": "rejected"}, 409)
    assert any(r["clause"] == "S08 2.1" for r in refused["reasons"]), refused
    elsewhere = patch("desk", number, {"status": "resolved"}, 409, Accept_Language="en")
    assert "now it may become: cancelled" in elsewhere["message"], elsewhere
    assert patch("desk", number, {"status": "acknowledged"})["status"] == "acknowledged"
    patch("desk", number, {"status": "solved"}, 400)


def test_a_change_that_is_not_the_callers_to_make_is_refused(desk: Desk) -> None:
    number = str(opened("customer", relatedParty=[])["id"])
    patch("customer", number, {"note": [{"text": "快点"}]}, 409)
    patch("customer", number, {"status": "rejected"}, 409)
    patch("customer-reads", number, {"status": "cancelled"}, 403)
    patch("lead1", number, {"status": "cancelled"}, 404)
    assert patch("customer", number, {"status": "cancelled"})["status"] == "cancelled"


def test_all_of_a_change_is_done_or_none(desk: Desk) -> None:
    case = desk.filed("2026-03-10 09:00")
    patch("desk", case.number, {"note": [{"text": "联系过"}], "status": "resolved"}, 409)
    assert told_length(case.number) == case.length


def test_a_note_is_added_and_none_is_rewritten(desk: Desk) -> None:
    case = desk.filed("2026-03-10 09:00")
    told = patch("desk", case.number, {"note": [{"text": "联系过", "author": "somebody else"}]})
    note = told["note"][-1]
    assert (note["text"], note["author"]) == ("联系过", "desk")
    again = patch("desk", case.number, {"note": [*told["note"], {"text": "又联系"}]})
    assert [n["text"] for n in again["note"]][-2:] == ["联系过", "又联系"]
    patch("desk", case.number, {"note": [{**note, "text": "没有联系"}]}, 409)


def test_a_photograph_is_attached_by_the_engineer(desk: Desk) -> None:
    case = desk.dispatched("2026-03-10 09:00")
    desk.do("lead1", case, "accept", "2026-03-10 09:10")

    desk.do("lead1", case, "assign", "2026-03-10 09:20", people=[str(desk.users["engineer1"].pk)])
    sent = {
        "attachment": [
            {"name": "站点.txt", "description": "机房门口", "content": base64.b64encode("照片".encode()).decode()}
        ]
    }
    assert patch("engineer1", case.number, sent)["attachment"][0]["name"] == "站点.txt"
    patch("dispatcher", case.number, sent, 409)


def test_what_was_given_is_put_right_with_a_reason(desk: Desk) -> None:
    number = str(opened()["id"])
    patch("desk", number, {"description": "白天也慢"}, 409)
    told = patch("desk", number, {"description": "白天也慢", "statusChangeReason": "客户来电更正"})
    assert told["description"] == "白天也慢"
    assert Case.objects.get(number=number).events.first().body["facts"]["details"] == "晚上网速慢"  # type: ignore[union-attr]  # it has events


@pytest.mark.parametrize("change", [{"priority": "High"}, {"ticketType": "x"}, {"relatedParty": []}, {"expectedResolutionDate": "2030-01-01T00:00:00Z"}])  # fmt: skip
def test_what_comes_of_the_procedure_is_not_changed(desk: Desk, change: dict[str, Any]) -> None:
    patch("desk", str(opened()["id"]), change, 409)


def test_whoever_changes_what_has_moved_on_is_told(desk: Desk) -> None:
    told = call("desk", "POST", "v4/troubleTicket", COMPLAINT)
    tag, number = told.headers["ETag"], told.json()["id"]
    patch("desk", number, {"status": "cancelled"}, If_Match=tag)
    assert patch("desk", number, {"status": "closed"}, 409, If_Match=tag)["code"] == "overtaken"


def test_a_change_repeated_with_its_key_is_done_once(desk: Desk) -> None:
    case = desk.filed("2026-03-10 09:00")
    for _ in range(2):
        patch("desk", case.number, {"note": [{"text": "联系过"}]}, Idempotency_Key="k")
    assert told_length(case.number) == case.length + 1


def test_version_5_takes_a_json_patch(desk: Desk) -> None:
    case = desk.filed("2026-03-10 09:00")
    note = {"op": "add", "path": "/note/-", "value": {"@type": "Note", "text": "联系过"}}
    told = patch("desk", case.number, [{"op": "test", "path": "/status", "value": "acknowledged"}, note], version="v5", media=PATCH)  # fmt: skip
    assert told["note"][-1]["text"] == "联系过"
    for operations in ([{"op": "remove", "path": "/note"}], [{"op": "replace", "path": "/note/99/text", "value": "x"}], [{"op": "remove", "path": ""}]):  # fmt: skip
        patch("desk", case.number, operations, 409, version="v5", media=PATCH)
    patch("desk", case.number, [note], 415, media=PATCH)


def test_deleting_withdraws_where_the_rulebook_lets_it(desk: Desk) -> None:
    number = opened("customer", relatedParty=[])["id"]
    assert call("lead1", "DELETE", f"v4/troubleTicket/{number}").status_code == 404
    assert call("customer", "DELETE", f"v5/troubleTicket/{number}").status_code == 204
    assert call("customer", "GET", f"v4/troubleTicket/{number}").json()["status"] == "cancelled"
    again = call("customer", "DELETE", f"v4/troubleTicket/{number}")
    assert (again.status_code, again.json()["reasons"][0]["clause"]) == (409, "S04 4.1")


def test_a_body_that_is_no_json_is_told(desk: Desk) -> None:
    for body, media, status in (("{", "application/json", 400), ("{}", "text/plain", 415), ('{"x": NaN}', "application/json", 400), (b"\xff", "application/json", 400)):  # fmt: skip
        answer = call("desk", "POST", "v4/troubleTicket", body, media)
        assert (answer.status_code, answer.json()["status"]) == (status, str(status))


def test_specifications_are_the_rulebooks_and_only_read(desk: Desk) -> None:
    listed = call("customer", "GET", "v5/troubleTicketSpecification?fields=version,specCharacteristic")
    assert TYPE in [s["id"] for s in listed.json()]
    one = call("customer", "GET", f"v5/troubleTicketSpecification/{TYPE}").json()
    asked = {c["name"]: c for c in one["specCharacteristic"]}
    assert asked["trouble"]["minCardinality"] == 1
    assert "slow_data" in [v["value"] for v in asked["trouble"]["characteristicValueSpecification"]]
    for method in ("PATCH", "DELETE"):
        assert call("desk", method, f"v5/troubleTicketSpecification/{TYPE}").status_code == 403
    assert V5["ticketType"] == TYPE
