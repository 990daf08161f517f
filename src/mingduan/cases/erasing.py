"""Erasing what is held of a person (PIPL 47), in the transaction of the act that decides it.

With the key of a case goes what its events tell of the person; what was made from them (the standing, names, notices, papers)
is made anew without it. Events that were stored before they were sealed give way to what is left of them; the hash of that is in
the deciding event. No event, time, choice or amount is lost: chain, statistics and scorecards stay what they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from django.db.models import Q

from mingduan.procedure.attachments import attachments
from mingduan.procedure.case import Event, Reason, fold
from mingduan.procedure.rulebook import Rulebook
from mingduan.procedure.text import Text
from mingduan.procedure.words import moment

from . import catalogue, chain, outbox, sealing
from .concerning import cases_of, terms
from .models import Case, CaseKey, EventRow, Reading
from .personal import personal_facts, persons, values
from .retention import keeping

# What else is kept of a case: given the case, what to say instead of each personal value, and when; gives the files that go.
Taking = Callable[[Case, Mapping[str, str], datetime], Iterable[str]]
_TAKEN_ALONG: list[Taking] = []


def takes_along(function: Taking) -> Taking:
    """Register what erases, with a case's personal data, what else is kept of it; called in the same transaction."""
    _TAKEN_ALONG.append(function)
    return function


def taken_along(case: Case, instead: Mapping[str, str], at: datetime) -> set[str]:
    """Erase what else is kept of a case; the files that nobody of it needs any more."""
    return {sha256 for also in _TAKEN_ALONG for sha256 in also(case, instead, at)}


def erases(request: Case, action: str) -> bool:
    """Whether an act in a request erases what it is about."""
    how = terms(request)
    return how is not None and how.erases == action


def hindrances(request: Case, at: datetime) -> tuple[Reason, ...]:
    """What forbids erasing what a request is about, each with its clause; nothing where it may be done."""
    cases = cases_of(request)
    if not cases:
        return (_reason(None, "没有查到所涉案件", "No such case was found", "核对案件编号", "Check the numbers"),)
    return tuple(reason for case in cases for reason in hindered(case, at))


def hindered(case: Case, at: datetime) -> list[Reason]:
    """What forbids erasing the personal data of one case: it goes on, the law keeps it, it is on hold, others are in it."""
    engine, found = catalogue.kept(case.digest), list[Reason]()
    book, kept = engine.rulebook, keeping(engine, fold(_events(case)))
    clause = kept.rule.clause if kept.rule else None
    if not kept.ended:
        found.append(_reason(clause, f"{case.number}尚未归档，办理仍需要这些信息", f"{case.number} is not filed away yet: handling it needs this data", "归档后再办理", "Wait until it is filed away"))  # fmt: skip
    elif not kept.over(at):
        found.append(_reason(clause, f"{case.number}的个人信息依法保存至{moment(kept.until)}", f"The personal data of {case.number} is kept by law until {moment(kept.until, 'en')}", "保存期满后再办理", "Wait until that time is over"))  # fmt: skip
    if book.holds_personal and case.facts.get(book.holds_personal):
        held = book.facts[book.holds_personal]
        found.append(
            _reason(held.clause, f"{case.number}：{held.zh}", f"{case.number}: {held.en}", "先解除", "Release it first")
        )
    if len({p.name for p in persons(case)}) > 1:
        found.append(_reason(None, f"{case.number}还涉及其他人的信息", f"{case.number} holds data of other people too", "由各人分别提出", "Each of them asks"))  # fmt: skip
    return found


def erase(request: Case, event: Event) -> Event:
    """Erase what the request is about; the event with what was erased. The caller has locked the request and found no hindrance."""
    numbers = [c.number for c in cases_of(request)]
    told = []
    for case in Case.objects.select_for_update().filter(number__in=numbers).order_by("number"):
        told.append(_erased(case, f"{request.number}#{event.seq}", event.at))
    return msgspec.structs.replace(event, erased=tuple(told))


def erasure(case: Case) -> CaseKey | None:
    """When and by which request a case's personal data was erased; None where it is there."""
    held = CaseKey.objects.filter(case=case).first()
    return held if held is not None and held.erased_at else None


