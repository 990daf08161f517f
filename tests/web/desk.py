"""The desk of the page tests: a small office's people, and what they send through the pages themselves."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from mingduan.cases.models import Case
from mingduan.people.models import Organisation

from .office import signed_in


def filing(**more: str) -> dict[str, str]:
    """A lawful appeal, everything at once."""
    today = timezone.localdate()
    return {
        "grounds": "change_of_status", "decision.reference": "安信〔2026〕7号", "decision.notified_on": (today - timedelta(3)).isoformat(),
        "statement": "不服降级", "requested": "撤销", "signed_by": "张三", "opponent": str(Organisation.objects.get(name="安信认证").pk), **more,
    }  # fmt: skip


def file_case(login: str = "enterprise") -> Case:
    """An appeal filed through the page."""
    response = signed_in(login).post("/file/cace/appeal/", filing())
    assert response.status_code == 200
    case = Case.objects.last()
    assert case is not None
    return case


def do(login: str, case: Case, action: str, **facts: object) -> int:
    """The status of what comes back when the action's form is sent."""
    return signed_in(login).post(f"/cases/{case.number}/do/{action}/", facts).status_code
