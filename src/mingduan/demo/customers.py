"""The operator's complaints that are not about the network: bills, fraud, service. Told like the tickets of the town, the last
days at once, the weeks before by the worker; from all of them together the branch's model learns to tell the classes apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from django.db import transaction

from mingduan.cases.act import Done, act, open_case
from mingduan.cases.models import Receipt
from mingduan.people.models import User
from mingduan.procedure.case import Actor, Refusal
from mingduan.procedure.period import TZ

from .people import read

RULEBOOK = "telecom/complaint"
EARLIER, RECENT, SLICE = 120, 5, 12
_KEY = "demonstration-complaints/"
_Act = tuple[timedelta, str, str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Complaint:
    """One of them: when it came, what it is about, who said what."""

    key: str
    at: datetime
    about: str
    said: str
    name: str
    phone: str


def begin(now: datetime) -> None:
    """Tell those of the last two days, as far as they have come."""
    for one in _written(now.astimezone(TZ).date())[-RECENT:]:
        _tell(one, now)


def go_on(made: date, now: datetime) -> int:
    """Tell the next few of the weeks before the day the demonstration was made; how many there were."""
    told = Receipt.objects.filter(key__startswith=_KEY).count()
    wanted = _written(made)[:EARLIER][max(told - RECENT, 0) :][:SLICE]
    for one in wanted:
        with transaction.atomic():
            _tell(one, now)
    return len(wanted)


def _written(today: date) -> list[Complaint]:
    """All of them in the order they came: the same for the same day."""
    chance, words = Random(4), read("customers.yaml")  # noqa: S311  not secrets
    people, classes = read("town.yaml"), list(words["classes"])
    days = [*sorted((chance.randrange(10, 80) for _ in range(EARLIER)), reverse=True), 2, 2, 1, 1, 1]
    return [
        Complaint(
            f"{_KEY}{n}", datetime.combine(today - timedelta(day), time(9 + n % 8, chance.randrange(60)), TZ), about,
            f"{chance.choice(words['openings'])}{chance.choice(words['classes'][about]['said'])}。{chance.choice(words['endings'])}",
            chance.choice(people["surnames"]) + chance.choice(people["given"]), f"139{chance.randrange(10**8):08d}",
        )
        for n, day in enumerate(days)
        for about in [classes[n % len(classes)]]
    ]  # fmt: skip


def _tell(one: Complaint, now: datetime) -> None:
    users = {u.username: u for u in User.objects.filter(username__in=("desk", "dispatcher"))}
    number = ""
    for after, role, action, facts in _acts(one):
        at = one.at + after
        if at > now:
            return
        user = users["dispatcher" if role == "handler" else "desk"]
        actor = Actor(str(user.pk), user.name, frozenset([role]))
        done: Done | Refusal
        if action == "file":
            done = open_case(
                rulebook=RULEBOOK, action=action, actor=actor, at=at, facts=facts, sides=(), title="", key=one.key
            )
        else:
            done = act(number=number, action=action, actor=actor, at=at, facts=facts)
        if isinstance(done, Refusal):
            raise RuntimeError(f"{action} {at}: {done.reasons[0].text.zh}")
        number = done.case.number


def _acts(one: Complaint) -> Iterator[_Act]:
    """What is done about one, so long after it came, by whom."""
    words = read("customers.yaml")["classes"][one.about]
    kind, text, amount = words["offer"]
    found = {"entry.how": "records", "entry.found": words["finding"]}
    offer = {"offer.kind": kind, "offer.text": text} | ({"offer.amount": amount} if amount else {})
    yield (
        timedelta(), "desk", "file",
        {"channel": "hotline", "about": one.about, "details": one.said, "customer.name": one.name, "customer.phone": one.phone},
    )  # fmt: skip
    yield timedelta(minutes=40), "desk", "verify", {"entry.how": "callback", "entry.found": "回访属实"}
    yield timedelta(minutes=50), "desk", "grade", {"class": one.about}
    yield timedelta(minutes=60), "desk", "assign", {"department": words["department"]}
    yield timedelta(hours=20), "handler", "investigate", found
    yield timedelta(hours=21), "handler", "conclude_inquiry", {"finding": words["finding"], "at_fault": True}
    yield timedelta(hours=22), "desk", "offer", offer
    yield timedelta(hours=23), "desk", "agree", {}
    yield timedelta(hours=24), "desk", "conclude", {"conclusion.text": text}
    yield timedelta(hours=48), "desk", "call_back", {"entry.reached": True, "entry.satisfied": True}
    yield timedelta(hours=49), "desk", "close", {}