def redacted(case: Case) -> dict[str, str]:
    """Each event of a case that was stored unsealed and erased since, with the hash of what is left, as the deciding event tells it."""
    held = erasure(case)
    if held is None:
        return {}
    number, _, seq = held.erased_by.partition("#")
    row = EventRow.objects.filter(case__number=number, seq=int(seq)).first()
    told: Any = row.stored.get("erased", ()) if row else ()
    return next((dict(one["redacted"]) for one in told if one["case"] == case.number), {})


def _erased(case: Case, by: str, at: datetime) -> dict[str, Any]:
    book = catalogue.kept(case.digest).rulebook
    before = _events(case)
    instead = dict.fromkeys(sorted(_values(case, book, before), key=len, reverse=True), sealing.ERASED)
    files = {sha256 for e in before for _, sha256 in attachments(e.to_json())}
    CaseKey.objects.update_or_create(
        case=case, defaults={"wrapped": "", "erased_at": at, "erased_upto": case.length, "erased_by": by}
    )
    redacted = _redact(case, book)
    case = Case.objects.get(pk=case.pk)  # with its key as it is now
    remains = fold(_events(case))
    case.facts, case.title = dict(remains.facts), book.title.zh
    case.save(update_fields=["facts", "title"])
    case.parties.filter(pk__in=[p.pk for p in persons(case)]).update(name=sealing.ERASED, user=None)
    left = {sha256 for _, sha256 in attachments(case.facts)}
    case.enclosures.exclude(sha256__in=left).delete()
    for notice in case.notices.all():
        notice.title, notice.body, notice.remedies = _put(notice.title, instead)[:200], "", ""
        notice.save(update_fields=["title", "body", "remedies"])
    _readings(case, instead)
    files |= taken_along(case, instead, at)
    for sha256 in sorted(files - left):
        outbox.put("release", f"release:{sha256}:{by}", {"sha256": sha256}, at)
    return {
        "case": case.number,
        "what": sorted(n for n in personal_facts(book) if _told(before, n)),
        "redacted": redacted,
    }


def _redact(case: Case, book: Rulebook) -> dict[str, str]:
    """Take personal data out of the events that were stored unsealed; the number of each with the hash of what is left."""
    hashes = {}
    for row in case.events.all():
        if sealing.MEMBER in row.stored or chain.is_tombstone(row.stored):
            continue
        left, private = sealing.parted(row.stored, book)
        if private:
            left[sealing.MEMBER] = ""
            EventRow.objects.filter(pk=row.pk).update(stored=left)
            hashes[str(row.seq)] = chain.digest(left)
    return hashes


def _readings(case: Case, instead: Mapping[str, str]) -> None:
    """Who of the office saw it, when and why stays in the log; what identifies the person goes."""
    for row in case.readings.filter(Q(reader_id__startswith="case:") | Q(reader__in=list(instead))):
        Reading.objects.filter(pk=row.pk).update(reader=sealing.ERASED)
    for row in case.readings.exclude(name=""):
        if (name := _put(row.name, instead)) != row.name:
            Reading.objects.filter(pk=row.pk).update(name=name[:200])


def _values(case: Case, book: Rulebook, events: Iterable[Event]) -> set[str]:
    """What identifies the person: names, those of their files too, and every value of a fact marked as a name, number or address."""
    told = {p.name for p in persons(case)} | {name for e in events for name, _ in attachments(e.to_json())}
    for event in events:
        facts = {**event.facts, **({event.entry.records: [event.entry.values]} if event.entry else {})}
        told |= {v for _, fact, v in values(facts, book) if fact.personal != "text" and isinstance(v, str)}
    return {v for v in told if len(v) > 1 and v != sealing.ERASED}


def _told(events: Iterable[Event], name: str) -> bool:
    return any(e.facts.get(name) not in (None, "", [], sealing.ERASED) for e in events)


def _put(text: str, instead: Mapping[str, str]) -> str:
    for value, words in instead.items():
        text = text.replace(value, words)
    return text


def _events(case: Case) -> list[Event]:
    return [Event.from_json(row.body) for row in case.events.all() if not chain.is_tombstone(row.stored)]


def _reason(clause: str | None, zh: str, en: str, mend_zh: str, mend_en: str) -> Reason:
    return Reason("keeping", clause, Text(zh=zh, en=en), Text(zh=mend_zh, en=mend_en))


__all__ = ["erase", "erases", "erasure", "hindered", "hindrances", "redacted", "taken_along", "takes_along"]
