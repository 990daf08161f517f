"""Uploaded files: what they are is read from their content, what could do harm is refused, each is kept once by its hash.

A file that could not be scanned for viruses is kept but held: nobody can open it until a later scan has passed it.

Content is destroyed only when nobody holds it. Every row with a column `sha256` holds what it names, of whatever app;
whatever keeps files elsewhere says so with `holds`.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import tempfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import puremagic
from django.apps import apps
from django.conf import settings

from mingduan.procedure.text import Text

from . import outbox, scanning
from .models import Enclosure, HeldFile

MAX_BYTES = 20 * 2**20
MAX_UNPACKED = 200 * 2**20
MAX_MEMBERS = 2_000
MAX_RATIO = 200
_OPEN_PAGES = timedelta(days=1)  # a form opened before a file was let go may still bring it
_OFFICE = {
    "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/presentation.xml": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
# Names a PDF uses to run something; compressed object streams could hide them, so those are looked into as well.
_ACTIVE_PDF = re.compile(rb"/(JavaScript|JS|Launch|EmbeddedFile|RichMedia)\b")
_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.S)
_HOLDERS: list[Callable[[str], bool]] = []
_MARKUP = re.compile(rb"<\s*(!doctype|html|script|svg|\?xml|iframe|body)", re.I)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as a case's facts keep it: the shown name, the hash of its content, its type and size in bytes."""

    name: str
    sha256: str
    media_type: str
    size: int

    def as_fact(self) -> dict[str, str | int]:
        """The JSON-like record."""
        return {"name": self.name, "sha256": self.sha256, "media_type": self.media_type, "size": self.size}


@dataclass(frozen=True, slots=True)
class FileRefusal:
    """Why a file is not taken, and what would be."""

    text: Text
    remedy: Text


