"""What templates say about papers: who was served when, whether the file is sealed or destroyed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template

from mingduan.cases.models import Case, Notice
from mingduan.paper.models import Certificate, Delivery

register = template.Library()


@register.inclusion_tag("web/_served.html")
def served(told: Iterable[tuple[Any, Notice]]) -> dict[str, Any]:
    """Proof of service: to whom each notice went, how, and when it was opened."""
    deliveries = Delivery.objects.filter(notice__in=[notice for _, notice in told])
    return {"deliveries": deliveries.order_by("notice_id", "name", "channel")}


@register.inclusion_tag("web/_sealed.html")
def kept(case: Case, inside: bool) -> dict[str, Any]:
    """The sealed package for the body's own people, or the certificate that the file was destroyed."""
    package = case.packages.first() if inside else None
    return {"case": case, "package": package, "certificate": Certificate.objects.filter(case=case).first()}
