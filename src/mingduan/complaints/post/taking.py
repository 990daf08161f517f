"""A letter becomes an act: of the case it belongs to, or the one that opens its own; what can't, waits for the desk.

The row that says so stands in the same transaction as the act, and its key is unique: a letter met again changes nothing.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from mingduan.cases import catalogue, erasing, files
from mingduan.cases.access import opener
from mingduan.cases.act import Done, Side, act, open_case, state_of
from mingduan.cases.files import FileRefusal, StoredFile
from mingduan.cases.models import Case
from mingduan.people.models import User
from mingduan.procedure.case import Actor, Reason, Refusal
from mingduan.procedure.masking import mask
from mingduan.procedure.rulebook import Rulebook
from mingduan.procedure.text import Text

from ..models import Letter, Mailbox
from .belonging import Belongs, by_mail, by_number, named_in, post_of
from .reading import Enclosure
from .vouching import Vouched

What = Letter.What
MAIL, TEXT = Letter.Channel.MAIL, Letter.Channel.TEXT
MOST_FILES = 20
AN_HOUR, LETTERS_AN_HOUR = timedelta(hours=1), 10  # of one sender; the rest waits for the desk


@dataclass(frozen=True, slots=True)
class Incoming:
    """A letter as it was read, whatever it came by. `key`: what makes it the same one when it is met again."""

    body: str
    channel: str
    key: str
    sender: str
    text: str
    name: str = ""
    subject: str = ""
    quoted: str = ""
    place: str = ""
    message_id: str = ""
    enclosures: tuple[Enclosure, ...] = ()
    answers: tuple[str, ...] = ()
    silent: bool = False
    automatic: bool = False
    mass: bool = False
    vouched: str = ""


@dataclass(frozen=True, slots=True)
class _Fate:
    """What became of a letter."""

    what: str
    case: Case | None = None
    seq: int | None = None
    why: Text | None = None
    perhaps: str = ""


def intake(body: str, channel: str) -> Rulebook | None:
    """The procedure under which a body's letters of this channel open cases."""
    books = [e.rulebook for i, e in catalogue.in_force().items() if i.startswith(f"{body}/")]
    found = [b for b in books if b.post and channel in b.post.opens and b.filing]
    return min(found, key=lambda b: (b.place, b.id), default=None)


def bodies(channel: str) -> list[str]:
    """The bodies that take letters of this channel."""
    return sorted({b for i in catalogue.in_force() if intake(b := i.split("/")[0], channel)})


def key_of(*parts: str | bytes) -> str:
    """One key of several parts."""
    return hashlib.sha256(b"\0".join(p if isinstance(p, bytes) else p.encode() for p in parts)).hexdigest()


def take(letter: Incoming, at: datetime) -> Letter | None:
    """Take a letter in, once: its row, or None where it has come before."""
    with transaction.atomic():
        row, new = Letter.objects.get_or_create(key=letter.key, defaults=_columns(letter, at))
        if not new:
            return _twin(letter, row, at) if letter.message_id and not _is_same(letter, row) else None
        kept, refused = receive(letter.enclosures, at)
        row.files, row.refused = [f.as_fact() for f in kept], [_told(name, why) for name, why in refused]
        settle(row, _decided(letter, row, at))
        return row


def reopen(row: Letter, at: datetime, by: User) -> Sequence[Reason]:
    """Open a case of a letter that waited; what stands against it."""
    fate = _opened(row, intake(row.body, row.channel), at)
    return _settled(row, fate, at, by)


def join(row: Letter, case: Case, actor: Actor, at: datetime, by: User) -> Sequence[Reason]:
    """Add a letter that waited to a case, as an officer who may; what stands against it."""
    return _settled(row, _added(row, Belongs(case, actor, False), at), at, by)


def set_aside(row: Letter, why: str, at: datetime, by: User) -> None:
    """Say that nothing is to be done about a letter, and why."""
    row.why_zh = row.why_en = why[:500]
    row.what, row.settled_at, row.settled_by = What.SET_ASIDE, at, by
    row.save()