class FileHeld(Exception):
    """A kept file that may not be opened, and why."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


def receive(name: str, content: bytes, at: datetime) -> StoredFile | FileRefusal:
    """Look at a file, have it scanned and keep it. Nothing is kept of a refused one; one that can't be scanned now is
    kept and held. Raises OSError when the store can't be written.
    """
    shown = clean_name(name)
    found = inspect(content)
    if isinstance(found, FileRefusal):
        return found
    try:
        virus, held = scanning.scan(content), False
    except scanning.ScannerDown:
        virus, held = "", True
    if virus:
        return _refuse(f"查毒发现 {virus}", f"The virus scan found {virus}")
    stored = StoredFile(shown, _keep(content), found, len(content))
    if held:
        _hold(stored.sha256, at)
    return stored


def keep(name: str, content: bytes, media_type: str) -> StoredFile:
    """Keep a paper that we made ourselves and so need not look into."""
    return StoredFile(clean_name(name), _keep(content), media_type, len(content))


def adopt(path: Path) -> tuple[str, int]:
    """Move a finished file of our own, however large, into the store; its hash and size."""
    with path.open("rb") as made:
        sha256 = hashlib.file_digest(made, "sha256").hexdigest()
    size, target = path.stat().st_size, _path(sha256)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(path, target)
    return sha256, size


def stream(sha256: str) -> BinaryIO:
    """The content kept under this hash, open for reading, for what may be too large to hold. Raises as `content` does."""
    opened = _path(sha256).open("rb")
    if hashlib.file_digest(opened, "sha256").hexdigest() != sha256:
        opened.close()
        raise ValueError(f"the stored file {sha256} has been changed")
    opened.seek(0)
    return opened


def holds(function: Callable[[str], bool]) -> Callable[[str], bool]:
    """Register an answer to whether something that names files otherwise than in a column `sha256` still needs this one."""
    _HOLDERS.append(function)
    return function


def let_go(hashes: Iterable[str], at: datetime) -> None:
    """Ask, with what takes the last row or draft away, that content nobody holds any more be destroyed a day later."""
    for sha256 in sorted(set(hashes)):
        outbox.put("release", f"release:{sha256}:{at.isoformat()}", {"sha256": sha256}, at + _OPEN_PAGES)


def release(sha256: str) -> bool:
    """Destroy the content kept under this hash unless somebody still holds it; whether it is gone.

    Cases are asked last: a file goes from a draft or an upload into a case, never the other way.
    """
    if _in_a_row(sha256) or any(held(sha256) for held in _HOLDERS) or Enclosure.objects.filter(sha256=sha256).exists():
        return False
    discard(sha256)
    HeldFile.objects.filter(sha256=sha256, found="").delete()
    return True


def exists(sha256: str) -> bool:
    """Whether content is kept under this hash."""
    try:
        return _path(sha256).is_file()
    except FileNotFoundError:
        return False


def discard(sha256: str) -> None:
    """Destroy the content kept under this hash, whoever names it: what a scan condemned, or nobody needs."""
    _path(sha256).unlink(missing_ok=True)


def inspect(content: bytes) -> str | FileRefusal:
    """The media type of a file, read from its content; or why it is refused."""
    if not content:
        return _refuse("文件是空的", "The file is empty")
    if len(content) > MAX_BYTES:
        return _refuse(f"文件超过{MAX_BYTES >> 20} MB", f"The file is larger than {MAX_BYTES >> 20} MB")
    if content.startswith(b"PK\x03\x04"):
        return _inspect_zip(content)
    if content.startswith(b"%PDF-"):
        return _inspect_pdf(content)
    if (text := _as_text(content)) is not None:
        if _MARKUP.search(text.encode()[:4096].replace(b"\x00", b"")):
            return _refuse(
                "网页、SVG、XML 等可执行内容不予接收", "Web pages, SVG and XML can run code and are not taken"
            )
        return "text/plain"
    kinds = {m.mime_type for m in _guesses(content)}
    for kind in ("image/png", "image/jpeg", "image/tiff", "image/webp"):
        if kind in kinds:
            return kind
    return _refuse("不接收这种文件", "This kind of file is not taken")


def read(sha256: str) -> bytes:
    """The content kept under this hash, for somebody to open. Raises FileNotFoundError; FileHeld; ValueError when it is
    no longer what it was.
    """
    held = HeldFile.objects.filter(sha256=sha256).first()
    if held is not None and held.found:
        raise FileHeld(
            Text(zh=f"该文件查毒发现 {held.found}，已销毁", en=f"The scan found {held.found}; the file was destroyed")
        )
    if held is not None:
        raise FileHeld(Text(zh="该文件尚未查毒，请稍后再打开", en="The file has not been scanned yet: try again later"))
    return content(sha256)


def content(sha256: str) -> bytes:
    """The content kept under this hash, also of a held file. Raises as `read` does, but for FileHeld."""
    found = _path(sha256).read_bytes()
    if hashlib.sha256(found).hexdigest() != sha256:
        raise ValueError(f"the stored file {sha256} has been changed")
    return found


def clean_name(name: str) -> str:
    """A name fit to show and to save: its last part, without control or direction-turning characters, 120 at most."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    plain = "".join(c for c in last if unicodedata.category(c)[0] != "C").strip(" .")
    stem, dot, suffix = plain.rpartition(".")
    return (f"{stem[:110]}{dot}{suffix[:9]}" if stem else plain[:120]) or "文件"


