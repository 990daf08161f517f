"""The command line for certificates."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mingduan.cli import app
from mingduan.registry.models import Batch, Certificate, CertificatePaper
from tests.registry.story import ISSUED, becomes, certificate

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _home(registry_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: ISSUED + timedelta(days=90))
    certificate()


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["certificate", *words])
    return done.exit_code, done.stdout


def test_an_exported_certificate_verifies_and_a_changed_one_does_not(tmp_path: Path) -> None:
    assert run("export", "2026zh0001jr0", "--out", str(tmp_path))[0] == 0
    file = tmp_path / "2026ZH0001JR0-original-zh.pdf"
    code, said = run("verify", str(file), "--json")
    assert code == 0, said
    assert json.loads(said)["number"] == "2026ZH0001JR0"
    file.write_bytes(file.read_bytes() + b"\n")
    assert run("verify", str(file))[0] == 1


def test_an_english_one_is_asked_for_first(tmp_path: Path) -> None:
    export = ("export", "2026ZH0001JR0", "--lang", "en", "--out", str(tmp_path))
    assert run(*export)[0] == 2
    assert run("english", "2026ZH0001JR0", "--name", "Hengtong", "--address", "1 Road")[0] == 0
    assert run(*export)[0] == 0


def test_the_credential_is_exported_as_json(tmp_path: Path) -> None:
    run("export", "2026ZH0001JR0", "--kind", "credential", "--out", str(tmp_path))
    assert json.loads((tmp_path / "2026ZH0001JR0.json").read_text())["proof"]["cryptosuite"] == "eddsa-jcs-2022"


def test_show_tells_the_standing() -> None:
    code, said = run("show", "2026ZH0001JR0", "--json")
    assert code == 0
    assert [s["status"] for s in json.loads(said)["standings"]] == ["valid"]


def test_a_batch_is_made_packed_and_can_be_begun_again() -> None:
    code, said = run("batch", "--name", "全部")
    assert code == 0, said
    assert "1 份已制" in said
    assert run("batch", "--resume", str(Batch.objects.get().pk))[0] == 0
    assert Batch.objects.count() == 1


def test_the_papers_of_a_granted_certificate_are_made_and_kept_once() -> None:
    code, said = run("issue", "2026zh0001jr0", "--json")
    assert code == 0, said
    made = json.loads(said)
    assert [(p["kind"], p["lang"]) for p in made] == [("original", "zh"), ("duplicate", "zh")]
    assert run("issue", "--case", "Q-2026-0001", "--json") == (0, said)
    assert sorted(CertificatePaper.objects.values_list("sha256", flat=True)) == sorted(p["sha256"] for p in made)


def test_papers_of_a_certificate_that_may_not_be_used_are_a_finding() -> None:
    certificate("2026ZH0002JR0", holder_name="远景")
    becomes(Certificate.objects.get(number="2026ZH0002JR0"), "withdrawn", ISSUED + timedelta(days=30))
    code, said = run("issue", "2026ZH0001JR0", "2026ZH0002JR0", "--kind", "original", "--json")
    assert code == 1
    assert [bool(p["refused"]) for p in json.loads(said)] == [False, True]


@pytest.mark.parametrize("words", [("issue",), ("issue", "X"), ("issue", "--case", "X"), ("issue", "2026ZH0001JR0", "--kind", "x"), ("show", "X"), ("verify", "/nowhere.pdf"), ("export", "2026ZH0001JR0", "--kind", "x"), ("batch", "--resume", "99")])  # fmt: skip
def test_misuse_is_told(words: tuple[str, ...]) -> None:
    assert run(*words)[0] == 2
