"""An enterprise's profile for its own programs: the registration and each list, read and written.

Annotations stand as they are, not as text: ninja reads the shapes of each list off operations that are made here.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.http import HttpRequest
from ninja import Field, Path, Router, Schema, Status
from pydantic import StringConstraints

from mingduan.config import clock
from mingduan.people.models import Organisation
from mingduan.people.spoken import in_both
from mingduan.procedure.text import Text
from mingduan.registry import keeping
from mingduan.registry.enterprises import Enterprise
from mingduan.registry.keeping import KINDS, Kind

from .caller import Token, account, caller
from .describe import told
from .facts import storable
from .models import Upload
from .once import once
from .problems import Problem
from .schemas.common import Key, Sent

router = Router(tags=["profile"], auth=Token("profile"))
Word = Annotated[str, StringConstraints(min_length=1, max_length=80, strip_whitespace=True)]
Said = Annotated[str, StringConstraints(max_length=80)]
Long = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Count = Annotated[int, Field(ge=0, le=2**31 - 1)]
Pk = Annotated[int, Path(..., ge=1, le=2**63 - 1)]


class Registration(Sent):
    """An enterprise's registration."""

    credit_code: str = Field(max_length=18, description="GB 32100; its check character must agree.")
    representative: Word
    region: str = Field(max_length=6, description="GB/T 2260, six digits.")
    address: Long
    contact: Word
    phone: str = Field(min_length=1, max_length=40)
    email: str = Field("", max_length=254)
    name_en: str = Field(
        "",
        max_length=200,
        description="What English certificates and pages call it; the Chinese name where it is empty.",
    )
    address_en: str = Field("", max_length=200)


class ProfileOut(Registration):
    """The enterprise's registration, and how many rows each list holds."""

    name: str
    lists: dict[str, int]


class StaffIn(Sent):
    """Somebody who does the work."""

    name: Word
    post: Said = ""
    title: Said = ""
    education: str = Field("", max_length=40)
    leads: bool = Field(False, description="The technical lead.")


class StaffCertificateIn(Sent):
    """A certificate that somebody on the staff holds. Without `expires_on` it lasts."""

    technician: int = Field(ge=1, le=2**63 - 1, description="An id of GET /profile/staff.")
    name: str = Field(min_length=1, max_length=120)
    number: Word
    expires_on: date | None = None


class EquipmentIn(Sent):
    """Instruments, vehicles and the like."""

    kind: str = Field(max_length=20, examples=["instrument", "vehicle", "computer", "spare", "other"])
    name: str = Field(min_length=1, max_length=120)
    model: str = Field("", max_length=120)
    quantity: Annotated[int, Field(ge=1, le=2**31 - 1)] = 1


class SiteIn(Sent):
    """A place from which the enterprise works."""

    name: str = Field(min_length=1, max_length=120)
    region: str = Field("", max_length=6)
    address: Long
    staff: Count = 0


class PerformanceIn(Sent):
    """Work done for somebody; `amount` in fen."""

    client: Long
    project: Long
    specialty: str = Field(max_length=2, examples=["XL"])
    since: date
    until: date
    amount: Annotated[int, Field(ge=0, le=2**53)] = 0


class PaperIn(Sent):
    """A document kept ready. `file`: an upload's id; may be left out when only its purpose or expiry changes."""

    fact: str = Field(max_length=60, description="The fact applications ask for it by.", examples=["licence.papers"])
    file: UUID | None = None
    expires_on: date | None = None


class _Row(Schema):
    id: int
    expiry: str = Field(description="good, soon (within 90 days), expired; empty for what lasts.")


class StaffOut(StaffIn, _Row):
    """A row of the staff."""


class StaffCertificateOut(StaffCertificateIn, _Row):
    """A row of the certificates of staff."""


class EquipmentOut(EquipmentIn, _Row):
    """A row of the equipment."""


class SiteOut(SiteIn, _Row):
    """A row of the sites."""


class PerformanceOut(PerformanceIn, _Row):
    """A row of the performance."""


class PaperOut(_Row):
    """A document kept ready."""

    fact: str
    name: str
    sha256: str
    media_type: str
    size: int
    expires_on: date | None


@router.get("", response={200: ProfileOut, **told(401, 403, 404)})
def read(request: HttpRequest) -> dict[str, Any]:
    """The registration of the caller's enterprise."""
    return _profile(_own(request))


@router.put("", response={200: ProfileOut, **told(400, 401, 403, 404, 422)})
def register(request: HttpRequest, registration: Registration) -> dict[str, Any]:
    """Enter or change the registration."""
    values = registration.dict()
    storable(values)
    try:
        kept = keeping.register(_organisation(request), values, by=account(request), at=clock.now())
    except ValidationError as error:
        raise _wrong(error) from error
    return _profile(kept)


