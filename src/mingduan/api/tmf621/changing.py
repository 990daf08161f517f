"""Changing a ticket: each change of a merge patch is an act of the case, lawful or refused; all of them are done, or none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse

from mingduan.cases.act import act
from mingduan.config import clock
from mingduan.procedure.case import Option, Refusal
from mingduan.procedure.uses import TicketAct

from ..once import once
from . import sent
from .calls import PATCHES, QUERY_PATCHES, Call
from .errors import TmfError, conflict, refused
from .jsonpatch import patched
from .listing import find, members
from .query import instant
from .reading import shown
from .tickets import Seen, render, status_of

_ETAG = re.compile(r'(?:W/)?"(\d{1,9})"')


def changed(call: Call, id: str) -> HttpResponse:
    """Change a ticket as a merge patch says (version 5: or a JSON patch); the answer is the ticket as it is then."""
    seen = find(call, id)
    with once(call.request) as write:
        if not write.made:
            _Change(call, id, write.key, _match(call)).make(_wanted(call, seen))
            write.keep("changed")
    return shown(call, find(call, id))


def deleted(call: Call, id: str) -> HttpResponse:
    """Withdraw a ticket, where the rulebook lets the caller. The case stays on file, cancelled."""
    seen = find(call, id)
    if seen.ticket.withdraw is None:
        raise conflict("这种工单不能撤回", "Such a ticket is not withdrawn")
    with once(call.request) as write:
        if not write.made:
            _Change(call, id, write.key, _match(call)).do(seen.ticket.withdraw, {})
            write.keep("deleted")
    return HttpResponse(status=204)


@dataclass
class _Change:
    """What one request does to a ticket, act by act. `used`: the facts by name that an act has taken."""

    call: Call
    number: str
    key: str
    match: int | None
    facts: dict[str, Any] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    reason: str = ""
    done: int = 0

    def make(self, wanted: Mapping[str, Any]) -> None:
        """Do what differs from the ticket as it is: attributes put right, notes and attachments added, then the status."""
        seen = self._seen()
        now = render(seen)
        differs = {
            name: value for name, value in wanted.items()
            if name in members(self.call) and not name.startswith("@") and not _same(value, now.get(name))
        }  # fmt: skip
        self.reason = str(differs.pop("statusChangeReason", ""))
        known = sent.characteristics(now.get("troubleTicketCharacteristic", ()))
        given = sent.characteristics(differs.pop("troubleTicketCharacteristic", ()))
        self.facts = {name: value for name, value in given.items() if known.get(name) != value}
        notes, attachments = differs.pop("note", ()), differs.pop("attachment", ())
        status = differs.pop("status", None)
        corrections = {self._fact(seen, name): sent.fact_of(name, value) for name, value in differs.items()}
        for text in sent.texts(_new(notes, now.get("note", ()), "text")):
            self._add(text, ())
        attached = sent.attached(_new(attachments, now.get("attachment", ()), "name"))
        if attached.words:
            self._add(attached.words, attached.files)
        if status is not None:
            self._move(str(status))
        corrections |= {name: value for name, value in self.facts.items() if name not in self.used}
        if corrections:
            self._correct(corrections)

    def do(self, action: str, facts: Mapping[str, Any], correction: Mapping[str, Any] | None = None) -> None:
        """One act. Raises TmfError for a refusal; the ones before it are undone with it."""
        seen = self._seen()
        outcome = act(
            number=self.number, action=action, actor=seen.got.actor, at=clock.now(), facts=facts, reason=self.reason, correction=correction,
            seen=self.match if not self.done else None, key=f"{self.key}:{self.done}" if self.key else "",
        )  # fmt: skip
        if isinstance(outcome, Refusal):
            raise refused(outcome.reasons)
        self.done += 1

    def _seen(self) -> Seen:
        return find(self.call, self.number, note=False)

    def _fact(self, seen: Seen, member: str) -> str:
        """The fact that tells a member, if whoever opened the ticket gave it; nothing else of it is anybody's to change."""
        name = sent.member_of(member)
        given: Mapping[str, str] = seen.ticket.given  # type: ignore[assignment]  # its keys are members
        told: Mapping[str, tuple[str, ...]] = seen.ticket.told  # type: ignore[assignment]  # its keys are members
        first = next((f for f in told.get(name, ()) if seen.fact(f) is not None), given.get(name))
        if name not in given or given[name] != first:
            raise conflict(f"{member} 由办理程序得出，不能改", f"`{member}` comes of the procedure and is not changed")
        return given[name]

    def _add(self, text: str, files: Iterable[Mapping[str, Any]]) -> None:
        """A note or attachments, by the first act that takes such a thing and is open to the caller."""
        kept = list(files)
        seen = self._seen()
        takes = [a for a in seen.ticket.adds if a.files or not kept]
        chosen = self._open(seen, [a.action for a in takes])
        one = next(a for a in takes if a.action == chosen)
        self.do(chosen, {**self._given(seen, chosen), **_added(one, text, kept)})

    def _move(self, status: str) -> None:
        """To another status, by the first act that leads there, is open to the caller, and is given what it asks for."""
        seen = self._seen()
        book, here = seen.book, seen.state.state
        if status == status_of(book, here, seen.state.stayed):
            return
        leads = [n for n, a in book.actions.items() if a.to and here in a.since and status_of(book, a.to) == status]
        given = [a for a in leads if all(i.name in self.facts for i in seen.engine.inputs(a) if i.required)]
        chosen = self._open(seen, [*given, *leads], status)
        self.do(chosen, self._given(seen, chosen))

    def _correct(self, corrections: Mapping[str, Any]) -> None:
        """Facts given before, put right by the rulebook's own act for that, entry by entry."""
        seen = self._seen()
        action = self._open(seen, [n for n, a in seen.book.actions.items() if a.corrects])
        entries: dict[int, dict[str, Any]] = {}
        for name, value in corrections.items():
            gave = [seq for seq, names in seen.state.given if name in names]
            entries.setdefault(max(gave, default=1), {})[name] = value
        for seq, values in entries.items():
            self.do(action, {"corrects": seq}, values)

    def _given(self, seen: Seen, action: str) -> dict[str, Any]:
        """What the caller gave by name of what the action asks for."""
        asked = {i.name for i in seen.engine.inputs(action)} & set(self.facts)
        self.used |= asked
        return {name: self.facts[name] for name in asked}

    def _open(self, seen: Seen, actions: list[str], status: str = "") -> str:
        """The first of these actions that is open to the caller now. Raises TmfError with what stands against them."""
        options = {o.action: o for o in seen.engine.options(seen.state, seen.got.actor, clock.now())}
        for name in actions:
            if name in options and options[name].open:
                return name
        if reasons := [r for name in dict.fromkeys(actions) if name in options for r in options[name].reasons]:
            raise refused(reasons)
        raise _not_theirs(seen, options.values(), status)


