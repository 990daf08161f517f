"""A town's tickets filed as network complaints, for tests that need the store."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from mingduan.cases.act import Done, Side, open_case
from mingduan.demo.town import Ticket, town
from mingduan.procedure.case import Actor

LAST = date(2026, 11, 22)  # a Sunday
WEEK = LAST - timedelta(days=6)
CUSTOMER = Actor("public", "客户", frozenset(["complainant"]))


def file_all(tickets: Iterable[Ticket]) -> None:
    """File every ticket at its instant."""
    for t in tickets:
        done = open_case(
            rulebook="telecom/network-complaint", action="file", actor=CUSTOMER, at=t.opened_at, title=t.trouble,
            sides=[Side("complainant", t.customer.name)],
            facts={
                "trouble": t.trouble, "details": t.details, "place.address": t.place.address, "place.position": t.place.position,
                "customer.phone": t.customer.phone,
            },
            noted={"channel": t.channel},
        )  # fmt: skip
        assert isinstance(done, Done), done


def busy_town(tickets: int = 260) -> tuple[Ticket, ...]:
    """The tickets of eight weeks that end with LAST, with the hot spot of their last week made plain."""
    made = town(seed=3, months=2, tickets=tickets, last=LAST)
    spot = made.spots[0]
    here = [t for t in made.tickets if t.place.address == spot.place.address and t.opened_at.date() >= spot.since]
    return (*made.tickets, *here, *here)
