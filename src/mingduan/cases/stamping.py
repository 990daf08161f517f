"""Checkpoints stamped by a time-stamping authority (RFC 3161): a third party's word that they were there by then.

Which authority is up to the settings: its address (`MINGDUAN_TSA_URL`), or the dotted name of a function that takes a
SHA-256 digest and returns the token in DER (`MINGDUAN_TIME_STAMPER`). Without either nothing is stamped. pyHanko is loaded where it is needed.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from asn1crypto import cms, tsp
from django.conf import settings
from django.utils.module_loading import import_string

from . import outbox
from .faults import Fault
from .models import Checkpoint, Stamp

_WAIT = 20  # seconds


@outbox.handles("stamp")
def stamp(payload: Mapping[str, Any], at: datetime) -> None:
    """Have a checkpoint stamped. Raises whatever the authority's line does: the outbox tries again."""
    if not settings.TIME_STAMPER:
        return
    checkpoint = Checkpoint.objects.get(pk=payload["checkpoint"])
    if Stamp.objects.filter(pk=checkpoint.pk).exists():
        return
    token = import_string(settings.TIME_STAMPER)(_digest(checkpoint))
    if not _says(token, _digest(checkpoint)):
        raise ValueError(f"the authority stamped something else than checkpoint {checkpoint.number}")
    Stamp.objects.get_or_create(checkpoint=checkpoint, defaults={"token": token})


def over_http(digest: bytes) -> bytes:
    """The token of the authority at the settings' address. Raises OSError, TimestampRequestError."""
    from pyhanko.sign.timestamps.requests_client import HTTPTimeStamper

    asked = HTTPTimeStamper(settings.TSA_URL, timeout=_WAIT)
    token: bytes = asyncio.run(asked.async_timestamp(digest, "sha256")).dump()
    return token


def verify() -> Iterator[Fault]:
    """Stamps that are of something else than their checkpoint, or whose signature is broken."""
    for held in Stamp.objects.select_related("checkpoint").iterator():
        if not _says(bytes(held.token), _digest(held.checkpoint)):
            yield Fault(f"检查点 {held.pk}", 0, "时间戳与检查点不符")


def when(token: bytes) -> datetime:
    """The time a token tells. Raises ValueError when it is none."""
    return _told(token)["gen_time"].native  # type: ignore[no-any-return]


def _says(token: bytes, digest: bytes) -> bool:
    """Whether a token is of this digest and whole. Whether its authority is to be trusted is for who relies on it."""
    from pyhanko.sign.validation.generic_cms import validate_tst_signed_data

    try:
        signed = cms.ContentInfo.load(token)["content"]
        status = asyncio.run(validate_tst_signed_data(signed, None, lambda _: digest))
    except (ValueError, KeyError, TypeError):  # what pyHanko says of a broken one is a ValueError, too
        return False
    return bool(status["intact"] and status["valid"])


def _told(token: bytes) -> tsp.TSTInfo:
    return cms.ContentInfo.load(token)["content"]["encap_content_info"]["content"].parsed


def _digest(checkpoint: Checkpoint) -> bytes:
    return hashlib.sha256(checkpoint.document.encode()).digest()
