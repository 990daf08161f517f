"""How long what came by letter and is in no case is kept: the time that the rulebook names, then what it said is destroyed (PIPL 47)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from mingduan.cases import catalogue, files
from mingduan.procedure.period import Period, after

from ..models import Letter
from .taking import MAIL, TEXT, What, bodies, emptied, intake

_DONE_WITH = (What.SET_ASIDE, What.AUTOMATIC, What.BOUNCE, What.STOP)


def daily(at: datetime) -> int:
    """Destroy what letters said that are in no case and whose time is over; how many. That they came, when and what became of them stays."""
    done = 0
    for channel in (MAIL, TEXT):
        for body in bodies(channel):
            book = intake(body, channel)
            rule = book.parameters.get(book.post.keeps or "") if book and book.post else None
            if book is None or rule is None or not isinstance(rule.constant, Period):
                continue
            calendar = catalogue.in_force()[book.id].calendar
            for row in Letter.objects.filter(body=body, channel=channel, what__in=_DONE_WITH, case=None).exclude(
                sender="", text=""
            ):
                if after(rule.constant, row.settled_at or row.at, calendar).instant < at:
                    with transaction.atomic():
                        files.let_go(emptied(Letter.objects.filter(pk=row.pk)), at)
                    done += 1
    return done
