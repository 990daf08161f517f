"""Trouble tickets read: what a ticket tells and to whom, filters, members, pages."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mingduan.api.tmf621 import listing
from mingduan.cases.models import Case, Reading
from tests.cases.telecom import Desk

from .house import call, opened, people

pytestmark = pytest.mark.django_db
WHEN = ["2026-03-10 09:00", "2026-03-11 09:00", "2026-03-12 09:00", "2026-03-13 09:00", "2026-03-14 09:00"]


@pytest.fixture
def desk() -> Desk:
    return people()


def numbers(who: str, query: str = "", version: str = "v4") -> list[str]:
    response = call(who, "GET", f"{version}/troubleTicket{query}")
    assert response.status_code == 200, response.content.decode()
    return [t["id"] for t in response.json()]


def one(who: str, number: str, version: str = "v4") -> Any:
    response = call(who, "GET", f"{version}/troubleTicket/{number}")
    assert response.status_code == 200, response.content.decode()
    return response.json()


def test_a_ticket_tells_the_case(desk: Desk) -> None:
    case = desk.dispatched(WHEN[0], vip=True)
    desk.do("desk", case, "track", WHEN[0], **{"entry.what": "已联系"})
    told = one("desk", case.number)
    assert told["href"].endswith(f"/tmf-api/troubleTicket/v4/troubleTicket/{case.number}")
    assert (told["status"], told["severity"], told["priority"]) == ("inProgress", "level1", "extra_urgent")
    assert (told["ticketType"], told["description"]) == ("telecom/network-complaint", "晚上网速慢")
    assert told["expectedResolutionDate"] >= told["creationDate"] == "2026-03-10T01:00:00Z"
    assert [c["status"] for c in told["statusChange"]] == ["acknowledged", "inProgress"]
    assert [(n["author"], n["text"]) for n in told["note"]][-1] == ("desk", "已联系")
    assert ("王女士", "complainant") in [(p["name"], p["role"]) for p in told["relatedParty"]]


def test_version_5_tells_the_same_in_its_own_members(desk: Desk) -> None:
    case = desk.filed(WHEN[0])
    told = one("desk", case.number, "v5")
    assert [c["status"] for c in told["statusChangeHistory"]] == ["acknowledged"]
    assert told["relatedParty"][0]["partyOrPartyRole"]["name"] == "王女士"
    assert told["troubleTicketSpecification"]["id"] == "telecom/network-complaint"
    assert {c["name"]: c["value"] for c in told["troubleTicketCharacteristic"]}["trouble"] == "slow_data"
    assert "statusChange" not in told


def test_a_contractor_sees_its_own_tickets_and_no_others(desk: Desk) -> None:
    mine, other = desk.dispatched(WHEN[0]), desk.dispatched(WHEN[1], contractor=1)
    assert (numbers("lead1"), numbers("lead2")) == ([mine.number], [other.number])
    assert call("lead1", "GET", f"v4/troubleTicket/{other.number}").status_code == 404
    assert call("customer", "GET", f"v4/troubleTicket/{mine.number}").status_code == 404


def test_who_read_a_ticket_is_noted(desk: Desk) -> None:
    case = desk.filed(WHEN[0])
    one("desk", case.number)
    numbers("desk")
    assert [r.reader for r in Reading.objects.filter(case=case)] == ["desk", "desk"]


def test_other_procedures_are_no_tickets(desk: Desk) -> None:
    case = desk.filed(WHEN[0])
    case.rulebook, case.digest = "telecom/appeal", "0" * 64
    case.save()
    assert numbers("desk") == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?status=inProgress", [1]), ("?status=acknowledged,inProgress", [0, 1, 2]), ("?status.ne=inProgress", [0, 2]), ("?status=closed", []),
        ("?creationDate.gt=2026-03-10T09:00:00%2B08:00", [1, 2]), ("?creationDate.lte=2026-03-10T01:00:00Z", [0]),
        ("?creationDate.gte=2026-03-11T09:00:00+08:00&creationDate.lt=2026-03-12T09:00:00Z", [1, 2]),
        ("?ticketType=telecom/network-complaint&severity=level1", [2]), ("?severity.gt=level1", [0, 1]),
        ("?note.text=属实", [0, 1, 2]), ("?note.author=nobody", []),
        ("?relatedParty.role=contractor&status=inProgress", [1]), ("?troubleTicketCharacteristic.value=slow_data", [0, 1, 2]),
    ],
)  # fmt: skip
def test_tickets_are_filtered_by_their_attributes(desk: Desk, query: str, expected: list[int]) -> None:
    cases = [desk.filed(WHEN[0]), desk.dispatched(WHEN[1]), desk.filed(WHEN[2], vip=True)]
    for version in ("v4", "v5"):
        assert numbers("desk", query, version) == [cases[i].number for i in expected]


def test_tickets_are_found_by_their_parties(desk: Desk) -> None:
    desk.filed(WHEN[0])
    case = desk.dispatched(WHEN[1])
    assert numbers("desk", "?relatedParty.name=恒通代维") == [case.number]
    assert numbers("desk", "?relatedParty.partyOrPartyRole.name=恒通代维", "v5") == [case.number]


def test_a_filter_finds_nothing_by_what_its_reader_may_not_see(desk: Desk) -> None:
    case = desk.filed(WHEN[0], vip=True)
    case.parties.update(user=desk.users["customer"])
    query = "?troubleTicketCharacteristic.name=marks.vip"
    assert (numbers("desk", query), numbers("customer", query), numbers("customer")) == ([case.number], [], [case.number])  # fmt: skip


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?sort=-creationDate", [2, 1, 0]), ("?sort=status,-id", [2, 0, 1]), ("?sort=-severity", [0, 1, 2]),
        ("?filter=note[?(@.author=='desk')]", [0, 1, 2]), ("?filter=relatedParty[?(@role=='contractor')]", [1]),
        ("?filter=$[?@.status=='inProgress']", [1]), ("?filter=note[?@.text=='@desk']", []),
    ],
)  # fmt: skip
def test_version_5_sorts_and_filters_by_jsonpath(desk: Desk, query: str, expected: list[int]) -> None:
    cases = [desk.filed(WHEN[0]), desk.dispatched(WHEN[1]), desk.filed(WHEN[2], vip=True)]
    assert numbers("desk", query, "v5") == [cases[i].number for i in expected]


@pytest.mark.parametrize(
    "query", ["?nothing=1", "?limit=x", "?creation.gt=1", "?limit=1.5"],
)  # fmt: skip
def test_what_is_no_query_is_told(desk: Desk, query: str) -> None:
    answer = call("desk", "GET", f"v4/troubleTicket{query}")
    assert (answer.status_code, answer.json()["status"]) == (400, "400")


@pytest.mark.parametrize("query", ["?filter=note[", "?sort=nothing", "?filter=note[?match(@.text,'(a%2B)%2B$')]"])
def test_what_is_no_query_of_version_5_is_told(desk: Desk, query: str) -> None:
    assert call("desk", "GET", f"v5/troubleTicket{query}").status_code == 400


def test_members_asked_for_are_told_and_no_others(desk: Desk) -> None:
    case = desk.filed(WHEN[0])
    told = call("desk", "GET", f"v4/troubleTicket/{case.number}?fields=status,note.text,nothing").json()
    assert set(told) == {"id", "href", "@type", "status", "note"}


def test_pages_and_their_headers(desk: Desk) -> None:
    cases = [desk.filed(when) for when in WHEN]
    answer = call("desk", "GET", "v5/troubleTicket?offset=1&limit=2&fields=id")
    assert [t["id"] for t in answer.json()] == [c.number for c in cases[1:3]]
    assert (answer.headers["X-Total-Count"], answer.headers["X-Result-Count"]) == ("5", "2")
    links = {rel: url for url, rel in re.findall(r'<([^>]*)>; rel="(\w+)"', answer.headers["Link"])}
    assert set(links) == {"first", "prev", "next", "last", "after", "before"}
    for rel, expected in (("next", cases[3:]), ("after", cases[3:]), ("before", cases[:1]), ("last", cases[4:])):
        path = links[rel].partition("/tmf-api/troubleTicket/")[2]
        assert [t["id"] for t in call("desk", "GET", path).json()] == [c.number for c in expected], rel


def test_a_place_that_no_list_gave_is_not_found(desk: Desk) -> None:
    assert call("desk", "GET", "v5/troubleTicket?after=x").status_code == 404


@pytest.mark.parametrize(
    ("who", "method", "path", "headers", "status"),
    [
        ("", "GET", "v4/troubleTicket", {}, 401), ("nobody", "GET", "v5/troubleTicket", {}, 401), ("desk", "GET", "v4/troubleTicket/X", {}, 404),
        ("desk", "GET", "v4/nothing", {}, 404), ("desk", "PUT", "v4/troubleTicket", {}, 405), ("desk", "GET", "v4/troubleTicket", {"Accept": "text/html"}, 406),
    ],
)  # fmt: skip
def test_errors_are_told_as_tmf630_has_them(desk: Desk, who: str, method: str, path: str, headers: dict[str, str], status: int) -> None:  # fmt: skip
    answer = call(who, method, path, **headers)
    told = answer.json()
    assert (answer.status_code, told["status"], told["@type"]) == (status, str(status), "Error")
    assert told["code"]
    assert told["reason"]
    assert "/api/problems/" in told["referenceError"]


CONCERN = {"id": "P-9", "role": "product", "@referredType": "Product", "name": "宽带"}


@pytest.mark.parametrize(
    ("version", "query"),
    [
        ("v4", "?relatedEntity.id=P-9"), ("v4", "?relatedEntity.name=宽带"), ("v5", "?relatedEntity.entity.id=P-9"), ("v5", "?relatedEntity.role=product"),
        ("v4", "?externalId=CRM-9"), ("v5", "?externalIdentifier.id=CRM-9"), ("v4", "?severity=Critical"),
    ],
)  # fmt: skip
def test_only_what_the_store_says_may_be_meant_is_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, version: str, query: str
) -> None:
    wanted = opened(relatedEntity=[CONCERN], externalId="CRM-9", severity="Critical")["id"]
    for n in range(3):
        opened(
            relatedEntity=[{**CONCERN, "id": f"P-{n}", "name": "专线", "role": "line", "@referredType": "Service"}],
            externalId=f"CRM-{n}",
        )
    read, see = list[str](), listing.see

    def counted(case: Case, *rest: Any) -> Any:
        read.append(case.number)
        return see(case, *rest)

    monkeypatch.setattr(listing, "see", counted)
    assert numbers("desk", query, version) == [wanted]
    assert read == [wanted]
    with CaptureQueriesContext(connection) as few:
        numbers("desk", query, version)
    for n in range(3, 6):
        opened(externalId=f"CRM-{n}")
    with CaptureQueriesContext(connection) as many:
        numbers("desk", query, version)
    assert len(many) == len(few)


def test_a_search_that_would_read_too_many_is_refused_and_says_what_narrows_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MOST_READ", 2)
    for when in WHEN[:3]:
        desk.filed(when)
    for version, query in (
        ("v4", "?note.text=属实"),
        ("v5", "?filter=note[?(@.author=='desk')]"),
        ("v5", "?sort=-severity"),
    ):
        answer = call("desk", "GET", f"{version}/troubleTicket{query}")
        assert (answer.status_code, "creationDate" in answer.json()["message"]) == (409, True)
    assert len(numbers("desk", "?note.text=属实&creationDate.gte=2026-03-11T00:00:00Z")) == 2
    assert len(numbers("desk")) == 3


@pytest.mark.parametrize("query", ["", "?relatedParty.name=王女士", "?note.text=x", "?sort=-expectedResolutionDate"])
def test_a_longer_list_asks_the_store_no_more_often(desk: Desk, query: str) -> None:
    """However many tickets a list holds or a search goes through."""

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            numbers("desk", query, "v5")
        return len(queries)

    desk.dispatched(WHEN[0])
    asked()  # the first call of a token notes that it was used
    few = asked()
    for when in WHEN[1:]:
        desk.dispatched(when)
    assert asked() == few
