"""What an act encloses: every file it names is in the store. Pages and programs only bring what they were given: a page a
sealed word for each file it has taken, a program the id of an upload of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mingduan.procedure.attachments import attachments
from mingduan.procedure.case import Event, Reason, Refusal
from mingduan.procedure.engine import Engine
from mingduan.procedure.text import Text

from . import files


def kept(
    engine: Engine, event: Event, facts: Mapping[str, Any], correction: Mapping[str, Any], before: Mapping[str, Any]
) -> Event | Refusal:
    """The event; or its refusal when a file it brings is not kept. Those the case had `before` may have been condemned
    by a scan since: they stand in the way of nothing.
    """
    had = {sha256 for _, sha256 in attachments(before)}
    missing = [
        Reason(
            "input", engine.rulebook.actions[event.action].clause,
            Text(zh=f"文件“{file}”不在库中", en=f"The file “{file}” is not kept here"),
            Text(zh="请重新上传", en="Upload it again"), name,
        )
        for name, value in (*facts.items(), *correction.items())
        for file, sha256 in attachments(value)
        if sha256 not in had and not files.exists(sha256)
    ]  # fmt: skip
    return Refusal(event.action, tuple(missing)) if missing else event
