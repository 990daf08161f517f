"""Every command alike: help in both languages, `--json` one document, 0, 1 and 2 as promised, never a traceback.

A new command without a row here fails the first test.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer

from mingduan.cli import app, main
from tests.complaints.month import Files
from tests.registry.story import certificate

from .test_cases import number
from .test_commands import FILE
from .test_complaints import ROWS, mapping

__all__ = ["mapping", "number"]  # fixtures
pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
BOOK, CARD = f"{ROOT}/rulebooks/cace/appeal.yaml", f"{ROOT}/scorecards/contractor/complaint-score.yaml"
SCORE = f"--rulebook {CARD} --month 2026-10"
HAN, LATIN = re.compile("[\u4e00-\u9fff]"), re.compile("[A-Za-z]{2}")


@dataclass(frozen=True)
class Row:
    """What to type after a command so that it is fine, finds something, or is misused; `{…}` is filled from the world.

    `reads` and `writes` take `{file}`: one that can't be read as what it should be, or a place that can't be written to.
    """

    fine: str | None = None
    finds: str | None = None
    misused: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    proved_in: str = ""  # why there is no `fine`: the test that needs more than a row
    json: bool = True


ROWS_OF: Mapping[str, Row] = {
    "up": Row(misused=("--port {busy}", "--port x"), proved_in="cli/test_up.py::test_it_serves_says_where_in_one_document_and_ends_when_told"),
    "worker": Row(misused=("--every 0", "--every x"), proved_in="cli/test_worker.py::test_it_ends_when_told_and_when_whoever_started_it_is_gone", json=False),  # it says nothing but its log
    "workdays add": Row("2026-09-21 20", None, ("yesterday 3", "2026-02-30 3", "2026-09-21 x", "2026-09-21 99999999", "2026-09-21")),
    "workdays between": Row("2026-09-25 2026-10-22", None, ("2026-09-25 soon", "0001-01-01 2026-01-01")),
    "period add": Row("2025-11-30 3mo", None, ("2026-01-01 3weeks", "then 3mo", "2026-01-01T25:00 3mo", "9999-12-31 9999y")),
    "rulebook check": Row(BOOK, "{bad.yaml}", ("{missing}", "{folder}", ""), reads=("{file}",)),
    "rulebook coverage": Row(BOOK, None, ("{missing}", "{bad.yaml}"), reads=("{file}",)),
    "rulebook schema": Row("", None, ("--branches", "more")),
    "rulebook diagram": Row(BOOK, None, ("{missing}", "{bad.yaml}"), reads=("{file}",)),
    "replay": Row(f"{BOOK} {{acts.jsonl}}", f"{BOOK} {{refused.jsonl}}", (f"{BOOK} {{acts.jsonl}} --at noon", f"{BOOK} {{empty}}"), reads=("{file} {acts.jsonl}", f"{BOOK} {{file}}")),
    "scorecard": Row(f"{{month}} {SCORE}", f"{{bad_month}} {SCORE}", (f"{{missing}} {SCORE}", f"{{folder}} {SCORE}", f"{{month}} --rulebook {CARD} --month 2026-13", f"{{month}} {SCORE} --engine abacus", f"{{month}} {SCORE} --as-of noon"), reads=(f"{{file}} {SCORE}", "{month} --rulebook {file} --month 2026-10")),
    "case list": Row("", None, ("--stat ruled", "more")),
    "case show": Row("{number}", None, ("X-1",)),
    "case act": Row("{number} receive_deposit --as centre --fact payment.amount=5000.00 --fact payment.on=2026-01-05", "{number} accept --as centre --fact major=false", ("X-1 accept --as centre", "{number} dance --as centre", "{number} accept --as nobody", "{number} accept --as centre --fact major", "{number} accept", "{number} accept --as centre --seen x"), reads=("{number} accept --as centre --facts {file}",)),
    "case export": Row("{number} --to {out}", None, ("X-1 --to {out}",), writes=("{number} --to {file}",)),
    "archive export": Row(None, None, ("X-1 {out}", "{number} {out}"), proved_in="paper/test_archive.py::test_commands_export_and_verify"),
    "archive verify": Row(None, None, ("{missing}",), reads=("{file}",), proved_in="paper/test_archive.py::test_commands_export_and_verify"),
    "certificate issue": Row(None, None, ("", "X", "--case X", "2026ZH0001JR0 --kind x", "2026ZH0001JR0 --lang fr"), proved_in="cli/test_certificates.py::test_the_papers_of_a_granted_certificate_are_made_and_kept_once"),
    "certificate show": Row("2026ZH0001JR0", None, ("X",)),
    "certificate verify": Row(None, "{text}", ("{missing}", "{folder}"), reads=("{file}",), proved_in="cli/test_certificates.py::test_an_exported_certificate_verifies_and_a_changed_one_does_not"),
    "certificate export": Row("2026ZH0001JR0 --kind credential --out {out}", None, ("X", "2026ZH0001JR0 --kind x", "2026ZH0001JR0 --lang en --out {out}"), writes=("2026ZH0001JR0 --kind credential --out {file}",)),
    "certificate english": Row("2026ZH0001JR0 --name Hengtong --address Road", None, ("X --name H --address R", "2026ZH0001JR0 --name 恒通 --address R")),
    "certificate batch": Row("--issued-in 1999", None, ("--resume 99", "--kind x", "--issued-in 99999", "--issued-in x")),
    "register import": Row("{register.csv} --dry-run", "{bad_register.csv}", ("{register.csv} --as nobody", "{missing}"), reads=("{file}",)),
    "register template": Row("{new}", None, ("{text}",), writes=("{file}",)),
    "complaints import": Row("{tickets.csv} --mapping {mapping} --dry-run", "{bad_tickets.csv} --mapping {mapping}", ("{tickets.csv}", "{tickets.csv} --mapping {mapping} --as nobody", "{tickets.csv} --mapping {mapping} --body nowhere"), reads=("{file}", "{tickets.csv} --mapping {file}")),
    "complaints train": Row("", None, ("nowhere",)),
    "user list": Row("", None, ("more",)),
    "user create": Row("zhou --name Zhou", None, ("centre --name Z", "zhou", "zhou --name Z --office cace/king", "zhou --name Z --organisation nowhere", "zhou --name Z --email x")),
    "token create": Row("centre", None, ("nobody", "centre --scope all")),
    "wrap-keys": Row("", None, ("more",)),
    "audit verify": Row("", "--checkpoint {foreign.json}", ("--checkpoint {text}",), reads=("--checkpoint {file}",)),
    "audit checkpoint": Row("{new}", None, ("{text}",), writes=("{file}",)),
    "audit prove": Row(None, None, ("{number}", "X-1", "{number} {text}"), proved_in="cli/test_audit.py::test_a_case_is_proved_and_the_proof_checked"),
    "audit check": Row(None, None, ("{text} --key AAAA", "{foreign.json}"), reads=("{file} --key AAAA",), proved_in="cli/test_audit.py::test_a_case_is_proved_and_the_proof_checked"),
    "backup": Row(None, None, ("{text}", "{missing}/b.tar", "{text}/b.tar"), proved_in="cli/test_backup.py::made"),
    "restore": Row(None, None, ("{missing}", "{folder}", "{text}"), proved_in="cli/test_backup.py::test_what_is_put_back_elsewhere_is_whole_and_works"),
}  # fmt: skip
UNREADABLE = ("missing", "folder", "unreadable", "empty", "binary", "text", "bad.yaml", "bad.json", "deep.json", "list.json",
              "number.json", "bad.csv", "gb18030.csv", "bad.xlsx", "bad.parquet", "bad.pdf", "bad.zip")  # fmt: skip


def commands() -> Iterator[tuple[str, Any]]:
    """Every command with its name."""

    def walk(found: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
        for name, sub in getattr(found, "commands", {}).items():
            yield from walk(sub, (*path, name)) if hasattr(sub, "commands") else [(" ".join((*path, name)), sub)]

    return walk(typer.main.get_command(app), ())


COMMANDS = dict(commands())


@pytest.fixture
def world(
    number: str, mapping: Path, registry_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> Iterator[dict[str, str]]:  # fmt: skip
    """A case, a certificate, files that are fine and files of every other kind; each by its name."""
    if "certificate" in request.node.name:  # no event tells of it: an audit would find it
        certificate()
    made = tmp_path / "made"
    made.mkdir()
    content: dict[str, str | bytes] = {
        "text": "你好\n", "empty": "", "binary": bytes(range(256)) * 9, "bad.yaml": "a: [b\n", "bad.json": '{"a":', "deep.json": "[" * 100_000,
        "list.json": "[1, 2]", "number.json": "1", "bad.csv": '编号,"名\n1,2', "gb18030.csv": "编号,名称\n1,张".encode("gb18030") + b"\xff",
        "bad.xlsx": b"PK\x03\x04no", "bad.zip": b"PK\x03\x04no", "bad.parquet": b"PAR1xxxxPAR1", "bad.pdf": b"%PDF-1.4 no",
        "tickets.csv": ROWS, "bad_tickets.csv": ROWS.replace("2026-01-05", "昨天", 1),
        "foreign.json": json.dumps({"document": "{}", "signature": "AA"}),
        "acts.jsonl": json.dumps(FILE), "refused.jsonl": json.dumps({**FILE, "action": "accept", "facts": {"major": False}}),
    }  # fmt: skip
    for name, what in content.items():
        (made / name).write_bytes(what.encode() if isinstance(what, str) else what)
    good, bad = Files(made / "month"), Files(made / "bad_month")
    for files, how in ((good, "一般"), (bad, "火急")):
        files.folder.mkdir()
        files.ticket("08 09:00:00", urgency=how)
        files.write()
    assert run(f"register template {made / 'register.csv'}", capsys)[0] == 0
    told = (made / "register.csv").read_text("utf-8-sig")
    (made / "bad_register.csv").write_text(told.replace("甲级", "特级"), "utf-8-sig")
    (made / "folder").mkdir()
    places = {name: str(made / name) for name in (*(f.name for f in made.iterdir()), "missing", "new", "out")}
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        busy = str(taken.getsockname()[1])
        # /proc/self/mem: there for anybody, also for root, and never read from its beginning.
        yield {**places, "unreadable": "/proc/self/mem", "busy": busy, "number": number, "mapping": str(mapping)}


def run(typed: str, capsys: pytest.CaptureFixture[str], **filled: str) -> tuple[int, str, str]:
    """The exit code, stdout and stderr of what is typed, through the very function the installed command calls."""
    words = [re.sub(r"\{([^}]+)\}", lambda found: filled[found[1]], word) for word in typed.split()]
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main(words)
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


def rows(what: str) -> list[Any]:
    """Each line of that kind as a parameter: the command, and what is typed after it."""
    found: list[Any] = []
    for command, row in ROWS_OF.items():
        typed = getattr(row, what)
        for words in (typed,) if isinstance(typed, str) else typed or ():
            found.append(pytest.param(command, words, id=f"{command} {words.replace(str(ROOT), '')}"))
    return found


def test_every_command_has_a_row() -> None:
    assert set(ROWS_OF) == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_in_both_languages(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, said, _ = run(f"{command} --help", capsys)
    assert (code, command.split()[-1] in said) == (0, True)
    spec = COMMANDS[command]
    told = {"": spec.help, **{p.opts[0]: p.help for p in spec.params if p.name != "help"}}
    assert [name for name, text in told.items() if not (text and HAN.search(text) and LATIN.search(text))] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_json_everywhere(command: str) -> None:
    has = any("--json" in p.opts for p in COMMANDS[command].params)
    assert has == ROWS_OF[command].json


@pytest.mark.parametrize("command", [c for c, row in ROWS_OF.items() if row.fine is None])
def test_what_no_row_shows_a_test_shows(command: str) -> None:
    file, _, name = ROWS_OF[command].proved_in.partition("::")
    assert re.search(rf"^(async )?def {name}\(", (ROOT / "tests" / file).read_text(encoding="utf-8"), re.M)


@pytest.mark.parametrize(("command", "words"), rows("fine"))
def test_fine_is_zero(command: str, words: str, world: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    code, said, told = run(f"{command} {words}", capsys, **world)
    assert (code, bool(said.strip())) == (0, True), told


@pytest.mark.parametrize(("command", "words"), rows("fine"))
def test_fine_in_json_is_one_document(
    command: str, words: str, world: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, said, told = run(f"{command} {words} --json", capsys, **world)
    assert code == 0, told
    json.loads(said)


@pytest.mark.parametrize(("command", "words"), rows("finds"))
def test_a_finding_is_one(command: str, words: str, world: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    code, said, told = run(f"{command} {words}", capsys, **world)
    assert (code, bool((said + told).strip())) == (1, True)


@pytest.mark.parametrize(("command", "words"), rows("finds"))
def test_a_finding_in_json_is_one_document(
    command: str, words: str, world: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, said, _ = run(f"{command} {words} --json", capsys, **world)
    assert code == 1
    json.loads(said)


@pytest.mark.parametrize(("command", "words"), rows("misused"))
def test_misuse_is_two_and_told_on_stderr(
    command: str, words: str, world: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, said, told = run(f"{command} {words}", capsys, **world)
    assert (code, said, bool(told.strip()), "Traceback" in told) == (2, "", True, False)


@pytest.mark.parametrize(("command", "words"), rows("reads"))
def test_whatever_a_file_holds_is_told_not_a_traceback(
    command: str, words: str, world: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    for kind in UNREADABLE:
        code, said, told = run(f"{command} {words}", capsys, **world, file=world[kind])
        assert code in (1, 2), (kind, said)
        assert (said + told).strip(), kind
        assert "Traceback" not in told, kind
    code, _, _ = run(f"{command} {words}", capsys, **world, file=world["missing"])
    assert code == 2


@pytest.mark.parametrize(("command", "words"), rows("writes"))
def test_what_cannot_be_written_is_told(
    command: str, words: str, world: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    for place in (world["text"], f"{world['text']}/below", "/proc/nowhere/below"):
        code, said, told = run(f"{command} {words}", capsys, **world, file=place)
        assert (code, said, bool(told.strip())) == (2, "", True), place
    assert Path(world["text"]).read_text(encoding="utf-8") == "你好\n"


def test_ctrl_c_ends_without_a_traceback(
    world: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def pressed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mingduan.procedure.verify.verify", pressed)
    assert run(f"rulebook check {BOOK}", capsys) == (130, "", "")


@pytest.mark.parametrize("words", ["workdays add 2026-09-21 20", "rulebook schema", f"rulebook diagram {BOOK}", f"replay {BOOK} {{acts.jsonl}}"])  # fmt: skip
def test_a_closed_pipe_ends_it_quietly(words: str, world: dict[str, str]) -> None:
    reads, writes = os.pipe()
    os.close(reads)
    with os.fdopen(writes) as closed:
        done = subprocess.run([sys.executable, "-m", "mingduan.cli", *words.replace("{acts.jsonl}", world["acts.jsonl"]).split()], stdout=closed, stderr=subprocess.PIPE, text=True)  # fmt: skip
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.parametrize("url", [None, "postgres://nobody@127.0.0.1:1/none"])
def test_without_a_database_it_says_how_to_make_one(url: str | None, tmp_path: Path) -> None:
    env = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"} | {"MINGDUAN_HOME": str(tmp_path)}
    env |= {"DATABASE_URL": url} if url else {}
    done = subprocess.run([sys.executable, "-m", "mingduan.cli", "case", "list"], env=env, capture_output=True, text=True)  # fmt: skip
    assert (done.returncode, done.stdout, "mingduan up" in done.stderr, "Traceback" in done.stderr) == (2, "", True, False)  # fmt: skip
