"""Proof that the store is whole: every chain unbroken, every cached row what its events give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mingduan.procedure.case import Event, fold

from . import catalogue, chain, registrar
from .models import Case


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that does not agree, in which case, at which event."""

    number: str
    seq: int
    what: str


def verify(step: Callable[[], object] = lambda: None) -> Iterator[Fault]:
    """Every fault in every case, and in the register that follows from them; `step` is called after each case."""
    for case in Case.objects.order_by("id").iterator(chunk_size=200):
        yield from verify_case(case)
        step()
    if keeper := registrar.appointed():
        yield from keeper.verify()


def verify_case(case: Case) -> Iterator[Fault]:
    """Chain, sequence, standing, duties and ledger of one case against its events."""
    head, length, events, gone = chain.START, 0, [], case.destroyed_at is not None
    for place, row in enumerate(case.events.all(), 1):
        destroyed = chain.is_tombstone(row.body)
        if row.seq != place or row.body.get("seq") != place:
            yield Fault(case.number, place, "记录序号不连续")
        if destroyed and not gone:
            yield Fault(case.number, place, "案件未销毁而记录内容缺失")
        if row.before != head or not (destroyed or chain.link(head, case.number, row.body) == row.hash):
            yield Fault(case.number, place, "散列链断裂：记录被改动、删除或调换")
        head, length = row.hash, place
        if not destroyed:
            events.append(Event.from_json(row.body))
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
    if gone:  # the ledger outlives the file; what it was posted from is gone
        return
    lines = [(x.seq, x.debit, x.credit, x.amount) for x in case.ledger.all()]
    if lines != [(e.seq, m.debit, m.credit, m.amount) for e in events for m in e.money]:
        yield Fault(case.number, length, "账目与记录不符")
    links = [(x.seq, x.relation, x.number) for x in case.links.all()]
    if links != [(e.seq, *e.link) for e in events if e.link is not None]:
        yield Fault(case.number, length, "关联案件与记录不符")
