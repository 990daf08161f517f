"""The rulebooks in force, and those that running cases began under, each ready to run."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from mingduan.procedure.branches import base_of, whole
from mingduan.procedure.calendar import WorkingCalendar
from mingduan.procedure.closed import closed_days
from mingduan.procedure.engine import Engine
from mingduan.procedure.loading import RulebookError, loads
from mingduan.procedure.rulebook import Rulebook

from .models import RulebookVersion

_log = logging.getLogger(__name__)
_last_good: dict[str, Engine] = {}  # path → the engine of its last version without a mistake
_sources: dict[str, bytes] = {}  # digest → the file it was read from


def in_force() -> dict[str, Engine]:
    """Rulebook id → its engine, for every rulebook file, in order of id. A file that has a mistake stays in force as it
    last was without one, and the mistake is logged: one bad save must not stop the office.
    """
    found = {}
    for file in sorted(Path(settings.RULEBOOKS_DIR).rglob("*.yaml")):
        path = str(file)
        if (read := _from_file(path, *_changed(path))) is not None:
            _last_good[path] = read
        if (good := _last_good.get(path)) is not None:
            found[good.rulebook.id] = _at_home(good)
    return found


def current(rulebook: str) -> Engine | None:
    """The engine of the rulebook in force under this id."""
    return in_force().get(rulebook)


def of_body(body: str, rulebook: str) -> str:
    """The id under which a body carries out a rulebook: its own version as a branch, or that rulebook itself."""
    own = (e.rulebook.id for e in in_force().values() if e.rulebook.extends == rulebook)
    return next((found for found in own if found.startswith(f"{body}/")), rulebook)


def in_use() -> tuple[Rulebook, ...]:
    """Every version that some case began under."""
    return tuple(_kept(digest).rulebook for digest in RulebookVersion.objects.values_list("digest", flat=True))


def kept(digest: str) -> Engine:
    """The engine of the version a case began under. Raises RulebookVersion.DoesNotExist."""
    return _at_home(_kept(digest))


def calendar(body: str) -> WorkingCalendar:
    """The days on which a body works: China's, less those it is closed by `closed-days.yaml`. Raises RulebookError."""
    file = settings.HOME / "closed-days.yaml"
    changed = file.stat().st_mtime_ns if file.exists() else 0
    return WorkingCalendar.china(_closed(str(file), changed).get(body, frozenset()))


def keep(engine: Engine) -> None:
    """Store this version, so that cases that begin under it keep it whatever the file says later."""
    book = engine.rulebook
    if RulebookVersion.objects.filter(digest=book.digest).exists():
        return
    RulebookVersion.objects.get_or_create(
        digest=book.digest, defaults={"rulebook": book.id, "source": _sources[book.digest]}
    )


def _at_home(engine: Engine) -> Engine:
    """The engine on the calendar of the body whose rulebook it runs."""
    return engine.on(calendar(engine.rulebook.id.split("/")[0]))


@lru_cache(maxsize=2)
def _closed(path: str, changed: int) -> Mapping[str, frozenset[date]]:
    return closed_days(Path(path))


def _changed(path: str) -> tuple[int, int]:
    """When a file last changed, and the one that it extends."""
    own = Path(path).stat().st_mtime_ns
    base = _extended(path, own)
    return own, base.stat().st_mtime_ns if base is not None and base.exists() else 0


@lru_cache(maxsize=256)
def _extended(path: str, changed: int) -> Path | None:
    """The file that a branch's file extends; a file that can't be read extends none, and says so when it is read whole."""
    try:
        return base_of(Path(path))
    except RulebookError:
        return None


@lru_cache(maxsize=256)
def _from_file(path: str, changed: int, base_changed: int) -> Engine | None:
    """The engine of a file as it was when it and the one it extends last changed; None when there is a mistake, which is
    logged once.
    """
    try:
        source = whole(Path(path).read_bytes(), Path(path))
        engine = Engine(loads(source, path))
    except RulebookError as error:
        _log.error("rulebook not in force: %s", error)
        return None
    _sources[engine.rulebook.digest] = source
    return engine


@lru_cache(maxsize=64)
def _kept(digest: str) -> Engine:
    row = RulebookVersion.objects.get(digest=digest)
    return Engine(loads(bytes(row.source), row.rulebook))
