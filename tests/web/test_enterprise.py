"""An enterprise's profile on its pages: kept by its own people, exported, its changes on record; read by the centre."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from mingduan.cases import files
from mingduan.cases.models import Reading
from mingduan.people.models import Organisation, User
from mingduan.registry import keeping
from mingduan.registry.models import Enterprise, Paper, ProfileChange, Technician

from .office import ago, file_case, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("desk")]
REGISTRATION = {
    "credit_code": "91110000600037341L", "representative": "王恒", "region": "110108", "address": "北京市海淀区学院路1号",
    "contact": "张三", "phone": "010-12345678", "email": "",
}  # fmt: skip
ROWS: dict[str, dict[str, Any]] = {
    "staff": {"name": "李工", "post": "线务员", "leads": "on"},
    "equipment": {"kind": "instrument", "name": "光时域反射仪", "quantity": "2"},
    "sites": {"name": "海淀代维点", "address": "北京市海淀区", "staff": "6"},
    "performance": {"client": "某运营商", "project": "线路代维", "specialty": "XL", "since": "2024-01-01", "until": "2025-12-31", "amount": "1200.50"},
}  # fmt: skip


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def own() -> Client:
    """Somebody of an enterprise whose registration has been entered."""
    client = signed_in("enterprise")
    assert client.post("/enterprise/registration/", REGISTRATION).status_code == 302
    return client


def upload(own: Client, name: str = "执照.pdf", content: bytes = b"%PDF-1.4 licence", **more: Any) -> Any:
    sent = {"fact": "licence.papers", "name": SimpleUploadedFile(name, content), **more}
    return own.post("/enterprise/papers/", sent)


def test_the_registration_comes_first() -> None:
    client = signed_in("enterprise")
    assert client.get("/enterprise/").headers["Location"] == "/enterprise/registration/"
    assert client.get("/enterprise/staff/").status_code == 404
    assert "先登记企业的基本资料" in page(client, "/enterprise/registration/")


def test_a_wrong_credit_code_is_told_beside_its_field_and_nothing_is_kept() -> None:
    response = signed_in("enterprise").post(
        "/enterprise/registration/", {**REGISTRATION, "credit_code": "91110000600037341M"}
    )
    assert response.status_code == 422
    assert "统一社会信用代码有误" in response.content.decode()
    assert not Enterprise.objects.exists()


def test_everything_that_is_wrong_with_the_registration_is_told_at_once() -> None:
    wrong = {**REGISTRATION, "credit_code": "1", "region": "33010", "name_en": "四海", "address_en": "文一路"}
    told = signed_in("enterprise").post("/enterprise/registration/", wrong).content.decode()
    assert told.count('class="error"') == 4


def test_the_english_name_is_kept_logged_and_in_english(own: Client) -> None:
    assert own.post("/enterprise/registration/", {**REGISTRATION, "name_en": "恒通 Ltd."}).status_code == 422
    assert own.post("/enterprise/registration/", {**REGISTRATION, "name_en": "Hengtong Ltd.", "address_en": "1 Xueyuan Road"}).status_code == 302  # fmt: skip
    assert Enterprise.objects.get().organisation.name_en == "Hengtong Ltd."
    assert "Hengtong Ltd." in page(own, "/enterprise/")
    assert "1 Xueyuan Road" in page(own, "/enterprise/")
    assert ProfileChange.objects.first().after["name_en"] == "Hengtong Ltd."  # type: ignore[union-attr]  # there is one


@pytest.mark.parametrize(("kind", "row"), ROWS.items())
def test_a_row_is_added_changed_exported_and_removed(own: Client, kind: str, row: dict[str, Any]) -> None:
    assert own.post(f"/enterprise/{kind}/", row).status_code == 302
    name = row.get("name") or row["project"]
    assert name in page(own, f"/enterprise/{kind}/")
    pk = Enterprise.objects.get().__getattribute__({"staff": "technicians", "equipment": "equipments", "sites": "sites", "performance": "performances"}[kind]).get().pk  # fmt: skip
    field = "name" if "name" in row else "project"
    assert own.post(f"/enterprise/{kind}/{pk}/", {**row, field: "改过的"}).status_code == 302
    exported = b"".join(own.get(f"/enterprise/{kind}.csv")).decode()  # type: ignore[arg-type]
    assert "改过的" in exported
    assert own.get(f"/enterprise/{kind}.xlsx").status_code == 200
    assert own.post(f"/enterprise/{kind}/{pk}/", {"remove": "1"}).status_code == 302
    assert "还没有登记" in page(own, f"/enterprise/{kind}/")
    assert [c.did for c in ProfileChange.objects.filter(kind=kind)] == ["removed", "changed", "added"]


@pytest.mark.parametrize("kind", ROWS)
def test_what_was_exported_is_imported_and_nothing_twice(own: Client, kind: str) -> None:
    own.post(f"/enterprise/{kind}/", ROWS[kind])
    exported = b"".join(own.get(f"/enterprise/{kind}.csv"))  # type: ignore[arg-type]
    again = own.post(f"/enterprise/{kind}/", {"table": SimpleUploadedFile("表.csv", exported)}).content.decode()
    assert "新增 0 · 已有 1 · 未导入 0" in again
    spec = keeping.KINDS[kind]
    keeping.rows(Enterprise.objects.get(), spec).delete()
    once = own.post(f"/enterprise/{kind}/", {"table": SimpleUploadedFile("表.csv", exported)}).content.decode()
    assert "新增 1 · 已有 0 · 未导入 0" in once


def test_each_bad_row_of_a_table_is_told_and_the_others_are_kept(own: Client) -> None:
    table = "类别,名称,型号,数量\n车辆,抢修车,,2\n飞机,直升机,,1\n仪器仪表,光功率计,,零\n".encode()
    response = own.post("/enterprise/equipment/", {"table": SimpleUploadedFile("表.csv", table)})
    told = response.content.decode()
    assert response.status_code == 422
    assert "新增 1 · 已有 0 · 未导入 2" in told
    assert "第3行：类别" in told
    assert "第4行：数量" in told
    assert Enterprise.objects.get().equipments.get().name == "抢修车"


def test_a_file_that_is_no_table_is_told(own: Client) -> None:
    response = own.post("/enterprise/staff/", {"table": SimpleUploadedFile("x.csv", b"a,b\n1,2\n")})
    assert response.status_code == 422
    assert "第一行不是标题行" in response.content.decode()


def test_an_amount_is_typed_in_yuan_and_kept_in_fen(own: Client) -> None:
    own.post("/enterprise/performance/", ROWS["performance"])
    assert Enterprise.objects.get().performances.get().amount == 120_050


def test_work_that_ends_before_it_begins_is_refused_beside_the_field(own: Client) -> None:
    response = own.post("/enterprise/performance/", {**ROWS["performance"], "until": "2023-01-01"})
    assert response.status_code == 422
    assert "结束日期早于开始日期" in response.content.decode()


@pytest.mark.parametrize(("days", "told"), [(-1, "已过期"), (0, "90天内到期"), (90, "90天内到期"), (91, "有效")])
def test_a_certificate_of_staff_shows_whether_it_expires(own: Client, days: int, told: str) -> None:
    own.post("/enterprise/staff/", ROWS["staff"])
    until = (timezone.localdate() + timedelta(days)).isoformat()
    holder = Technician.objects.get().pk
    own.post(
        "/enterprise/certificates/", {"technician": holder, "name": "线务员证", "number": "X1", "expires_on": until}
    )
    assert told in page(own, "/enterprise/certificates/")
    assert ("线务员证" in page(own, "/enterprise/")) == (days <= 90)


def test_a_certificate_can_only_be_of_ones_own_staff(own: Client) -> None:
    theirs = Enterprise.objects.create(
        organisation=Organisation.objects.get(name="远景维护"), **{**REGISTRATION, "credit_code": "91110108MA01A2B3CG"}
    )
    stranger = Technician.objects.create(enterprise=theirs, name="外人")
    sent = {"technician": stranger.pk, "name": "证", "number": "1"}
    assert own.post("/enterprise/certificates/", sent).status_code == 422
    assert own.post(f"/enterprise/staff/{stranger.pk}/", {"remove": "1"}).status_code == 404
    assert Technician.objects.filter(pk=stranger.pk).exists()


def test_a_document_is_looked_at_like_every_file(own: Client) -> None:
    response = upload(own, content=b"<html><script>1</script></html>")
    assert response.status_code == 422
    assert "不予接收" in response.content.decode()
    assert not Paper.objects.exists()


def test_a_document_kept_ready_is_not_destroyed_with_a_case(own: Client) -> None:
    upload(own)
    kept = Paper.objects.get()
    assert not files.release(kept.sha256)
    assert own.get(f"/enterprises/{kept.enterprise_id}/files/{kept.sha256}/").content == b"%PDF-1.4 licence"


def test_a_document_taken_out_is_destroyed_once_nothing_holds_it(own: Client) -> None:
    from mingduan.cases import outbox

    upload(own)
    kept = Paper.objects.get()
    own.post(f"/enterprise/papers/{kept.pk}/", {"remove": "1"})
    outbox.run(timezone.now())
    assert files.content(kept.sha256), "a form opened before may still bring it"
    outbox.run(timezone.now() + timedelta(days=2))
    with pytest.raises(FileNotFoundError):
        files.content(kept.sha256)


def test_a_change_says_who_when_and_what_stood_there(own: Client) -> None:
    own.post("/enterprise/registration/", {**REGISTRATION, "address": "上海市"})
    told = page(own, "/enterprise/changes/")
    assert "北京市海淀区学院路1号 → 上海市" in told
    assert "enterprise" in told
    assert [c.did for c in ProfileChange.objects.all()] == ["changed", "added"]


def test_saving_without_a_change_notes_nothing(own: Client) -> None:
    own.post("/enterprise/registration/", REGISTRATION)
    assert ProfileChange.objects.count() == 1


def test_the_centre_reads_the_profile_of_a_party_before_it_and_the_reading_is_logged(own: Client) -> None:
    pk = Enterprise.objects.get().pk
    address = f"/enterprises/{pk}/"
    assert signed_in("centre").get(address).status_code == 404
    case = file_case(ago(2))
    assert f'href="{address}"' in page(signed_in("centre"), f"/cases/{case.number}/")
    assert "91110000600037341L" in page(signed_in("centre"), address)
    assert signed_in("stranger").get(address).status_code == 404
    assert Reading.objects.filter(case=case, reader_id=str(User.objects.get(username="centre").pk)).exists()


@pytest.mark.parametrize("login", ["centre", "agency", "expert1"])
def test_who_acts_for_no_enterprise_has_no_profile(login: str) -> None:
    assert signed_in(login).get("/enterprise/").status_code == 404
