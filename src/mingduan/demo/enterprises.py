"""The demonstration's enterprises: three hundred with an account and a profile each, made from enterprises.yaml.

Which word goes where follows from the enterprise's number alone, so that the same come about every time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from stdnum.cn import uscc

from mingduan.cases import files
from mingduan.people.models import User
from mingduan.registry.enterprises import (
    Enterprise,
    Equipment,
    Paper,
    Performance,
    Site,
    Technician,
    TechnicianCertificate,
)

_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)  # GB 11714
_WITH_PAPERS = 40


def written(n: int, words: Mapping[str, Any]) -> tuple[str, str]:
    """The contact and the name of the n-th enterprise, for those that people.yaml does not name."""
    trade = words["trades"][n % len(words["trades"])]
    return person(n * 3, words), f"{_place(n, words)[2]}{words['brands'][n % len(words['brands'])]}{trade}有限公司"


def person(n: int, words: Mapping[str, Any]) -> str:
    """Somebody's name; 529 follow before one comes again."""
    surnames, given = words["surnames"], words["given"]
    return str(surnames[n % len(surnames)] + given[(n * 7 + n // len(surnames)) % len(given)])


def credit_code(region: str, n: int) -> str:
    """A unified social credit code (GB 32100) with both of its check characters right.

    Examples:
        >>> uscc.is_valid(credit_code("330106", 7))
        True
    """
    body = f"{10_000_000 + n * 271_829:08}"
    rest = 11 - sum(int(d) * w for d, w in zip(body, _ORGANISATION_WEIGHTS, strict=True)) % 11
    base = f"91{region}{body}{'X' if rest == 10 else rest % 11}"
    return base + str(uscc.calc_check_digit(base))


def make_profiles(contacts: Sequence[User], words: Mapping[str, Any], today: date, *, first: int = 1) -> None:
    """A profile for the enterprise of each contact, the `first` of them being that number: registration, staff with
    their certificates, equipment, sites, work done; and papers for the first few.
    """
    profiles = Enterprise.objects.bulk_create(_profile(n, who, words) for n, who in enumerate(contacts, first))
    staff = Technician.objects.bulk_create(
        Technician(
            enterprise=profile, name=person(n * 17 + k * 5 + 1, words), post=_word(n + k, words["posts"]), title=_word(n + k, words["titles"]),
            education=_word(n + k, words["education"]), leads=k == 0,
        )
        for n, profile in enumerate(profiles, first)
        for k in range(5 + n % 6)
    )  # fmt: skip
    TechnicianCertificate.objects.bulk_create(
        TechnicianCertificate(
            technician=one, name=_word(k, words["certificates"]), number=f"{today.year - k % 4}{100_000 + k * 37}",
            expires_on=today + timedelta(days=200 + k * 13 % 900) if k % 5 else None,
        )
        for k, one in enumerate(staff, 1)
    )  # fmt: skip
    kinds = ((Equipment.Kind.INSTRUMENT, "instruments"), (Equipment.Kind.VEHICLE, "vehicles"))
    Equipment.objects.bulk_create(
        Equipment(enterprise=profile, kind=kind, name=name, model=model, quantity=1 + (n + k) % 4)
        for n, profile in enumerate(profiles, first)
        for kind, sort in kinds
        for k, (name, model) in enumerate(words[sort])
    )
    Site.objects.bulk_create(
        Site(
            enterprise=profile, name=f"{_place(n, words)[2]}第{k + 1}代维点", region=profile.region,
            address=f"{_place(n, words)[1]}{_word(n + k + 2, words['streets'])}{n + k + 3}号", staff=4 + (n + k) % 5,
        )
        for n, profile in enumerate(profiles, first)
        for k in range(1 + n % 3)
    )  # fmt: skip
    specialties = list(words["projects"])
    Performance.objects.bulk_create(
        Performance(
            enterprise=profile, client=_word(n + k, words["clients"]), project=words["projects"][specialty], specialty=specialty.upper(),
            since=today - timedelta(days=420 + 365 * k), until=today - timedelta(days=56 + 365 * k), amount=(80 + n % 50) * 1_000_000,
        )
        for n, profile in enumerate(profiles, first)
        for k in range(2)
        for specialty in [_word(n + k, specialties)]
    )  # fmt: skip
    papers = paper_facts(words["papers"])
    Paper.objects.bulk_create(
        Paper(enterprise=profile, fact=fact, **paper)
        for profile in profiles[: max(_WITH_PAPERS + 1 - first, 0)]
        for fact, [paper] in papers.items()
    )


def paper_facts(names: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    """Papers by the fact that asks for them, kept in the store: one sheet for all, each under its own name."""
    return {fact: [files.keep(name, _SHEET, "application/pdf").as_fact()] for fact, name in names.items()}


def _profile(n: int, contact: User, words: Mapping[str, Any]) -> Enterprise:
    region, where, _ = _place(n, words)
    if contact.organisation is None:
        raise LookupError(f"{contact.username} belongs to no organisation")
    return Enterprise(
        organisation=contact.organisation, credit_code=credit_code(region, n), representative=person(n * 11 + 4, words), region=region,
        address=f"{where}{_word(n * 5, words['streets'])}{n + 7}号", contact=contact.name, phone=f"1380000{n:04}",
        email=contact.email,
    )  # fmt: skip


def _place(n: int, words: Mapping[str, Any]) -> Sequence[str]:
    places: Sequence[Sequence[str]] = words["places"]
    return places[n % len(places)]


def _word(n: int, words: Sequence[str]) -> str:
    return words[n % len(words)]


_SHEET = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>endobj
4 0 obj<</Length 75>>stream
BT /F 16 Tf 72 740 Td (A sample paper of the Mingduan demonstration) Tj ET 
endstream endobj
5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj
trailer<</Root 1 0 R>>
"""
