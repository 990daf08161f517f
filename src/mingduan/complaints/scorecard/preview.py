"""A month as it stands now, worked out again only when something was written or time has gone on."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta
from threading import Lock
from typing import NamedTuple

from django.db.models import Q

from mingduan.cases import catalogue
from mingduan.cases.models import Case
from mingduan.procedure.period import TZ

from .card import Card
from .cards import month_of, worked
from .settle import Settled
from .store import Member, reads_of

FRESH = timedelta(minutes=5)  # limits go by in whole hours; a page says as of when it was judged
_KEPT_AT_MOST = 24


class Preview(NamedTuple):
    """What a month was at an instant, and whom it is about by id."""

    judged_at: datetime
    result: Settled
    whom: dict[str, Member]


_kept: dict[tuple[str, date], tuple[str, Preview]] = {}
_lock = Lock()


def preview(card: Card, first: date, now: datetime) -> Preview:
    """The month beginning on `first` as it stands at `now`, or stood less than five minutes before if nothing was written since."""
    key, written = (card.digest, first), _written(card, first)
    before, made = _kept.get(key, ("", None))
    if made is not None and before == written and timedelta(0) <= now - made.judged_at < FRESH:
        return made
    made = Preview(now, *worked(card, month_of(first, now)))
    with _lock:
        _kept[key] = (written, made)
        while len(_kept) > _KEPT_AT_MOST:
            _kept.pop(next(iter(_kept)))
    return made


def _written(card: Card, first: date) -> str:
    """One value for all that has been written in the cases a month is worked out from: the heads of their chains."""
    reads, body = reads_of(card), card.id.split("/")[0]
    own = {
        n: catalogue.of_body(body, n)
        for n in (reads.tickets.rulebook, reads.records.rulebook, reads.roster.rulebook, reads.roster.leaving)
    }
    begin = datetime.combine(first, datetime.min.time(), TZ)
    always = Q(rulebook__in=[own[reads.roster.rulebook], own[reads.roster.leaving]])
    in_month = Q(rulebook__in=[own[reads.tickets.rulebook], own[reads.records.rulebook]], changed_at__gte=begin)
    heads = Case.objects.filter(always | in_month).order_by("pk").values_list("head", flat=True)
    return hashlib.sha256("".join(heads.iterator(2000)).encode()).hexdigest()
