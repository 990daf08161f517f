"""The operator's network complaints: the tickets of a town, each told act by act by the people whose step it is.

Three months of them take minutes. The last days are told while the demonstration is made; the worker goes on with the months
before, a few tickets at a time, while people already look around.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from heapq import merge
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from mingduan.cases.act import Done, act, open_case
from mingduan.cases.models import Receipt
from mingduan.complaints import training
from mingduan.people.models import Mandate, Office, User
from mingduan.procedure.case import Actor, Refusal
from mingduan.procedure.period import TZ

from . import customers
from .post import deliver_past
from .town import Ticket, town

RULEBOOK = "telecom/network-complaint"
MONTHS, TICKETS = 3, 3000
RECENT = timedelta(days=2)
SLICE = 10
LEARNT_AT = 120  # earlier tickets told, from which the desk's model learns the first time; every day after that
CUSTOMER = ""  # the one whose steps need no account
_KEY = "demonstration/"
_CAUSES = {
    "fault": ("基站小区退服", "更换板件，恢复正常"), "coverage": ("室内深度覆盖不足", "调整天线下倾角，列入室分规划"),
    "test_normal": ("现场测试各项正常", "优化邻区参数，跟踪观察"), "recovered": ("到场前已恢复", "核查告警，未再出现"),
    "handset": ("客户终端故障", "换机测试正常，建议检修终端"), "by_phone": ("客户咨询，电话说明", "电话解释，客户理解"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """One act of a ticket: when, by whom (login), what. Ordered by time, so that what happened first is told first."""

    at: datetime
    ticket: int
    place: int
    login: str = field(compare=False)
    role: str = field(compare=False)
    action: str = field(compare=False)
    facts: Mapping[str, Any] = field(compare=False)


@dataclass(frozen=True, slots=True)
class Crew:
    """Who answers for a company's tickets: its organisation's id, its lead and its engineers (logins)."""

    organisation: str
    lead: str
    engineers: tuple[str, ...]


def begin(now: datetime) -> None:
    """Tell the complaints of the last days, and leave the months before to `go_on`."""
    today = now.astimezone(TZ).date()
    customers.begin(now)
    tell([t for t in _town(today) if t.opened_at >= now - RECENT], now)
    _waiting().write_text(f"{today} {(now - RECENT).isoformat()}", encoding="utf-8")


def go_on(now: datetime) -> int:
    """Tell the next few of the earlier complaints, each whole or not at all; returns how many. Nothing where none wait."""
    try:
        made, until = _waiting().read_text(encoding="utf-8").split()
    except FileNotFoundError:
        return 0
    if others := customers.go_on(date.fromisoformat(made), now):
        deliver_past(now)
        return others
    earlier = [t for t in _town(date.fromisoformat(made)) if t.opened_at < datetime.fromisoformat(until)]
    told = Receipt.objects.filter(key__startswith=_KEY).count()
    for ticket in earlier[told : told + SLICE]:
        with transaction.atomic():
            tell([ticket], now, keyed=True)
    deliver_past(now)
    if told < LEARNT_AT <= told + SLICE:
        training.train("telecom", now)
    if told >= len(earlier):
        _waiting().unlink()
    return len(earlier[told : told + SLICE])


def waiting() -> bool:
    """Whether earlier tickets are still to be told: what is worked out from whole months must wait for them."""
    return _waiting().exists()


def tell(wanted: Iterable[Ticket], now: datetime, *, keyed: bool = False) -> None:
    """Tell what has happened of these tickets by `now`, all together as time went by. `keyed`: each leaves its receipt."""
    users = {u.username: u for u in User.objects.filter(pk__in=_staff())}
    crews = _crews(users)
    tickets = list(wanted)
    numbers: dict[int, str] = {}
    for step in merge(*(_steps(n, t, crews[t.contractor], users) for n, t in enumerate(tickets))):
        if step.at > now:
            continue
        actor = _actor(step, users, tickets[step.ticket])
        if step.action == "file":
            key = f"{_KEY}{tickets[step.ticket].number}" if keyed else ""
            done: Done | Refusal = open_case(
                rulebook=RULEBOOK, action="file", actor=actor, at=step.at, facts=step.facts, sides=(), title="", key=key
            )
            if isinstance(done, Done):
                numbers[step.ticket] = done.case.number
        else:
            done = act(number=numbers[step.ticket], action=step.action, actor=actor, at=step.at, facts=step.facts)
        if isinstance(done, Refusal):
            raise RuntimeError(f"{step.action} {step.at}: {done.reasons[0].text.zh}")


def _waiting() -> Path:
    """Says that there are earlier tickets to be told: the day the demonstration was made, and from when they have been."""
    return Path(settings.HOME) / "demo-tickets"


@lru_cache(maxsize=1)
def _town(today: date) -> tuple[Ticket, ...]:
    """The tickets up to yesterday and today's first hours: the same for the same day."""
    return town(1, MONTHS, TICKETS, today).tickets


def _actor(step: Step, users: Mapping[str, User], ticket: Ticket) -> Actor:
    """The account whose step it is; the customer has none."""
    if step.login == CUSTOMER:
        return Actor("public", ticket.customer.name, frozenset([step.role]))
    return Actor(str(users[step.login].pk), users[step.login].name, frozenset([step.role]))


