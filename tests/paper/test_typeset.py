"""Ink on paper: archival, in our own fonts, the same each time, and nothing anybody wrote can run."""

from __future__ import annotations

import doctest
import io
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pypdf
import pytest

from mingduan.paper import notices
from mingduan.paper import typeset as module
from mingduan.paper.typeset import TEMPLATES, press, printable, typeset
from mingduan.procedure import words

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
DATA: dict[str, Any] = {
    "lang": "zh", "letterhead": "评定中心", "issuer": "评定中心", "number": "CACE-SS-2026-0001-03", "case_number": "CACE-SS-2026-0001",
    "case_title": "案", "procedure": "申诉", "title": "补正通知", "to": "恒通（申诉人）", "paragraphs": ["请补正。"], "date": "2026年11月24日",
    "basis": "S01 6.1", "parties": [["申诉人", "恒通"]], "background": [], "brought": [["凭证号", "PZ1"]], "decided": [["结果", "成立"]],
    "members": [["王志远", "研究院"]], "deadlines": [["补正", "2026年12月1日 24:00", "6.1"]], "remedies": ["可起诉。"],
    "money": {"lines": [["银行", "保证金", "伍仟元整", "¥5,000.00"]], "balances": [["保证金", "¥5,000.00"]]}, "legal_basis": "",
}  # fmt: skip
HASH = "0123456789abcdef" * 4
DESTROYED: dict[str, Any] = {
    "case": [["案件编号", "CACE-SS-2026-0001"], ["案卷题名", "案"]], "decision": [["决定", "专委会 周建国"]], "packages": [HASH],
    "destroyed": [["记录内容（条）", 12], ["收到的材料（件）", 3], ["文书（份）", 9], ["归档包（个）", 1]], "head": HASH,
}  # fmt: skip
CASEFILE: dict[str, Any] = {
    "people": [["评定中心", "林静"]], "dates": [["立案", "2026年9月25日"]], "head": HASH,
    "papers": [["1", "申诉书.pdf", "2026年9月25日", HASH[:16]]], "course": [["1", "2026年9月25日 09:00", "提出申诉", "张三", "6.1"]],
    "deadlines": [["举行会议", "评定中心", "2026年10月22日", "2026年10月15日", "已履行", "6.2.3"]],
    "money": [["2", "2026年9月25日", "银行存款", "申诉保证金", "¥5,000.00"]],
}  # fmt: skip
JARS = ("preflight", "pdfbox2", "fontbox2", "xmpbox", "commons-logging", "javax.activation", "jaxb-api")
DESIGNS = sorted(notices.designs())


