"""Letters that came belong to the copy of what is held of a person (PIPL 45)."""

from __future__ import annotations

from typing import Any

from mingduan.cases.models import Case
from mingduan.paper.copies import tells


@tells("letters")
def letters(case: Case) -> list[dict[str, Any]]:
    """Each letter of the case: from which address, when and what it said."""
    return [
        {"at": x.at.isoformat(), "by": x.get_channel_display(), "from": x.sender, "subject": x.subject, "said": x.text}
        for x in case.letters.order_by("at", "id")
    ]
