"""The command line: answers, findings (1) and misuse (2)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mingduan.cli import app

RULEBOOK = Path(__file__).resolve().parents[2] / "rulebooks" / "cace" / "appeal.yaml"
FILE = {
    "action": "file", "at": "2026-09-25T09:00:00+08:00", "role": "appellant",
    "facts": {"grounds": "change_of_status", "decision.reference": "X", "decision.notified_on": "2026-09-01", "statement": "s", "requested": "r", "signed_by": "z"},
}  # fmt: skip


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (("workdays", "add", "2026-09-21", "20"), "2026-10-26"),
        (("workdays", "add", "2026-10-12", "-5"), "2026-09-29"),
        (("workdays", "between", "2026-09-25", "2026-10-22"), "15"),
        (("period", "add", "2025-11-30", "3mo"), "2026-02-28 23:59:59"),
        (("period", "add", "2026-10-12", "-3wd"), "2026-10-08"),
    ],
)
def test_days_and_periods(words: tuple[str, ...], answer: str) -> None:
    code, output = run(*words)
    assert (code, answer in output) == (0, True)


@pytest.mark.parametrize(
    "words",
    [
        ("workdays", "add", "yesterday", "3"),
        ("period", "add", "2026-01-01", "3 weeks"),
        ("replay", "nowhere.yaml", "x"),
        ("rulebook", "check", "nowhere"),
    ],
)
def test_misuse_is_two_with_a_message_and_no_traceback(words: tuple[str, ...]) -> None:
    code, output = run(*words)
    assert code == 2
    assert "Traceback" not in output


def test_replay_tells_state_duties_and_refusals(tmp_path: Path) -> None:
    acts = tmp_path / "acts.jsonl"
    accept = {"action": "accept", "at": "2026-09-25T10:00:00+08:00", "role": "centre", "facts": {"major": False}}
    acts.write_text("\n".join(json.dumps(a) for a in (FILE, accept)), encoding="utf-8")
    code, output = run("replay", str(RULEBOOK), str(acts), "--json")
    told = json.loads(output)
    assert code == 1
    assert told["state"] == "filed"
    assert told["refusals"][0]["reasons"][0]["clause"] == "6.1"
    assert {"deadline": "meet", "due": "2026-10-22T15:59:59.999999+00:00"}.items() <= next(
        d for d in told["duties"] if d["deadline"] == "meet"
    ).items()


@pytest.mark.parametrize(
    "line", ["nonsense", "{}", '{"action": 1}', '{"action":"file","at":"2026-01-01","role":"appellant"}', "[]"]
)
def test_replay_names_the_line_that_is_not_an_act(tmp_path: Path, line: str) -> None:
    acts = tmp_path / "acts.jsonl"
    acts.write_text(line, encoding="utf-8")
    code, output = run("replay", str(RULEBOOK), str(acts))
    assert code == 2
    assert "第1行" in output


def test_rulebooks_are_sound_and_their_schema_is_published() -> None:
    assert run("rulebook", "check", str(RULEBOOK.parents[1]))[0] == 0
    assert run("rulebook", "coverage", str(RULEBOOK))[0] == 0
    assert "actions" in json.loads(run("rulebook", "schema")[1])["properties"]
    assert "filed --> accepted" in run("rulebook", "diagram", str(RULEBOOK))[1]


def test_an_unsound_rulebook_is_a_finding(tmp_path: Path) -> None:
    broken = tmp_path / "b.yaml"
    broken.write_text(
        RULEBOOK.read_text(encoding="utf-8").replace(
            "announce: {zh: 通知会议, en: Announce the meeting, at_least: 5wd",
            "announce: {zh: 通知会议, en: Announce the meeting, at_least: 25wd",
        ),
        encoding="utf-8",
    )
    code, output = run("rulebook", "check", str(broken))
    assert code == 1
    assert "互相矛盾" in output
