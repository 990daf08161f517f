"""What the register makes public as it changes: each change that names a certificate, in the words of anybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q

from mingduan.procedure.text import Text

from . import english
from .life import Source
from .models import Certificate, Entry, Standing

KINDS = {
    "issue": Text(zh="颁发", en="Issued"),
    "replace": Text(zh="换发", en="Replaced"),
    "maintain": Text(zh="保持", en="Maintained"),
    "suspend": Text(zh="暂停", en="Suspended"),
    "lift": Text(zh="恢复", en="Suspension lifted"),
    "withdraw": Text(zh="撤销", en="Withdrawn"),
    "cancel": Text(zh="注销", en="Cancelled"),
    "amend": Text(zh="变更", en="Changed"),
    "hold": Text(zh="停止执行", en="Decision held"),
    "restore": Text(zh="撤销原决定", en="Decision revoked"),
    "reapply": Text(zh="恢复执行", en="Decision stands again"),
    "announce": Text(zh="公告", en="Announcement"),
}
NOBODY = Text(zh="—", en="—")
# What an appeal does to a decision: public where that changed the standing of a certificate, then and there.
_APPEALED = ("hold", "restore", "reapply")


@dataclass(frozen=True, slots=True)
class Told:
    """One change as it is told; `key` orders it among all."""

    key: int
    kind: str
    numbers: tuple[str, ...]
    holder: Text
    at: datetime
    title: Text
    body: Text | None

    @property
    def number(self) -> str:
        """The certificate it is about, or the first of them; '' for none."""
        return self.numbers[0] if self.numbers else ""

    @property
    def what(self) -> Text:
        """The kind of change."""
        return KINDS[self.kind]


def told(kind: str = "", before: int | None = None, limit: int = 20) -> Sequence[Told]:
    """The latest changes of a kind (of any, where it is empty), older than the one with the key `before`."""
    rows = Entry.objects.filter(values__effect__in=[kind] if kind else list(KINDS)).order_by("-id")
    changed = Exists(Standing.objects.filter(since=OuterRef("at")))
    rows = rows.filter(changed | ~Q(values__effect__in=_APPEALED))
    if before is not None:
        rows = rows.filter(id__lt=before)
    entries = list(rows[:limit])
    touched = _touched(entries)
    numbers = {e: _named(e) or touched.get(str(e.values.get("entry", "")), ()) for e in entries}
    every = {number for of_one in numbers.values() for number in of_one}
    rows_ = list(Certificate.objects.filter(number__in=every).select_related("holder"))
    called = english.names(rows_)
    holders = {row.number: english.holder(row, called[row.number]) for row in rows_}
    return [_told(e, numbers[e], holders) for e in entries]


def latest() -> int:
    """The key of the latest change of the register; 0 for none. It changes with whatever the register says."""
    return Entry.objects.order_by("-id").values_list("id", flat=True).first() or 0


def _named(entry: Entry) -> tuple[str, ...]:
    """The certificate that an entry names by itself."""
    number = str(entry.values.get("number", ""))
    return (number,) if number else ()


def _touched(entries: Sequence[Entry]) -> dict[str, tuple[str, ...]]:
    """Decision ('CASE#7') → the certificates it changed, for entries that are about a decision and name no certificate."""
    found: dict[str, tuple[str, ...]] = {}
    for about in {str(e.values["entry"]) for e in entries if e.values.get("entry")}:
        if source := Source.parse(about):
            rows = Certificate.objects.filter(standings__case_number=source.case, standings__seq=source.seq)
            found[about] = tuple(rows.order_by("number").distinct().values_list("number", flat=True))
    return found


def _told(entry: Entry, numbers: tuple[str, ...], holders: Mapping[str, Text]) -> Told:
    values = entry.values
    kind = values["effect"]
    holder = holders.get(numbers[0]) if numbers else None
    if name := values.get("name"):  # as it was called then
        holder = Text(zh=name, en=holder.en if holder and holder.zh == name else name)
    holder = holder or NOBODY
    plain = Text(
        zh=f"{holder.zh}的证书{'、'.join(numbers)}：{KINDS[kind].zh}", en=f"{KINDS[kind].en}: certificate {', '.join(numbers)} of {holder.en}"
    )  # fmt: skip
    return Told(
        entry.pk, kind, numbers, holder, entry.at, _said(values, "title") or plain, _said(values, "body") or _said(values, "reason")
    )  # fmt: skip


def _said(values: Mapping[str, Any], name: str) -> Text | None:
    """What an entry says in words; in Chinese where it says nothing in English."""
    zh = values.get(name)
    return Text(zh=zh, en=values.get(f"{name}_en") or zh) if zh else None
