"""The demonstration's register: the sheet in which the association kept its certificates before, taken over as any other.

The certificates that the cases of certificates.yaml are about stand in it beside all others. Dates are relative to the
day the demonstration is made, and far enough from it that only those cases fall due.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from mingduan.procedure.calendar import WorkingCalendar
from mingduan.procedure.case import Actor
from mingduan.procedure.period import TZ, Period, shifted
from mingduan.registry import importing
from mingduan.registry.enterprises import Enterprise

from .people import Cast, read

_YEAR, _VALIDITY = timedelta(365), Period.parse("3y")
_NOTICE = timedelta(90)  # how long before its day a surveillance or renewal opens
_GRADES = {"j": "甲级", "y": "乙级", "b": "丙级", "l": "临时级"}
_FIRST = ("qualification", "repair")  # the courses that begin without a certificate
_SPREAD = ("y", "j", "b", "y", "y", "b", "j", "l")


@dataclass(frozen=True, slots=True)
class Row:
    """A certificate of the sheet. `status` with the days since when, where it is not what its dates say."""

    enterprise: int
    specialty: str
    grade: str
    issued: date
    surveillance: date | None = None
    status: str = ""
    since: date | None = None
    renewals: int = 0

    @property
    def valid_until(self) -> date:
        """The last day of its validity."""
        return shifted(self.issued, _VALIDITY) - timedelta(1)


def take_over(cast: Cast, now: datetime) -> None:
    """Take the sheet over, by the centre. Raises RuntimeError for a row that is not good."""
    at = now - timedelta(read("certificates.yaml")["register"]["taken_over"])
    centre = cast.users[cast.offices["cace", "centre"]]
    actor = Actor(str(centre.pk), centre.name, frozenset(["centre"]))
    for outcome in importing.take_over(importing.read(sheet(cast, now).encode()), actor, at):
        if outcome.what != "added":
            raise RuntimeError(f"{outcome.number}: {[f.wrong.zh for f in outcome.faults]}")


def sheet(cast: Cast, now: datetime) -> str:
    """The sheet as CSV, oldest certificate first: serials follow the days of issue in each year."""
    spec = read("certificates.yaml")["register"]
    today = now.astimezone(TZ).date()
    taken = today - timedelta(spec["taken_over"])
    profiles = {e.organisation_id: e for e in Enterprise.objects.select_related("organisation")}
    headings, _ = importing.template()
    out, serials = io.StringIO(), Counter[int]()
    written = csv.DictWriter(out, headings)
    written.writeheader()
    for n, row in enumerate(sorted(_rows(today, spec), key=lambda r: (r.issued, r.enterprise))):
        serials[row.issued.year] += 1
        organisation = cast.named(f"enterprise{row.enterprise}")
        profile = profiles[organisation.pk]
        expired = row.valid_until < taken
        written.writerow({
            "企业名称": organisation.name, "统一社会信用代码": profile.credit_code, "地址": profile.address, "所在地": profile.region,
            "专业": row.specialty, "等级": _GRADES[row.grade],
            "证书编号": f"{row.issued.year}{row.specialty.upper()}{serials[row.issued.year]:04}{row.grade.upper()}R{row.renewals}",
            "发证日期": row.issued, "有效期至": row.valid_until, "下次监督日期": row.surveillance or "", "复评次数": row.renewals,
            "现场审查机构": spec["auditing"][0 if row.enterprise < 70 else n % 3], "评定机构": spec["evaluating"], "批准机构": spec["approving"],
            "状态": row.status or ("已过期" if expired else "有效"), "状态自": row.since or "", "范围": "",
        })  # fmt: skip
    return out.getvalue()


def _rows(today: date, spec: Mapping[str, Any]) -> Iterator[Row]:
    cases = [c for c in read("certificates.yaml")["cases"] if c["course"] not in _FIRST]
    yield from (_of_case(k, case, today) for k, case in enumerate(cases))
    for k, (enterprise, specialty, grade) in enumerate(spec["contractors"]):
        issued = today - 2 * _YEAR + timedelta(120 + k * 9)
        yield Row(enterprise, specialty, grade, issued, _anniversary(issued, today))
    specialties = list(read("enterprises.yaml")["projects"])
    for k in range(spec["how_many"] - len(cases)):
        # Issued within the five months of a year that leave today far from every anniversary.
        issued = today - (k % 4 + 1) * _YEAR + timedelta(110 + k * 31 % 125)
        valid = today < shifted(issued, _VALIDITY)
        ended = ("", "已注销", "", "已撤销", "", "暂停")[k % 6] if k % 5 == 0 else ""
        yield Row(
            enterprise=70 + k * 7 % 225, specialty=specialties[(k + k // 225) % 5], grade=_SPREAD[k % len(_SPREAD)], issued=issued,
            surveillance=_anniversary(issued, today) if valid else None, status=ended if valid or ended != "暂停" else "",
            since=issued + timedelta(60 + k % 90) if ended and (valid or ended != "暂停") else None, renewals=(0, 0, 1, 0, 2)[k % 5],
        )  # fmt: skip


def _of_case(k: int, case: Mapping[str, Any], today: date) -> Row:
    """The certificate that a case is about, so that its surveillance or its end comes when the case says."""
    enterprise, falls_due = (
        case.get("holder", case.get("filer")),
        WorkingCalendar.china().add(today, -case["age"]) + _NOTICE,
    )
    issued = today - 2 * _YEAR + timedelta(110 + k * 17 % 125)
    surveillance: date | None = _anniversary(issued, today)
    if case["course"] == "surveillance":
        issued, surveillance = falls_due - 2 * _YEAR, falls_due
    elif case["course"] == "renewal":
        issued, surveillance = shifted(falls_due, _VALIDITY, -1) + timedelta(1), None
    return Row(enterprise, case["specialty"], case["grade"], issued, surveillance)


def _anniversary(issued: date, today: date) -> date:
    """The first day after today that is so many years after the issue."""
    return next(d for y in range(1, 9) if (d := issued + y * _YEAR) > today)
