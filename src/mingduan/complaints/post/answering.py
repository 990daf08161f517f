"""Mail of ours that can be answered: to whom it goes where there is no account, and what it carries so that an answer finds its case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from mingduan.cases import catalogue
from mingduan.cases.models import Case, Notice, Party
from mingduan.paper import delivery
from mingduan.paper.models import Delivery

from ..models import Letter, Mailbox
from .folding import MARK
from .reading import is_address
from .taking import MAIL, own_addresses

AN_HOUR, ACKNOWLEDGED = timedelta(hours=1), 5  # acknowledgements to one address
THREAD = 10  # ids that a mail refers to


class Postmaster:
    """See `delivery.Postmaster`."""

    def address(self, notice: Notice, party: Party, at: datetime) -> str:
        """The address that the case knows, unless a machine must not answer it (RFC 3834) or has too often."""
        post = catalogue.kept(notice.case.digest).rulebook.post
        address = str(notice.case.facts.get(post.address, "")).strip() if post else ""
        if not is_address(address) or address.casefold() in own_addresses(_body(notice.case)):
            return ""
        answered = _answered(notice)
        if (
            answered is None
            or Delivery.objects.filter(notice=notice, channel=Delivery.Channel.MAIL, address=address).exists()
        ):
            return address
        if answered.silent:
            return ""
        sent = Delivery.objects.filter(
            channel=Delivery.Channel.MAIL, address=address, notice__seq=1, notice__at__gt=at - AN_HOUR
        )
        return address if sent.count() < ACKNOWLEDGED else ""

    def headers(self, post: Delivery) -> Mapping[str, str]:
        """`Reply-To` our mailbox; `In-Reply-To` and `References` the letters and mails of the same thread before it."""
        case, headers = post.notice.case, dict[str, str]()
        if box := Mailbox.objects.filter(body=_body(case), active=True).exclude(address="").first():
            headers["Reply-To"] = box.address
        answered = _answered(post.notice)
        if answered is not None:
            headers["Auto-Submitted"] = "auto-replied"
        thread = _thread(post)
        if thread:
            headers["In-Reply-To"] = answered.message_id if answered and answered.message_id else thread[-1]
            headers["References"] = " ".join(thread)
        return headers

    def above(self, post: Delivery) -> str:
        """The line above which an answer is written."""
        return MARK if Mailbox.objects.filter(body=_body(post.notice.case), active=True).exists() else ""


def _answered(notice: Notice) -> Letter | None:
    """The letter that the notice answers by itself: the one whose act it tells of."""
    return Letter.objects.filter(case=notice.case, seq=notice.seq, channel=MAIL).first()


def _thread(post: Delivery) -> list[str]:
    """The ids of what was written before in this case, to and by the same recipient, the latest last."""
    case = post.notice.case
    ours = Delivery.objects.filter(
        notice__case=case, recipient=post.recipient, channel=Delivery.Channel.MAIL, notice__lt=post.notice_id
    ).exclude(sent_at=None).values_list("notice__at", "message_id")  # fmt: skip
    theirs = (
        Letter.objects.filter(case=case, channel=MAIL, sender__iexact=post.address)
        .exclude(message_id="")
        .values_list("at", "message_id")
        if post.user is None
        else ()
    )
    # Of one instant the letter comes first: what we wrote then answers it.
    said = sorted([*((at, 0, named) for at, named in theirs), *((at, 1, named) for at, named in ours)])
    return [named for _, _, named in said[-THREAD:]]


def _body(case: Case) -> str:
    return case.rulebook.split("/")[0]


delivery.appoint(Postmaster())
