"""What the scenarios of qualification and certificates share: what the register tells, and papers."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from mingduan.procedure.engine import Engine
from mingduan.procedure.loading import load

RULEBOOKS = Path(__file__).resolve().parents[2] / "rulebooks" / "cace"
PAPER = [{"name": "材料.pdf", "sha256": "0" * 64}]
MEMBERS = [{"id": str(n), "name": f"专家{n}"} for n in (1, 2, 3)]
AUDITORS = [{"id": str(n), "name": f"审查员{n}"} for n in (11, 12)]
ENTERPRISE: dict[str, Any] = {
    "applicant.name": "恒通", "applicant.credit_code": "91110000600037341L", "applicant.representative": "王恒", "applicant.address": "北京",
    "applicant.region": "110108", "applicant.technicians": 9, "applicant.instruments": 2, "applicant.vehicles": 3, "applicant.sites": 1,
    "holding.number": "",
}  # fmt: skip
CERTIFICATE: dict[str, Any] = {
    "certificate.own": True, "certificate.status": "valid", "certificate.holder": "恒通", "certificate.specialty": "zh",
    "certificate.grade": "j", "certificate.renewals": 0, "certificate.valid_until": "2029-03-01", "certificate.next_surveillance_on": "2027-03-02",
    "running.case": "", "holding.number": "", "decision.held": False,
}  # fmt: skip


@cache
def engine(name: str) -> Engine:
    """The rulebook cace/<name>, made ready."""
    return Engine(load(RULEBOOKS / f"{name}.yaml"))
