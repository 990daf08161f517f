"""The files that facts, records and events name: each by its shown name and the hash of its content."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def attachments(value: Any) -> Iterator[tuple[str, str]]:
    """Name and hash of every file within a fact, a record, or an event's body.

    Examples:
        >>> list(attachments({"papers": [{"name": "申诉书.pdf", "sha256": "ab", "size": 1}], "grounds": "other"}))
        [('申诉书.pdf', 'ab')]
    """
    if isinstance(value, Mapping):
        if "sha256" in value and "name" in value:
            yield str(value["name"]), str(value["sha256"])
        value = list(value.values())
    if isinstance(value, list | tuple):
        for member in value:
            yield from attachments(member)
