"""What templates say about deliveries: who was served when."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template

from mingduan.cases.models import Notice
from mingduan.paper.models import Delivery

register = template.Library()


@register.inclusion_tag("web/_served.html")
def served(told: Iterable[tuple[Any, Notice]]) -> dict[str, Any]:
    """Proof of service: to whom each notice went, how, and when it was opened."""
    deliveries = Delivery.objects.filter(notice__in=[notice for _, notice in told])
    return {"deliveries": deliveries.order_by("notice_id", "name", "channel")}
