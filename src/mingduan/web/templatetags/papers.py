"""What templates say about papers: who was served when, whether the file is sealed or destroyed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template

from mingduan.cases.models import Case, Notice, Outbox
from mingduan.complaints.models import Letter
from mingduan.paper.models import Certificate, Delivery

register = template.Library()


@register.inclusion_tag("web/_served.html")
def served(told: Iterable[tuple[Any, Notice, bool]]) -> dict[str, Any]:
    """Proof of service of the notices one may open: to whom each went, how, and when it was opened."""
    notices = [notice for _, notice, opens in told if opens]
    waiting = Outbox.objects.filter(topic="notice", payload__notice__in=[n.pk for n in notices], done_at=None)
    deliveries = Delivery.objects.filter(notice__in=notices)
    return {"deliveries": deliveries.order_by("notice_id", "name", "channel"), "waiting": waiting.exists()}


@register.inclusion_tag("web/_letters.html", takes_context=True)
def letters(context: Any, case: Case) -> dict[str, Any]:
    """The letters that came for a case, for the body's own people; whoever sits at its desk can open them."""
    return {"letters": Letter.objects.filter(case=case).defer("text", "quoted").order_by("at", "id"), "desk": context.get("complaint_desk"), "lang": context.get("lang")}  # fmt: skip


@register.inclusion_tag("web/_sealed.html")
def kept(case: Case, inside: bool) -> dict[str, Any]:
    """The sealed package for the body's own people, or the certificate that the file was destroyed."""
    package = case.packages.first() if inside else None
    certificate = Certificate.objects.filter(case=case).first()
    return {"case": case, "package": package, "certificate": certificate, "making": making(case) if inside else False}


def making(case: Case) -> bool:
    """Whether a package or certificate of the case is being made: asked for with an event, and not there yet."""
    waiting = Outbox.objects.filter(topic__in=("seal", "destroy"), done_at=None)
    return waiting.filter(payload__number=case.number).exists()
