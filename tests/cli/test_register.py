"""The command line for the register."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mingduan.cli import app
from mingduan.registry.models import Certificate

pytestmark = pytest.mark.django_db


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["register", *words])
    return done.exit_code, done.stdout


@pytest.fixture
def file(tmp_path: Path) -> Path:
    assert run("template", str(tmp_path / "r.csv"))[0] == 0
    return tmp_path / "r.csv"


def test_a_register_is_imported_once(file: Path) -> None:
    assert run("import", str(file), "--dry-run")[0] == 0
    assert not Certificate.objects.exists()
    assert run("import", str(file))[0] == 0
    code, said = run("import", str(file), "--json")
    assert (code, json.loads(said)["already"], Certificate.objects.count()) == (0, 1, 1)


def test_a_bad_row_is_told_and_is_a_finding(file: Path) -> None:
    file.write_text(file.read_text("utf-8-sig").replace("甲级", "特级"), "utf-8")
    code, said = run("import", str(file), "--json")
    assert code == 1
    fault = json.loads(said)["faults"][0]
    assert (fault["line"], fault["column"], fault["what"]) == (2, "等级", "bad")


@pytest.mark.parametrize("words", [["no-such-file.csv"], ["r.csv", "--as", "nobody"], ["empty.csv"]])
def test_misuse(file: Path, words: list[str]) -> None:
    (file.parent / "empty.csv").touch()
    assert run("import", str(file.parent / words[0]), *words[1:])[0] == 2
