"""Words in two languages for what Django shows by itself: chosen when they are shown, by who reads them."""

from __future__ import annotations

from typing import Any

from django.utils.functional import lazystr
from django.utils.translation import get_language


def both(zh: str, en: str) -> Any:
    """The words in the language of whoever reads them."""
    return lazystr(_Both(zh, en))


class _Both:
    def __init__(self, zh: str, en: str) -> None:
        self.zh, self.en = zh, en

    def __str__(self) -> str:
        return self.en if (get_language() or "").startswith("en") else self.zh
