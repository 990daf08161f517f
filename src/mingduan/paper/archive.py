"""A case's file sealed: everything of the case in one BagIt package that can be read, and proven whole, without us."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from mingduan.cases import catalogue, files, keyring, outbox
from mingduan.cases.models import Case, EventRow, HeldFile, RulebookVersion
from mingduan.cases.sealing import MEMBER
from mingduan.procedure import case as pure
from mingduan.procedure.attachments import attachments
from mingduan.procedure.case import Event, fold
from mingduan.procedure.deadlines import due
from mingduan.procedure.engine import Engine
from mingduan.procedure.words import SIGNING, day, moment, yuan

from . import bag
from .models import Package
from .notices import Pair, organisation_of, parties_of, printed
from .typeset import typeset

README = (Path(__file__).parent / "templates" / "archive-readme.txt").read_text()
STATUS = {
    "open": "待办", "met": "已办", "late": "逾期", "met_late": "逾期办理", "waived": "不再需要", "paused": "中止",
}  # fmt: skip
Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaseFile:
    """What the printed summary of a sealed file shows."""

    lang: str
    letterhead: str
    number: str
    title: str
    case_title: str
    procedure: str
    parties: tuple[Pair, ...]
    people: tuple[Pair, ...]
    dates: tuple[Pair, ...]
    papers: tuple[Row, ...]
    course: tuple[Row, ...]
    deadlines: tuple[Row, ...]
    money: tuple[Row, ...]
    head: str


@dataclass(frozen=True, slots=True)
class _Content:
    """The case as it was sealed."""

    case: Case
    engine: Engine
    rows: tuple[EventRow, ...]
    events: tuple[Event, ...]
    state: pure.Case

    @property
    def sealed_at(self) -> datetime:
        return self.events[-1].at


@outbox.handles("seal")
def seal(payload: Mapping[str, Any], at: datetime) -> None:
    """Seal the file as it stood when it was archived; once for each time it was."""
    case = Case.objects.get(number=payload["number"])
    if case.destroyed_at is None:
        sealed(case, int(payload["seq"]))


def sealed(case: Case, seq: int) -> Package:
    """The package of the case up to event `seq`, made now if it was not yet."""
    found = Package.objects.filter(case=case, seq=seq).first()
    if found is not None:
        return found
    rows = tuple(case.events.filter(seq__lte=seq))
    events = tuple(Event.from_json(row.body) for row in rows)
    content = _Content(case, catalogue.kept(case.digest), rows, events, fold(events))
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "package.zip"
        bag.write(
            made,
            case.number,
            content.sealed_at,
            {
                "Source-Organization": _letterhead(content),
                "External-Identifier": case.number,
                "External-Description": case.title.replace("\n", " "),
            },
            _payload(content),
        )
        sha256, size = files.adopt(made)
    package, _ = Package.objects.get_or_create(
        case=case, seq=seq, defaults={"sha256": sha256, "size": size, "sealed_at": content.sealed_at}
    )
    return package


def retained_until(engine: Engine, state: pure.Case, action: str) -> datetime | None:
    """The last instant of the time that a file archived by `action` must be kept."""
    ends = [
        found[0].instant
        for name, spec in engine.rulebook.deadlines.items()
        if spec.not_before is not None and spec.after == action
        and (found := due(engine.rulebook, state, name, engine.calendar)) is not None
    ]  # fmt: skip
    return max(ends, default=None)


def _payload(content: _Content) -> Iterator[tuple[str, bytes]]:
    """Each file of the package, in the order a reader would open them. Papers come one at a time: they may be large."""
    case, papers = content.case, list(_papers(content))
    source = bytes(RulebookVersion.objects.get(digest=case.digest).source)
    yield "README.txt", README.format(number=case.number, head=content.rows[-1].hash).encode()
    yield "案卷.pdf", typeset("_casefile", asdict(_summary(content, papers)), content.sealed_at)
    yield "case.json", _json(_standing(content))
    yield "events.jsonl", b"".join(_line(row) for row in content.rows)
    if key := keyring.shown(case):
        yield "key.txt", f"{key}\n".encode()
    yield "duties.json", _json([_plain(asdict(d)) for d in content.engine.duties(content.state, content.sealed_at)])
    yield (
        "ledger.csv",
        _csv(
            ("seq", "at", "debit", "credit", "fen"),
            ((e.seq, e.at.isoformat(), m.debit, m.credit, m.amount) for e in content.events for m in e.money),
        ),
    )
    yield "readings.csv", _csv(
        ("at", "reader", "what", "name"),
        ((r.at.isoformat(), r.reader, r.what, r.name) for r in case.readings.filter(at__lte=content.sealed_at).order_by("at", "id")),
    )  # fmt: skip
    yield "rulebook.yaml", source
    condemned = dict(
        HeldFile.objects.exclude(found="").filter(sha256__in=[p.sha256 for p in papers]).values_list("sha256", "found")
    )
    yield (
        "condemned.csv",
        _csv(
            ("sha256", "name", "found"),
            ((p.sha256, p.title, condemned[p.sha256]) for p in papers if p.sha256 in condemned),
        ),
    )
    for paper in papers:
        if paper.sha256 not in condemned:
            yield paper.path, files.content(paper.sha256)


@dataclass(frozen=True, slots=True)
class _Paper:
    """A document in the package: where it is in the index, what it is, and its content's hash."""

    seq: int
    title: str
    at: datetime
    path: str
    sha256: str


