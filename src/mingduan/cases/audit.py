"""Proof that the store is whole: every chain unbroken, every cached row what its events give."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from mingduan.procedure.attachments import attachments
from mingduan.procedure.case import Event, fold

from . import catalogue, chain, checkpoint, erasing, files, registrar, sealing, stamping
from .faults import Fault
from .models import Case, HeldFile


def verify(step: Callable[[], object] = lambda: None, checkpoints: Iterable[Mapping[str, str]] = ()) -> Iterator[Fault]:
    """Every fault in every case, in the register that follows from them and in the `checkpoints` somebody kept; `step` is
    called after each case.
    """
    for case in Case.objects.order_by("id").iterator(chunk_size=200):
        yield from verify_case(case)
        step()
    if keeper := registrar.appointed():
        yield from keeper.verify()
    yield from checkpoint.verify(checkpoints)
    yield from stamping.verify()


def verify_case(case: Case) -> Iterator[Fault]:
    """Chain, sequence, standing, duties and ledger of one case against its events."""
    head, length, events, gone = chain.START, 0, list[Event](), case.destroyed_at is not None
    enclosed = set[tuple[int, str]]()
    told_erased = erasing.redacted(case)
    for place, row in enumerate(case.events.all(), 1):
        destroyed = chain.is_tombstone(row.stored)
        if row.seq != place or row.stored.get("seq") != place:
            yield Fault(case.number, place, "记录序号不连续")
        if destroyed and not gone:
            yield Fault(case.number, place, "案件未销毁而记录内容缺失")
        whole = destroyed or chain.link(head, case.number, row.stored) == row.hash or told_erased.get(str(row.seq)) == chain.digest(row.stored)  # fmt: skip
        if row.before != head or not whole:
            yield Fault(case.number, place, "散列链断裂：记录被改动、删除或调换")
        head, length = row.hash, place
        if not destroyed:
            try:
                body = row.body
            except sealing.Unsealable:
                yield Fault(case.number, place, "封存的内容无法解开：密钥缺失或不符")
                return
            events.append(Event.from_json(body))
            enclosed |= {(place, sha256) for _, sha256 in attachments(body)}
    state = fold(events)
    engine = catalogue.kept(case.digest)
    if case.head != head or case.length != length:
        yield Fault(case.number, length, "案件行与最后一条记录不符")
    if (case.state, case.facts, case.balances, case.stayed) != (
        state.state, dict(state.facts), dict(state.balances), state.stayed,
    ):  # fmt: skip
        yield Fault(case.number, length, "案件行与记录折算的结果不符")
    stored = {(d.deadline, d.due, d.met_at) for d in case.duties.all()}
    if state.last_at and stored != {(d.deadline, d.due, d.met_at) for d in engine.duties(state, state.last_at)}:
        yield Fault(case.number, length, "期限与记录折算的结果不符")
    if set(case.enclosures.values_list("seq", "sha256")) != enclosed:
        yield Fault(case.number, length, "所附材料与记录不符")
    yield from _changed_files(case.number, enclosed)
    if gone:  # the ledger outlives the file; what it was posted from is gone
        return
    lines = [(x.seq, x.debit, x.credit, x.amount) for x in case.ledger.all()]
    if lines != [(e.seq, m.debit, m.credit, m.amount) for e in events for m in e.money]:
        yield Fault(case.number, length, "账目与记录不符")
    links = [(x.seq, x.relation, x.number) for x in case.links.all()]
    if links != [(e.seq, *e.link) for e in events if e.link is not None]:
        yield Fault(case.number, length, "关联案件与记录不符")


def _changed_files(number: str, enclosed: Iterable[tuple[int, str]]) -> Iterator[Fault]:
    """Files of a case that are no longer there or no longer what they were; one that a scan condemned is gone by right."""
    for seq, sha256 in sorted(enclosed):
        try:
            files.stream(sha256).close()
        except FileNotFoundError:
            if not HeldFile.objects.filter(sha256=sha256).exclude(found="").exists():
                yield Fault(number, seq, f"材料 {sha256[:12]}… 不在库中")
        except (ValueError, OSError):
            yield Fault(number, seq, f"材料 {sha256[:12]}… 被改动")