def receive(enclosures: Iterable[Enclosure], at: datetime) -> tuple[list[StoredFile], list[tuple[str, Text]]]:
    """The files of a letter, looked at as any upload is; those that are not taken, each with why."""
    kept, refused = list[StoredFile](), list[tuple[str, Text]]()
    for n, enclosure in enumerate(enclosures):
        if n >= MOST_FILES:
            refused.append((enclosure.name, Text(zh=f"附件多于{MOST_FILES}个", en=f"More than {MOST_FILES} files")))
            continue
        got = files.receive(enclosure.name, enclosure.content, at)
        if isinstance(got, FileRefusal):
            refused.append((enclosure.name, got.text))
        elif got.sha256 not in {f.sha256 for f in kept}:
            kept.append(got)
    return kept, refused


def own_addresses(body: str) -> set[str]:
    """Our own addresses: what comes from them is never answered or taken."""
    theirs = Mailbox.objects.filter(body=body).values_list("address", flat=True)
    return {a.casefold() for a in (settings.MAIL_ADDRESS, *theirs) if a}


def settle(row: Letter, fate: _Fate) -> None:
    """Write down what became of a letter."""
    row.what, row.case, row.seq, row.perhaps = fate.what, fate.case, fate.seq, fate.perhaps or row.perhaps
    row.why_zh, row.why_en = (fate.why.zh[:500], fate.why.en[:500]) if fate.why else ("", "")
    row.save()


def _decided(letter: Incoming, row: Letter, at: datetime) -> _Fate:
    """What is to become of a letter that came for the first time."""
    found = _where(letter, at)
    case = found[0].case if found else None
    if letter.channel == MAIL and letter.sender.casefold() in own_addresses(letter.body):
        return _Fate(What.AUTOMATIC, case, why=Text(zh="来自我们自己的地址", en="From an address of our own"))
    if letter.automatic:
        return _Fate(What.AUTOMATIC, case, why=Text(zh="自动回复", en="Sent by a machine in answer to ours"))
    if not _said(row):
        return _Fate(What.WAITS, case, why=Text(zh="没有可读的内容", en="Nothing in it can be read"))
    if letter.mass and not found:
        return _Fate(
            What.WAITS,
            why=Text(
                zh="群发或程序发出的邮件，请看是否为投诉", en="Mass mail or sent by a program: is it a complaint?"
            ),
        )
    if not letter.sender:
        return _Fate(What.WAITS, case, why=Text(zh="寄件人地址无效", en="The sender's address is none"))
    if _too_many(letter, row, at):
        return _Fate(What.WAITS, case, why=Text(zh=f"同一寄件人一小时内来信多于{LETTERS_AN_HOUR}封", en=f"More than {LETTERS_AN_HOUR} letters of one sender within an hour"))  # fmt: skip
    if found and found[0].claimed and letter.vouched != Vouched.PASS:
        return _Fate(What.WAITS, why=_unproved(letter.vouched), perhaps=found[0].case.number)
    for belongs in found:
        if (fate := _said_in_a_word(row, belongs, at)) is not None:
            return fate
    if found:
        return _added(row, found[0], at)
    fate = _opened(row, intake(letter.body, letter.channel), at)
    named = named_in(letter.body, letter.subject)
    return _Fate(fate.what, fate.case, fate.seq, fate.why, named.number if named else "")


def _where(letter: Incoming, at: datetime) -> list[Belongs]:
    if letter.channel == TEXT:
        return by_number(letter.body, letter.sender, at)
    found = by_mail(letter.body, letter.sender, letter.answers, letter.subject, at)
    if found and letter.vouched == Vouched.FAIL:  # it has our mail, and is not from whom it says
        found = replace(found, known=False)
    return [found] if found else []


