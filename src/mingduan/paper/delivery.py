"""Notices brought to those they are for: into each one's inbox, by e-mail with the document, and the proof that they came.

Who receives is decided when the notice goes out. Each recipient gets each channel once, however often this is tried.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet
from django.urls import reverse

from mingduan.cases import catalogue, files, links, outbox
from mingduan.cases.access import Access
from mingduan.cases.act import act, state_of
from mingduan.cases.models import Case, Disposal, EventRow, Notice, Party
from mingduan.cases.timer import system
from mingduan.people.models import User
from mingduan.procedure.case import DutyStatus

from . import diaries
from .invitation import Invitation, invitation
from .models import Delivery
from .notices import Destroyed, printed
from .recipients import Recipient, named, recipients

INBOX, MAIL = Delivery.Channel.INBOX, Delivery.Channel.MAIL


class Undelivered(Exception):
    """Some of the mail did not go; what went is noted and won't go again."""


Carrier = Callable[[Notice, Party, datetime], None]
_CARRIERS: list[Carrier] = []


def carries(function: Carrier) -> Carrier:
    """Register a way to bring notices to parties without an account; called whenever a notice is brought, perhaps again."""
    _CARRIERS.append(function)
    return function


class Postmaster(Protocol):
    """Who takes the answers to our mail, and so knows where they go and to whom a machine may write."""

    def address(self, notice: Notice, party: Party, at: datetime) -> str:
        """The e-mail by which a party without an account is told, '' for none."""
        ...

    def headers(self, post: Delivery) -> Mapping[str, str]:
        """What a mail carries so that an answer finds its case."""
        ...

    def above(self, post: Delivery) -> str:
        """The line above which an answer is written, '' where none is taken."""
        ...


_APPOINTED: list[Postmaster] = []


def appoint(postmaster: Postmaster) -> None:
    """Make this one the postmaster; without one, mail goes to accounts only and nobody takes an answer."""
    _APPOINTED[:] = [postmaster]


@outbox.handles("notice")
def deliver(payload: Mapping[str, Any], at: datetime) -> None:
    """Bring one notice to everybody it is for. Raises Undelivered when some mail could not be sent."""
    notice = Notice.objects.select_related("case").get(pk=payload["notice"])
    if _out_of_date(notice, at):
        return
    everybody = list(recipients(notice, at))
    for recipient in everybody:  # all of them before the first mail: no post office holds up an inbox
        into_inbox(notice, recipient, at)
    posts = [_post(notice, r, r.user.email) for r in everybody if r.user is not None and r.user.email]
    for party in notice.case.parties.filter(role=notice.role, user=None, organisation=None):
        for carrier in _CARRIERS:
            carrier(notice, party, at)
        for postmaster in _APPOINTED:
            if address := postmaster.address(notice, party, at):
                posts.append(_post(notice, Recipient(f"case:{party.follows}", party.name), address))
    failed = [post.address for post in posts if post.sent_at is None and not _mail(post, at)]
    if failed:
        raise Undelivered(f"{len(failed)} 封邮件未能寄出：{'、'.join(failed)}")


def _out_of_date(notice: Notice, at: datetime) -> bool:
    """Whether an alert waited so long that nobody owes what it is about any more: whoever has the case now isn't told of it."""
    alert = EventRow.objects.get(case=notice.case_id, seq=notice.seq).stored.get("alert")
    if alert is None or notice.case.destroyed_at is not None:
        return False
    duties = catalogue.kept(notice.case.digest).duties(state_of(notice.case), at)
    owed = next((d for d in duties if d.deadline == alert[0]), None)
    return owed is None or owed.status not in (DutyStatus.OPEN, DutyStatus.LATE) or owed.anchored_at > notice.at


def into_inbox(notice: Notice, recipient: Recipient, at: datetime) -> Delivery:
    """Put the notice into the recipient's inbox, if it is not there yet."""
    delivery, _ = Delivery.objects.get_or_create(
        notice=notice, recipient=recipient.id, channel=INBOX,
        defaults={"user": recipient.user, "name": recipient.name, "sent_at": at},
    )  # fmt: skip
    return delivery


def _post(notice: Notice, recipient: Recipient, address: str) -> Delivery:
    """The mail to the recipient: as it was last tried, or to be sent. An address mended since the last try is used."""
    post, _ = Delivery.objects.get_or_create(
        notice=notice, recipient=recipient.id, channel=MAIL,
        defaults={"user": recipient.user, "name": recipient.name, "address": address, "message_id": _new_id()},
    )  # fmt: skip
    if post.sent_at is None and post.address != address:
        post.address = address
        post.save(update_fields=["address"])
    return post


def opened(notice: Notice, got: Access, user: User | None, at: datetime) -> None:
    """Note that somebody opened the notice: the first time its addressee does so is the proof of service."""
    if notice.role not in got.actor.roles:
        return
    by_secret = got.actor.id.startswith("case:")
    name = got.actor.name if by_secret or user is None else named(user)
    delivery = into_inbox(notice, Recipient(got.actor.id, name, None if by_secret else user), at)
    if Delivery.objects.filter(pk=delivery.pk, read_at=None).update(read_at=at):
        _once_all_have_read(notice, at)


def inbox(user: User) -> QuerySet[Delivery]:
    """What was brought to this person, unread first, then the latest first."""
    return (
        Delivery.objects.filter(user=user, channel=INBOX)
        .select_related("notice__case")
        .annotate(new=ExpressionWrapper(Q(read_at=None), BooleanField()))
        .order_by("-new", "-notice__at", "-id")
    )


