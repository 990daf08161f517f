"""A backup made while the office works, put back elsewhere, and found whole."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest

ENV = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "MINGDUAN_HOME")}
WRITER = """
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mingduan.config.settings")
import django; django.setup()
from django.utils import timezone
from mingduan.cases.access import opener
from mingduan.cases.act import Side, open_case
from mingduan.cases.files import receive
from mingduan.people.models import Organisation
agency, _ = Organisation.objects.get_or_create(name="安信认证", kind="agency")
for n in range(int(sys.argv[1])):
    paper = receive(f"{n}.txt", f"第 {n} 份".encode(), timezone.now())
    facts = {"grounds": "change_of_status", "decision.reference": "X", "statement": "不服", "requested": "撤销", "signed_by": "张三",
             "decision.notified_on": timezone.localdate().isoformat(), "papers": [paper.as_fact()]}
    done = open_case(rulebook="cace/appeal", action="file", actor=opener(None, "甲", "appellant"), at=timezone.now(), facts=facts,
                     title="t", sides=[Side("appellant", "甲"), Side("respondent", agency.name, agency)])
    print(done.case.number, flush=True)
"""


def mingduan(home: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mingduan.cli", *words], env={**ENV, "MINGDUAN_HOME": str(home), **env}, capture_output=True, text=True
    )  # fmt: skip


def office(home: Path, cases: int, **more: str) -> subprocess.Popen[str]:
    """An office that files so many cases one after another."""
    home.mkdir(exist_ok=True)
    env = {**ENV, "MINGDUAN_HOME": str(home), **more}
    migrate = [sys.executable, "-m", "django", "migrate", "-v0", "--settings", "mingduan.config.settings"]
    subprocess.run(migrate, env=env, check=True)
    return subprocess.Popen([sys.executable, "-c", WRITER, str(cases)], env=env, stdout=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A home, and a backup of it made in the middle of its work."""
    root = tmp_path_factory.mktemp("backup")
    with office(root / "home", 30) as writer:
        assert writer.stdout is not None
        for _ in range(3):
            writer.stdout.readline()
        left: list[str] = []
        reader = threading.Thread(target=lambda: left.extend(writer.stdout or ()))
        reader.start()
        done = mingduan(root / "home", "backup", str(root / "b.tar"), "--json")
        reader.join()
        assert done.returncode == 0, done.stderr
        assert writer.wait() == 0
        assert left, "the backup was made while the office wrote"
    return root / "home", root / "b.tar"


def test_what_is_put_back_elsewhere_is_whole_and_works(made: tuple[Path, Path], tmp_path: Path) -> None:
    _, tar = made
    restored = mingduan(tmp_path / "new", "restore", str(tar))
    assert restored.returncode == 0, restored.stdout + restored.stderr
    cases = json.loads(mingduan(tmp_path / "new", "case", "list", "--json").stdout)
    assert 3 <= len(cases) <= 30
    shown = json.loads(mingduan(tmp_path / "new", "case", "show", cases[0]["number"], "--json").stdout)
    sha256 = shown["facts"]["papers"][0]["sha256"]
    assert (tmp_path / "new" / "files" / sha256[:2] / sha256).read_bytes().startswith("第 ".encode())
    assert mingduan(tmp_path / "new", "audit", "verify").returncode == 0
    again = mingduan(tmp_path / "new", "restore", str(tar))
    assert (again.returncode, "不是空的" in again.stderr) == (2, True)


def test_nothing_is_overwritten(made: tuple[Path, Path]) -> None:
    home, tar = made
    before = tar.read_bytes()
    assert mingduan(home, "backup", str(tar)).returncode == 2
    assert mingduan(home, "restore", str(tar)).returncode == 2
    assert tar.read_bytes() == before


def _changed(tar: Path, to: Path, change: Any) -> Path:
    """The same tar with each member passed through `change`, which gives None to leave it out."""
    with tarfile.open(tar) as source, tarfile.open(to, "w") as target:
        for member in source:
            file = source.extractfile(member)
            assert file is not None
            if (content := change(member.name, file.read())) is not None:
                member.size = len(content)
                target.addfile(member, io.BytesIO(content))
    return to


@pytest.mark.parametrize(
    "change",
    [
        lambda name, content: content + b"x" if name.startswith("home/files") else content,
        lambda name, content: None if name.startswith("home/files") else content,
        lambda name, content: None if name == "manifest.json" else content,
        lambda name, content: None if name == "database" else content,
    ],
    ids=["changed", "missing", "no manifest", "no database"],
)
def test_a_damaged_backup_is_a_finding_and_nothing_is_put_back(made: tuple[Path, Path], tmp_path: Path, change: Any) -> None:  # fmt: skip
    done = mingduan(tmp_path / "new", "restore", str(_changed(made[1], tmp_path / "bad.tar", change)))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == ["secret_key", "static"]


@pytest.mark.parametrize("content", [b"", b"not a tar", os.urandom(4096)], ids=["empty", "text", "noise"])
def test_what_is_no_backup_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.tar").write_bytes(content)
    done = mingduan(tmp_path / "new", "restore", str(tmp_path / "x.tar"))
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)


def test_a_member_that_would_leave_the_home_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "evil.tar", "w") as tar:
        info = tarfile.TarInfo("../../outside")
        info.size = 1
        tar.addfile(info, io.BytesIO(b"x"))
    done = mingduan(tmp_path / "a" / "b" / "new", "restore", str(tmp_path / "evil.tar"))
    assert done.returncode == 1
    assert not (tmp_path / "a" / "outside").exists()


POSTGRES = os.environ.get("DATABASE_URL", "").startswith("postgres")


@pytest.mark.skipif(not POSTGRES, reason="make test runs it with scripts/with-postgres")
def test_a_postgresql_database_is_copied_and_put_back(tmp_path: Path) -> None:
    server = os.environ["DATABASE_URL"].rpartition("/")[0]
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        for name in ("backup_from", "backup_to"):
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {name}")
    first, second = ({"DATABASE_URL": f"{server}/{name}"} for name in ("backup_from", "backup_to"))
    with office(tmp_path / "home", 2, **first) as writer:
        assert writer.wait() == 0
    tar = str(tmp_path / "b.tar")
    assert mingduan(tmp_path / "home", "backup", tar, **first).returncode == 0
    restored = mingduan(tmp_path / "new", "restore", tar, **second)
    assert restored.returncode == 0, restored.stdout + restored.stderr
    assert len(json.loads(mingduan(tmp_path / "new", "case", "list", "--json", **second).stdout)) == 2
    assert mingduan(tmp_path / "other", "restore", tar, **second).returncode == 2, "not empty any more"
    assert mingduan(tmp_path / "other", "restore", tar).returncode == 2, "another kind of database"