def _inspect_zip(content: bytes) -> str | FileRefusal:
    """An archive or an Office document: not a bomb, not encrypted, no macros, nothing packed within it."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            names = {m.filename for m in members}
            if len(members) > MAX_MEMBERS or sum(m.file_size for m in members) > MAX_UNPACKED:
                return _refuse("压缩包展开后过大", "The archive unpacks to too much")
            for member in members:
                if member.flag_bits & 1:
                    return _refuse("加密的压缩包无法检查", "An encrypted archive can't be looked into")
                if member.file_size > MAX_RATIO * max(member.compress_size, 1024):
                    return _refuse("压缩比异常", "It is packed beyond reason")
                if member.filename.lower().endswith("vbaproject.bin"):
                    return _refuse("含宏的文档不予接收", "Documents with macros are not taken")
                if member.filename.startswith("/") or ".." in Path(member.filename).parts:
                    return _refuse("压缩包内的路径不合法", "A path in the archive is not lawful")
                if member.file_size and archive.open(member).read(4) == b"PK\x03\x04":
                    return _refuse("压缩包内不得再有压缩包", "An archive within an archive is not taken")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError):
        return _refuse("压缩包已损坏", "The archive is broken")
    return next((kind for part, kind in _OFFICE.items() if part in names), "application/zip")


def _inspect_pdf(content: bytes) -> str | FileRefusal:
    """A PDF that runs nothing."""
    looked, budget = [content], MAX_UNPACKED
    for stream in _STREAM.findall(content):
        unpack = zlib.decompressobj()
        try:
            part = unpack.decompress(stream, budget)
        except zlib.error:
            continue
        budget -= len(part)
        if budget <= 0:
            return _refuse("压缩比异常", "It is packed beyond reason")
        if b"/" in part[:64] or part[:1].isdigit():
            looked.append(part)
    if any(_ACTIVE_PDF.search(part) for part in looked):
        return _refuse("PDF 中含脚本或附件", "The PDF holds a script or an attachment")
    return "application/pdf"


def _as_text(content: bytes) -> str | None:
    """Text in UTF-8 or GB18030 without control characters, else None."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if any(ord(c) < 32 and c not in "\t\r\n\f" for c in text) else text
    return None


def _guesses(content: bytes) -> list[puremagic.PureMagicWithConfidence]:
    try:
        return list(puremagic.magic_string(content))
    except (puremagic.PureError, ValueError):
        return []


def _refuse(zh: str, en: str) -> FileRefusal:
    kinds = "PDF、图片、Word、Excel、PPT、文本、ZIP"
    return FileRefusal(
        Text(zh=zh, en=en),
        Text(
            zh=f"可上传：{kinds}，每个不超过{MAX_BYTES >> 20} MB",
            en=f"Taken: PDF, images, Office, text, ZIP; {MAX_BYTES >> 20} MB each",
        ),
    )


def _path(sha256: str) -> Path:
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise FileNotFoundError(sha256)
    return Path(settings.HOME) / "files" / sha256[:2] / sha256


def _keep(content: bytes) -> str:
    """Write once: a whole file appears under its hash or none does."""
    sha256 = hashlib.sha256(content).hexdigest()
    target = _path(sha256)
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        os.replace(out.name, target)
    return sha256


def _hold(sha256: str, at: datetime) -> None:
    """Keep a file from being opened until it has been scanned."""
    HeldFile.objects.get_or_create(sha256=sha256)
    outbox.put("scan", f"scan:{sha256}", {"sha256": sha256}, at)


@outbox.handles("scan")
def _scan_held(payload: Mapping[str, Any], at: datetime) -> None:
    """Scan a held file: let it go, or destroy its content and keep the name of what was found."""
    held = HeldFile.objects.filter(sha256=payload["sha256"], found="").first()
    if held is None:
        return
    if found := scanning.scan(content(held.sha256)):
        held.found = found
        held.save()
        discard(held.sha256)
    else:
        held.delete()


@outbox.handles("release")
def _release(payload: Mapping[str, Any], at: datetime) -> None:
    release(payload["sha256"])


def _in_a_row(sha256: str) -> bool:
    """Whether any row of any app but a case's holds the file. A HeldFile, whose key the hash is, only says something of it."""
    columns = (
        model
        for model in apps.get_models()
        if model is not Enclosure and any(f.name == "sha256" and not f.primary_key for f in model._meta.fields)
    )
    return any(model._default_manager.filter(sha256=sha256).exists() for model in columns)