def unread(user: User) -> int:
    """How many notices this person has not opened and still could."""
    gone = Disposal.objects.filter(case=OuterRef("notice__case"))
    return Delivery.objects.filter(~Exists(gone), user=user, channel=INBOX, read_at=None).count()


def unopened(case: Case, got: Access) -> QuerySet[Notice]:
    """The notices of a case for one of its people that they have not opened, the latest first."""
    read = Delivery.objects.filter(notice=OuterRef("pk"), recipient=got.actor.id).exclude(read_at=None)
    there = case.notices.none() if case.destroyed_at is not None else case.notices
    return there.filter(~Exists(read), role__in=got.actor.roles).order_by("-at", "-pk")


def _once_all_have_read(notice: Notice, at: datetime) -> None:
    """Do what the rulebook has done once every party told of an act has opened its copy of the notice."""
    case = Case.objects.prefetch_related("parties").get(pk=notice.case_id)
    book = catalogue.kept(case.digest).rulebook
    told = EventRow.objects.get(case=case, seq=notice.seq).action
    following = [name for name, spec in book.actions.items() if spec.when_read == told]
    if not following:
        return
    sides = {r for r in book.actions[told].tells if book.roles[r].side in ("filer", "opponent")}
    copies = Delivery.objects.filter(notice__case=case, notice__seq=notice.seq, channel=INBOX).exclude(read_at=None)
    read = list(copies.select_related("notice", "user"))
    if all(any(_is_of(copy, party) for copy in read) for party in case.parties.all() if party.role in sides):
        for name in following:
            act(number=case.number, action=name, actor=system(book), at=at)


def _is_of(copy: Delivery, party: Party) -> bool:
    """Whether a copy of a notice was the party's: its account's, its organisation's, or that of its secret."""
    if copy.notice.role != party.role:
        return False
    if copy.user is None:
        return copy.recipient == f"case:{party.follows}"
    return copy.user_id == party.user_id or (
        party.organisation_id is not None and copy.user.organisation_id == party.organisation_id
    )


def _mail(post: Delivery, at: datetime) -> bool:
    """Send one message with the document, and the calendar's invitation where there is one; whether it went.

    What stops one message is noted with it and stops no other: a post office that is closed or refuses (OSError, of which
    SMTPException is one), an address or a subject that no header can hold (ValueError, of which BadHeaderError is one).
    """
    notice = post.notice
    post.message_id = post.message_id or _new_id()  # of mail that was tried before there were such ids
    calendar = invitation(notice, post.address) if post.user is not None else None
    try:
        message = _message(post) if post.user is None else _with_papers(post, calendar)
    except Destroyed:
        return True
    try:
        message.send()
        post.sent_at, post.error = at, ""
        if calendar is not None and post.user is not None:
            diaries.told(notice.case, post.user, post.address, calendar)
    except (OSError, ValueError) as error:
        post.error = f"{type(error).__name__}: {error}"[:300]
    post.save(update_fields=["message_id", "sent_at", "error"])
    return post.sent_at is not None


def _new_id() -> str:
    return f"<{secrets.token_urlsafe(18)}@{settings.MAIL_DOMAIN}>"


def _with_papers(post: Delivery, calendar: Invitation | None) -> EmailMessage:
    """To somebody with an account: the document is enclosed, and their inbox has the proof of service. Raises Destroyed."""
    notice = post.notice
    document = files.read(printed(notice).sha256)
    message = _envelope(
        post, _BODY.format(name=post.name, title=notice.title, number=notice.case.number, address=_page(notice.case))
    )
    message.attach(f"{notice.case.number}-{notice.seq:02}.pdf", document, "application/pdf")
    if calendar is not None:
        message.attach("invitation.ics", calendar.content.decode(), f"text/calendar; method={calendar.method}")
    return message


def _page(case: Case) -> str:
    """The address of a case's page; of an emergency that runs, of the page to follow it by."""
    watch = catalogue.kept(case.digest).rulebook.watch
    page = "watch" if watch is not None and case.state in watch.live else "case"
    return f"{settings.PUBLIC_URL}{reverse(page, args=[case.number])}"


def _message(post: Delivery) -> EmailMessage:
    """To a party without an account: what the notice says, and the link by which it can be answered."""
    notice = post.notice
    party = notice.case.parties.filter(role=notice.role, user=None, organisation=None).first()
    said = [post.name + "：", notice.body, notice.remedies]
    if party is not None:
        said.append(f"查看进展、答复 / How it stands, and to answer:\n{links.address(party)}")
    said.append(f"案件编号 / Case: {notice.case.number}")
    return _envelope(post, "\n\n".join(filter(None, said)) + "\n")


def _envelope(post: Delivery, body: str) -> EmailMessage:
    headers = {"Message-ID": post.message_id, "Auto-Submitted": "auto-generated"}
    above = ""
    for postmaster in _APPOINTED:
        headers |= postmaster.headers(post)
        above = postmaster.above(post)
    return EmailMessage(
        subject=" ".join(f"{post.notice.title}（{post.notice.case.number}）".split()),
        body=f"{above}\n\n{body}" if above else body, to=[post.address], headers=headers,
    )  # fmt: skip


_BODY = """{name}：

附件为《{title}》（案件 {number}）。请登录明断的收件箱查收，查收时间即为送达凭证。

Attached is a notice in case {number}. Please open it in your Mingduan inbox; that is the proof of service.

案件页 / The case: {address}
"""
