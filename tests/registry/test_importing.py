"""An existing register taken over from a file."""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from openpyxl import Workbook
from stdnum.cn import uscc

from mingduan.cases import audit, sheet
from mingduan.cases.act import Done, act
from mingduan.cases.models import Case, Counter
from mingduan.people.models import Organisation
from mingduan.procedure.case import Actor, Refusal
from mingduan.procedure.period import TZ
from mingduan.registry import importing, queries
from mingduan.registry.models import Certificate, Enterprise, Standing
from tests.cases.stored import statements, undone

from .scheme import certified

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 9, tzinfo=TZ)
CENTRE = Actor("cli", "命令行", frozenset(["centre"]))
HEADINGS = [c.zh for c in importing.COLUMNS]


def code(n: int) -> str:
    base = f"91110000{n:09}"
    return base + str(uscc.calc_check_digit(base))


def row(number: str = "2025ZH0001JR0", n: int = 1, **more: str) -> list[str]:
    cells = {
        "企业名称": f"第{n}代维有限公司", "统一社会信用代码": code(n), "地址": "北京市海淀区学院路1号，一层", "所在地": "北京", "专业": "综合代维", "等级": "甲级",
        "证书编号": number, "发证日期": "2025-03-05", "有效期至": "2028年3月4日", "下次监督日期": "2026/12/1", "复评次数": "", "现场审查机构": "安信认证有限公司",
        "评定机构": "评定中心", "批准机构": "中国通信企业协会", "状态": "有效", **more,
    }  # fmt: skip
    return [cells.get(h, "") for h in HEADINGS]


