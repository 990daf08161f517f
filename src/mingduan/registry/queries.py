"""What pages and programs read of the register, never changing anything."""

from __future__ import annotations

from datetime import datetime

from .life import Held, Span
from .models import Certificate
from .register import load


def certificate(number: str) -> Held | None:
    """A certificate with its whole history."""
    row = Certificate.objects.prefetch_related("standings", "conclusions").filter(number=number).first()
    return load(row) if row else None


def standing_at(number: str, instant: datetime) -> Span | None:
    """What the certificate was at `instant`; None when it had not been issued or there is none of that number."""
    held = certificate(number)
    return held.at(instant) if held else None


def follower(number: str) -> str:
    """The certificate that took its place, by renewal or a change of grade; empty for none."""
    rows = Certificate.objects.filter(replaces=number).exclude(status="annulled")
    return rows.values_list("number", flat=True).first() or ""
