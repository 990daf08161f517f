"""Diaries that agree with the case: whoever is called to a meeting has it, and whoever is no longer called has not.

The mail of a notice tells most of it. What no notice tells is set right after each act while a meeting is ahead: a member
who comes late is invited, one who leaves is told that they need not come.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.core.mail import EmailMessage

from mingduan.cases import catalogue, outbox
from mingduan.cases.act import events_of
from mingduan.cases.models import Case, Notice
from mingduan.people.models import User
from mingduan.procedure.case import Event, fold
from mingduan.procedure.meeting import Meeting, ahead, callers, meeting
from mingduan.procedure.words import moment

from .invitation import Invitation, said, written
from .models import Diary
from .recipients import recipients


class Untold(Exception):
    """Some diaries could not be told; what was told is noted and won't be told again."""


def told(case: Case, user: User, address: str, calendar: Invitation) -> None:
    """Note what a diary was told. What an earlier event made of the meeting, told late, changes nothing."""
    values = {
        "address": address, "sequence": calendar.sequence, "said": calendar.said,
        "called": calendar.method == "REQUEST",
    }  # fmt: skip
    diary, made = Diary.objects.get_or_create(case=case, fact=calendar.fact, user=user, defaults=values)
    if not made and diary.sequence <= calendar.sequence:
        Diary.objects.filter(pk=diary.pk).update(**values)


@outbox.handles("diaries")
def reconcile(payload: Mapping[str, Any], at: datetime) -> None:
    """Tell each diary that does not agree with the case as it is now. Raises Untold when some mail did not go."""
    case = Case.objects.get(number=payload["number"])
    if case.destroyed_at is not None:
        return
    events = events_of(case)
    book = catalogue.kept(case.digest).rulebook
    state = fold(events)
    failed: list[str] = []
    for fact in ahead(book, state.facts, at):
        held = meeting(book, state, fact)
        fixed = next((e for e in reversed(events) if e.action in callers(book, fact)), None)
        if held is not None and fixed is not None:
            failed += _set_right(case, held, fixed, events[-1], at)
    if failed:
        raise Untold(f"{len(failed)} 份日程未能寄出：{'、'.join(failed)}")


def _set_right(case: Case, held: Meeting, fixed: Event, latest: Event, at: datetime) -> list[str]:
    """Invite to one meeting whoever is called and has not got it as it is, strike it out for the rest; the addresses
    that mail could not reach.
    """
    notices = list(case.notices.filter(seq=fixed.seq).select_related("case"))
    called = {} if held.off else _called(notices, at)
    known = {d.user_id: d for d in Diary.objects.filter(case=case, fact=held.fact).select_related("user")}
    failed: list[str] = []
    title = notices[0].title if notices else case.title
    for pk, user in called.items():
        diary = known.get(pk)
        if diary is None or not diary.called or diary.said != said(held):
            failed += _tell(case, held, latest, title, user, user.email, keep=True)
    for pk, diary in known.items():
        if diary.called and pk not in called:
            failed += _tell(case, held, latest, title, diary.user, diary.address, keep=False)
    return failed


def _called(notices: Iterable[Notice], at: datetime) -> dict[int, User]:
    """Whoever a notice of the meeting would go to now, and has an address."""
    found = (r.user for notice in notices for r in recipients(notice, at))
    return {user.pk: user for user in found if user is not None and user.email}


def _tell(
    case: Case, held: Meeting, latest: Event, title: str, user: User, address: str, *, keep: bool
) -> Iterator[str]:
    """Mail one diary what it should have; the address when that fails."""
    zh, en = ("请您参加", "You are called to") if keep else ("您不必再参加", "You need no longer come to")
    text = _BODY.format(
        name=user, zh=zh, en=en, title=title, number=case.number, at=moment(held.starts_at), at_en=moment(held.starts_at, "en"), place=held.place
    )  # fmt: skip
    calendar = written(case, held, latest, title, f"{zh}：{case.number}", address, keep=keep)
    message = EmailMessage(subject=" ".join(f"{zh}：{title}（{case.number}）".split()), body=text, to=[address])
    message.attach("invitation.ics", calendar.content.decode(), f"text/calendar; method={calendar.method}")
    try:
        message.send()
    except (OSError, ValueError):  # as in `delivery`: a post office that refuses, an address that no header can hold
        yield address
        return
    told(case, user, address, calendar)


_BODY = """{name}：

{zh}案件 {number} 的“{title}”：{at}，{place}。附件供日历软件更新日程。

{en} “{title}” in case {number}: {at_en}, {place}. The attachment brings your calendar up to date.
"""
