"""The board: what each reader finds on it, by which search, and what they may take away."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import BytesIO

import pytest
from openpyxl import load_workbook

from mingduan.cases.models import Case
from mingduan.people.models import Interest, Organisation, User
from mingduan.procedure.period import TZ
from mingduan.web.models import SavedView

from . import office
from .office import accepted, ago, closed, do, file_case, ruled, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def people() -> None:
    office.people()


def found(login: str, **query: object) -> list[str]:
    page = signed_in(login).get("/cases/", query)
    return [row.case.number for row in page.context["rows"]]


def test_nobody_finds_anothers_case_nor_counts_it_nor_takes_it_away() -> None:
    mine, theirs = file_case(ago(1)), file_case(ago(1), "远景维护")
    assert found("enterprise") == [mine.number]
    page = signed_in("enterprise").get("/cases/")
    assert page.context["tabs"][0].count == 1
    for kind in ("csv", "xlsx"):
        taken = b"".join(signed_in("enterprise").get(f"/cases/all.{kind}").streaming_content)
        text = taken.decode() if kind == "csv" else str(cells(taken))
        assert mine.number in text
        assert theirs.number not in text
    assert set(found("agency")) == {mine.number, theirs.number}


def test_an_officer_with_an_interest_does_not_find_the_case() -> None:
    case = file_case(ago(1))
    party = Organisation.objects.get(name="恒通代维")
    Interest.objects.create(user=User.objects.get(username="centre"), organisation=party, kind="股东")
    assert found("centre") == []
    assert found("committee") == [case.number]


@pytest.mark.parametrize("text", ["CACE-SS", "恒通", "申诉案", "塔上第三块铭牌", "安信7号"])
def test_a_search_looks_at_number_title_party_and_the_words_of_the_case(text: str) -> None:
    case = file_case(ago(1), statement="塔上第三块铭牌与记录不符")
    assert found("centre", text=text) == [case.number]
    assert found("centre", text="没有这样的话") == []


def test_a_search_does_not_look_into_confidential_texts() -> None:
    case = accepted(ago(3))
    Case.objects.filter(pk=case.pk).update(facts={**case.facts, "opinions": [{"text": "秘密意见"}]})
    assert found("centre", text="秘密意见") == []


def test_the_filters_offer_the_procedures_of_the_readers_cases_and_no_others() -> None:
    file_case(ago(1))
    page = signed_in("centre").get("/cases/")
    assert [book.id for book in page.context["books"]] == ["cace/appeal"]
    assert "filed" in [name for _, _, states in page.context["stages"] for name, _ in states]
    assert [id for id, _, _ in page.context["grounds"]] == ["cace/appeal"]


def test_filters_by_state_stage_grounds_stay_and_day() -> None:
    new, heard = file_case(ago(2), grounds="other", grounds_text="别的"), ruled(ago(20))
    stayed = do(accepted(ago(5)), "centre", "centre", "stay", ago(4), court="北京市西城区人民法院")
    assert found("centre", state="filed") == [new.number]
    assert found("centre", state=".ruling") == [heard.number]
    assert found("centre", grounds="other") == [new.number]
    assert found("centre", stayed="1") == [stayed.number]
    assert found("centre", outcome="rejected") == [heard.number]
    assert found("centre", since=ago(2).date().isoformat()) == [new.number]
    assert found("centre", until=ago(20).date().isoformat()) == [heard.number]
    assert set(found("centre", rulebook="cace/appeal", since="nonsense")) == {new.number, heard.number, stayed.number}
    assert found("centre", rulebook="cace/dispute") == []


def test_views_of_waiting_cases_are_read_off_the_procedure() -> None:
    new, inside, over = file_case(ago(1)), accepted(ago(2)), closed(ago(30))
    assert found("centre", waiting="acceptance") == [new.number]
    assert found("centre", waiting="decision") == [inside.number]
    assert found("centre", waiting="filed") == [over.number]


def test_late_and_due_this_week_go_by_duties_that_can_still_be_met() -> None:
    late, new = file_case(ago(8)), file_case(datetime.now(TZ) - timedelta(minutes=1))
    over = closed(ago(16))
    assert found("centre", due="late") == [late.number]
    row = next(r for r in signed_in("centre").get("/cases/").context["rows"] if r.case == late)
    assert row.next.late
    assert row.next.spec.zh == "通报有关部门"
    assert over.number not in found("centre", due="late")
    assert new.number not in found("centre", due="late")


def test_mine_is_what_i_owe_or_am_part_of() -> None:
    case = accepted(ago(3))
    assert found("centre", mine="1") == [case.number]
    assert found("committee", mine="1") == []
    assert found("enterprise", mine="1") == [case.number]


def test_a_handler_is_found_by_what_they_did() -> None:
    case, untouched = accepted(ago(3)), file_case(ago(1))
    centre = User.objects.get(username="centre")
    assert found("committee", handler=centre.pk) == [case.number]
    assert untouched.number not in found("committee", handler=centre.pk)
    assert centre in signed_in("committee").get("/cases/").context["handlers"]
    assert not signed_in("enterprise").get("/cases/").context["handlers"]


def test_it_sorts_by_each_column_both_ways() -> None:
    first, second = accepted(ago(9)), file_case(ago(1))
    for sort in ("number", "opened", "state", "due", "title"):
        there = found("centre", sort=sort)
        assert set(there) == {first.number, second.number}
        assert set(found("centre", sort=f"-{sort}")) == set(there)
    assert found("centre", sort="opened") == [first.number, second.number]
    assert found("centre", sort="number") == [first.number, second.number]
    assert found("centre", sort="due") == [second.number, first.number]
    assert found("centre", sort="; drop table") == [second.number, first.number]


def test_queries_do_not_grow_with_the_rows(django_assert_max_num_queries) -> None:
    client = signed_in("centre")
    file_case(ago(1))
    client.get("/cases/")  # the rulebook is read once
    with django_assert_max_num_queries(60) as few:
        client.get("/cases/?text=恒通")
    for _ in range(12):
        file_case(ago(1))
    with django_assert_max_num_queries(len(few)):
        assert len(client.get("/cases/?text=恒通").context["rows"]) == 13


def test_a_view_is_kept_by_its_owner_only_and_forgotten_again() -> None:
    client = signed_in("centre")
    client.post("/cases/views/", {"name": "降级", "query": "text=降级&page=3"})
    client.post("/cases/views/", {"name": "降级", "query": "text=降级&due=late&evil=1"})
    view = SavedView.objects.get()
    assert view.query == "text=%E9%99%8D%E7%BA%A7&due=late"
    assert "降级" in client.get("/cases/").content.decode()
    assert "降级" not in [tab.zh for tab in signed_in("committee").get("/cases/").context["tabs"]]
    signed_in("committee").post(f"/cases/views/{view.pk}/")
    assert SavedView.objects.exists()
    client.post(f"/cases/views/{view.pk}/")
    assert not SavedView.objects.exists()


def test_what_is_taken_away_holds_no_formula() -> None:
    Organisation.objects.filter(name="恒通代维").update(name="=HYPERLINK(1)")
    case = file_case(ago(8), "=HYPERLINK(1)")
    text = b"".join(signed_in("centre").get("/cases/all.csv").streaming_content).decode("utf-8-sig")
    assert "'=HYPERLINK(1)申诉案" in text
    assert ",=HYPERLINK" not in text
    header, row = cells(b"".join(signed_in("centre").get("/cases/all.xlsx?text=HYPER").streaming_content))
    assert header[0] == "编号"
    assert row[0] == case.number
    assert row[2] == "'=HYPERLINK(1)申诉案"
    assert row[6] == ago(8).replace(tzinfo=None)
    assert signed_in("centre").get("/cases/all.exe").status_code == 404


def cells(workbook: bytes) -> list[tuple[object, ...]]:
    return list(load_workbook(BytesIO(workbook)).active.iter_rows(values_only=True))
