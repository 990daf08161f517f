"""Writing in the register: ties, kin, employers and absences are declared or recorded, end, or are retracted."""

from __future__ import annotations

from datetime import date, datetime

from mingduan.procedure.text import Text

from .enrolment import known_as, plain_name
from .models import Interest, Kept, Organisation, User

_NOT_YOURS = Text(zh="这是机构登记的，只能由机构更改", en="The body recorded this; only the body can change it")
_OVER = Text(zh="已经结束或撤回", en="It has ended or been retracted already")
BACKWARDS = Text(zh="结束之日早于开始之日", en="It would end before it began")


def organisation_called(name: str) -> Organisation:
    """The organisation of this name; one nobody has heard of is entered as an enterprise."""
    return known_as(name) or Organisation.objects.create(name=plain_name(name), kind=Organisation.Kind.ENTERPRISE)


def subject(row: Kept) -> User | None:
    """About whom a row is; nobody for an employer's own tie."""
    if isinstance(row, Interest):
        return row.kin.user if row.kin else row.user
    found: User = row.user  # type: ignore[attr-defined]  # every other kind of row has one
    return found


def record(row: Kept, *, by: User, at: datetime) -> Text | None:
    """Enter a new row: about oneself it is a declaration, about others the body's record. The reason why not, if it can't be."""
    if row.since is not None and row.until is not None and row.until < row.since:
        return BACKWARDS
    row.source = Kept.Source.SELF if subject(row) == by else Kept.Source.BODY
    row.recorded_by, row.recorded_at = by, at
    row.save()
    return None


def may_change(row: Kept, by: User) -> bool:
    """Whether `by` may end or retract a row: the body's officers any but their own, others what they declared."""
    return row.source == Kept.Source.SELF if subject(row) == by else by.offices.exists()


def end(row: Kept, *, until: date, by: User, at: datetime) -> Text | None:
    """Note when something ended; the reason why not, if it can't be."""
    if not may_change(row, by):
        return _NOT_YOURS
    if not row.standing or row.until is not None:
        return _OVER
    if row.since is not None and until < row.since:
        return BACKWARDS
    row.until, row.ended_by, row.ended_at = until, by, at
    row.save()
    return None


def retract(row: Kept, *, reason: str, by: User, at: datetime) -> Text | None:
    """Take back what was never so, with the reason; it stays readable. The reason why not, if it can't be."""
    if not may_change(row, by):
        return _NOT_YOURS
    if not row.standing:
        return _OVER
    row.retraction, row.retracted_by, row.retracted_at = reason, by, at
    row.save()
    return None
