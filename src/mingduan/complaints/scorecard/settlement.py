"""Settling months in the case store: on the card's day a case for each contractor, told, open to contest, then published.

All of it can be done again: a case is opened once for each card, month and contractor, and a score is worked out again
only while a contest that was upheld waits for it.
"""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from mingduan.cases import catalogue, files, timer
from mingduan.cases.act import Done, act, open_case
from mingduan.cases.models import Case
from mingduan.procedure.case import Refusal
from mingduan.procedure.loading import RulebookError
from mingduan.procedure.period import TZ

from .card import Card, loads
from .cards import due, in_force, month_of, source, worked
from .settle import ContractorScore, Line, Settled, of_means, without
from .store import Member, reads_of

_log = logging.getLogger(__name__)


def settle_due(at: datetime) -> int:
    """Settle the latest month of each card whose day has come; how many cases were opened. Safe to repeat."""
    opened = 0
    for card in in_force().values():
        first = _before(at.astimezone(TZ).date())
        if at < due(card, first):
            first = _before(first)
        opened += settle(card, first, at)
    return opened


def settle(card: Card, first: date, at: datetime) -> int:
    """Open the case of each contractor for the month beginning on `first`, judged as of its day; how many were opened."""
    month = month_of(first, due(card, first))
    have = {_contractor(case) for case in cases(card, first)}
    result, whom = worked(card, month)
    opened = 0
    for score in result.scores:
        if score.contractor not in have:
            opened += _open(result, whom[score.contractor], score, at)
    return opened


def cases(card: Card, first: date) -> list[Case]:
    """The cases in which the month beginning on `first` is settled."""
    found = Case.objects.filter(rulebook=_procedure(card), facts__month=_written(first), **{"facts__card.id": card.id})
    return list(found.prefetch_related("parties"))


def rescore(at: datetime) -> int:
    """Work out again the score of every case in which a contest was upheld; how many there were. Safe to repeat."""
    done = 0
    for rulebook in {_procedure(card) for card in in_force().values()}:
        for case in Case.objects.filter(rulebook=rulebook, facts__rescore_wanted=True, ended=False):
            try:
                done += _rescored(case, at)
            except Exception:  # whatever is wrong with one case, the others are worked out
                _log.exception("scorecard: %s could not be worked out again", case.number)
    return done


def excused(case: Case) -> dict[str, frozenset[str]]:
    """Item → the tickets and records that cost this case's contractor nothing: contests of them were upheld."""
    lines = {line["seq"]: line for line in case.facts.get("lines", ())}
    fallen: dict[str, set[str]] = {}
    for contest in case.facts.get("contests", ()):
        if contest.get("upheld") and contest["line"] in lines:
            line = lines[contest["line"]]
            fallen.setdefault(line["key"], set()).add(line["source"])
    return {key: frozenset(sources) for key, sources in fallen.items()}


def card_of(case: Case) -> Card:
    """The scorecard by which a case was scored, as it was then."""
    return loads(files.content(case.facts["card.file"][0]["sha256"]), case.facts["card.id"])


def settled(case: Case) -> tuple[Settled, ContractorScore]:
    """What a case was scored from, worked out again from the same events, and its contractor's score. Raises LookupError
    where the events or the card are not there any more, or can't be read.
    """
    try:
        card = card_of(case)
    except (RulebookError, OSError, ValueError) as gone:
        raise LookupError(case.number) from gone
    first = date.fromisoformat(f"{case.facts['month']}-01")
    judged = datetime.fromisoformat(case.facts["judged_at"])
    result, _ = worked(card, month_of(first, judged), excused(case))
    mine = _contractor(case)
    found = next((score for score in result.scores if score.contractor == mine), None)
    if found is None:
        raise LookupError(case.number)
    fallen = {item for item in excused(case) if card.items[item].mean}
    return result, without(card, found, fallen)


def points(hundredths: int) -> str:
    """Points as people write them.

    Examples:
        >>> points(9250), points(50)
        ('92.50', '0.50')
    """
    return f"{hundredths // 100}.{hundredths % 100:02d}"


@transaction.atomic
def _open(result: Settled, member: Member, score: ContractorScore, at: datetime) -> bool:
    """Open one contractor's case with every deduction, and tell it; all or nothing."""
    card, month = result.card, result.month
    key = f"scorecard:{card.id}:{_written(month.first)}:{member.contractor}"
    book = catalogue.in_force()[_procedure(card)].rulebook
    actor = timer.system(book)
    kept = files.keep(f"{card.id.replace('/', '-')}.yaml", source(card), "text/plain")
    opened = open_case(
        rulebook=book.id, action="open", actor=actor, at=at, sides=[], title=f"{member.name}{month.first:%Y年%m月}考核",
        facts={
            "organisation": member.contractor, "month": _written(month.first), "card.id": card.id, "card.digest": card.digest,
            "card.file": [kept.as_fact()], "judged_at": month.as_of.replace(tzinfo=TZ).isoformat(), "group": member.group,
            "score": points(score.score), "out_of": points(card.points), "breakdown": breakdown(card, score),
        },
        key=key,
    )  # fmt: skip
    if isinstance(opened, Refusal):
        why = "；".join(r.text.zh for r in opened.reasons)
        _log.error("scorecard: %s of %s is not settled: %s", member.name, key, why)
        return False
    number = opened.case.number
    mine = [*result.lines.of(member.contractor), *of_means(card, month, score)]
    for n, line in enumerate(mine):
        _must(act(number=number, action="enter_line", actor=actor, at=at, facts=_entry(card, line), key=f"{key}:{n}"))
    _must(act(number=number, action="tell", actor=actor, at=at, key=f"{key}:tell"))
    return True


def _entry(card: Card, line: Line) -> dict[str, Any]:
    item = card.items[line.item]
    facts = {
        "entry.item": item.zh, "entry.key": line.item, "entry.clause": item.clause or "", "entry.source": line.source,
        "entry.happened_at": line.at.replace(tzinfo=TZ).isoformat(), "entry.points": points(line.points), "entry.note": line.note,
    }  # fmt: skip
    return {name: value for name, value in facts.items() if value}


def breakdown(card: Card, score: ContractorScore) -> str:
    """What each item that cost something cost, in words."""
    lost = [(card.items[i.item], i) for i in score.items if i.lost]
    said = [f"{item.zh}{f'（{item.clause}）' if item.clause else ''}扣{points(i.lost)}" for item, i in lost]
    return "；".join(said) or "没有扣分"


def _rescored(case: Case, at: datetime) -> bool:
    """Work one case out again, without what a contest took away."""
    result, score = settled(case)
    book = catalogue.kept(case.digest).rulebook
    outcome = act(
        number=case.number, action="rescore", actor=timer.system(book), at=at,
        facts={"score": points(score.score), "breakdown": breakdown(result.card, score)}, key=f"rescore:{case.number}#{case.length}",
    )  # fmt: skip
    return not isinstance(outcome, Refusal)


def _must(outcome: Done | Refusal) -> None:
    """An act of the system that nothing stands against. Raises RuntimeError where something does."""
    if isinstance(outcome, Refusal):
        raise RuntimeError("; ".join(r.text.en for r in outcome.reasons))


def _contractor(case: Case) -> str:
    return next((str(p.organisation_id) for p in case.parties.all() if p.organisation_id), "")


def _procedure(card: Card) -> str:
    """The procedure by which a card's months are settled, in its body's own version."""
    return catalogue.of_body(card.id.split("/")[0], reads_of(card).settled_by)


def _before(day: date) -> date:
    """The first day of the month before."""
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def _written(first: date) -> str:
    return f"{first:%Y-%m}"
