"""A person as a case records them: who they are and every tie they have to the organisations in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .models import User


def person_record(user: User, parties: Iterable[int]) -> dict[str, Any]:
    """The JSON-like record of `user` for a case between the organisations with ids `parties`.

    {'id', 'name', 'employer', 'interests': [{'party', 'kind', 'until'}]}; the employer's own tie counts.
    """
    wanted = set(parties)
    ties = [
        {"party": i.organisation.name, "kind": i.kind, "until": i.until.isoformat() if i.until else None}
        for i in user.interests.select_related("organisation").filter(organisation__in=wanted)
    ]
    if user.organisation is not None and user.organisation_id in wanted:
        ties.append({"party": user.organisation.name, "kind": "现任职", "until": None})
    return {
        "id": str(user.pk), "name": str(user), "employer": user.organisation.name if user.organisation else "",
        "interests": ties,
    }  # fmt: skip
