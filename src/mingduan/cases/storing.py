"""What is stored of events, all at once: the chained rows, their cases' standing, duties, money, notices and what follows
outside.

One act stores one event, a file of cases opens many: the rows are the same, and so is the number of statements.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mingduan.people.models import Organisation
from mingduan.procedure import case as pure
from mingduan.procedure.attachments import attachments
from mingduan.procedure.case import Event, fold
from mingduan.procedure.engine import Engine
from mingduan.procedure.meeting import ahead, called
from mingduan.procedure.text import Text
from mingduan.procedure.wording import written as worded

from . import chain, keyring, outbox, registrar
from .models import (
    Assignment,
    Case,
    CaseKey,
    DutyRow,
    Enclosure,
    EventRow,
    LedgerLine,
    Link,
    Notice,
    Outbox,
    Party,
    Receipt,
)
from .personal import addressed
from .sides import Side, everybody


@dataclass(frozen=True, slots=True)
class Done:
    """What came of an act: the case and its event. `secret` is told once, when the case is opened."""

    case: Case
    seq: int
    secret: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """An event to be stored: its case, which stands already as it leaves it, its row, the parties it brings and the key of
    its receipt; `files` it names, and the key under which it is the first of its case to be sealed.
    """

    engine: Engine
    case: Case
    after: pure.Case
    event: Event
    row: EventRow
    files: frozenset[str]
    sealed_by: CaseKey | None
    sides: tuple[Side, ...] = ()
    key: str = ""


def write(engine: Engine, case: Case, before: pure.Case, event: Event, sides: Iterable[Side] = (), key: str = "") -> Written:  # fmt: skip
    """Let the case stand as the event leaves it, the chain go on by it, and all be ready for `store`."""
    after, body, previous = fold([event], before), event.to_json(), case.head
    stored, sealed_by = keyring.seal(case, engine.rulebook, body)
    case.state, case.facts, case.balances = after.state, dict(after.facts), dict(after.balances)
    case.length, case.head, case.changed_at = after.length, chain.link(previous, case.number, stored), event.at
    case.stayed, case.ended = after.stayed, engine.rulebook.states[after.state].end
    row = EventRow(case=case, seq=event.seq, stored=stored, before=previous, hash=case.head)
    files = frozenset(sha256 for _, sha256 in attachments(body))
    return Written(engine, case, after, event, row, files, sealed_by, tuple(sides), key)


def store(written: Sequence[Written]) -> None:
    """Store events with all that follows from them; call it inside the transaction that decided them."""
    opened = [w.case for w in written if w.case.pk is None]
    for w in written:
        if w.case.pk is not None:
            w.case.save()
            w.case.duties.all().delete()
    Case.objects.bulk_create(opened)
    _keep_keys(written)
    EventRow.objects.bulk_create(w.row for w in written)
    Enclosure.objects.bulk_create(
        Enclosure(case=w.case, seq=w.event.seq, sha256=sha256) for w in written for sha256 in sorted(w.files)
    )
    Party.objects.bulk_create(s.party(w.case, w.engine.rulebook) for w in written for s in w.sides)
    LedgerLine.objects.bulk_create(
        LedgerLine(case=w.case, seq=w.event.seq, debit=m.debit, credit=m.credit, amount=m.amount)
        for w in written
        for m in w.event.money
    )
    for w in written:
        _seat(w.engine, w.case, w.event)
    links = [(w, w.event.link) for w in written if w.event.link is not None]
    Link.objects.bulk_create(Link(case=w.case, seq=w.event.seq, relation=link[0], number=link[1]) for w, link in links)
    DutyRow.objects.bulk_create(d for w in written for d in _duties(w.engine, w.case, w.after, w.event.at))
    entered = [(w.case, w.event) for w in written if w.event.registers]
    if entered and (keeper := registrar.appointed()):
        keeper.enter(entered)
    notices = [(w, n) for w in written for n in _notices(w.engine, w.case, w.event, w.after)]
    Notice.objects.bulk_create(n for _, n in notices)
    told = [_telling(w, n) for w, n in notices]
    outbox.put_all((*told, *(asked for w in written for asked in _asked(w.engine, w.case, w.event, w.after))))
    Receipt.objects.bulk_create(Receipt(key=w.key, case=w.case, seq=w.event.seq) for w in written if w.key)


def seen(keys: Iterable[str]) -> dict[str, Done]:
    """What came of requests that were made before, by their keys."""
    wanted = [key for key in keys if key]
    receipts = Receipt.objects.select_related("case").filter(key__in=wanted) if wanted else ()
    return {r.key: Done(r.case, r.seq) for r in receipts}


def write_duties(engine: Engine, case: Case, after: pure.Case, at: datetime) -> None:
    """Put the case's duties as they stand at `at` in the place of those stored."""
    case.duties.all().delete()
    DutyRow.objects.bulk_create(_duties(engine, case, after, at))