def text_of(pdf: bytes) -> str:
    """The words of a PDF without the white space that setting them put in."""
    return "".join("".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


@pytest.mark.parametrize("lawful", [module, words], ids=["typeset", "words"])
def test_doctests(lawful: Any) -> None:
    assert doctest.testmod(lawful).failed == 0


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_design_sets_everything_a_notice_may_hold(design: str, lang: str) -> None:
    text = text_of(typeset(design, DATA | {"lang": lang, "legal_basis": "行政许可法"}, AT))
    for word in ("评定中心", "补正通知", "请补正。", "CACE-SS-2026-0001-03", "S016.1", "可起诉。", "行政许可法"):
        assert word in text


@pytest.mark.parametrize("design", DESIGNS)
def test_a_paper_names_itself_archival_and_carries_its_fonts(design: str) -> None:
    reader = pypdf.PdfReader(io.BytesIO(typeset(design, DATA, AT)))
    root = reader.trailer["/Root"]
    xmp = root["/Metadata"].get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part>" in xmp
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in xmp
    assert "<pdfuaid:part>1</pdfuaid:part>" in xmp
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "zh-CN"
    assert root["/OutputIntents"]
    fonts = [f.get_object() for page in reader.pages for f in page["/Resources"]["/Font"].values()]
    assert {f["/BaseFont"].split("+")[1].split("-")[0] for f in fonts} == {"NotoSerifSC", "NotoSansSC"}
    assert all("/FontFile3" in f["/DescendantFonts"][0]["/FontDescriptor"] for f in fonts)


@pytest.mark.parametrize("design", DESIGNS)
def test_an_independent_judge_finds_a_design_archival(design: str, tmp_path: Path) -> None:
    """Apache's judge knows PDF/A-1 only, so the same design is set as that: what it may hold differs little."""
    assert faults(press(TEMPLATES / f"{design}.typ", DATA, AT, ["a-1a"]), tmp_path) == []


@pytest.mark.parametrize(("design", "data", "outlined"), [("_certificate", DESTROYED, 0), ("_casefile", CASEFILE, 5)])
def test_what_is_kept_of_a_case_is_archival_too(
    design: str, data: dict[str, Any], outlined: int, tmp_path: Path
) -> None:
    """The case file has an outline, whose destinations Typst writes as indirect objects. ISO 32000 allows that and this judge
    does not follow it, so it says so once for each heading; it may find nothing else.
    """
    found = faults(press(TEMPLATES / f"{design}.typ", DATA | data, AT, ["a-1a"]), tmp_path)
    assert ["can't convert to Destination" in fault for fault in found] == [True] * outlined, found


def faults(content: bytes, folder: Path) -> list[str]:
    """What Apache's judge finds wrong with a PDF that says it is PDF/A-1."""
    paper = folder / "p.pdf"
    paper.write_bytes(content)
    path = ":".join(f"/usr/share/java/{jar}.jar" for jar in JARS)
    judged = subprocess.run(
        ["java", "-cp", path, "org.apache.pdfbox.preflight.Validator_A1b", paper], capture_output=True, text=True, check=False
    )  # fmt: skip
    assert "a valid PDF/A-1b file" in judged.stdout, judged.stdout + judged.stderr
    return [line for line in judged.stdout.splitlines()[1:] if line.strip()]


def test_the_same_words_give_the_same_bytes() -> None:
    assert typeset("notice", DATA, AT) == typeset("notice", DATA, AT)


@pytest.mark.parametrize(
    "written",
    [
        "#panic(1)", "] #panic[x] [", "\\", "\\u{41}", "$ x^2 $", '"); #panic("', "#read(\"/etc/passwd\")", "= 标题", "*粗* _斜_ `码`",
        "<label> @ref", "// 注释", "#import \"_paper.typ\": *", "{{ }} {% %}", "‮倒写",
    ],
)  # fmt: skip
def test_what_people_write_is_set_as_words_and_never_runs(written: str) -> None:
    everywhere = DATA | {"title": written, "to": written, "paragraphs": [written], "brought": [[written, written]],
                         "letterhead": written, "remedies": [written], "legal_basis": written}  # fmt: skip
    for design in DESIGNS:
        assert "".join(printable(written).split()) in text_of(typeset(design, everywhere, AT))


def test_a_character_without_a_glyph_is_named_instead_of_lost() -> None:
    text = text_of(typeset("notice", DATA | {"paragraphs": ["好😀的\ue000，𠮷野家，氹仔，㐂"]}, AT))
    assert "好[U+1F600]的[U+E000]，" in text
    assert "氹仔" in text


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("remedies", [[], ["可起诉。"]])
def test_a_signature_never_stands_on_a_page_of_its_own(lang: str, remedies: list[str]) -> None:
    """GB/T 9704, and common sense: paper with nothing but a seal on it certifies anything."""
    bare = {"parties": [], "brought": [], "decided": [], "members": [], "deadlines": [], "money": None}
    pages = set()
    for lines in range(8, 34, 2):
        data = DATA | bare | {"lang": lang, "remedies": remedies, "paragraphs": ["文字。"] * lines}
        reader = pypdf.PdfReader(io.BytesIO(typeset("notice", data, AT)))
        pages.add(len(reader.pages))
        assert {"文字。", "可起诉。"} & set(reader.pages[-1].extract_text().split())
    assert pages == {1, 2}


@pytest.mark.parametrize("written", ["无" * 20_000, "x" * 5_000, "一行\n" * 400])
def test_long_text_stays_on_the_page(written: str) -> None:
    reader = pypdf.PdfReader(io.BytesIO(typeset("notice", DATA | {"paragraphs": [written]}, AT)))
    edges: list[float] = []
    for page in reader.pages:
        page.extract_text(
            visitor_text=lambda text, cm, tm, font, size: edges.append(cm[4] + tm[4]) if text.strip() else None
        )
    assert len(reader.pages) > 1
    assert max(edges) < 595.3 - 70
