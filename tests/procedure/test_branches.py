"""A branch changes what is open to it and nothing else; its mistakes are told where they stand."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mingduan.cli import app
from mingduan.procedure.loading import RulebookError, load, loads
from mingduan.procedure.verify import coverage, verify

BOOKS = Path(__file__).resolve().parents[2] / "rulebooks"
GOOD = """\
id: yunzhou/network-complaint
version: "2026.1"
extends: telecom/network-complaint
title: {zh: 网络投诉（云州分公司）, en: "Network complaint, Yunzhou"}
parameters:
  reply_level3: 20h
  limit_rsrp: -110
  staff_quiet_from: "23:30"
"""


@pytest.fixture
def branch(tmp_path: Path) -> Path:
    """The file of a branch beside the rulebooks it may extend."""
    shutil.copytree(BOOKS / "telecom", tmp_path / "telecom")
    (tmp_path / "yunzhou").mkdir()
    return tmp_path / "yunzhou" / "network-complaint.yaml"


def mistakes(file: Path, text: str) -> list[str]:
    file.write_text(text, "utf-8")
    with pytest.raises(RulebookError) as caught:
        load(file)
    return [f"{m.line}:{m.column} {m.text.zh}|{m.remedy.zh if m.remedy else ''}" for m in caught.value.mistakes]


def test_what_comes_of_it_is_the_whole_rulebook_with_the_branchs_values(branch: Path) -> None:
    branch.write_text(GOOD, "utf-8")
    book, base = load(branch), load(BOOKS / "telecom" / "network-complaint.yaml")
    assert (book.id, book.extends, book.title.en) == (
        "yunzhou/network-complaint",
        base.id,
        "Network complaint, Yunzhou",
    )
    assert book.version == f"{base.version}+2026.1"
    changed = {n for n, p in book.parameters.items() if p.value != base.parameters[n].value}
    assert changed == {"reply_level3", "limit_rsrp", "staff_quiet_from"}
    assert str(book.parameters["reply_level3"].constant) == "20h"
    assert (book.actions, book.deadlines, book.states) == (base.actions, base.deadlines, base.states)
    assert book.digest != base.digest
    assert verify(book) == ()
    assert all(row.covered for row in coverage(book))


def test_what_is_kept_of_it_stands_alone(branch: Path) -> None:
    from mingduan.procedure.branches import whole

    branch.write_text(GOOD, "utf-8")
    kept = whole(branch.read_bytes(), branch)
    shutil.rmtree(branch.parent.parent / "telecom")
    assert whole(kept, branch) == kept
    assert loads(kept).parameters["reply_level3"].value == "20h"


@pytest.mark.parametrize(("old", "new", "where", "says"), [
    ("reply_level3: 20h", "first_answer_time: 48h", "6:3", "条款S04 2.2规定，分公司不能更改"),
    ("reply_level3: 20h", "reply_levle3: 20h", "6:3", "没有名为“reply_levle3”的参数|是否想写“reply_level3”"),
    ("reply_level3: 20h", "reply_level3: 20 hours", "6:3", "参数值不对（period）"),
    ("limit_rsrp: -110", "limit_rsrp: weak", "7:3", "参数值不对（integer）"),
    ('"23:30"', '"25:30"', "8:3", "参数值不对（time）"),
    ("extends: telecom/network-complaint", "extends: telecom/network-complain", "3:1", "没有规则书“telecom/network-complain”|是否想写“telecom/network-complaint”"),
    ("id: yunzhou/network-complaint", "id: yunzhou/complaints", "1:1", "程序与所扩展的相同"),
    ('version: "2026.1"\n', "", "1:1", "缺少“version”"),
    ("parameters:", "deadlines: {}\nparameters:", "5:1", "不认识“deadlines”"),
])  # fmt: skip
def test_a_mistake_is_told_with_its_place(branch: Path, old: str, new: str, where: str, says: str) -> None:
    found = mistakes(branch, GOOD.replace(old, new))
    assert any(f.startswith(f"{where} ") and says in f for f in found), found


def test_a_mistake_in_the_rulebook_extended_is_told_under_its_name(branch: Path) -> None:
    base = branch.parent.parent / "telecom" / "network-complaint.yaml"
    base.write_text(base.read_text("utf-8").replace("to: registered", "to: regestered", 1), "utf-8")
    branch.write_text(GOOD, "utf-8")
    with pytest.raises(RulebookError) as caught:
        load(branch)
    assert caught.value.mistakes[0].file == str(base)


def test_check_coverage_and_schema_know_a_branch(branch: Path) -> None:
    branch.write_text(GOOD, "utf-8")
    run = CliRunner().invoke
    assert run(app, ["rulebook", "check", str(branch.parent.parent)]).exit_code == 0
    assert run(app, ["rulebook", "coverage", str(branch)]).exit_code == 0
    branch.write_text(GOOD.replace("20h", "soon"), "utf-8")
    assert run(app, ["rulebook", "check", str(branch)]).exit_code == 1
    written = json.loads((BOOKS / "branch.schema.json").read_text("utf-8"))
    assert json.loads(run(app, ["rulebook", "schema", "--branch"]).output) == written
    whole = json.loads((BOOKS / "rulebook.schema.json").read_text("utf-8"))
    assert json.loads(run(app, ["rulebook", "schema"]).output) == whole