def _unproved(vouched: str) -> Text:
    """Why a letter does not get into a case by its address alone."""
    zh, en = (
        ("没有通过收信服务器的验证", "failed the receiving server's check")
        if vouched == Vouched.FAIL
        else ("没有经收信服务器证实", "is not vouched for by the receiving server")
    )
    return Text(
        zh=f"寄件人地址是案件已知的，但{zh}，可能是冒名：请核对后并入或立案",
        en=f"The case knows the sender's address, but it {en}: it may be forged. Check it, then add it or open a case",
    )


def _opened(row: Letter, book: Rulebook | None, at: datetime) -> _Fate:
    """Open the case of a letter, in its writer's name, by the action with which anybody files."""
    if book is None or book.filing is None:
        return _Fate(What.WAITS, why=Text(zh="没有以来信立案的程序", en="No procedure opens cases by letter"))
    post, (action, role) = post_of(book), book.filing
    asked = {i.name for i in book.inputs(action)}
    opens: Mapping[str, Any] = post.opens.get(row.channel, {})  # type: ignore[call-overload]  # a channel is one of those
    noted = {n: v for n, v in opens.items() if book.facts[n].asked_of}
    facts: dict[str, Any] = {n: v for n, v in opens.items() if n not in noted}
    facts[post.text] = _said(row, with_subject=True)
    facts[post.address if row.channel == MAIL else post.number] = row.sender
    if row.files:
        facts[post.files] = row.files
    named = book.roles[role].named
    if named in asked and row.name:
        noted[named] = row.name
    name = row.name or (row.sender if row.channel == MAIL else mask("phone", row.sender))
    done = open_case(
        rulebook=book.id, action=action, actor=opener(None, name, role), at=at, facts=facts, sides=[Side(role, name)], title="",
        key=f"letter:{row.key}", noted=noted,
    )  # fmt: skip
    return (
        _Fate(What.WAITS, why=_stands_against(done))
        if isinstance(done, Refusal)
        else _Fate(What.OPENED, done.case, done.seq)
    )


def _said_in_a_word(row: Letter, belongs: Belongs, at: datetime) -> _Fate | None:
    """Do what a letter of one word does, if it is such a one and comes from whom the case knows."""
    post = catalogue.kept(belongs.case.digest).rulebook.post
    if post is None or not belongs.known or row.files:
        return None
    word = " ".join(unicodedata.normalize("NFKC", row.text).split()).strip(" 。.!！").casefold()
    for saying in post.says:
        given = next((facts for w, facts in saying.words.items() if w.casefold() == word), None)
        if given is not None and _is_open(belongs, saying.action, at):
            done = _acted(row, belongs, saying.action, dict(given), at)
            if isinstance(done, Done):
                return _Fate(What.ADDED, belongs.case, done.seq)
    return None


def _added(row: Letter, belongs: Belongs, at: datetime) -> _Fate:
    """Add a letter to a case by the first act that takes it."""
    case, post = belongs.case, catalogue.kept(belongs.case.digest).rulebook.post
    why = Text(zh="案件现在没有可以收信的步骤", en="No step of the case takes a letter now")
    for adds in post.adds if post else ():
        if not _is_open(belongs, adds.action, at):
            continue
        facts: dict[str, Any] = {adds.text: _said(row) if belongs.known else f"（{row.sender}）\n{_said(row)}"}
        if adds.files and row.files:
            facts[adds.files] = row.files
        done = _acted(row, belongs, adds.action, facts, at)
        if isinstance(done, Done):
            return _Fate(What.ADDED, case, done.seq)
        why = _stands_against(done)
    return _Fate(What.WAITS, case, why=why)


def _is_open(belongs: Belongs, action: str, at: datetime) -> bool:
    case = belongs.case
    options = catalogue.kept(case.digest).options(state_of(case), belongs.actor, at)
    return any(o.action == action and o.open for o in options)


def _acted(row: Letter, belongs: Belongs, action: str, facts: dict[str, Any], at: datetime) -> Done | Refusal:
    return act(
        number=belongs.case.number, action=action, actor=belongs.actor, at=at, facts=facts, key=f"letter:{row.key}"
    )