def notice_words(engine: Engine, case: Case, event: Event, after: pure.Case, lang: str = "zh") -> tuple[str, str, str]:
    """Title, text and remedies of the notice of `event`: the rulebook's words, or that the step was taken."""
    spec = engine.rulebook.actions[event.action]
    if spec.notice is None:
        told = Text(zh=f"{event.actor_name}已办理“{spec.zh}”。", en=f"{event.actor_name} has done “{spec.en}”.")
        return spec.text.in_(lang), told.in_(lang), ""
    named: dict[str, list[str]] = {}
    for party in case.parties.all():
        named.setdefault(party.role, []).append(party.name)
    parties = {role: ("、" if lang == "zh" else ", ").join(names) for role, names in named.items()}
    title, body, remedies = (
        worded(engine.rulebook, engine.calendar, text, after, event, parties, lang) if text else ""
        for text in (spec.notice.title, spec.notice.body, spec.notice.remedies)
    )
    return title, body, remedies


def _keep_keys(written: Sequence[Written]) -> None:
    """Keep the keys that events were sealed under: a case's first, or a new one after what was before was erased."""
    new = []
    for w in written:
        if (key := w.sealed_by) is not None:
            key.case = w.case
            if key._state.adding:
                new.append(key)
            else:
                key.save()
    CaseKey.objects.bulk_create(new)


def _seat(engine: Engine, case: Case, event: Event) -> None:
    """Let those whom the event appoints, engages or lets go take and leave their places."""
    if event.vacated:
        Assignment.objects.filter(case=case, role__in=event.vacated).delete()
        Party.objects.filter(case=case, role__in=event.vacated).delete()
    if event.engaged:
        _engage(engine, case, event.engaged)
    if event.appointed:
        for person in event.appointed[1]:
            Assignment.objects.get_or_create(case=case, role=event.appointed[0], user_id=int(person["id"]))
    if event.released:
        Assignment.objects.filter(case=case, role=event.released[0], user_id=int(event.released[1])).delete()


def _engage(engine: Engine, case: Case, engaged: tuple[str, Mapping[str, str]]) -> None:
    """Put an organisation in the place of whoever was this party before."""
    role, wanted = engaged
    organisation = Organisation.objects.get(pk=int(wanted["id"]))
    Party.objects.update_or_create(
        case=case, role=role, joined_from="",
        defaults={"name": organisation.name, "organisation": organisation, "user": None, "everybody": everybody(engine.rulebook, role)},
    )  # fmt: skip


def _duties(engine: Engine, case: Case, after: pure.Case, at: datetime) -> Iterator[DutyRow]:
    for d in engine.duties(after, at):
        yield DutyRow(
            case=case, deadline=d.deadline, owner=d.owner, due=d.due, met_at=d.met_at, status=d.status.value,
            provisional=d.provisional, clause=d.clause or "", alert_at=d.alert.at if d.alert else None,
        )  # fmt: skip


def _notices(engine: Engine, case: Case, event: Event, after: pure.Case) -> Iterator[Notice]:
    """A notice to each role the action tells: its own words, or that the step was taken. A role to which people are
    appointed is told once there are some.
    """
    actions = engine.rulebook.actions
    appointed = {action.appoints for action in actions.values()}
    told = [r for r in actions[event.action].tells if r not in appointed or after.assigned.get(r)]
    if not told:
        return
    words = notice_words(engine, case, event, after)
    for role in told:
        masked = addressed(case, role, [event])
        title, body, remedies = (masked.text(text) for text in words)
        yield Notice(case=case, seq=event.seq, role=role, title=title[:200], body=body, remedies=remedies, at=event.at)


def _telling(w: Written, notice: Notice) -> Outbox:
    """A notice goes out as soon as the rulebook lets its reader be told."""
    due = w.engine.told_at(w.after, notice.role, w.event.at)
    return outbox.asked("notice", f"notice:{notice.pk}", {"notice": notice.pk}, due)


def _asked(engine: Engine, case: Case, event: Event, after: pure.Case) -> Iterator[Outbox]:
    """What follows outside this transaction: subscribers told, the file sealed or destroyed, and, while a meeting is ahead,
    the diaries of those called to it set right, once all of them may be told.
    """
    book, spec = engine.rulebook, engine.rulebook.actions[event.action]
    work = {"number": case.number, "seq": event.seq}
    for wanted, topic in ((True, "event"), (spec.seals, "seal"), (spec.destroys, "destroy")):
        if wanted:
            yield outbox.asked(topic, f"{topic}:{case.number}#{event.seq}", work, event.at)
    if coming := ahead(book, after.facts, event.at):
        due = max((engine.told_at(after, r, event.at) for fact in coming for r in called(book, fact)), default=event.at)
        yield outbox.asked("diaries", f"diaries:{case.number}#{event.seq}", work, due)
