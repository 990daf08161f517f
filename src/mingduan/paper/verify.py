"""A sealed package proven whole from itself alone: no database, no file store, only the package and the engine."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import bagit

from mingduan.cases import chain, sealing
from mingduan.cases.sealing import MEMBER, Unsealable
from mingduan.procedure.attachments import attachments
from mingduan.procedure.case import Event, fold
from mingduan.procedure.engine import Engine
from mingduan.procedure.loading import RulebookError, loads

MAX_UNPACKED = 8 * 2**30


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a package is, and everything about it that does not agree."""

    number: str
    head: str
    events: int
    papers: int
    faults: tuple[str, ...]


class NotAPackage(ValueError):
    """There is nothing here that could be judged; the message says what is missing."""


def verify(path: Path) -> Verdict:
    """Judge a package, zipped or unpacked. Raises NotAPackage."""
    if path.is_dir():
        return _verify(path)
    with tempfile.TemporaryDirectory() as folder:
        try:
            with zipfile.ZipFile(path) as archive:
                if sum(m.file_size for m in archive.infolist()) > MAX_UNPACKED:
                    raise NotAPackage(f"展开后超过{MAX_UNPACKED >> 30} GB / unpacks to too much")
                archive.extractall(folder)
        except (OSError, zipfile.BadZipFile) as error:
            raise NotAPackage(f"不是归档包：{error} / not a package") from error
        tops = list(Path(folder).iterdir())
        return _verify(tops[0] if len(tops) == 1 and tops[0].is_dir() else Path(folder))


def _verify(root: Path) -> Verdict:
    faults = list(_bag_faults(root))
    data = root / "data"
    try:
        case = json.loads((data / "case.json").read_text("utf-8"))
        lines = [json.loads(line) for line in (data / "events.jsonl").read_text("utf-8").splitlines()]
        engine = Engine(loads((data / "rulebook.yaml").read_bytes(), "rulebook.yaml"))
        faults += _chain_faults(case, lines)
        faults += _sealing_faults(case, lines, data / "key.txt")
        told = [line.get("told", line["body"]) for line in lines]
        events = [Event.from_json(body) for body in told]
        faults += _standing_faults(case, events, engine, data)
        faults += _paper_faults(told, data)
    except (OSError, ValueError, KeyError, TypeError, RulebookError) as error:
        raise NotAPackage(f"归档包不完整，无法核验：{error} / the package can't be read") from error
    papers = [p for folder in ("files", "notices") for p in sorted((data / folder).glob("*"))]
    return Verdict(case["number"], case["head"], len(lines), len(papers), tuple(faults))


def _bag_faults(root: Path) -> Iterator[str]:
    """What the Library of Congress's own BagIt tool finds."""
    try:
        bagit.Bag(str(root)).validate()
    except bagit.BagValidationError as error:
        yield from (f"BagIt：{d}" for d in error.details or [error])
    except bagit.BagError as error:
        raise NotAPackage(f"不是BagIt包：{error} / not a bag") from error


def _chain_faults(case: dict[str, Any], lines: list[dict[str, Any]]) -> Iterator[str]:
    head = chain.START
    for place, line in enumerate(lines, 1):
        if line["seq"] != place or line["body"]["seq"] != place:
            yield f"第{place}条：序号不连续"
        if line["before"] != head or chain.link(head, case["number"], line["body"]) != line["hash"]:
            yield f"第{place}条：散列链断裂"
        head = line["hash"]
    if (case["head"], case["length"]) != (head, len(lines)):
        yield "case.json：末条散列或条数与记录不符"


def _sealing_faults(case: dict[str, Any], lines: list[dict[str, Any]], key: Path) -> Iterator[str]:
    """Whether what a line tells of an event is what is sealed in it: by the key, or, where that is destroyed, what is left."""
    held = base64.b64decode(key.read_text("ascii")) if key.exists() else b""
    for line in lines:
        body, place = line["body"], f"{case['number']}#{line['seq']}"
        if MEMBER not in body and "told" not in line:
            continue
        try:
            known = line["told"] in (sealing.without(body), sealing.opened(body, held, place) if held else None)
        except (Unsealable, KeyError, ValueError):
            known = False
        if not known:
            yield f"第{line['seq']}条：所载内容与封存的内容不符"


def _standing_faults(case: dict[str, Any], events: list[Event], engine: Engine, data: Path) -> Iterator[str]:
    """Whether what is told of the case is what its events and its rulebook give."""
    state = fold(events)
    if engine.rulebook.digest != case["rulebook_digest"]:
        yield "rulebook.yaml：不是本案适用的版本"
    if (case["state"], case["facts"], case["balances"]) != (state.state, dict(state.facts), dict(state.balances)):
        yield "case.json：与记录折算的结果不符"
    told = {(d["deadline"], d["due"], d["met_at"]) for d in json.loads((data / "duties.json").read_text("utf-8"))}
    counted = {
        (d.deadline, d.due.isoformat(), d.met_at.isoformat() if d.met_at else None)
        for d in engine.duties(state, datetime.fromisoformat(case["sealed_at"]))
    }
    if told != counted:
        yield "duties.json：与记录和规则折算的结果不符"
    booked = [(r["seq"], r["debit"], r["credit"], r["fen"]) for r in _table(data / "ledger.csv")]
    if booked != [(str(e.seq), m.debit, m.credit, str(m.amount)) for e in events for m in e.money]:
        yield "ledger.csv：与记录不符"


def _paper_faults(told: list[dict[str, Any]], data: Path) -> Iterator[str]:
    """Whether every paper the events name is there, and is what its name says."""
    there = set()
    for path in sorted((data / "files").glob("*")):
        with path.open("rb") as content:
            sha256 = hashlib.file_digest(content, "sha256").hexdigest()
        there.add(sha256)
        if not path.name.startswith(sha256):
            yield f"files/{path.name}：内容与散列不符"
    there |= {row["sha256"] for row in _table(data / "condemned.csv")}
    for body in told:
        for name, sha256 in attachments(body):
            if sha256 not in there:
                yield f"第{body['seq']}条：缺少材料“{name}”"


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as rows:
        return list(csv.DictReader(rows))
