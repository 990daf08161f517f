"""What the register makes public as it changes: each change that names a certificate, in the words of anybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mingduan.procedure.text import Text

from .models import Certificate, Entry

KINDS = {
    "issue": Text(zh="颁发", en="Issued"),
    "replace": Text(zh="换发", en="Replaced"),
    "maintain": Text(zh="保持", en="Maintained"),
    "suspend": Text(zh="暂停", en="Suspended"),
    "lift": Text(zh="恢复", en="Suspension lifted"),
    "withdraw": Text(zh="撤销", en="Withdrawn"),
    "cancel": Text(zh="注销", en="Cancelled"),
    "amend": Text(zh="变更", en="Changed"),
    "announce": Text(zh="公告", en="Announcement"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """One change as it is told; `key` orders it among all."""

    key: int
    kind: str
    number: str
    holder: str
    at: datetime
    title: str
    body: str

    @property
    def what(self) -> Text:
        """The kind of change."""
        return KINDS[self.kind]


def told(kind: str = "", before: int | None = None, limit: int = 20) -> Sequence[Told]:
    """The latest changes of a kind (of any, where it is empty), older than the one with the key `before`."""
    rows = Entry.objects.filter(values__effect__in=[kind] if kind else list(KINDS)).order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    entries = list(rows[:limit])
    numbers = {str(e.values.get("number", "")) for e in entries}
    holders = dict(Certificate.objects.filter(number__in=numbers).values_list("number", "holder_name"))
    return [_told(e, holders) for e in entries]


def latest() -> int:
    """The key of the latest change of the register; 0 for none. It changes with whatever the register says."""
    return Entry.objects.order_by("-id").values_list("id", flat=True).first() or 0


def _told(entry: Entry, holders: dict[str, str]) -> Told:
    values = entry.values
    kind, number = values["effect"], str(values.get("number", ""))
    holder = str(values.get("name") or holders.get(number, ""))
    title = values.get("title") or f"{holder}的证书{number}：{KINDS[kind].zh}"
    return Told(entry.pk, kind, number, holder, entry.at, title, values.get("body") or values.get("reason", ""))
