"""Certificates for tests, put into the register as its projection would."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from mingduan.people.models import Organisation
from mingduan.registry.models import Certificate, Conclusion, Standing

ISSUED = datetime(2026, 11, 24, 1, tzinfo=UTC)


def certificate(number: str = "2026ZH0001JR0", **more: Any) -> Certificate:
    """A certificate in force since its issue."""
    name = more.pop("holder_name", "恒通信息技术服务有限公司")
    holder, _ = Organisation.objects.get_or_create(name=name, defaults={"kind": "enterprise"})
    made = Certificate.objects.create(
        number=number, holder=holder, holder_name=name, holder_address="浙江省杭州市西湖区文三路478号",
        case_number="Q-2026-0001", seq=9, auditing_body="安信认证有限公司", evaluating_body="运维服务企业资质评定中心", approving_body="中国通信企业协会",
        **{
            "specialty": number[4:6], "grade": number[10], "issued_on": date(2026, 11, 24), "valid_until": date(2029, 11, 23),
            "next_surveillance_on": date(2027, 11, 24), **more,
        },
    )  # fmt: skip
    Standing.objects.create(certificate=made, status="valid", since=ISSUED, case_number="Q-2026-0001", seq=9)
    return made


def becomes(made: Certificate, status: str, at: datetime, reason: str = "") -> None:
    """Its standing changes."""
    made.standings.filter(until=None).update(until=at)
    Standing.objects.create(certificate=made, status=status, since=at, reason=reason, case_number="W-2027-0001", seq=3)


def conclude(made: Certificate, conclusion: str, approved_on: date) -> None:
    """One surveillance comes to an end."""
    Conclusion.objects.create(
        certificate=made, conclusion=conclusion, approved_on=approved_on, case_number="J-2027-0001", seq=5
    )
