"""The register of experts for programs: who is on it, and each one's record, declared by themselves or kept by the body (S01 8.3).

Annotations stand as they are, not as text: ninja reads the shapes of each kind of row off operations that are made here.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Path, Query, Router, Schema, Status

from mingduan.cases import panels
from mingduan.config import clock
from mingduan.people import record, register
from mingduan.people.models import Kept, Kin, Specialty, User
from mingduan.people.record import Holder, Line
from mingduan.procedure.text import Text

from .caller import Token, account
from .describe import told
from .facts import storable
from .once import once
from .problems import Problem
from .schemas.common import Key
from .schemas.common import Line as Written
from .schemas.experts import (
    AbsenceIn,
    AbsenceOut,
    EmploymentIn,
    EmploymentOut,
    EndIn,
    ExpertOut,
    InterestIn,
    InterestOut,
    KinIn,
    KinOut,
    RecordOut,
    RetractionIn,
    SpecialtyOut,
)

router = Router(tags=["experts"], auth=Token("experts"))
Pk = Annotated[int, Path(..., ge=1, le=2**63 - 1)]
_LISTS = {"interest": "interests", "kin": "kin", "employment": "employments", "absence": "absences"}
_FIELDS = {
    "interest": ("kind",), "kin": ("name", "relation"), "employment": ("post",), "absence": ("why",),
}  # fmt: skip


@router.get("", response={200: list[ExpertOut], **told(401, 403, 404, 422)}, auth=Token("cases:read"))
def experts(
    request: HttpRequest, day: date | None = None, specialty: Annotated[int | None, Query(None, ge=1, le=2**63 - 1)] = None, text: Written = "",
) -> list[dict[str, Any]]:  # fmt: skip
    """The register, for the body's officers, the least loaded first; `day`: who is away then (today when none is given);
    `specialty`: an id of GET /experts/specialties; `text`: in the name or the employer's.
    """
    if not account(request).offices.exists():
        raise Problem("not-found")
    storable(text)
    on = day or clock.today()
    return [
        {
            "id": u.pk, "name": str(u), "organisation": u.organisation.name if u.organisation else None,
            "specialties": [s.zh for s in u.specialties.all()], "absent": any(a.on(on) for a in u.absences.all()),
            "open_cases": u.load,  # type: ignore[attr-defined]  # annotated
        }
        for u in panels.experts(specialty, text)
    ]  # fmt: skip


@router.get("/specialties", response={200: list[SpecialtyOut], **told(401, 403)}, auth=Token("cases:read"))
def specialties(request: HttpRequest) -> QuerySet[Specialty]:
    """The fields of work that experts know."""
    return Specialty.objects.all()


@router.get("/{int:pk}", response={200: RecordOut, **told(401, 403, 404, 422)})
def read_record(request: HttpRequest, pk: Pk) -> dict[str, Any]:
    """Somebody's record: the caller's own (the id is in GET /me), or, for the body's officers, anybody's who has one."""
    reader = account(request)
    user = _person(reader, pk)
    lines = list(record.lines(user, reader))
    return {
        "id": user.pk, "name": str(user), "expert": user.expert, "organisation": user.organisation.name if user.organisation else None,
        "specialties": list(user.specialties.all()), "employers": [{"id": o.pk, "name": o.name} for o in record.employers(user)],
        **{plural: [_row(x) for x in lines if x.kind == kind] for kind, plural in _LISTS.items()},
    }  # fmt: skip


@router.put("/{int:pk}/specialties/{int:specialty}", response={204: None, **told(401, 403, 404, 422)})
def add_specialty(request: HttpRequest, pk: Pk, specialty: Pk) -> Status[None]:
    """Note that somebody knows a field of work; the body's officers do, and nobody of themselves."""
    _knows(request, pk).specialties.add(_specialty(specialty))
    return Status(204, None)


@router.delete("/{int:pk}/specialties/{int:specialty}", response={204: None, **told(401, 403, 404, 422)})
def remove_specialty(request: HttpRequest, pk: Pk, specialty: Pk) -> Status[None]:
    """Take a field of work off somebody's record; the body's officers do, and nobody of themselves."""
    _knows(request, pk).specialties.remove(_specialty(specialty))
    return Status(204, None)


