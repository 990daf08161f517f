"""Paper gets the wide, light page: only screens are narrow or dark."""

import re
from pathlib import Path

import mingduan.web

SHEETS = sorted((Path(mingduan.web.__file__).parent / "static" / "web").glob("*.css"))


def test_no_width_or_dark_query_reaches_paper():
    queries = [(s.name, q) for s in SHEETS for q in re.findall(r"@media\s+([^{]+)", s.read_text("utf-8"))]
    asked = [(name, q) for name, q in queries if re.search(r"width|prefers-color-scheme", q)]
    assert asked
    assert [
        (name, q) for name, q in asked if not all(part.strip().startswith("screen and") for part in q.split(","))
    ] == []
