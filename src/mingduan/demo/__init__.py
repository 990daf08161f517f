"""A convincing demonstration: three bodies with officers, experts and enterprises, and some forty cases in every stage.

Deterministic, and dated relative to the day it is made. Every case comes about by the same acts that people do, at past
instants, so its history, deadlines and books are real. Who and what is in the YAML files beside this one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from mingduan.config import clock
from mingduan.people.models import User
from mingduan.registry.register import expire

from . import branch, network
from .people import PASSWORD, Cast, accounts, make_enterprises, make_people
from .post import deliver_past
from .register import take_over
from .stories import tell, tell_all

__all__ = ["PARTS", "PASSWORD", "Cast", "accounts", "make", "make_enterprises", "make_people", "tell"]


PARTS = 6  # of which `make` tells that one is done


@transaction.atomic  # a start that is cut short leaves no half-made demonstration behind
def make(now: datetime, step: Callable[[], object] = lambda: None) -> None:
    """Make the demonstration in an empty database, with a clock that can be put forward; does nothing where there are
    people already. `step` is called after each of its PARTS.
    """
    if User.objects.exists():
        return
    cast = make_enterprises(make_people(now), now)
    step()
    for part in (take_over, tell_all, branch.tell):
        part(cast, now)
        step()
    network.begin(now)
    step()
    expire(now)
    deliver_past(now)
    clock.begin_demonstration()
    step()