def text(*rows: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([HEADINGS, *rows])
    return out.getvalue()


def taken(content: bytes | str, *, dry_run: bool = False, begin: int = 0) -> importing.Report[importing.Fault]:
    table = importing.read(content.encode() if isinstance(content, str) else content)
    report = importing.Report[importing.Fault]()
    for outcome in importing.take_over(table, CENTRE, NOW, dry_run=dry_run, begin=begin):
        report.add(outcome)
    return report


def workbook(*rows: Sequence[object]) -> bytes:
    book, out = Workbook(), io.BytesIO()
    for cells in (HEADINGS, *rows):
        book.active.append(list(cells))  # type: ignore[union-attr]  # a new workbook has a sheet
    book.save(out)
    return out.getvalue()


def in_workbook() -> bytes:
    cells: list[object] = list(row())
    cells[HEADINGS.index("发证日期")] = datetime(2025, 3, 5)
    cells[HEADINGS.index("复评次数")] = 0.0
    return workbook(cells)


@pytest.mark.parametrize(
    "content",
    [text(row()).encode(), text(row()).encode("utf-8-sig"), text(row()).encode("gb18030"), text(row()).replace("，", "").replace(",", "\t").encode(), in_workbook()],
    ids=["utf-8", "bom", "gb18030", "tabs", "xlsx"],
)  # fmt: skip
def test_a_row_becomes_a_certificate_that_was_valid_on_past_days(content: bytes) -> None:
    assert taken(content).counts == {"added": 1}
    made = Certificate.objects.select_related("holder__enterprise").get()
    assert (made.number, made.status, made.grade, made.renewals) == ("2025ZH0001JR0", "valid", "J", 0)
    assert (made.issued_on, made.valid_until) == (date(2025, 3, 5), date(2028, 3, 4))
    assert made.next_surveillance_on == date(2026, 12, 1)
    assert (made.holder.enterprise.region, made.holder.enterprise.credit_code) == ("110000", code(1))
    then = queries.standing_at(made.number, datetime(2025, 6, 1, tzinfo=TZ))
    assert then is not None
    assert then.status == "valid"
    assert queries.standing_at(made.number, datetime(2025, 3, 4, tzinfo=TZ)) is None
    assert list(audit.verify()) == []


def test_english_headings_do_and_columns_in_any_order() -> None:
    out = io.StringIO()
    csv.writer(out).writerows([[c.en for c in reversed(importing.COLUMNS)], list(reversed(row()))])
    assert taken(out.getvalue()).counts == {"added": 1}


def test_the_same_file_twice_adds_nothing() -> None:
    file = text(row(), row("2025XL0002YR0", 2, 专业="线路", 等级="乙"))
    assert taken(file).counts == {"added": 2}
    assert taken(file).counts == {"already": 2}
    assert Case.objects.count() == Certificate.objects.count() == 2


@pytest.mark.parametrize("dry_run", [True, False])
def test_the_same_row_twice_in_one_file_is_one_certificate(dry_run: bool) -> None:
    assert taken(text(row(), row()), dry_run=dry_run).counts == {"added": 1, "already": 1}
    assert Certificate.objects.count() == (0 if dry_run else 1)


def test_an_interrupted_import_goes_on() -> None:
    rows = [row(f"2025ZH{n:04}JR0", n) for n in range(1, importing.SLICE + 3)]
    table = importing.read(text(*rows).encode())
    going = importing.take_over(table, CENTRE, NOW)
    next(going)
    going.close()
    assert Certificate.objects.count() == importing.SLICE
    assert taken(text(*rows)).counts == {"already": importing.SLICE, "added": 2}


def test_a_number_with_other_data_is_a_conflict_that_tells_the_column() -> None:
    taken(text(row()))
    report = taken(text(row(有效期至="2028-03-05"), row(n=2)))
    assert report.counts == {"conflict": 2}
    first, second = (outcome.faults[0] for outcome in report.refused)
    assert first.column == "有效期至"
    assert "2028-03-04" in first.wrong.zh
    assert second.column == "企业名称、统一社会信用代码"


def test_what_has_changed_here_since_does_not_make_the_old_file_a_conflict() -> None:
    taken(text(row(状态="暂停", 状态自="2025-06-01")))
    case = Case.objects.get()
    committee = Actor("1", "委员", frozenset(["committee"]))
    done = act(number=case.number, action="lift", actor=committee, at=NOW, facts={"reasoning": "整改合格"})
    assert isinstance(done, Done)
    assert list(Standing.objects.values_list("status", flat=True)) == ["valid", "suspended", "valid"]
    assert isinstance(
        act(number=case.number, action="lift", actor=committee, at=NOW, facts={"reasoning": "再次"}), Refusal
    )
    assert taken(text(row(状态="暂停", 状态自="2025-06-01"))).counts == {"already": 1}
    assert list(audit.verify()) == []


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"统一社会信用代码": "91110000000000001X"}, "统一社会信用代码"), ({"专业": "水电"}, "专业"), ({"等级": "特级"}, "等级"), ({"发证日期": "2025-02-30"}, "发证日期"),
        ({"有效期至": ""}, "有效期至"), ({"证书编号": "2025ZH0001"}, "专业、等级、证书编号、复评次数"), ({"证书编号": "2025XL0001JR0"}, "专业、等级、证书编号、复评次数"),
        ({"证书编号": "2025ZH0000JR0"}, "专业、等级、证书编号、复评次数"), ({"复评次数": "1"}, "专业、等级、证书编号、复评次数"), ({"所在地": "亚特兰蒂斯"}, "所在地"),
        ({"有效期至": "2025-01-01"}, "发证日期、有效期至"), ({"状态": "作废"}, "状态"), ({"状态": "暂停"}, "状态、状态自"), ({"状态": "已过期"}, "有效期至、状态"),
        ({"发证日期": "2022-03-05", "有效期至": "2025-03-04"}, "有效期至、状态"), ({"发证日期": "2026-03-02"}, "发证日期"), ({"状态自": "2024-01-01"}, "发证日期、状态自"),
        ({"地址": "很" * 201}, "地址"),
    ],
)  # fmt: skip
def test_a_bad_row_is_told_with_line_and_column_and_good_rows_are_kept(cells: dict[str, str], column: str) -> None:
    report = taken(text(row("2025ZH0009JR0", 9), row(**cells), row("2025ZH0008JR0", 8)))
    assert report.counts == {"added": 2, "bad": 1}
    outcome = report.refused[0]
    assert (outcome.line, column in {f.column for f in outcome.faults}) == (3, True), outcome.faults
    assert Organisation.objects.filter(kind="enterprise").count() == Enterprise.objects.count() == 2


def test_s10_3_1_no_number_is_given_twice_after_an_import() -> None:
    taken(text(row("2026ZH0041JR0", 发证日期="2026-02-01")))
    assert certified().number == "2026ZH0042JR0"
    assert Counter.objects.get(name="cace:certificate-2026").last == 42


def test_s10_3_1_a_serial_of_the_year_that_is_taken_is_a_conflict() -> None:
    report = taken(text(row(), row("2025XL0001YR0", 2, 专业="线路", 等级="乙级")))
    assert report.counts == {"added": 1, "conflict": 1}
    assert report.refused[0].faults[0].column == "证书编号"


