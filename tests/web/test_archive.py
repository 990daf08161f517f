"""The archive: kept until when, held, and what may be disposed of now, by the rules themselves."""

from __future__ import annotations

import pytest
from django.utils import timezone

from mingduan.cases import catalogue, outbox
from mingduan.cases.models import Case
from mingduan.people.models import Office, User

from . import office
from .office import ago, closed, do, signed_in

pytestmark = pytest.mark.django_db
YEARS = 6 * 250


@pytest.fixture(autouse=True)
def people() -> None:
    office.people()


def archived(days: int, organisation: str = "恒通代维") -> Case:
    return do(closed(ago(days), organisation), "secretary", "secretariat", "archive", ago(days - 12))


def rows(login: str = "centre", which: str = "") -> dict[str, object]:
    return {r.case.number: r for r in signed_in(login).get("/archive/", {"which": which}).context["rows"]}


def test_a_file_is_kept_five_years_from_its_archiving() -> None:
    case = archived(40)
    row = rows()[case.number]
    assert (row.until.year, row.until.month) == (ago(28).year + 5, ago(28).month)
    assert not row.may_go
    assert [r.clause for r in row.reasons] == ["8.5"]
    assert rows(which="over") == {}


def test_files_that_only_the_archive_keeps_stand_apart_and_a_procedure_can_be_asked_for() -> None:
    case = archived(40)
    engine, other = catalogue.in_force()["cace/transfer"], closed(ago(40))
    catalogue.keep(engine)
    Case.objects.filter(pk=other.pk).update(rulebook=engine.rulebook.id, digest=engine.rulebook.digest, state="entered")  # fmt: skip
    assert list(rows()) == [case.number]
    assert set(rows(which="all")) == {case.number, other.number}
    asked = signed_in("centre").get("/archive/", {"which": "all", "rulebook": "cace/transfer"}).context["rows"]
    assert [r.case.number for r in asked] == [other.number]


def test_an_old_file_may_go_unless_it_is_held() -> None:
    old, held = archived(YEARS), archived(YEARS)
    do(held, "committee", "committee", "hold", ago(2), hold_reason="诉讼需要")
    found = rows(which="over")
    assert found[old.number].may_go
    assert not found[held.number].may_go
    assert found[held.number].held
    assert "可以销毁" in signed_in("centre").get("/archive/").content.decode()


def test_what_is_disposed_of_is_said_to_be_gone() -> None:
    old = archived(YEARS)
    do(old, "committee", "committee", "dispose", ago(1), disposal__decision="专委会〔2026〕1号")
    assert list(rows(which="gone")) == [old.number]
    assert rows(which="over") == {}


def test_a_file_that_no_procedure_destroys_is_kept_not_gone() -> None:
    """An application that went its way to the archive is over, yet nobody has destroyed it."""
    engine = catalogue.in_force()["cace/qualification"]
    case = archived(40)
    Case.objects.filter(pk=case.pk).update(
        rulebook=engine.rulebook.id, digest=engine.rulebook.digest, state="archived", ended=True
    )
    catalogue.keep(engine)
    assert rows(which="gone") == {}
    page = signed_in("centre").get("/archive/", {"which": "all"}).content.decode()
    assert "程序未规定销毁" in page
    assert "已销毁 20" not in page


def test_a_file_of_another_body_is_not_here() -> None:
    archived(40)
    other = User.objects.create_user("other", password="x", name="他机构")
    Office.objects.create(user=other, body="ccrc", role="quality")
    assert rows("other") == {}


def test_queries_do_not_grow_with_the_files(django_assert_max_num_queries) -> None:
    client = signed_in("centre")
    archived(40)
    client.get("/archive/")
    with django_assert_max_num_queries(40) as few:
        client.get("/archive/")
    for _ in range(4):
        archived(40)
    with django_assert_max_num_queries(len(few)):
        assert len(client.get("/archive/").context["rows"]) == 5


def test_a_package_being_made_is_said_to_be_and_then_can_be_downloaded(settings, tmp_path) -> None:
    settings.HOME = tmp_path
    case = closed(ago(40))
    do(case, "secretary", "secretariat", "archive", ago(20))
    client, page = signed_in("secretary"), f"/cases/{case.number}/"
    assert "正在制作" in client.get(page).content.decode()
    outbox.run(timezone.now())
    assert "正在制作" not in client.get(page).content.decode()
    assert f'href="{page}archive.zip"' in client.get("/archive/").content.decode()