def _kind(kind: str, taken: type[Schema], given: type[Schema], what: str) -> None:
    """The three operations on one kind of row."""
    place = f"/{{int:pk}}/{_LISTS[kind]}"

    @router.post(place, response={201: given, **told(400, 401, 403, 404, 422)}, operation_id=f"declare_{kind}",
                 description=f"Enter {what}: about oneself it is a declaration, about others the body's record.")  # fmt: skip
    def declare(request: HttpRequest, pk: Pk, row: taken, key: Key = None) -> Status[dict[str, Any]]:  # type: ignore[valid-type]  # made here
        storable(row.dict())  # type: ignore[attr-defined]  # made here
        writer = account(request)
        with once(request) as write:
            made = int(write.made) if write.made else _enter(kind, row, _person(writer, pk), writer)
            write.keep(str(made))
            return Status(201, _row(_found(_person(writer, pk), writer, kind, made)))

    @router.post(place + "/{int:row}/end", response={200: given, **told(400, 401, 403, 404, 422)}, operation_id=f"end_{kind}",
                 description=f"Note the last day of {what}. It stays readable.")  # fmt: skip
    def end(request: HttpRequest, pk: Pk, row: Pk, ending: EndIn, key: Key = None) -> dict[str, Any]:
        def ended(found: Kept, by: User, at: datetime) -> Text | None:
            return register.end(found, until=ending.until, by=by, at=at)

        return _changed(request, pk, kind, row, ended)

    @router.post(place + "/{int:row}/retract", response={200: given, **told(400, 401, 403, 404, 422)}, operation_id=f"retract_{kind}",
                 description=f"Take back {what} that was never so, with the reason. It stays readable.")  # fmt: skip
    def retract(request: HttpRequest, pk: Pk, row: Pk, taking: RetractionIn, key: Key = None) -> dict[str, Any]:
        storable(taking.dict())

        def retracted(found: Kept, by: User, at: datetime) -> Text | None:
            return register.retract(found, reason=taking.reason, by=by, at=at)

        return _changed(request, pk, kind, row, retracted)


for _name, _taken, _given, _what in (
    ("interest", InterestIn, InterestOut, "a tie to an organisation"), ("kin", KinIn, KinOut, "a close relative"),
    ("employment", EmploymentIn, EmploymentOut, "an employer"), ("absence", AbsenceIn, AbsenceOut, "days away"),
):  # fmt: skip
    _kind(_name, _taken, _given, _what)


def _person(reader: User, pk: int) -> User:
    found = record.readable(reader).filter(pk=pk).first()
    if found is None:
        raise Problem("not-found")
    return found


def _knows(request: HttpRequest, pk: int) -> User:
    """The person whose fields of work the caller may change."""
    writer = account(request)
    user = _person(writer, pk)
    if user == writer:
        raise _refusal(Text(zh="本人的专业由机构登记", en="The body records one's specialties, not oneself"))
    return user


def _specialty(pk: int) -> Specialty:
    found = Specialty.objects.filter(pk=pk).first()
    if found is None:
        raise Problem("not-found")
    return found


def _enter(kind: str, row: Schema, user: User, writer: User) -> int:
    """Enter the row that was sent; its id."""
    sent = row.dict()
    whose, holder = sent.pop("whose", "self"), sent.pop("holder", None)
    of = user if whose == "self" and holder is None else _holder(user, writer, whose, holder)
    if "organisation" in sent:
        sent["organisation"] = register.organisation_called(sent["organisation"])
    if kind == "interest":
        made: Kept = record.tie(of, sent["organisation"], sent["kind"])
        made.since, made.until = sent["since"], sent["until"]
    else:
        made = record.KINDS[kind](user=user, **sent)
    _held(register.record(made, by=writer, at=clock.now()), "until")
    return int(made.pk)


def _holder(user: User, writer: User, whose: str, pk: int | None) -> Holder:
    """The relative or employer named, if this writer can enter their ties."""
    found = next((h for h in record.holders(user, writer) if (_whose(h), h.pk) == (whose, pk)), None)
    if found is None:
        raise _refusal(Text(zh="holder 应为本人近亲属的编号，或（由机构登记时）任职单位的编号", en="`holder` is the id of a relative, or, entered by the body, of an employer"), "holder")  # fmt: skip
    return found


def _changed(
    request: HttpRequest, pk: int, kind: str, row: int, change: Callable[[Kept, User, datetime], Text | None]
) -> dict[str, Any]:
    """End or retract one row of somebody's record; the row as it is then."""
    writer = account(request)
    with once(request) as write:
        line = _found(_person(writer, pk), writer, kind, row)
        if not write.made:
            _held(change(line.row, writer, clock.now()))
            write.keep(str(row))
        return _row(_found(_person(writer, pk), writer, kind, row))


def _found(user: User, reader: User, kind: str, pk: int) -> Line:
    found = next((x for x in record.lines(user, reader) if (x.kind, x.row.pk) == (kind, pk)), None)
    if found is None:
        raise Problem("not-found")
    return found


def _held(wrong: Text | None, name: str | None = None) -> None:
    """Raise the problem when a row can't be written so."""
    if wrong is not None:
        raise _refusal(wrong, name)


def _refusal(text: Text, name: str | None = None) -> Problem:
    return Problem("refused", text, reasons=[{"input": name, "zh": text.zh, "en": text.en}])


def _row(line: Line) -> dict[str, Any]:
    row: Any = line.row
    said = {
        n: getattr(row, n)
        for n in ("since", "until", "source", "recorded_at", "ended_at", "retracted_at", "retraction")
    }
    said |= {n: getattr(row, n) for n in _FIELDS[line.kind]}
    if hasattr(row, "organisation"):
        said["organisation"] = row.organisation.name
    if line.kind == "interest":
        whose = _whose(line.of)
        said |= {"whose": whose, "holder": None if whose == "self" else line.of.pk}
    return {"id": row.pk, "may_change": line.may_change, **said}


def _whose(holder: Holder) -> str:
    return "self" if isinstance(holder, User) else "kin" if isinstance(holder, Kin) else "employer"
