"""What a ticket is about in other systems, as a case keeps it: a line for each, readable by people and programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_BETWEEN = " · "


@dataclass(frozen=True, slots=True)
class Concern:
    """Something in another system: in which role, of what type, its id and name there."""

    role: str
    kind: str
    id: str
    name: str

    def shown(self) -> dict[str, Any]:
        """As version 4 tells it."""
        told = {"role": self.role, "@referredType": self.kind, "id": self.id, "name": self.name}
        return {k: v for k, v in told.items() if v or k in ("role", "@referredType", "id")}


def written(sent: Iterable[Mapping[str, Any]]) -> str:
    """The lines for what was sent, as either version sends it."""
    lines = []
    for one in sent:
        what = one.get("entity", one)
        parts = (one.get("role"), what.get("@referredType"), what.get("id"), what.get("name"))
        lines.append(_BETWEEN.join(_plain(part) for part in parts))
    return "\n".join(lines)


def concerns(lines: str) -> Iterator[Concern]:
    """What the lines say."""
    for line in lines.split("\n"):
        parts = [part.removeprefix("-") if part == "-" else part for part in line.split(_BETWEEN)]
        if len(parts) == 4:
            yield Concern(*parts)


def _plain(part: Any) -> str:
    """A part in one line, a dash where there is nothing."""
    return " ".join(str(part or "").replace("·", " ").split()) or "-"
