"""Names as they are written in English."""

from __future__ import annotations

import unicodedata

from django.core.exceptions import ValidationError

from .spoken import both


def in_english(value: str) -> None:
    """Refuse Chinese and full-width characters: set under English words they would be taken for a mistake."""
    if any(word in unicodedata.name(c, "") for c in value for word in ("CJK", "FULLWIDTH", "IDEOGRAPHIC")):
        raise ValidationError(
            both("请用英文填写，不含汉字和全角字符", "Write it in English, without Chinese or full-width characters")
        )
