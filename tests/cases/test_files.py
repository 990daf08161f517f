"""Uploaded files: known by their content, harmless, kept once."""

from __future__ import annotations

import io
import zipfile
import zlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingduan.cases import files
from mingduan.cases.files import FileRefusal, StoredFile, clean_name, inspect, receive

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + b"\x00" * 40
NOW = datetime(2026, 11, 25, tzinfo=UTC)
PDF = b"%PDF-1.7\n1 0 obj <</Type/Catalog>> endobj\n%%EOF"


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\x00" * 40, "image/jpeg"),
        (PDF, "application/pdf"),
        ("证词：现场与报告不符。".encode(), "text/plain"),
        ("证词".encode("gb18030"), "text/plain"),
        (
            zipped(word__document_dot_xml=b"<w/>"),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (zipped(a=b"words"), "application/zip"),
    ],
)
def test_what_a_file_is_comes_from_its_content(content: bytes, kind: str) -> None:
    assert inspect(content) == kind


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><script>alert(1)</script></html>",
        b"  <!DOCTYPE html>",
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>',
        b"\xef\xbb\xbf<?xml version='1.0'?><a/>",
        b"MZ\x90\x00" + b"\x00" * 100,
        b"%PDF-1.7\n<</OpenAction <</S /JavaScript /JS (app.alert(1))>>>>",
        b"%PDF-1.7\n4 0 obj <</Filter/FlateDecode>> stream\n"
        + zlib.compress(b"<< /S /Launch /F (cmd) >>")
        + b"endstream",
        zipped(big=b"\x00" * 50_000_000),
        zipped(inner=zipped(a=b"x")),
        zipped(word__vbaProject_dot_bin=b"macro", word__document_dot_xml=b"<w/>"),
        zipped(**{"..__..__etc": b"x"}),
        b"PK\x03\x04 broken",
        b"\x00" * (files.MAX_BYTES + 1),
    ],
    ids=range(14),
)
def test_what_could_do_harm_is_refused_in_both_languages(content: bytes) -> None:
    found = inspect(content)
    assert isinstance(found, FileRefusal)
    assert found.text.zh
    assert found.remedy.en


@given(st.binary(max_size=300))
def test_no_content_crashes_the_gate(content: bytes) -> None:
    for start in (b"", b"PK\x03\x04", b"%PDF-"):
        assert isinstance(inspect(start + content), str | FileRefusal)


@given(st.text(max_size=300))
def test_names_are_made_safe(name: str) -> None:
    made = clean_name(name)
    assert made
    assert len(made) <= 121
    assert not any(c in made for c in "/\\\r\n\x00\u202e")


def test_chinese_names_stay() -> None:
    assert clean_name("C:\\材料\\申诉书（盖章）.pdf") == "申诉书（盖章）.pdf"


@pytest.mark.django_db
def test_a_file_is_kept_once_and_a_changed_one_is_found(settings, tmp_path) -> None:
    settings.HOME = tmp_path
    first, second = receive("a.pdf", PDF, NOW), receive("b.pdf", PDF, NOW)
    assert isinstance(first, StoredFile)
    assert isinstance(second, StoredFile)
    assert first.sha256 == second.sha256
    assert files.read(first.sha256) == PDF
    next(tmp_path.rglob(first.sha256)).write_bytes(b"changed")
    with pytest.raises(ValueError, match="changed"):
        files.read(first.sha256)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["../../etc/passwd", "x" * 64, "A" * 64])
def test_only_hashes_are_read(name: str) -> None:
    with pytest.raises(FileNotFoundError):
        files.read(name)
