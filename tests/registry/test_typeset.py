"""Certificates on paper: what stands on them, that nothing in it can run, and that they are PDF/A by an independent judge."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
import zxingcpp
from PIL import Image

from mingduan.people.models import Organisation
from mingduan.registry import issuing, typeset
from mingduan.registry.models import Certificate, CertificatePaper

from .story import certificate, conclude

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
JARS = ("preflight", "pdfbox2", "fontbox2", "xmpbox", "commons-logging", "javax.activation", "jaxb-api")
EVERY = [(kind, lang) for kind in typeset.KINDS for lang in typeset.LANGS]


@pytest.fixture(autouse=True)
def _home(settings, registry_home: Path) -> None:
    settings.PUBLIC_URL = "https://register.example"


def words(pdf: bytes, folder: Path) -> str:
    (folder / "c.pdf").write_bytes(pdf)
    text = subprocess.run(
        ["pdftotext", "-layout", folder / "c.pdf", "-"], capture_output=True, text=True, check=True
    ).stdout
    return "".join(text.split())


def made(kind: str, lang: str) -> bytes:
    held = certificate()
    issuing.ask_for_english(held, holder_name="Hengtong Services Co., Ltd.", holder_address="478 Wensan Road", at=AT)
    return issuing.content(issuing.paper(held, kind, lang, AT))


def test_the_original_holds_what_the_rules_list(tmp_path: Path) -> None:
    said = words(made("original", "zh"), tmp_path)
    for part in (
        "正本", "2026ZH0001JR0", "通信网络代维企业资质等级证书", "恒通信息技术服务有限公司", "浙江省杭州市西湖区文三路478号", "综合代维专业", "甲级",
        "2026年11月24日至2029年11月23日", "安信认证有限公司", "运维服务企业资质评定中心", "中国通信企业协会", "二〇二六年十一月二十四日",
    ):  # fmt: skip
        assert part in said, part


def test_the_duplicate_holds_the_surveillance_besides(tmp_path: Path) -> None:
    held = certificate(scope="浙江省")
    conclude(held, "maintain", date(2027, 11, 20))
    face = typeset.face(held, "duplicate", "zh")
    said = words(typeset.typeset(face), tmp_path)
    for part in (
        "副本",
        "发证日期",
        "下次监督日期2027年11月24日",
        "保持",
        "2027年11月20日",
        "通信网络运营专业委员会",
        "范围：浙江省",
    ):
        assert part in said, part


def test_the_english_one_says_that_the_chinese_prevails(tmp_path: Path) -> None:
    said = words(made("original", "en"), tmp_path)
    for part in ("HengtongServicesCo.,Ltd.", "GradeA", "Comprehensivemaintenance", "theChinesetextprevails", "23November2029"):  # fmt: skip
        assert part in said, part


def test_what_was_not_said_in_english_stands_in_the_profiles_words_else_in_chinese_and_no_line_is_empty(
    tmp_path: Path,
) -> None:
    """S07 3.1: the Chinese prevails, and never is a line empty."""
    held = certificate()
    issuing.ask_for_english(held, holder_name="", holder_address="", at=AT)
    assert "恒通信息技术服务有限公司" in words(typeset.typeset(typeset.face(held, "original", "en")), tmp_path)
    Organisation.objects.filter(pk=held.holder_id).update(name_en="Hengtong Ltd.")
    Organisation.objects.create(name="安信认证有限公司", kind="agency", name_en="Anxin Certification Ltd.")
    face = typeset.face(Certificate.objects.get(), "duplicate", "en")
    assert (face.holder, face.address) == ("Hengtong Ltd.", "浙江省杭州市西湖区文三路478号")
    assert (face.auditing_body, face.approving_body) == (
        "Anxin Certification Ltd.",
        "China Association of Communication Enterprises",
    )
    assert typeset.face(Certificate.objects.get(), "duplicate", "zh").auditing_body == "安信认证有限公司"


def test_an_english_one_is_made_on_request_only() -> None:
    with pytest.raises(typeset.NotAskedFor):
        issuing.paper(certificate(), "original", "en", AT)


@pytest.mark.parametrize(("kind", "lang"), EVERY)
def test_a_signed_certificate_is_pdf_a_by_apache_preflight(kind: str, lang: str, tmp_path: Path) -> None:
    (tmp_path / "c.pdf").write_bytes(made(kind, lang))
    path = ":".join(f"/usr/share/java/{jar}.jar" for jar in JARS)
    judged = subprocess.run(
        ["java", "-cp", path, "org.apache.pdfbox.preflight.Validator_A1b", tmp_path / "c.pdf"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "is a valid PDF/A-1b file" in judged.stdout, judged.stdout + judged.stderr


@pytest.mark.parametrize(("kind", "lang"), EVERY)
def test_it_fits_one_page_is_tagged_speaks_its_language_and_embeds_every_font(kind: str, lang: str) -> None:
    with pikepdf.open(BytesIO(made(kind, lang))) as pdf:
        assert len(pdf.pages) == 1
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang).startswith(lang)
        assert pdf.open_metadata()["pdfaid:conformance"] == "A"
        for font in pdf.pages[0].Resources.Font.values():
            assert "/ToUnicode" in font
            descriptor = font.DescendantFonts[0].FontDescriptor
            assert "/FontFile3" in descriptor or "/FontFile2" in descriptor


def test_the_same_face_gives_the_same_bytes_and_one_paper() -> None:
    made = certificate()
    face = typeset.face(made, "original", "zh")
    assert typeset.typeset(face) == typeset.typeset(face)
    first = issuing.paper(made, "original", "zh", AT)
    assert issuing.paper(made, "original", "zh", datetime(2027, 1, 1, tzinfo=UTC)) == first
    assert CertificatePaper.objects.count() == 1


def test_what_changes_in_the_register_makes_a_new_paper_and_keeps_the_old() -> None:
    made = certificate()
    before = issuing.paper(made, "original", "zh", AT)
    made.holder_address = "杭州市滨江区"
    made.save()
    assert not issuing.is_current(before, made)
    after = issuing.paper(made, "original", "zh", AT)
    assert after.sha256 != before.sha256
    assert issuing.content(before)


def test_nothing_written_by_people_is_read_as_typst(tmp_path: Path) -> None:
    hostile = '#panic("x") #read("/etc/passwd") $x$ *粗* <l> "]) \\ // 有限公司'
    face = replace(typeset.face(certificate(), "original", "zh"), holder=hostile)
    assert "".join(hostile.split()).replace('"', "") in words(typeset.typeset(face), tmp_path).translate(
        str.maketrans("", "", '"“”')
    )


@pytest.mark.parametrize("kind", typeset.KINDS)
def test_the_longest_words_still_fit_one_page(kind: str) -> None:
    long = "中国某某某通信信息网络工程技术服务股份有限公司" * 3
    held = certificate(scope="全部业务" * 8)
    for month in range(1, 7):
        conclude(held, "升级至更高等级并限期整改", date(2027, month, 1))
    face = replace(
        typeset.face(held, kind, "zh"),
        holder=long[:60], address=long[:70], auditing_body=long[:40], evaluating_body=long[:40],
    )  # fmt: skip
    with pikepdf.open(BytesIO(typeset.typeset(face))) as pdf:
        assert len(pdf.pages) == 1


def test_the_qr_code_leads_to_the_public_page(tmp_path: Path) -> None:
    (tmp_path / "c.pdf").write_bytes(made("original", "zh"))
    subprocess.run(["pdftoppm", "-r", "150", "-png", "-singlefile", tmp_path / "c.pdf", tmp_path / "c"], check=True)
    with Image.open(tmp_path / "c.png") as page:
        assert [code.text for code in zxingcpp.read_barcodes(page)] == [
            "https://register.example/register/2026ZH0001JR0/"
        ]
