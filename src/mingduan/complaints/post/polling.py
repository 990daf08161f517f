"""Mail fetched: each message is dealt with exactly once, whenever the worker, the server or the wire fails, and none holds up the next.

What is done stands in the database, in one transaction with the letter's row, before the message is put out of the way. Met again
(the worker died between the two, the server was set back) its place or its id is known, and it is only put away.
"""

from __future__ import annotations

import email
import email.policy
import logging
import time
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction

from mingduan.cases import files
from mingduan.paper.models import Delivery
from mingduan.procedure.text import Text

from ..models import Letter, Mailbox
from .boxes import Box, Waiting, opened
from .decoding import header, words
from .decoding import mailbox as one_mailbox
from .reading import MAX_BYTES, Mail, Unreadable, ids_within, read
from .taking import MAIL, Incoming, What, bodies, key_of, take
from .vouching import trusted_names, vouched

EVERY = timedelta(seconds=30)  # between looks at a server that answers
LONGEST = timedelta(minutes=15)  # between looks at one that does not
BUDGET = 45  # seconds that one look may take, so that one mailbox does not keep the others waiting
TRIES = 3  # a message that ends the worker so often is read no more
RAW = "message/rfc822"
_log = logging.getLogger(__name__)


def poll(at: datetime) -> int:
    """Look into each mailbox whose time has come; how many letters were taken. For the worker."""
    return sum(look(mailbox, at) for mailbox in mailboxes() if mailbox.active and _is_due(mailbox, at))


def mailboxes() -> list[Mailbox]:
    """The mailbox of each body that takes letters: a folder of the home until somebody says otherwise."""
    return [Mailbox.objects.get_or_create(body=body)[0] for body in bodies(MAIL)]


def look(mailbox: Mailbox, at: datetime) -> int:
    """Take what waits in a mailbox; how much that was. What keeps it from being read is noted with it and raises nothing."""
    taken = 0
    try:
        with opened(mailbox) as box:
            until = time.monotonic() + BUDGET
            for message in box.waiting():
                if time.monotonic() > until:
                    break
                taken += _one(mailbox, box, message, at)
    except OSError as error:
        _log.warning("mail: %s: %s", mailbox, error)
        failures = mailbox.failures + 1
        Mailbox.objects.filter(pk=mailbox.pk).update(
            failed_at=at, failures=failures, error=f"{type(error).__name__}: {error}"[:300]
        )
    else:
        Mailbox.objects.filter(pk=mailbox.pk).update(polled_at=at, failures=0, error="")
    return taken


def again(row: Letter, at: datetime) -> bool:
    """Read a letter once more that could not be read; whether something came of it."""
    raw = files.content(row.sha256)
    try:
        with transaction.atomic():
            Letter.objects.filter(pk=row.pk).delete()
            return deal(row.body, row.place, raw, at) is not None
    except Unreadable:
        return False


def deal(body: str, place: str, raw: bytes, at: datetime) -> Letter | None:
    """Deal with one message: its row, or None where it has come before. Raises Unreadable."""
    mail = read(raw)
    if mail.bounce:
        return _came_back(body, place, raw, mail, at)
    key = key_of(body, mail.message_id) if mail.message_id else key_of(body, mail.sender, mail.subject, mail.text, str(mail.written_at), *(e.content for e in mail.enclosures))  # fmt: skip
    return take(
        Incoming(
            body, MAIL, key, mail.sender, mail.text, name=mail.name, subject=mail.subject, quoted=mail.quoted, place=place,
            message_id=mail.message_id, enclosures=mail.enclosures, answers=mail.answers, silent=mail.silent, automatic=mail.automatic, mass=mail.mass,
            vouched=vouched(mail.results, _trusted(body), mail.sender),
        ),
        at,
    )  # fmt: skip