def _settled(row: Letter, fate: _Fate, at: datetime, by: User) -> Sequence[Reason]:
    """Note what the desk made of a letter; where nothing came of it, why, and it goes on waiting."""
    if fate.what == What.WAITS:
        return (Reason("input", None, fate.why or Text(zh="不能办理", en="It can't be done"), None, ""),)
    row.settled_at, row.settled_by, raw = at, by, row.sha256
    row.sha256 = ""
    settle(row, fate)
    files.let_go([raw] if raw else [], at)
    return ()


def _said(row: Letter, with_subject: bool = False) -> str:
    """What a letter says; its subject too where it opens a case, or where it says nothing else."""
    text = row.text.strip() or (row.subject if not row.files else "")
    if not text and row.files:
        text = "（见附件）"
    return f"{row.subject}\n\n{text}" if with_subject and row.subject and row.subject not in text else text


def _too_many(letter: Incoming, row: Letter, at: datetime) -> bool:
    lately = Letter.objects.filter(sender__iexact=letter.sender, at__gt=at - AN_HOUR, channel=letter.channel).exclude(
        pk=row.pk
    )
    return lately.count() >= LETTERS_AN_HOUR


def _twin(letter: Incoming, first: Letter, at: datetime) -> Letter | None:
    """A letter that bears another's Message-ID but says something else: kept, and never taken for the other."""
    key = key_of(letter.key, letter.sender, letter.subject, letter.text)
    row, new = Letter.objects.get_or_create(key=key, defaults=_columns(letter, at) | {"key": key})
    if not new:
        return None
    kept, refused = receive(letter.enclosures, at)
    row.files, row.refused = [f.as_fact() for f in kept], [_told(name, why) for name, why in refused]
    settle(row, _Fate(What.WAITS, first.case, why=Text(zh="与另一封来信编号相同而内容不同", en="It bears the id of another letter and says something else")))  # fmt: skip
    return row


def _is_same(letter: Incoming, row: Letter) -> bool:
    """Whether it is the letter of that row; of one whose words are destroyed its id alone tells."""
    told = (row.sender, row.subject, row.text)
    return told == ("", "", "") or (letter.sender[:200], letter.subject[:300], letter.text) == told


def _columns(letter: Incoming, at: datetime) -> dict[str, Any]:
    return {
        "body": letter.body, "channel": letter.channel, "place": letter.place[:120], "message_id": letter.message_id[:250], "sender": letter.sender[:200],
        "name": letter.name[:80], "subject": letter.subject[:300], "text": letter.text, "quoted": letter.quoted, "silent": letter.silent, "vouched": letter.vouched,
        "what": What.WAITS, "at": at,
    }  # fmt: skip


def _told(name: str, why: Text) -> dict[str, str]:
    return {"name": files.clean_name(name), "zh": why.zh, "en": why.en}


def _stands_against(refusal: Done | Refusal) -> Text:
    reasons = refusal.reasons if isinstance(refusal, Refusal) else ()
    return Text(
        zh="；".join(r.text.zh for r in reasons) or "不能办理",
        en="; ".join(r.text.en for r in reasons) or "It can't be done",
    )


@files.holds
def _waits_with(sha256: str) -> bool:
    """Whether a letter that nobody has settled yet came with this file."""
    waiting = Letter.objects.filter(what=What.WAITS).annotate(told=Cast("files", TextField()))
    return waiting.filter(told__contains=sha256).exists()


@erasing.takes_along
def _goes_with(case: Case, instead: Mapping[str, str], at: datetime) -> set[str]:
    """What a case's letters said goes with its file and with its personal data; that they came stays."""
    return emptied(Letter.objects.filter(case=case))


def emptied(letters: QuerySet[Letter]) -> set[str]:
    """Destroy what letters said; the hashes of the files that came with them."""
    held = {str(f["sha256"]) for row in letters for f in row.files} | {row.sha256 for row in letters if row.sha256}
    letters.update(
        sender="", name="", subject="", text="", quoted="", files=[], refused=[], sha256="", message_id="", why_zh="", why_en=""
    )  # fmt: skip
    return held
