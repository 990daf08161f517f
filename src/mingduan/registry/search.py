"""Searching the register: by number, or by name in Chinese, pinyin or initials, whatever the case and width."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from django.db.models import Q, QuerySet, prefetch_related_objects
from pypinyin import Style, lazy_pinyin
from stdnum import numdb

from mingduan.people.models import Organisation
from mingduan.procedure.text import Text

from . import english, life
from .findable import Findable
from .models import Certificate

LONGEST = 60


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for; what is empty does not matter."""

    words: str = ""
    specialty: str = ""
    grade: str = ""
    status: str = ""
    region: str = ""


def folded(text: str) -> str:
    """Without differences of case and width.

    Examples:
        >>> folded("２０２６ＺＨ")
        '2026zh'
    """
    return unicodedata.normalize("NFKC", text).casefold().strip()


def text_of(number: str, name: str, english: str = "") -> str:
    """All that a certificate is found by: number, name, pinyin and initials, the name in English, a bar between them.

    Examples:
        >>> text_of("2026ZH0001JR0", "恒通代维", "Hengtong Ltd.")
        '2026zh0001jr0|恒通代维|hengtongdaiwei|htdw|hengtong ltd.'
    """
    name = folded(name)
    pinyin, initials = "".join(lazy_pinyin(name)), "".join(lazy_pinyin(name, Style.FIRST_LETTER))
    return "|".join(filter(None, [folded(number), name, pinyin, initials, folded(english)]))


def keep(rows: Sequence[Certificate]) -> None:
    """Keep what certificates are found by as they are now."""
    if not rows:
        return
    prefetch_related_objects(rows, "holder__enterprise")
    called = english.names(rows)
    found = [
        Findable(
            number=row.number, text=text_of(row.number, row.holder_name, called[row.number]), specialty=row.specialty,
            grade=row.grade, status=row.status, valid_until=row.valid_until, region=getattr(getattr(row.holder, "enterprise", None), "region", ""),
        )
        for row in rows
    ]  # fmt: skip
    kept = ["text", "specialty", "grade", "status", "valid_until", "region"]
    Findable.objects.bulk_create(found, update_conflicts=True, unique_fields=["number"], update_fields=kept)


def renew(holder: Organisation) -> None:
    """What a holder's certificates are found by changes with its profile."""
    keep(list(Certificate.objects.filter(holder=holder)))


def search(wanted: Wanted, today: date) -> QuerySet[Findable]:
    """The certificates that fit, the last issued first. Every word must be found."""
    rows = Findable.objects.order_by("-id")  # as they lie in the table: nothing to sort or look up
    for word in folded(wanted.words)[:LONGEST].replace("|", " ").split():
        rows = rows.filter(text__contains=word)
    if wanted.specialty:
        rows = rows.filter(specialty=wanted.specialty)
    if wanted.grade:
        rows = rows.filter(grade=wanted.grade)
    if wanted.region:
        rows = rows.filter(region__startswith=wanted.region)
    if wanted.status:
        rows = rows.filter(_is(wanted.status, today))
    return rows


def certificates(found: Iterable[Findable]) -> list[Certificate]:
    """The certificates of a page of findings, in its order."""
    numbers = [f.number for f in found]
    rows = {c.number: c for c in Certificate.objects.select_related("holder").filter(number__in=numbers)}
    return [rows[n] for n in numbers if n in rows]


def status_on(row: Certificate, today: date) -> str:
    """What it is today: a validity that has ended counts whether it is written down yet or not."""
    return "expired" if row.status in life.IN_FORCE and row.valid_until < today else row.status


# The table that stdnum reads has these two in traditional characters, and none of them in English (GB/T 2260).
_PROVINCES = {"81": "香港特别行政区", "82": "澳门特别行政区"}
_IN_ENGLISH = {
    "11": "Beijing", "12": "Tianjin", "13": "Hebei", "14": "Shanxi", "15": "Inner Mongolia", "21": "Liaoning", "22": "Jilin",
    "23": "Heilongjiang", "31": "Shanghai", "32": "Jiangsu", "33": "Zhejiang", "34": "Anhui", "35": "Fujian", "36": "Jiangxi",
    "37": "Shandong", "41": "Henan", "42": "Hubei", "43": "Hunan", "44": "Guangdong", "45": "Guangxi", "46": "Hainan",
    "50": "Chongqing", "51": "Sichuan", "52": "Guizhou", "53": "Yunnan", "54": "Tibet", "61": "Shaanxi", "62": "Gansu",
    "63": "Qinghai", "64": "Ningxia", "65": "Xinjiang", "71": "Taiwan", "81": "Hong Kong", "82": "Macao",
}  # fmt: skip


@lru_cache(maxsize=1)
def provinces() -> Mapping[str, Text]:
    """The names of the provinces by the first two digits of their codes (GB/T 2260)."""
    named = dict(_PROVINCES)
    for code in range(11, 81):
        known = [info["province"] for _, info in numdb.get("cn/loc").info(f"{code}0000") if "province" in info]
        if known:
            named[str(code)] = known[0]
    return {code: Text(zh=name, en=_IN_ENGLISH.get(code, name)) for code, name in sorted(named.items())}


def _is(status: str, today: date) -> Q:
    ended = Q(status__in=life.IN_FORCE, valid_until__lt=today)
    if status == "expired":
        return Q(status="expired") | ended
    return Q(status=status) & ~ended if status in life.IN_FORCE else Q(status=status)
