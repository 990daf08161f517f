"""A register with certificates in every standing, written by the changes that events tell."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from mingduan.people.models import Organisation
from mingduan.registry import life
from mingduan.registry.life import Change, Source
from mingduan.registry.models import Enterprise, Entry
from mingduan.registry.register import Stored, save

ISSUED = datetime(2026, 3, 2, 2, tzinfo=UTC)


@transaction.atomic
def change(effect: str, at: datetime = ISSUED, holder: Organisation | None = None, **values: Any) -> None:
    """One change of the register, with its entry."""
    seq = Entry.objects.count() + 1
    told = Change(
        effect, {"effect": effect, **values}, at, Source("Q-1", seq), holder.pk if holder else None, "安信认证有限公司"
    )
    for held in life.apply(Stored(), told):
        save(held)
    Entry.objects.create(case_number="Q-1", seq=seq, place=0, at=at, values=dict(told.values), holder=holder)


def issue(
    number: str, name: str, *, region: str = "330106", valid_until: str = "2029-03-01", at: datetime = ISSUED
) -> None:
    """A certificate of an enterprise that keeps a profile with a person's name and telephone in it."""
    holder, made = Organisation.objects.get_or_create(name=name, defaults={"kind": "enterprise"})
    if made:
        Enterprise.objects.create(
            organisation=holder, credit_code=f"9133010{holder.pk:011d}", representative="赵法人", region=region,
            address="文三路478号", contact="钱联系", phone="13912345678", email="qian@example.com",
        )  # fmt: skip
    change(
        "issue", at, holder, number=number, specialty=number[4:6].lower(), grade=number[10].lower(), name=name, address="文三路478号",
        issued_on=at.date().isoformat(), valid_until=valid_until, next_surveillance_on="2027-03-02",
        evaluating_body="运维服务企业资质评定中心", approving_body="中国通信企业协会", reason="初次评定",
    )  # fmt: skip


def register() -> None:
    """Five certificates: valid, suspended, withdrawn, cancelled, and one whose validity has ended unnoticed."""
    later = datetime(2026, 6, 1, 2, tzinfo=UTC)
    issue("2026ZH0001JR0", "恒通代维有限公司")
    issue("2026XL0002YR0", "远景网络维护有限公司", region="510104")
    issue("2026JZ0003BR0", "金桥通信工程有限公司")
    issue("2026TT0004JR0", "瑞达铁塔服务有限公司")
    issue("2023ZW0005YR0", "天成（杭州）维护有限公司", valid_until="2026-03-31")
    change("suspend", later, number="2026XL0002YR0", reason="未接受监督")
    change("withdraw", later, number="2026JZ0003BR0", reason="弄虚作假")
    change("cancel", later, number="2026TT0004JR0", reason="企业申请")
