"""Words in two languages for what Django shows by itself: chosen when they are shown, by who reads them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.functional import lazystr
from django.utils.translation import get_language, override

from mingduan.procedure.text import Text


def both(zh: str, en: str) -> Any:
    """The words in the language of whoever reads them."""
    return lazystr(_Both(zh, en))


def in_both(say: Callable[[Any], str], about: Any) -> Text:
    """What is said to readers of each language, of anything that Django words when it is shown."""
    with override("zh-hans"):
        zh = say(about)
    with override("en"):
        return Text(zh=zh, en=say(about))


class _Both:
    def __init__(self, zh: str, en: str) -> None:
        self.zh, self.en = zh, en

    def __str__(self) -> str:
        return self.en if (get_language() or "").startswith("en") else self.zh
