"""What every page knows: the language, and where its switch leads."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import get_language


def page(request: HttpRequest) -> dict[str, Any]:
    """`lang` is 'zh' or 'en'."""
    return {"lang": "en" if (get_language() or "").startswith("en") else "zh", "here": request.get_full_path()}
