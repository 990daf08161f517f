"""Finding certificates: Chinese, pinyin, initials, numbers in any width and case; and what each is today."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from mingduan.registry.models import Certificate
from mingduan.registry.search import Wanted, certificates, provinces, search

from .shelf import change, register

TODAY = date(2026, 11, 25)
HENGTONG = ["2026ZH0001JR0"]


def found(**wanted: str) -> list[str]:
    return [c.number for c in certificates(search(Wanted(**wanted), TODAY))]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "words",
    [
        "恒通",
        "hengtong",
        "HengTong",
        "htdw",
        "ＨＴＤＷ",
        "２０２６ＺＨ０００１",
        "zh0001jr0",
        " 恒通　2026 ",
        "代维 hengtong",
    ],
)
def test_it_is_found_however_it_is_written(words: str) -> None:
    register()
    assert found(words=words) == HENGTONG


@pytest.mark.django_db
def test_brackets_of_either_width_are_one() -> None:
    register()
    assert found(words="天成(杭州)") == found(words="天成（杭州）") == ["2023ZW0005YR0"]


@pytest.mark.django_db
@pytest.mark.parametrize("words", ["%", "_", "恒_代维", "恒通 远景"])
def test_wildcards_are_only_characters_and_every_word_must_fit(words: str) -> None:
    register()
    assert found(words=words) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ({"status": "valid"}, HENGTONG),
        ({"status": "suspended"}, ["2026XL0002YR0"]),
        ({"status": "withdrawn"}, ["2026JZ0003BR0"]),
        ({"status": "cancelled"}, ["2026TT0004JR0"]),
        ({"status": "expired"}, ["2023ZW0005YR0"]),
        ({"specialty": "XL"}, ["2026XL0002YR0"]),
        ({"grade": "J"}, ["2026TT0004JR0", "2026ZH0001JR0"]),
        ({"region": "51"}, ["2026XL0002YR0"]),
        ({"region": "33", "grade": "B"}, ["2026JZ0003BR0"]),
    ],
)
def test_filters(wanted: dict[str, str], numbers: list[str]) -> None:
    register()
    assert found(**wanted) == numbers


@pytest.mark.django_db
def test_it_is_found_by_its_new_name_once_changed() -> None:
    register()
    change(
        "amend",
        datetime.fromisoformat("2026-07-01T02:00Z"),
        number="2026ZH0001JR0",
        name="大江代维有限公司",
        reason="更名",
    )
    assert found(words="djdw") == HENGTONG
    assert found(words="hengtong") == []


@pytest.mark.django_db
def test_whatever_the_register_holds_can_be_found() -> None:
    register()
    assert sorted(found()) == sorted(Certificate.objects.values_list("number", flat=True))


def test_provinces_are_named() -> None:
    assert provinces()["33"].zh == "浙江省"
    assert provinces()["81"].zh == "香港特别行政区"
    assert list(provinces()) == sorted(provinces())
    assert len(provinces()) == 34
    assert all(name.en.isascii() for name in provinces().values())