def _papers(content: _Content) -> Iterator[_Paper]:
    """Uploaded files where they first came in, and each notice's document, in the order of the case."""
    notices: dict[int, list[_Paper]] = {}
    book = content.engine.rulebook
    for notice in content.case.notices.filter(seq__lte=content.rows[-1].seq).select_related("case").order_by("id"):
        role = book.roles[notice.role]
        path = f"notices/{notice.seq:03}-{notice.role}-{bag.fit(notice.title, 120)}.pdf"
        paper = _Paper(notice.seq, f"{notice.title}（{role.zh}）", notice.at, path, printed(notice).sha256)
        notices.setdefault(notice.seq, []).append(paper)
    seen = set()
    for row, event in zip(content.rows, content.events, strict=True):
        for name, sha256 in attachments(event.to_json()):
            path = f"files/{sha256}-{bag.fit(name)}"
            if path not in seen:
                seen.add(path)
                yield _Paper(row.seq, name, event.at, path, sha256)
        yield from notices.get(row.seq, ())


def _standing(content: _Content) -> dict[str, Any]:
    case, state = content.case, content.state
    return {
        "number": case.number, "title": case.title, "rulebook": case.rulebook, "rulebook_digest": case.digest,
        "opened_at": content.events[0].at.isoformat(), "sealed_at": content.sealed_at.isoformat(),
        "state": state.state, "facts": dict(state.facts), "balances": dict(state.balances),
        "assigned": {r: [p["name"] for p in people] for r, people in state.assigned.items()},
        "links": [list(link) for link in state.links],
        "parties": [{"role": p.role, "name": p.name} for p in case.parties.order_by("id")],
        "length": len(content.rows), "head": content.rows[-1].hash,
    }  # fmt: skip


def _summary(content: _Content, papers: Iterable[_Paper]) -> CaseFile:
    case, engine, state = content.case, content.engine, content.state
    book = engine.rulebook
    kept = retained_until(engine, state, content.events[-1].action)
    return CaseFile(
        lang="zh",
        letterhead=_letterhead(content),
        number=case.number,
        title=f"案卷 {case.number}",
        case_title=case.title,
        procedure=f"{book.title.zh}（{book.source.document} {book.source.title.zh}）",
        parties=parties_of(case, book),
        people=tuple((book.roles[r].zh, "、".join(p["name"] for p in people)) for r, people in state.assigned.items() if people),
        dates=(
            ("立案", day(content.events[0].at)), ("归档", day(content.sealed_at)), ("保存至", day(kept) if kept else "长期"),
        ),
        papers=tuple((str(n), p.title, day(p.at), p.sha256[:16]) for n, p in enumerate(papers, 1)),
        course=tuple(
            (str(e.seq), moment(e.at), book.actions[e.action].zh, "，".join(filter(None, (book.roles[e.role].zh if e.role in book.roles else "", e.actor_name, f"以{SIGNING[e.signature.method].zh}签署" if e.signature else ""))), book.actions[e.action].clause or "")
            for e in content.events
        ),
        deadlines=tuple(
            (book.deadlines[d.deadline].zh, book.roles[d.owner].zh, moment(d.due), moment(d.met_at), STATUS[d.status.value], d.clause or "")
            for d in engine.duties(state, content.sealed_at)
        ),
        money=tuple(
            (str(e.seq), day(e.at), book.accounts[m.debit].zh, book.accounts[m.credit].zh, yuan(m.amount)) for e in content.events for m in e.money
        ),
        head=content.rows[-1].hash,
    )  # fmt: skip


def _letterhead(content: _Content) -> str:
    role = content.events[-1].role
    return organisation_of(content.engine.rulebook, role) or content.engine.rulebook.roles[role].zh


def _line(row: EventRow) -> bytes:
    told = {"seq": row.seq, "before": row.before, "hash": row.hash, "body": row.stored}
    if MEMBER in row.stored:
        told["told"] = row.body
    return (json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n").encode()


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


def _plain(duty: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in duty.items()}


def _csv(head: Row, rows: Iterable[tuple[Any, ...]]) -> bytes:
    """CSV that a spreadsheet opens as UTF-8, with nothing in it that one would take for a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([f"'{c}" if isinstance(c, str) and c[:1] in "=+-@" else c for c in row] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()
