"""The rulebooks in force: a bad save does not stop the office."""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path

import pytest

from mingduan.cases import catalogue

HERE = Path(__file__).resolve().parents[2] / "rulebooks"


@pytest.fixture
def shelf(settings, tmp_path) -> Path:
    """A shelf of two rulebooks."""
    for name in ("appeal", "dispute"):
        shutil.copy(HERE / "cace" / f"{name}.yaml", tmp_path)
    settings.RULEBOOKS_DIR = tmp_path
    return tmp_path


def save(file: Path, text: str) -> None:
    """Save a file so that its time of change moves, however fast the test is."""
    before = file.stat().st_mtime_ns if file.exists() else 0
    file.write_text(text, encoding="utf-8")
    os.utime(file, ns=(before + 10**9, before + 10**9))


def test_a_rulebook_with_a_mistake_stays_as_it_last_was_and_the_mistake_is_logged(shelf: Path, caplog) -> None:
    before = catalogue.in_force()["cace/appeal"].rulebook.digest
    good = (shelf / "appeal.yaml").read_text(encoding="utf-8")
    with caplog.at_level(logging.ERROR):
        save(shelf / "appeal.yaml", good.replace("within: 15wd", "within: soon", 1))
        assert catalogue.in_force()["cace/appeal"].rulebook.digest == before
    assert "appeal.yaml" in caplog.text
    save(shelf / "appeal.yaml", good.replace('version: "1"', 'version: "1.1"', 1) + "\n")
    assert catalogue.in_force()["cace/appeal"].rulebook.digest != before


def test_a_new_file_with_a_mistake_is_left_out_and_the_others_stay(shelf: Path) -> None:
    save(shelf / "new.yaml", "id: [")
    assert set(catalogue.in_force()) == {"cace/appeal", "cace/dispute"}
