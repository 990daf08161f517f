"""A file sealed: whole, readable and provable without us, the same bytes each time, for the body's own people."""

from __future__ import annotations

import hashlib
import io
import json
import re
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pypdf
import pytest
from django.test import Client
from typer.testing import CliRunner

from mingduan.cases import files, outbox
from mingduan.cases.models import HeldFile, Reading
from mingduan.cli import app
from mingduan.cli import main as _main  # noqa: F401  registers every command
from mingduan.paper import bag
from mingduan.paper.archive import sealed
from mingduan.paper.models import Package
from mingduan.paper.verify import verify

from .conftest import OPENED, Story
from .test_typeset import text_of

LATER = OPENED + timedelta(days=60)
PDF = b"%PDF-1.7\n1 0 obj <</Type/Catalog>> endobj\n%%EOF"


@pytest.fixture(autouse=True)
def _home(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path / "home"


@pytest.fixture
def archived(tell: Any) -> Story:
    """An archived appeal with a paper of a difficult name."""
    paper = files.receive("申诉书 100%（盖章）.pdf", PDF, OPENED)
    assert isinstance(paper, files.StoredFile)
    story: Story = tell(papers=[paper.as_fact()])
    story.archive()
    outbox.run(LATER)
    return story


@pytest.fixture
def unpacked(archived: Story, tmp_path: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(files.read(Package.objects.get().sha256))) as archive:
        archive.extractall(tmp_path / "bag")
    return tmp_path / "bag" / archived.case.number


def test_the_package_holds_the_whole_case(archived: Story, unpacked: Path) -> None:
    data = unpacked / "data"
    names = {p.relative_to(data).as_posix() for p in data.rglob("*") if p.is_file()}
    assert {
        "README.txt",
        "案卷.pdf",
        "case.json",
        "events.jsonl",
        "duties.json",
        "ledger.csv",
        "readings.csv",
        "rulebook.yaml",
    } <= names
    assert f"files/{hashlib.sha256(PDF).hexdigest()}-申诉书 100_（盖章）.pdf" in names
    assert sum(n.startswith("notices/") for n in names) == archived.case.notices.count()
    assert len((data / "events.jsonl").read_text().splitlines()) == archived.case.length
    assert json.loads((data / "case.json").read_text())["head"] == archived.case.head
    summary = text_of((data / "案卷.pdf").read_bytes())
    for words in (
        "卷内目录",
        "恒通代维有限公司不服降级决定申诉案",
        "申诉裁定书（申诉人）",
        "立卷归档",
        "保存至",
        archived.case.head[:32],
    ):
        assert words in summary


def test_the_readme_is_enough_to_recompute_the_chain(archived: Story, unpacked: Path) -> None:
    readme = (unpacked / "data" / "README.txt").read_text()
    code = re.search(r"(   import hashlib.*?print\(head\)\n)", readme, re.S)
    assert code is not None
    program = "\n".join(line[3:] for line in code[1].splitlines())
    ran = subprocess.run(
        [sys.executable, "-I", "-c", program], cwd=unpacked, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == archived.case.head
    checked = subprocess.run(["sha256sum", "-c", "--quiet", "manifest-sha256.txt"], cwd=unpacked, check=False)
    assert checked.returncode == 0


def test_sealing_twice_gives_one_package_and_the_same_bytes(archived: Story) -> None:
    first = Package.objects.get()
    assert sealed(archived.case, first.seq) == first
    first.delete()
    archived.do("secretary", "secretariat", "hold", hold_reason="审计")
    assert sealed(archived.case, first.seq).sha256 == first.sha256


def test_a_whole_package_is_whole_zipped_or_not(unpacked: Path, tmp_path: Path) -> None:
    path = tmp_path / "p.zip"
    path.write_bytes(files.read(Package.objects.get().sha256))
    for where in (path, unpacked):
        assert verify(where).faults == ()


def forge(root: Path, name: str, old: str, new: str) -> None:
    """Change a file of the package and put its manifests right, as somebody who knows BagIt would."""
    path = root / "data" / name
    content = path.read_text("utf-8")
    assert old in content
    path.write_text(content.replace(old, new, 1), "utf-8")
    for kind, listed in (("manifest", f"data/{name}"), *[("tagmanifest", f"manifest-{a}.txt") for a in bag.ALGORITHMS]):
        for algorithm in bag.ALGORITHMS:
            manifest = root / f"{kind}-{algorithm}.txt"
            digest = hashlib.new(algorithm, (root / listed).read_bytes()).hexdigest()
            manifest.write_text(
                re.sub(rf"^\w+(  {re.escape(listed)})$", rf"{digest}\1", manifest.read_text(), flags=re.M)
            )
    oxum = sum(p.stat().st_size for p in (root / "data").rglob("*") if p.is_file())
    info = root / "bag-info.txt"
    info.write_text(re.sub(r"Payload-Oxum: \d+", f"Payload-Oxum: {oxum}", info.read_text()))
    for algorithm in bag.ALGORITHMS:
        manifest = root / f"tagmanifest-{algorithm}.txt"
        digest = hashlib.new(algorithm, info.read_bytes()).hexdigest()
        manifest.write_text(re.sub(r"^\w+(  bag-info.txt)$", rf"{digest}\1", manifest.read_text(), flags=re.M))


@pytest.mark.parametrize(
    ("name", "old", "new", "fault"),
    [
        ("events.jsonl", "事实不清", "事实清楚", "散列链断裂"),
        ("case.json", '"state": "archived"', '"state": "closed"', "折算"),
        ("duties.json", '"met_at": "2026', '"met_at": "2025', "duties.json"),
        ("ledger.csv", "500000", "400000", "ledger.csv"),
        ("rulebook.yaml", "within: 30wd", "within: 40wd", "rulebook.yaml"),
    ],
)
def test_whatever_is_forged_is_found_though_the_manifests_were_put_right(
    unpacked: Path, name: str, old: str, new: str, fault: str
) -> None:
    forge(unpacked, name, old, new)
    faults = verify(unpacked).faults
    assert faults
    assert any(fault in f for f in faults)
    assert not any("BagIt" in f for f in faults)


def test_a_paper_changed_or_missing_is_found(unpacked: Path) -> None:
    paper = next((unpacked / "data" / "files").iterdir())
    paper.write_bytes(b"changed")
    assert any("内容与散列不符" in f for f in verify(unpacked).faults)
    paper.unlink()
    assert any("缺少材料" in f for f in verify(unpacked).faults)


def test_only_the_bodys_own_people_download_it_and_it_is_logged(archived: Story, client: Client) -> None:
    url = f"/cases/{archived.case.number}/archive.zip"
    for login, status in (("enterprise", 404), ("stranger", 404), ("secretary", 200)):
        client.force_login(archived.people[login])
        assert client.get(url).status_code == status
    assert Reading.objects.filter(what="package").count() == 1
    page = client.get(f"/cases/{archived.case.number}/").content.decode()
    assert url in page
    client.force_login(archived.people["enterprise"])
    assert url not in client.get(f"/cases/{archived.case.number}/").content.decode()


def test_commands_export_and_verify(archived: Story, tmp_path: Path) -> None:
    run = CliRunner()
    exported = run.invoke(app, ["archive", "export", archived.case.number, str(tmp_path), "--json"])
    path = json.loads(exported.stdout)["path"]
    assert run.invoke(app, ["archive", "verify", path]).exit_code == 0
    whole = bytearray(Path(path).read_bytes())
    whole[whole.index("恒通".encode())] ^= 1
    Path(path).write_bytes(whole)
    assert run.invoke(app, ["archive", "verify", path]).exit_code in (1, 2)
    assert run.invoke(app, ["archive", "verify", str(tmp_path / "none.zip")]).exit_code == 2
    assert run.invoke(app, ["archive", "export", "nothing", str(tmp_path)]).exit_code == 2


def test_verifying_needs_no_database(archived: Story, tmp_path: Path) -> None:
    path = tmp_path / "p.zip"
    path.write_bytes(files.read(Package.objects.get().sha256))
    ran = subprocess.run(
        [sys.executable, "-c", "from mingduan.cli import main; main()", "archive", "verify", str(path), "--json"],
        env={"PYTHONPATH": ":".join(sys.path), "MINGDUAN_HOME": str(tmp_path / "empty"), "DATABASE_URL": "sqlite:////nowhere/x.db", "PATH": "/usr/bin:/bin"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["events"] == archived.case.length


def test_no_cell_of_a_table_is_taken_for_a_formula(tell: Any) -> None:
    story: Story = tell()
    Reading.objects.create(case=story.case, reader="=1+1", at=OPENED)
    story.archive()
    package = sealed(story.case, story.case.length)
    with zipfile.ZipFile(io.BytesIO(files.read(package.sha256))) as archive:
        assert b"'=1+1" in archive.read(f"{story.case.number}/data/readings.csv")


def test_a_paper_that_a_scan_condemned_is_told_of_and_its_absence_is_no_fault(tell: Any, tmp_path: Path) -> None:
    paper = files.receive("病毒.pdf", PDF, OPENED)
    assert isinstance(paper, files.StoredFile)
    story: Story = tell(papers=[paper.as_fact()])
    HeldFile.objects.create(sha256=paper.sha256, found="Eicar")
    files.discard(paper.sha256)
    story.archive()
    package = tmp_path / "p.zip"
    package.write_bytes(files.read(sealed(story.case, story.case.length).sha256))
    assert verify(package).faults == ()
    with zipfile.ZipFile(package) as archive:
        assert b"Eicar" in archive.read(f"{story.case.number}/data/condemned.csv")


def test_names_fit_whatever_they_are() -> None:
    import doctest

    assert doctest.testmod(bag).failed == 0


def test_the_summary_is_archival(unpacked: Path) -> None:
    reader = pypdf.PdfReader(unpacked / "data" / "案卷.pdf")
    assert "<pdfaid:part>2</pdfaid:part>" in reader.trailer["/Root"]["/Metadata"].get_data().decode()
