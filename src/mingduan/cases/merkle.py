"""Merkle trees as RFC 9162 (2.1) has them: many things in one hash, and a short proof that one of them is among them."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256


def leaf(content: bytes) -> bytes:
    """The hash of one thing."""
    return sha256(b"\x00" + content).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The hash of all leaves in their order; of none, the hash of nothing.

    Examples:
        >>> root([leaf(b"a"), leaf(b"b")]) == node(leaf(b"a"), leaf(b"b"))
        True
    """
    if not leaves:
        return sha256().digest()
    row = list(leaves)
    while len(row) > 1:
        row = [node(*row[i : i + 2]) if i + 1 < len(row) else row[i] for i in range(0, len(row), 2)]
    return row[0]


def path(leaves: Sequence[bytes], place: int) -> list[bytes]:
    """What must be hashed with the leaf at `place` (from 0), from below, to reach the root. Raises IndexError."""
    row, found = list(leaves), list[bytes]()
    row[place]
    while len(row) > 1:
        beside = place ^ 1
        if beside < len(row):
            found.append(row[beside])
        row = [node(*row[i : i + 2]) if i + 1 < len(row) else row[i] for i in range(0, len(row), 2)]
        place //= 2
    return found


def reached(start: bytes, place: int, size: int, steps: Sequence[bytes]) -> bytes | None:
    """The root that `start`, the leaf at `place` of `size`, reaches by these steps; None when they don't fit."""
    left, at, width, found = list(steps), place, size, start
    if not 0 <= place < size:
        return None
    while width > 1:
        if at ^ 1 < width:
            if not left:
                return None
            beside = left.pop(0)
            found = node(beside, found) if at & 1 else node(found, beside)
        at, width = at // 2, -(-width // 2)
    return found if not left else None


def node(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees."""
    return sha256(b"\x01" + left + right).digest()
