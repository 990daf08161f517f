"""A BagIt bag (RFC 8493) written straight into a ZIP: the same content gives the same bytes, and any tool can check it."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from mingduan.procedure.period import TZ

ALGORITHMS = ("sha256", "sha512")
# RFC 8493 2.1.3 has these percent-encoded in a manifest; readers disagree on how, so no name of ours holds them.
_RISKY = str.maketrans({"%": "_", "\r": "_", "\n": "_"})


def write(target: Path, name: str, at: datetime, info: Mapping[str, str], payload: Iterable[tuple[str, bytes]]) -> None:
    """Write the bag called `name` to the ZIP `target`; `payload` gives each path below data/ and its content, once."""
    manifests: dict[str, list[str]] = {a: [] for a in ALGORITHMS}
    tags: dict[str, list[str]] = {a: [] for a in ALGORITHMS}
    octets = streams = 0
    local = at.astimezone(TZ)
    stamp = (local.year, local.month, local.day, local.hour, local.minute, local.second)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:

        def put(path: str, content: bytes, lists: Mapping[str, list[str]]) -> None:
            member = zipfile.ZipInfo(f"{name}/{path}", stamp)
            member.external_attr = 0o644 << 16
            archive.writestr(member, content)
            for algorithm, lines in lists.items():
                lines.append(f"{hashlib.new(algorithm, content).hexdigest()}  {path}\n")

        for path, content in payload:
            put(f"data/{path}", content, manifests)
            octets, streams = octets + len(content), streams + 1
        put("bagit.txt", b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n", tags)
        told = {**info, "Bagging-Date": f"{local:%Y-%m-%d}", "Payload-Oxum": f"{octets}.{streams}"}
        put("bag-info.txt", "".join(f"{k}: {v}\n" for k, v in told.items()).encode(), tags)
        for algorithm, lines in manifests.items():
            put(f"manifest-{algorithm}.txt", "".join(lines).encode(), tags)
        for algorithm, lines in {a: list(lines) for a, lines in tags.items()}.items():
            put(f"tagmanifest-{algorithm}.txt", "".join(lines).encode(), {})


def fit(name: str, octets: int = 150) -> str:
    """A name for a file in the bag: nothing that a file system or a manifest minds, and short enough, suffix kept.

    Examples:
        >>> fit("申诉书 100%.pdf"), len(fit("长" * 100 + ".pdf").encode())
        ('申诉书 100_.pdf', 148)
    """
    safe = name.translate(_RISKY).replace("/", "_").replace("\\", "_")
    stem, dot, suffix = safe.rpartition(".")
    if not stem or len(suffix.encode()) > 12:
        stem, dot, suffix = safe, "", ""
    room = octets - len(f"{dot}{suffix}".encode())
    return f"{stem.encode()[:room].decode(errors='ignore')}{dot}{suffix}"
