"""Checkpoints and proofs on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mingduan.cases.models import Checkpoint
from tests.cases.test_act import new_case

from .test_cases import run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _home(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path


def test_a_checkpoint_kept_outside_agrees_until_the_store_is_another(tmp_path: Path) -> None:
    new_case()
    kept = tmp_path / "kept.json"
    assert run("audit", "checkpoint", str(kept))[0] == 0
    assert run("audit", "verify", "--checkpoint", str(kept))[0] == 0
    told = json.loads(kept.read_text())
    kept.write_text(json.dumps(told | {"signature": "AA"}))
    code, said, _ = run("audit", "verify", "--checkpoint", str(kept), "--json")
    assert (code, [f["what"] for f in json.loads(said)]) == (1, ["与外部留存的检查点不符"])


def test_a_case_is_proved_and_the_proof_checked(tmp_path: Path) -> None:
    number = new_case().case.number
    code, _, said = run("audit", "prove", number)
    assert code == 2
    assert number in said
    run("audit", "checkpoint", str(tmp_path / "kept.json"))
    proof = tmp_path / "proof.json"
    assert run("audit", "prove", number, str(proof))[0] == 0
    assert run("audit", "prove", number, str(proof))[0] == 2  # never over what is there
    key = json.loads(Checkpoint.objects.get().document)["key"]
    assert run("audit", "check", str(proof), "--key", key)[0] == 0
    changed = json.loads(proof.read_text()) | {"length": 7}
    proof.write_text(json.dumps(changed))
    assert run("audit", "check", str(proof), "--key", key)[0] == 1
    assert run("audit", "check", str(proof), "--key", "no key")[0] == 2


@pytest.mark.parametrize("content", ["[]", "{}", "no JSON"])
def test_what_is_no_checkpoint_is_told(content: str, tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text(content)
    assert run("audit", "verify", "--checkpoint", str(file))[0] == 2


@pytest.mark.parametrize("document", ["no JSON", "{}", "[]", '{"number": "x"}'])
def test_a_copy_that_says_something_else_is_told_as_such(document: str, tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text(json.dumps({"document": document, "signature": "AA"}))
    code, said, _ = run("audit", "verify", "--checkpoint", str(file), "--json")
    assert (code, [f["what"] for f in json.loads(said)]) == (1, ["与外部留存的检查点不符"])
