"""docs/proof.md and docs/security.md name tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("document", ["proof.md", "security.md"])
def test_every_test_named_as_proof_is_there(document: str) -> None:
    told = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "tests").rglob("test_*.py"))
    there = set(re.findall(r"^def (test_\w+)|^(Test\w+) =", told, re.M))
    named = set(re.findall(r"`((?:test_|Test)\w+)`", (ROOT / "docs" / document).read_text(encoding="utf-8")))
    assert named
    assert sorted(named - {name for pair in there for name in pair}) == []
