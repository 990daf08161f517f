"""What holders and bodies are called in English: as asked for on a certificate, else as their profile says, else in Chinese.

A profile speaks for a certificate only while both have the same Chinese words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db.models import Max

from mingduan.people.models import Organisation
from mingduan.procedure.text import Text

from .models import Certificate, EnglishWording, Enterprise, ProfileChange
from .wording import wording


def asked(certificate: Certificate) -> EnglishWording | None:
    """How its holder asked to be named in English; None while nobody has asked."""
    return EnglishWording.objects.filter(number=certificate.number).first()


def name(certificate: Certificate) -> str:
    """What the holder is called in English; empty where it has never said."""
    return names([certificate])[certificate.number]


def names(certificates: Iterable[Certificate]) -> Mapping[str, str]:
    """The same of many certificates, by their numbers."""
    rows = list(certificates)
    said = EnglishWording.objects.filter(number__in=[c.number for c in rows]).exclude(holder_name="")
    own = dict(said.values_list("number", "holder_name"))
    return {c.number: own.get(c.number) or (c.holder.name_en if c.holder.name == c.holder_name else "") for c in rows}


def holder(certificate: Certificate, called: str) -> Text:
    """The holder in both languages: in Chinese where it is not `called` anything in English, never nothing."""
    return Text(zh=certificate.holder_name, en=called or certificate.holder_name)


def address(certificate: Certificate) -> str:
    """The holder's address in English; in Chinese where it has never said."""
    found = asked(certificate)
    profile = Enterprise.objects.filter(organisation=certificate.holder_id, address=certificate.holder_address)
    return (
        (found and found.holder_address)
        or profile.values_list("address_en", flat=True).first()
        or certificate.holder_address
    )


def outdated(number: str, *, name: bool, address: bool) -> None:
    """A certificate's name or address has changed: what it was called in English is no translation of it any more."""
    changed = {f: "" for f, gone in (("holder_name", name), ("holder_address", address)) if gone}
    if changed:
        EnglishWording.objects.filter(number=number).update(**changed)


def body(called: str) -> Text:
    """A body in both languages: its name as certificates print it, else as its administrator entered it, else in Chinese."""
    known = wording().bodies.get(called)
    entered = Organisation.objects.filter(name=called).values_list("name_en", flat=True)
    return Text(zh=called, en=known or entered.first() or called)


def bodies(certificate: Certificate) -> Mapping[str, Text]:
    """Who audited, evaluated and approved, by the names of the fields."""
    return {n: body(getattr(certificate, n)) for n in ("auditing_body", "evaluating_body", "approving_body")}


def latest() -> tuple[str, ...]:
    """Changes whenever anything here does: pages that show it change with it."""
    entered = Organisation.objects.exclude(kind=Organisation.Kind.ENTERPRISE).exclude(name_en="").order_by("pk")
    return (
        str(EnglishWording.objects.aggregate(at=Max("requested_at"))["at"]),
        str(ProfileChange.objects.aggregate(pk=Max("pk"))["pk"]),
        *entered.values_list("name_en", flat=True),
    )
