"""The page of hot spots: the same for all of the body, on a map with its table, each spot leading to its improvement once."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.utils import timezone

from mingduan.cases import outbox
from mingduan.cases.models import Case
from mingduan.complaints.hotspots import cell_of
from mingduan.complaints.models import FoundHotSpot, HotSpotReport
from mingduan.people.models import Office, User

from ..cases.telecom import Desk, make

pytestmark = pytest.mark.django_db
CELLS = [cell_of(22.58, 113.08), cell_of(22.59, 113.08)]


@pytest.fixture
def desk() -> Desk:
    return make()


@pytest.fixture
def spot(desk: Desk) -> FoundHotSpot:
    """A hot spot of a report that was made."""
    report = HotSpotReport.objects.create(
        body="telecom", week=date(2026, 11, 16), first=date(2026, 9, 28), made_at=timezone.now(), complaints=40, shuffles=999,
        cells={CELLS[0]: 8, CELLS[1]: 1},
    )  # fmt: skip
    return FoundHotSpot.objects.create(
        of=report, rank=1, cells=CELLS[:1], places=["丰乐路8号"], since=date(2026, 11, 17), until=date(2026, 11, 20), observed=8, expected=5.0, p=0.001,
    )  # fmt: skip


def browser(desk: Desk, who: str) -> Client:
    client = Client()
    client.force_login(desk.users[who])
    return client


@pytest.mark.parametrize(
    ("who", "status"), [("desk", 200), ("dispatcher", 200), ("manager", 200), ("lead1", 404), ("engineer1", 404)]
)
def test_officers_of_the_body_find_the_pages_and_contractors_do_not(desk: Desk, who: str, status: int) -> None:
    assert {browser(desk, who).get(a).status_code for a in ("/hotspots/", "/dashboard/")} == {status}


def test_officers_of_another_body_do_not_find_them(desk: Desk) -> None:
    Office.objects.filter(user=desk.users["manager"]).update(body="cace", role="centre")
    assert {browser(desk, "manager").get(a).status_code for a in ("/hotspots/", "/dashboard/")} == {404}


def test_a_spot_is_told_in_words_in_either_language(desk: Desk, spot: FoundHotSpot) -> None:
    client = browser(desk, "manager")
    assert "是偶然情况下的1.6倍" in client.get("/hotspots/").content.decode()
    client.cookies["django_language"] = "en"
    said = client.get("/hotspots/").content.decode()
    assert "1.6 times as many as chance would bring" in said
    assert "shuffled among the complaints 999 times, it was never this concentrated" in said


def test_everybody_who_asks_sees_the_same_report(desk: Desk, spot: FoundHotSpot) -> None:
    told = [browser(desk, who).get("/hotspots/").context for who in ("desk", "dispatcher", "manager")]
    assert (
        len({(c["report"].pk, tuple(c["cells"]), tuple(s.spot.pk for s in c["spots"]), repr(c["map"])) for c in told})
        == 1
    )


def test_the_map_has_every_cell_a_scale_and_a_table_and_nothing_from_outside(desk: Desk, spot: FoundHotSpot) -> None:
    said = browser(desk, "manager").get("/hotspots/").content.decode()
    assert said.count('<path class="cell ') == 2
    assert all(f"<code>{cell}</code>" in said for cell in CELLS)
    assert 'class="scale"' in said
    assert "http://" not in said.replace("http://www.w3.org", "")
    assert "style=" not in said


def test_the_button_opens_one_improvement_and_the_report_shows_it(desk: Desk, spot: FoundHotSpot) -> None:
    client = browser(desk, "manager")
    answers = [client.post(f"/hotspots/{spot.pk}/improve/") for _ in range(2)]
    case = Case.objects.get()
    assert {a.headers["Location"] for a in answers} == {f"/cases/{case.number}/"}
    assert case.facts["spot.cells"] == CELLS[0]
    assert case.number in client.get("/hotspots/").content.decode()


def test_who_may_not_propose_has_no_button_and_cannot(desk: Desk, spot: FoundHotSpot) -> None:
    client = browser(desk, "desk")
    assert "improve/" not in client.get("/hotspots/").content.decode()
    assert client.post(f"/hotspots/{spot.pk}/improve/").status_code == 404
    assert not Case.objects.exists()


def test_without_a_report_the_page_says_when_there_will_be_one(desk: Desk) -> None:
    assert "还没有周报" in browser(desk, "manager").get("/hotspots/").content.decode()


def test_a_week_that_is_none_shows_the_latest(desk: Desk, spot: FoundHotSpot) -> None:
    assert browser(desk, "manager").get("/hotspots/?week=nonsense").context["report"] == spot.of


def test_nobody_without_an_office(desk: Desk) -> None:
    user = User.objects.create_user("passer-by", name="路人")
    client = Client()
    client.force_login(user)
    assert client.get("/hotspots/").status_code == 404


def test_later_arrivals_are_told_and_whoever_may_improve_asks_for_a_new_version(desk: Desk, spot: FoundHotSpot) -> None:
    HotSpotReport.objects.update(complaints=0)
    filed = desk.filed("2026-11-18 09:00")
    Case.objects.filter(pk=filed.pk).update(facts=filed.facts | {"place.position": "22.58,113.08"})
    client = browser(desk, "manager")
    assert "又收到所看八周内的投诉1件" in client.get("/hotspots/").content.decode()
    client.post(f"/hotspots/{spot.of.pk}/reissue/")
    outbox.run(timezone.now())
    page = client.get("/hotspots/").content.decode()
    assert ("第2版" in page, "又收到" in page) == (True, False)
    assert "第1版" in client.get("/hotspots/?week=2026-11-16&version=1").content.decode()


@pytest.mark.parametrize("who", ["desk", "lead1"])
def test_nobody_else_asks_for_a_new_version(desk: Desk, spot: FoundHotSpot, who: str) -> None:
    assert browser(desk, who).post(f"/hotspots/{spot.of.pk}/reissue/").status_code == 404