def test_a_refused_row_does_not_use_up_a_number() -> None:
    taken(text(row("2026ZH0041JR0", 发证日期="2026-02-01", 状态="暂停")))
    assert not Counter.objects.exists()


def test_s09_3_1_1_one_certificate_in_force_for_a_specialty() -> None:
    old = row("2024ZH0001JR0", 发证日期="2024-03-05", 有效期至="2027-03-04")
    for dry_run in (True, False):
        report = taken(text(row(), old), dry_run=dry_run)
        assert report.counts == {"added": 1, "conflict": 1}
        assert report.refused[0].faults[0].column == "专业、状态"
    cancelled = row("2024ZH0001JR0", 发证日期="2024-03-05", 有效期至="2027-03-04", 状态="注销", 状态自="2025-03-05")
    assert taken(text(row(), cancelled)).counts == {"already": 1, "added": 1}


@pytest.mark.parametrize(
    ("cells", "statuses"),
    [
        ({"状态": "暂停", "状态自": "2025-06-01"}, ["valid", "suspended"]), ({"状态": "撤销", "状态自": "2025-06-01"}, ["valid", "withdrawn"]),
        ({"状态": "注销", "状态自": "2025-06-01"}, ["valid", "cancelled"]), ({"状态": "过期", "有效期至": "2026-02-28"}, ["valid", "expired"]),
    ],
)  # fmt: skip
def test_what_it_is_today_and_since_when(cells: dict[str, str], statuses: list[str]) -> None:
    assert taken(text(row(**cells))).counts == {"added": 1}
    assert list(Standing.objects.values_list("status", flat=True)) == statuses
    present = Standing.objects.get(until=None)
    assert present.since == datetime(2026, 3, 1, tzinfo=TZ) if "过期" in cells.values() else datetime(2025, 6, 1, tzinfo=TZ)  # fmt: skip
    assert list(audit.verify()) == []


def test_a_dry_run_writes_nothing_and_says_what_would_happen() -> None:
    report = taken(text(row(), row(), row("2025XL0001YR0", 2, 专业="线路", 等级="乙"), row(地址="")), dry_run=True)
    assert report.counts == {"added": 1, "already": 1, "conflict": 1, "bad": 1}
    assert not any(m.objects.exists() for m in (Certificate, Case, Organisation, Enterprise, Counter))


def test_an_enterprise_that_is_registered_takes_its_certificates() -> None:
    organisation = Organisation.objects.create(name="第1代维 有限公司", kind="enterprise")
    assert taken(text(row())).counts == {"added": 1}
    assert Certificate.objects.get().holder == organisation
    assert (
        taken(text(row("2025ZH0002JR0", 企业名称="别的公司"))).refused[0].faults[0].column
        == "企业名称、统一社会信用代码"
    )


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\x00\x00\xff", b"PK\x03\x04 nothing", b"a,b\n1,2\n", text().replace("证书编号", "标题").encode(), text().replace("评定机构", "批准机构").encode()],
    ids=["empty", "no-text", "no-workbook", "no-headings", "a-column-missing", "a-column-twice"],
)  # fmt: skip
def test_a_file_that_is_no_register_says_so(content: bytes) -> None:
    with pytest.raises(importing.Unreadable) as told:
        importing.read(content)
    assert told.value.right.zh


def test_a_workbook_that_unpacks_to_more_than_fits_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet, "MAX_UNPACKED", 1000)
    with pytest.raises(importing.Unreadable):
        importing.read(in_workbook())


@given(st.one_of(st.binary(max_size=300), st.binary(max_size=300).map(lambda b: b"PK\x03\x04" + b), st.text(max_size=200).map(lambda t: (text() + t).encode("utf-8", "replace"))))  # fmt: skip
def test_any_bytes_are_a_table_or_told_not_to_be(content: bytes) -> None:
    with contextlib.suppress(importing.Unreadable):
        importing.read(content)


@pytest.fixture(scope="module")
def sound() -> bytes:
    """One workbook for all spoilings: it holds the time it was made."""
    return in_workbook()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(places=st.lists(st.integers(0, 20_000), min_size=1, max_size=20))
def test_a_workbook_spoilt_anywhere_is_a_table_or_told_not_to_be(sound: bytes, places: list[int]) -> None:
    content = bytearray(sound)
    for place in places:
        content[place % len(content)] ^= 0xFF
    with contextlib.suppress(importing.Unreadable):
        importing.read(bytes(content))