def _staff() -> set[int]:
    """The operator's officers and the contractors' people."""
    officers = Office.objects.filter(body="telecom").values_list("user", flat=True)
    return {*officers, *Mandate.objects.filter(body="telecom").values_list("user", flat=True)}


def _crews(users: Mapping[str, User]) -> dict[str, Crew]:
    """Company name → its people, from the mandates they hold."""
    held: dict[str, dict[str, list[str]]] = {}
    organisations: dict[str, str] = {}
    logins = {user.pk: login for login, user in users.items()}
    for mandate in Mandate.objects.filter(body="telecom").select_related("user__organisation").order_by("pk"):
        company = mandate.user.organisation
        if company is None:
            continue
        organisations[company.name] = str(company.pk)
        held.setdefault(company.name, {}).setdefault(mandate.role, []).append(logins[mandate.user_id])
    return {n: Crew(organisations[n], roles["contractor"][0], tuple(roles["engineer"])) for n, roles in held.items()}


def _steps(n: int, ticket: Ticket, crew: Crew, users: Mapping[str, User]) -> Iterator[Step]:
    """What was done about one ticket, in order of time; what has no instant has not come."""
    made = [
        Step(at, n, place, login, role, action, facts)
        for place, (at, login, role, action, facts) in enumerate(_acts(ticket, crew, users))
    ]
    return iter(sorted(made))


_Act = tuple[datetime, str, str, str, Mapping[str, Any]]


def _acts(t: Ticket, crew: Crew, users: Mapping[str, User]) -> Iterator[_Act]:
    desk, dispatcher = "desk", "dispatcher"
    engineer = crew.engineers[sum(map(ord, t.engineer)) % len(crew.engineers)]

    def soon(at: datetime, minutes: float) -> datetime:
        return at + timedelta(minutes=minutes)

    yield (
        t.opened_at, desk, "desk", "file",
        {"channel": t.channel, "trouble": t.trouble, "details": t.details, "place.address": t.place.address,
         "place.position": t.place.position, "customer.name": t.customer.name, "customer.phone": t.customer.phone},
    )  # fmt: skip
    if t.dispatched_at is None:
        return
    waited = (t.dispatched_at - t.opened_at) / 3
    yield (
        t.opened_at + waited,
        desk,
        "desk",
        "verify",
        {"entry.how": "callback", "entry.found": "回访属实，客户愿意配合测试"},
    )
    yield t.opened_at + 2 * waited, desk, "desk", "grade", {f"marks.{m}": True for m in t.marks}
    given = {"organisation": crew.organisation, "dispatch.specialty": "wireless", "place.area": t.place.area}
    yield t.dispatched_at, dispatcher, "dispatcher", "dispatch", given
    if t.accepted_at is None:
        return
    yield t.accepted_at, crew.lead, "contractor", "accept", {}
    sent = soon(t.accepted_at, 3)
    yield sent, crew.lead, "contractor", "assign", {"people": [str(users[engineer].pk)]}
    replied = t.replied_at
    if replied is None:
        return
    arrived = sent + (replied - sent) / 2
    visited = t.result != "by_phone"
    if visited:
        yield arrived, engineer, "engineer", "arrive", {}
    yield arrived + (replied - arrived) / 4, engineer, "engineer", "talk", {"entry.said": t.details[:60]}
    if visited:
        level = -114 if t.result in ("fault", "coverage") else -92
        yield (
            arrived + (replied - arrived) / 2,
            engineer,
            "engineer",
            "test",
            {"entry.measure": "rsrp", "entry.value": level},
        )
    cause, measures = _CAUSES[t.result]
    report = {"result.kind": t.result, "result.cause": cause, "result.measures": measures, "result.resolved": True}
    yield (
        replied,
        engineer,
        "engineer",
        "report",
        report | ({"result.unsigned_because": "客户不在现场，电话确认"} if visited else {}),
    )
    if t.analysed_at is not None:
        analysis = {"analysis.outage": "1次" if t.result == "fault" else "无", "analysis.voice_channels": 996, "analysis.signalling_channels": 998,
                    "analysis.voice_setup": 984, "analysis.signalling_setup": 991, "analysis.transmission": "正常"}  # fmt: skip
        yield max(t.analysed_at, soon(replied, 5)), crew.lead, "contractor", "analyse", analysis
    yield (
        soon(replied, 30),
        desk,
        "desk",
        "offer",
        {"offer.kind": "repair" if visited else "explanation", "offer.text": measures},
    )
    yield soon(replied, 45), desk, "desk", "agree", {}
    yield soon(replied, 60), desk, "desk", "conclude", {"conclusion.text": f"原因：{cause}；{measures}。"}
    content = t.satisfaction in ("very_good", "good")
    yield soon(replied, 60 * 20), desk, "desk", "call_back", {"entry.reached": True, "entry.satisfied": content}
    if t.satisfaction:
        yield soon(replied, 60 * 22), CUSTOMER, "complainant", "survey", {"satisfaction": t.satisfaction}
    if not t.suspected_fault or t.analysed_at:
        yield max(soon(replied, 60 * 26), soon(t.analysed_at or replied, 60)), desk, "desk", "close", {}
