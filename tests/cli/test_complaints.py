"""The command line for the complaint desk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mingduan.cases.models import Case
from mingduan.cli import app

pytestmark = pytest.mark.django_db
ROWS = "工单号,受理时间,投诉内容,状态\n1,2026-01-05 08:00,没有信号,已归档\n2,2026-01-05 08:00,话费多扣,处理中\n"


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["complaints", "import", *words])
    return done.exit_code, done.stdout


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "t.csv").write_text(ROWS, "utf-8")
    return tmp_path / "t.csv"


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    said = {
        "rulebook": "telecom/takeover",
        "fields": {
            "action": {"columns": ["状态"], "words": {"已归档": "take_closed", "处理中": "take_open"}},
            "source.name": {"value": "旧系统"}, "source.ticket": {"columns": ["工单号"]},
            "received_at": {"columns": ["受理时间"]}, "details": {"columns": ["投诉内容"]},
        },
    }  # fmt: skip
    (tmp_path / "m.json").write_text(json.dumps(said), "utf-8")
    return tmp_path / "m.json"


def test_a_mapping_is_told_once_and_remembered(file: Path, mapping: Path) -> None:
    assert run(str(file))[0] == 2  # nobody has said where the tickets come from
    assert run(str(file), "--mapping", str(mapping), "--dry-run")[0] == 0
    assert not Case.objects.exists()
    assert run(str(file), "--mapping", str(mapping))[0] == 0
    file.write_text(ROWS + "3,2026-01-06,又没有信号,已归档\n", "utf-8")
    code, said = run(str(file), "--json")
    told = json.loads(said)
    assert (code, told["added"], told["already"]) == (0, 1, 2)


def test_a_bad_row_is_told_with_its_line_and_is_a_finding(file: Path, mapping: Path) -> None:
    file.write_text(ROWS.replace("2026-01-05", "昨天", 1), "utf-8")
    code, said = run(str(file), "--mapping", str(mapping), "--json")
    fault = json.loads(said)["faults"][0]
    assert (code, fault["line"], fault["columns"]) == (1, 2, "受理时间")
