"""Letters that wait outside a case: whose they are to settle, who opened them, and a reminder each working morning.

No deadline of a rulebook counts for what is no case yet; so that none is forgotten, whoever sits at the desk is told daily.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import QuerySet
from django.urls import reverse

from mingduan.cases import catalogue, outbox
from mingduan.cases.access import log_reading, openings
from mingduan.cases.models import Reading
from mingduan.people.models import User
from mingduan.procedure.case import Actor
from mingduan.procedure.period import TZ
from mingduan.procedure.words import moment

from ..models import Letter, LetterReading
from .taking import MAIL, TEXT, What, bodies, intake

MORNING = time(9)


def desks(user: User) -> list[str]:
    """The bodies whose letters this person sees to: those who may file for somebody under the procedure that letters open."""
    books = {b: book for c in (MAIL, TEXT) for b in bodies(c) if (book := intake(b, c))}
    return sorted(b for b, book in books.items() if book.filing and book.filing[0] in openings(user, book))


def waiting(*of: str) -> QuerySet[Letter]:
    """The letters of these bodies that wait, the oldest first."""
    return Letter.objects.filter(body__in=of, what=What.WAITS).order_by("at", "id")


def log(letter: Letter, reader: User, at: datetime, file: str = "") -> None:
    """Note who opened a letter, or the file called `file` of it (PIPL 51): with its case, and with the letter while it has none."""
    actor = Actor(str(reader.pk), str(reader), frozenset())
    if letter.case is not None:
        log_reading(letter.case, actor, at, Reading.What.PAPER, file or f"来信 {letter.subject}".strip())
    else:
        LetterReading.objects.create(letter=letter, reader=actor.name[:80], reader_id=actor.id, at=at, file=file[:200])


def daily(at: datetime) -> int:
    """Have the desks reminded on the morning of a working day; how many. For the worker, once a day."""
    day, asked = at.astimezone(TZ).date(), 0
    for body in sorted({b for c in (MAIL, TEXT) for b in bodies(c)}):
        book = intake(body, MAIL) or intake(body, TEXT)
        if book is not None and catalogue.in_force()[book.id].calendar.is_working(day):
            outbox.put("letters", f"letters:{body}:{day}", {"body": body}, datetime.combine(day, MORNING, TZ))
            asked += 1
    return asked


@outbox.handles("letters")
def _remind(payload: Mapping[str, Any], at: datetime) -> None:
    """Tell whoever sits at a body's desk how many letters wait, and since when; nobody where none does."""
    body = str(payload["body"])
    found = waiting(body)
    first = found.first()
    if first is None:
        return
    people = User.objects.filter(is_active=True, offices__body=body).exclude(email="").distinct()
    to = [u.email for u in people.prefetch_related("offices", "mandates") if body in desks(u)]
    if not to:
        return
    n, link = found.count(), f"{settings.PUBLIC_URL}{reverse('letters')}"
    EmailMessage(
        subject=f"{n}封来信等待处理 / {n} letters wait",
        body=_BODY.format(n=n, since=moment(first.at), since_en=moment(first.at, "en"), link=link), bcc=to,
    ).send()  # fmt: skip


_BODY = """有{n}封来信没有立案，也没有并入案件；最早的一封收到于{since}。请打开处理：
{link}

{n} letters are in no case yet; the oldest came {since_en}. They are settled at the address above.
"""