def _one(mailbox: Mailbox, box: Box, message: Waiting, at: datetime) -> bool:
    """Deal with one message that waits, then put it away; whether it was new."""
    place = f"{mailbox.pk}:{message.place}"[:120]
    new = False
    if not Letter.objects.filter(place=place).exists():
        tries = mailbox.tries + 1 if mailbox.trying == place else 1
        _note(mailbox, place, tries)
        raw = box.fetch(message)
        if raw is None:
            return False
        try:
            if tries > TRIES:
                raise Unreadable(
                    Text(zh="处理这封邮件时程序多次中断", en="The program ended several times while reading it")
                )
            if message.size > MAX_BYTES:
                raise Unreadable(Text(zh=f"邮件超过{MAX_BYTES >> 20} MB", en=f"Larger than {MAX_BYTES >> 20} MB"))
            new = deal(mailbox.body, place, raw, at) is not None
        except Unreadable as error:
            new = _keep(mailbox.body, place, raw, error.text, at)
        except (OperationalError, InterfaceError) as error:  # the database, not the message: it is tried again
            raise OSError(str(error)) from error
        except OSError:
            raise
        except Exception as error:  # whatever is wrong with one message, it is kept and shown, and the next is taken
            _log.exception("mail: %s could not be taken", place)
            new = _keep(mailbox.body, place, raw, Text(zh=f"未能办理（{type(error).__name__}）", en=f"It could not be taken ({type(error).__name__})"), at)  # fmt: skip
    box.done(message)
    _note(mailbox, "", 0)
    return new


def _keep(body: str, place: str, raw: bytes, why: Text, at: datetime) -> bool:
    """Keep a message that could not be read, with the reason, for the desk; whether it is there for the first time."""
    sender, subject, said = "", "", ""
    try:
        head = email.message_from_bytes(raw[:20_000], policy=email.policy.compat32)
        sender, subject = one_mailbox(header(head, "from"))[1], words(header(head, "subject"))
        said = header(head, "message-id").strip()
    except Exception:  # it is kept because it can't be read: whatever its head does, it is kept without
        _log.info("mail: %s has no readable header", place)
    stored = files.keep("letter.eml", raw[: MAX_BYTES + 1], RAW)
    _, new = Letter.objects.get_or_create(
        key=key_of(body, raw),
        defaults={
            "body": body, "channel": MAIL, "place": place, "sender": sender[:200], "subject": subject[:300], "message_id": said[:250], "sha256": stored.sha256,
            "what": What.WAITS, "why_zh": why.zh, "why_en": why.en, "at": at, "silent": True,
        },
    )  # fmt: skip
    return new


def _came_back(body: str, place: str, raw: bytes, mail: Mail, at: datetime) -> Letter | None:
    """Note with our own mail that it did not arrive; the desk is shown whose it was."""
    ids = [*mail.answers, *ids_within(raw)]
    with transaction.atomic():
        post = (
            Delivery.objects.filter(message_id__in=ids, channel=Delivery.Channel.MAIL)
            .select_related("notice__case")
            .first()
        )
        row, new = Letter.objects.get_or_create(
            key=key_of(body, "bounce", mail.message_id or raw),
            defaults={
                "body": body, "channel": MAIL, "place": place, "message_id": mail.message_id, "sender": mail.sender, "name": mail.name,
                "subject": mail.subject, "text": mail.text[:5_000], "what": What.WAITS if post else What.BOUNCE, "silent": True,
                "case": post.notice.case if post else None, "at": at,
                "why_zh": f"退信：{post.address} {mail.bounce}"[:500] if post else f"退信：{mail.bounce}"[:500],
                "why_en": f"Came back: {post.address} {mail.bounce}"[:500] if post else f"Came back: {mail.bounce}"[:500],
            },
        )  # fmt: skip
        if post and new:
            Delivery.objects.filter(pk=post.pk, bounced_at=None).update(bounced_at=at, error=mail.bounce[:300])
    return row if new else None


def _note(mailbox: Mailbox, place: str, tries: int) -> None:
    """Note which message is being dealt with, in a transaction of its own, so that it is known if the worker dies of it."""
    mailbox.trying, mailbox.tries = place[:80], tries
    mailbox.save(update_fields=["trying", "tries"])


def _trusted(body: str) -> frozenset[str]:
    return trusted_names(next(iter(Mailbox.objects.filter(body=body).values_list("trusted", flat=True)), ""))


def _is_due(mailbox: Mailbox, at: datetime) -> bool:
    if mailbox.kind == Mailbox.Kind.FOLDER:
        return True
    last = max(filter(None, (mailbox.polled_at, mailbox.failed_at)), default=None)
    wait = min(EVERY * 2 ** min(mailbox.failures, 6), LONGEST)
    return last is None or at - last >= wait
