"""Ink on paper: a Typst template and plain data become an archival PDF that is tagged for screen readers.

What people wrote reaches a template as JSON only, never as Typst source, so nothing they write can run.
Fonts come from a Python package and never from the machine: the same data gives the same bytes everywhere.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn as noto
import typst
from fontTools.ttLib import TTFont

TEMPLATES = Path(__file__).parent / "templates"
STANDARDS: list[typst.PDFStandard] = ["a-2a", "ua-1"]
_LAYOUT = "\n\t"


def typeset(template: str, data: Mapping[str, Any], at: datetime) -> bytes:
    """The PDF of the design called `template` with `data`, dated `at`. Raises typst.TypstError when the design is wrong."""
    return press(TEMPLATES / f"{template}.typ", data, at)


def press(
    source: Path, data: Mapping[str, Any], at: datetime, standards: Sequence[typst.PDFStandard] = STANDARDS
) -> bytes:
    """The PDF of the template in the file `source`, which may import its neighbours only."""
    made = typst.Compiler(font_paths=_fonts(), ignore_system_fonts=True).compile(
        source,
        format="pdf",
        root=source.parent,
        sys_inputs={"data": json.dumps(printable(data), ensure_ascii=False)},
        pdf_standards=list(standards),
        timestamp=int(at.timestamp()),
    )
    if not isinstance(made, bytes):
        raise TypeError("one PDF was asked for")
    return made


def printable(value: Any) -> Any:
    """The same data with every character the fonts lack written as its code point, so that nothing vanishes.

    Examples:
        >>> printable({"说明": ["好\U0001f600", 5]})
        {'说明': ['好[U+1F600]', 5]}
    """
    if isinstance(value, str):
        return "".join(_character(c) for c in unicodedata.normalize("NFC", value))
    if isinstance(value, Mapping):
        return {k: printable(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [printable(v) for v in value]
    return value


def _character(c: str) -> str:
    if c in _LAYOUT or ord(c) in _coverage():
        return c
    if unicodedata.category(c) in ("Cc", "Cf", "Mn", "Zl", "Zp"):  # invisible: it would turn or break the line unseen
        return " " if c in "\r\v\f\u2028\u2029" else ""
    return f"[U+{ord(c):04X}]"


@lru_cache(maxsize=1)
def _coverage() -> frozenset[int]:
    """The code points that the serif face prints; format characters are left out even where it has a glyph."""
    with TTFont(noto.serif_path(), lazy=True) as font:
        return frozenset(c for c in font.getBestCmap() if unicodedata.category(chr(c)) not in ("Cc", "Cf"))


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[noto.serif_path().parent])