CELL = st.one_of(st.text(max_size=30), st.sampled_from(["有效", "暂停", "2025-06-01", "2029-12-31", "2090-01-01", "0", "9", "=1+1", "\0", "甲级", "线路", "2026ZH9999JR9"]))  # fmt: skip


SOME = st.sampled_from(["第1代维有限公司", "第2代维有限公司", "线路", "有效", "暂停", "注销", "2025-06-01", "2025XL0001JR0", "2025ZH0001JR0", "乙级", ""])  # fmt: skip


class AnyRows(TestCase):
    """Whatever rows a file has."""

    @settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4), st.dictionaries(st.sampled_from(HEADINGS), CELL, max_size=3)), max_size=6))  # fmt: skip
    def test_nothing_breaks_good_rows_are_kept_and_nothing_is_added_twice(
        self, spoilt: list[tuple[int, int, dict[str, str]]]
    ) -> None:
        good = row("2025ZH5000JR0", 500)
        file = text(*(row(f"2025ZH{number:04}JR0", n, **cells) for number, n, cells in spoilt), good)
        found = {dry_run: taken(file, dry_run=dry_run).counts for dry_run in (True, False)}
        assert Certificate.objects.filter(number="2025ZH5000JR0").exists()
        assert found[False]["added"] == Certificate.objects.count() == found[True]["added"]
        again = taken(file).counts
        assert again["added"] == 0
        assert again["already"] == found[False]["added"] + found[False]["already"]
        assert list(audit.verify()) == []

    @settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 3), st.dictionaries(st.sampled_from(["企业名称", "专业", "证书编号", "状态", "状态自", "发证日期", "等级"]), SOME, max_size=2)), max_size=7))  # fmt: skip
    def test_together_rows_become_what_each_becomes_alone(self, spoilt: list[tuple[int, int, dict[str, str]]]) -> None:
        Organisation.objects.create(name="第2代维有限公司", kind="enterprise")
        table = importing.read(text(*(row(f"2025ZH{m:04}JR0", n, **cells) for m, n, cells in spoilt)).encode())
        at_once = undone(lambda: list(importing.take_over(table, CENTRE, NOW)))
        each = [partial(importing.take_over, table, CENTRE, NOW, begin=n, end=n + 1) for n in range(len(table.lines))]
        one_by_one = undone(lambda: [outcome for take in each for outcome in take()])
        assert at_once == one_by_one


def test_more_rows_take_no_more_statements() -> None:
    taken(text(row("2025ZH9000JR0", 9000)))
    sent = []
    for first, rows in ((1, 20), (100, 120)):
        numbers = range(first, first + rows)
        sent.append(statements(lambda: taken(text(*(row(f"2025ZH{n:04}JR0", n) for n in numbers)))))  # noqa: B023  # called at once
    # Rows that fit into one statement are bounded by the number of values a database takes in it.
    assert sent[1] <= sent[0] + 20
    assert sent[1] < 120


def test_a_row_that_somebody_else_writes_at_this_moment_spoils_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row(f"2025ZH{n:04}JR0", n) for n in (1, 2, 3)]
    Organisation.objects.create(name="别人", kind="enterprise")
    plainly = importing._Holders.look_up

    def late(self: importing._Holders, named: Sequence[importing._Row]) -> None:
        plainly(self, named)
        if any(r.code == code(2) for r in named):  # registered by somebody else right after we looked
            Enterprise.objects.create(
                organisation=Organisation.objects.get(name="别人"), credit_code=code(2), region="110000"
            )

    monkeypatch.setattr(importing._Holders, "look_up", late)
    report = taken(text(*rows))
    assert report.counts == {"added": 2, "conflict": 1}
    assert (report.refused[0].line, report.refused[0].number) == (3, "2025ZH0002JR0")
    assert list(audit.verify()) == []


def test_the_template_is_a_register_of_one() -> None:
    out = io.StringIO()
    csv.writer(out).writerows(importing.template())
    assert taken(out.getvalue()).counts == {"added": 1}


def test_renewals_open_for_what_was_imported() -> None:
    from mingduan.registry import jobs

    taken(text(row(有效期至="2026-03-20", 下次监督日期="")))
    jobs.daily(NOW + timedelta(days=1))
    assert Case.objects.exclude(rulebook="cace/transfer").exists()
