"""Rulebooks and the dates they lead to."""

from __future__ import annotations

from datetime import date

from ninja import Schema


class RulebookRow(Schema):
    """A rulebook in force."""

    id: str
    version: str
    digest: str
    zh: str
    en: str


class DateOut(Schema):
    """The last day of a deadline, if the case were filed on the day asked about."""

    deadline: str
    zh: str
    en: str
    clause: str | None
    last: date
    provisional: bool
