"""The demonstration's notices of days gone by: brought to their readers then, and read the next day, as people do.

Nothing is mailed, and a document is typeset only when somebody first opens it, so that hundreds cost little. What was
told since the day before is left to the worker, and unread.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.db.models import F

from mingduan.cases.models import Notice, Outbox
from mingduan.paper.delivery import INBOX
from mingduan.paper.models import Delivery
from mingduan.paper.recipients import Recipient, recipients
from mingduan.procedure.period import TZ

FRESH = timedelta(days=1)


def deliver_past(now: datetime) -> None:
    """Bring every notice older than a day to those it was for, at its own time."""
    due = Outbox.objects.filter(topic="notice", done_at=None, due__lt=now - FRESH)
    Outbox.objects.filter(topic="diaries", done_at=None, due__lt=now - FRESH).update(done_at=F("due"))
    notices = Notice.objects.select_related("case").in_bulk(list(due.values_list("payload__notice", flat=True)))
    readers: dict[tuple[int, str], list[Recipient]] = {}
    for notice in notices.values():
        if (notice.case_id, notice.role) not in readers:
            readers[notice.case_id, notice.role] = list(recipients(notice, notice.at))
    Delivery.objects.bulk_create(
        Delivery(
            notice=notice, recipient=who.id, user=who.user, name=who.name, channel=INBOX,
            sent_at=notice.at, read_at=read if (read := _morning_after(notice.at)) <= now else None,
        )
        for notice in notices.values()
        for who in readers[notice.case_id, notice.role]
    )  # fmt: skip
    due.update(done_at=F("due"))


def _morning_after(sent: datetime) -> datetime:
    """Nine o'clock of the next day."""
    return datetime.combine(sent.astimezone(TZ).date() + timedelta(days=1), time(9), TZ)