def _not_theirs(seen: Seen, options: Iterable[Option], status: str) -> TmfError:
    """That nothing the caller may do leads there, and where what they may do leads."""
    if not status:
        return conflict("您在本案中不能办理这一修改", "In this case that change is not yours to make")
    book, here = seen.book, status_of(seen.book, seen.state.state)
    open_to = sorted({status_of(book, to) for o in options if o.open and (to := book.actions[o.action].to)} - {here})
    return conflict(
        f"您不能使工单从 {here} 成为 {status}；现在可以成为：{'、'.join(open_to) or '无'}",
        f"You can't make the ticket {status} from {here}; now it may become: {', '.join(open_to) or 'nothing else'}",
    )


def _wanted(call: Call, seen: Seen) -> Mapping[str, Any]:
    """The members as they are to be."""
    if call.media not in (PATCHES, QUERY_PATCHES):
        body: Mapping[str, Any] = call.body
        return body
    now = render(seen)
    made = patched(now, call.body)
    if gone := sorted(set(now) - set(made)):
        raise conflict(f"不能去掉 {gone[0]}", f"`{gone[0]}` can't be taken away")
    return made


def _match(call: Call) -> int | None:
    """How long the case was when the ticket was read, if the caller says so."""
    written = call.request.headers.get("If-Match", "*").strip()
    if written == "*":
        return None
    found = _ETAG.fullmatch(written)
    if found is None:
        raise TmfError("overtaken")
    return int(found[1])


def _added(one: TicketAct, text: str, files: list[Mapping[str, Any]]) -> dict[str, Any]:
    return {one.text: text, **({one.files: files} if one.files and files else {})}


def _new(wanted: Iterable[Mapping[str, Any]], there: Iterable[Mapping[str, Any]], member: str) -> list[Mapping[str, Any]]:  # fmt: skip
    """What of a list is not there yet. What is there stays as it is: to say otherwise is refused."""
    by_id = {one.get("id") or one.get("url"): one for one in there}
    found = []
    for one in wanted:
        before = by_id.get(one.get("id") or (one.get("url") if "content" not in one else None))
        if before is None:
            found.append(one)
        elif member in one and one[member] != before.get(member):
            raise conflict("已记入案卷的内容不能改写", "What is on file is not rewritten")
    return found


def _same(wanted: Any, there: Any) -> bool:
    """Whether two values say the same; instants may be written in different zones."""
    if isinstance(wanted, str) and isinstance(there, str) and (at := instant(wanted)):
        return at == instant(there)
    return bool(wanted == there)
