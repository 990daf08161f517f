"""Somebody's record in the register: their ties, kin, employers and absences; who may read it, and change which of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from django.db.models import QuerySet

from . import register
from .interests import with_ties
from .models import Absence, Employment, Interest, Kept, Kin, Organisation, User

KINDS: Mapping[str, Callable[..., Kept]] = {
    "interest": Interest, "kin": Kin, "employment": Employment, "absence": Absence,
}  # fmt: skip
Holder = User | Kin | Organisation


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a record: its kind, of whom it is (a tie may be a relative's or an employer's), whether the reader may change it."""

    row: Kept
    kind: str
    of: Holder
    may_change: bool


def readable(reader: User) -> QuerySet[User]:
    """The people whose record this reader may read: their own, and for the body's officers everybody's who has one."""
    people = with_ties(User.objects.all())
    recorded = people.filter(pk__in=User.objects.exclude(expert=False, offices=None).values("pk"))
    return recorded if reader.offices.exists() else recorded.filter(pk=reader.pk)


def lines(user: User, reader: User) -> Iterator[Line]:
    """Everything kept about a person, retracted or not."""

    def line(row: Kept, kind: str, of: Holder = user) -> Line:
        return Line(row, kind, of, row.standing and register.may_change(row, reader))

    for tie in user.interests.all():
        yield line(tie, "interest")
    for relative in user.kin.all():
        yield line(relative, "kin")
        for tie in relative.interests.all():
            yield line(tie, "interest", relative)
    for employer in employers(user):
        for tie in employer.interests.all():
            yield line(tie, "interest", employer)
    for job in user.employments.all():
        yield line(job, "employment")
    for absence in user.absences.all():
        yield line(absence, "absence")


def holders(user: User, writer: User) -> list[Holder]:
    """Whose ties this writer can enter in a person's record: the person's own, kin's; an employer's by the body."""
    kin = [k for k in user.kin.all() if k.standing]
    return [user, *kin, *(() if user == writer else employers(user))]


def employers(user: User) -> list[Organisation]:
    """Those whose ties count as the person's: the body's own are its business."""
    found = {o.pk: o for o in (user.organisation, *(j.organisation for j in user.employments.all())) if o is not None}
    return [o for o in found.values() if o.kind != Organisation.Kind.BODY]


def tie(of: Holder, organisation: Organisation, kind: str) -> Interest:
    """A new tie of somebody's to an organisation, not entered yet."""
    held = {"user": of} if isinstance(of, User) else {"kin": of} if isinstance(of, Kin) else {"employer": of}
    return Interest(organisation=organisation, kind=kind, **held)