def _list(kind: Kind, taken: type[Schema], given: type[Schema]) -> None:
    """The four operations of one list of the profile."""
    place = f"/{kind.name}"

    @router.get(place, response={200: list[given], **told(401, 403, 404)}, operation_id=f"list_{kind.name}",  # type: ignore[valid-type]  # made here
                description=f"{kind.text.en} {kind.text.zh}: {kind.why.en}")  # fmt: skip
    def rows(request: HttpRequest) -> list[dict[str, Any]]:
        return [_row(kind, row) for row in keeping.rows(_own(request), kind)]

    @router.post(place, response={201: given, **told(400, 401, 403, 404, 422)}, operation_id=f"add_{kind.name}",
                 description=f"Add to: {kind.text.en} {kind.text.zh}.")  # fmt: skip
    def add(request: HttpRequest, row: taken, key: Key = None) -> Status[dict[str, Any]]:  # type: ignore[valid-type]  # made here
        enterprise = _own(request)
        with once(request) as write:
            pk = int(write.made) if write.made else _put(request, enterprise, kind, row)
            write.keep(str(pk))
        return Status(201, _row(kind, _found(enterprise, kind, pk)))

    @router.put(place + "/{int:pk}", response={200: given, **told(400, 401, 403, 404, 422)}, operation_id=f"change_{kind.name}",
                description=f"Change a row of: {kind.text.en} {kind.text.zh}.")  # fmt: skip
    def change(request: HttpRequest, pk: Pk, row: taken) -> dict[str, Any]:  # type: ignore[valid-type]  # made here
        enterprise = _own(request)
        return _row(kind, _found(enterprise, kind, _put(request, enterprise, kind, row, pk)))

    @router.delete(place + "/{int:pk}", response={204: None, **told(400, 401, 403, 404, 422)}, operation_id=f"remove_{kind.name}",
                   description=f"Take a row off: {kind.text.en} {kind.text.zh}. Applications filed keep what they took.")  # fmt: skip
    def remove(request: HttpRequest, pk: Pk) -> Status[None]:
        enterprise = _own(request)
        _found(enterprise, kind, pk)
        keeping.remove(enterprise, kind, pk, by=account(request), at=clock.now())
        return Status(204, None)


for _kind, _taken, _given in (
    ("staff", StaffIn, StaffOut), ("certificates", StaffCertificateIn, StaffCertificateOut), ("equipment", EquipmentIn, EquipmentOut),
    ("sites", SiteIn, SiteOut), ("performance", PerformanceIn, PerformanceOut), ("papers", PaperIn, PaperOut),
):  # fmt: skip
    _list(KINDS[_kind], _taken, _given)


def _organisation(request: HttpRequest) -> Organisation:
    organisation = account(request).organisation
    if organisation is None or organisation.kind != Organisation.Kind.ENTERPRISE:
        raise Problem("not-found", Text(zh="您的账号不属于企业", en="Your account acts for no enterprise"))
    return organisation


def _own(request: HttpRequest) -> Enterprise:
    enterprise = keeping.of(_organisation(request))
    if enterprise is None:
        raise Problem("not-found", Text(zh="请先以 PUT /api/profile 登记", en="Enter the registration first: PUT /api/profile"))  # fmt: skip
    return enterprise


def _put(request: HttpRequest, enterprise: Enterprise, kind: Kind, row: Schema, pk: int | None = None) -> int:
    values = row.dict()
    storable(values)
    if "technician" in values:
        values["technician_id"] = values.pop("technician")
    if isinstance(row, PaperIn):
        values |= _file(request, values.pop("file"), needed=pk is None)
    try:
        return int(keeping.put(enterprise, kind, values, by=account(request), at=clock.now(), pk=pk).pk)
    except ObjectDoesNotExist as error:
        raise Problem("not-found") from error
    except ValidationError as error:
        raise _wrong(error) from error


def _file(request: HttpRequest, upload: UUID | None, *, needed: bool) -> Mapping[str, Any]:
    """The record of the caller's own upload."""
    if upload is None and not needed:
        return {}
    found = Upload.objects.filter(pk=upload, owner=caller(request).owner).first() if upload else None
    if found is None:
        raise Problem("not-understood", Text(zh="file 应为 POST /api/files 给出的 id", en="`file` is an id that POST /api/files gave"))  # fmt: skip
    return {"name": found.name, "sha256": found.sha256, "media_type": found.media_type, "size": found.size}


def _found(enterprise: Enterprise, kind: Kind, pk: int) -> Any:
    row = keeping.rows(enterprise, kind).filter(pk=pk).first()
    if row is None:
        raise Problem("not-found")
    return row


def _row(kind: Kind, row: Any) -> dict[str, Any]:
    said = {name: getattr(row, name) for name in kind.fields}
    if "technician" in said:
        said["technician"] = row.technician_id
    if "fact" in said:
        said |= row.record
    return {"id": row.pk, "expiry": keeping.expiry(row, clock.today()), **said}


def _profile(enterprise: Enterprise) -> dict[str, Any]:
    said = {c.name: getattr(enterprise, c.name) for c in keeping.REGISTRATION}
    lists = {name: keeping.rows(enterprise, kind).count() for name, kind in KINDS.items()}
    return {"name": enterprise.organisation.name, "lists": lists, **said}


def _wrong(error: ValidationError) -> Problem:
    """Each member that can't be kept as it is, in both languages."""
    by_name = error.error_dict if hasattr(error, "error_dict") else {"": error.error_list}
    told = [(name, in_both(_first, one)) for name, errors in by_name.items() for one in errors]
    reasons = [{"input": name, "zh": text.zh, "en": text.en} for name, text in told]
    return Problem("not-understood", told[0][1], reasons=reasons)


def _first(error: ValidationError) -> str:
    return str(error.messages[0])
