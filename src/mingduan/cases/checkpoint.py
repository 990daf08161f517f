"""A signed hash of the whole store, once a day, for outsiders to keep: it proves later that nothing before it was changed,
removed or put in another order, also against whoever administers the store.

A checkpoint is a Merkle tree over how far each case's chain had gone on since the checkpoint before, and names that one by
its hash: the latest stands for all. Its document is canonical JSON (RFC 8785), signed with Ed25519:

    {"at", "before", "cases", "key", "number", "root"}
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery

from mingduan.config.keys import public_part, signing_key
from mingduan.procedure.period import TZ

from . import counters, merkle, outbox
from .chain import START
from .faults import Fault
from .models import Case, Checkpoint, EventRow, Leaf

MEMBERS = frozenset({"at", "before", "cases", "key", "number", "root"})
_AT_ONCE = 500


def daily(at: datetime) -> int:
    """The day's checkpoint, unless it is there; how many were made."""
    last = Checkpoint.objects.last()
    if last is not None and last.at.astimezone(TZ).date() >= at.astimezone(TZ).date():
        return 0
    take(at)
    return 1


@transaction.atomic
def take(at: datetime) -> Checkpoint:
    """A checkpoint of the store as it is; also of one in which nothing has happened, so that none can be left out unseen."""
    number = counters.draw("checkpoint")  # whoever else takes one waits here
    before = Checkpoint.objects.last()
    seen = Leaf.objects.filter(number=OuterRef("number")).order_by("-length").values("length")[:1]
    gone_on = Case.objects.annotate(seen=Subquery(seen)).filter(Q(seen=None) | ~Q(seen=F("length")))
    told = sorted(gone_on.values_list("number", "length", "head"))
    key = signing_key(settings.CHECKPOINT_KEY, "checkpoint-key.pem")
    document = rfc8785.dumps(
        {
            "at": _written(at),
            "before": digest(before.document) if before else START,
            "cases": len(told),
            "key": base64.b64encode(public_part(key)).decode(),
            "number": number,
            "root": merkle.root([_leaf(*t) for t in told]).hex(),
        }
    )
    made = Checkpoint.objects.create(
        number=number, at=at, document=document.decode(), signature=base64.b64encode(key.sign(document)).decode()
    )
    Leaf.objects.bulk_create(
        (Leaf(checkpoint=made, place=n, number=t[0], length=t[1], head=t[2]) for n, t in enumerate(told)),
        batch_size=_AT_ONCE,
    )
    outbox.put("stamp", f"stamp:{number}", {"checkpoint": number}, at)
    return made


def told(checkpoint: Checkpoint) -> dict[str, str]:
    """What an outsider keeps of a checkpoint."""
    return {"document": checkpoint.document, "signature": checkpoint.signature}


def proof(number: str) -> dict[str, Any] | None:
    """That a case, as it was at the last checkpoint after it went on, is in that checkpoint; None if it is in none yet.

    `length` and `head`: of its chain then, as `mingduan case export` gives them; `path`: the hashes beside it, from below.
    """
    found = Leaf.objects.filter(number=number).order_by("-length").select_related("checkpoint").first()
    if found is None:
        return None
    row = [_leaf(*t) for t in found.checkpoint.leaves.values_list("number", "length", "head")]
    return {
        "checkpoint": told(found.checkpoint), "number": number, "length": found.length, "head": found.head,
        "place": found.place, "path": [h.hex() for h in merkle.path(row, found.place)],
    }  # fmt: skip


def proves(given: Mapping[str, Any], key: str) -> bool:
    """Whether a proof holds under the public key `key` (base64), asking no store. Raises KeyError, ValueError when it is
    no proof at all.
    """
    public = base64.b64decode(key)
    Ed25519PublicKey.from_public_bytes(public)
    document = _document(given["checkpoint"], public)
    if document is None:
        return False
    start = _leaf(given["number"], given["length"], given["head"])
    steps = [bytes.fromhex(h) for h in given["path"]]
    return merkle.reached(start, given["place"], document["cases"], steps) == bytes.fromhex(document["root"])


def verify(kept: Iterable[Mapping[str, str]] = ()) -> Iterator[Fault]:
    """Where the store is not what its checkpoints say, or those are not what outsiders have `kept`."""
    before, stored = START, dict[str, str]()
    for place, checkpoint in enumerate(Checkpoint.objects.iterator(), 1):
        stored[checkpoint.document] = checkpoint.signature
        yield from _checked(checkpoint, place, before)
        before = digest(checkpoint.document)
    for copy in kept:
        if stored.get(copy["document"]) != copy["signature"]:
            yield _fault(_parsed(copy["document"]).get("number", "?"), "与外部留存的检查点不符")


def digest(document: str) -> str:
    """The hash by which the next checkpoint names this one."""
    return hashlib.sha256(document.encode()).hexdigest()


def _checked(checkpoint: Checkpoint, place: int, before: str) -> Iterator[Fault]:
    document = _document(told(checkpoint))
    if document is None or (document["number"], document["at"]) != (checkpoint.number, _written(checkpoint.at)):
        yield _fault(checkpoint.number, "检查点的签名不符")
        return
    if checkpoint.number != place or document["before"] != before:
        yield _fault(checkpoint.number, "检查点不连续")
    leaves = list(checkpoint.leaves.values_list("number", "length", "head"))
    if merkle.root([_leaf(*t) for t in leaves]).hex() != document["root"]:
        yield _fault(checkpoint.number, "检查点所列案件被改动")
    for some in _in_slices(leaves):
        numbers, lengths = {t[0] for t in some}, {t[1] for t in some}
        rows = EventRow.objects.filter(case__number__in=numbers, seq__in=lengths)
        hashes = {(number, seq): head for number, seq, head in rows.values_list("case__number", "seq", "hash")}
        for number, length, head in some:
            if hashes.get((number, length)) != head:
                yield Fault(number, length, f"与检查点 {checkpoint.number} 所证不符")


def _document(copy: Mapping[str, str], key: bytes | None = None) -> dict[str, Any] | None:
    """The signed document; None when it is none, or its signature is not by `key`, or by the one it names."""
    document = _parsed(copy["document"])
    if document.keys() != MEMBERS:
        return None
    try:
        signer = Ed25519PublicKey.from_public_bytes(key or base64.b64decode(document["key"]))
        signer.verify(base64.b64decode(copy["signature"]), copy["document"].encode())
    except (InvalidSignature, ValueError, TypeError):
        return None
    return document


def _parsed(document: str) -> dict[str, Any]:
    """What a document says; nothing when it is not a JSON object."""
    try:
        said = json.loads(document)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _leaf(number: str, length: int, head: str) -> bytes:
    return merkle.leaf(f"{number}\n{length}\n{head}".encode())


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _fault(number: object, what: str) -> Fault:
    return Fault(f"检查点 {number}", 0, what)


def _in_slices(rows: Sequence[tuple[str, int, str]]) -> Iterator[list[tuple[str, int, str]]]:
    left = iter(rows)
    while some := list(islice(left, _AT_ONCE)):
        yield some
