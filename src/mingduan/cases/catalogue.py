"""The rulebooks in force, and those that running cases began under, each ready to run."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from mingduan.procedure.calendar import WorkingCalendar
from mingduan.procedure.closed import closed_days
from mingduan.procedure.engine import Engine
from mingduan.procedure.loading import loads
from mingduan.procedure.rulebook import Rulebook

from .models import RulebookVersion


def in_force() -> dict[str, Engine]:
    """Rulebook id → its engine, for every rulebook file, in order of id. Raises RulebookError."""
    files = sorted(Path(settings.RULEBOOKS_DIR).rglob("*.yaml"))
    engines = [_at_home(_from_file(str(f), f.stat().st_mtime_ns)) for f in files]
    return {e.rulebook.id: e for e in engines}


def current(rulebook: str) -> Engine | None:
    """The engine of the rulebook in force under this id."""
    return in_force().get(rulebook)


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
    files = (f.read_bytes() for f in Path(settings.RULEBOOKS_DIR).rglob("*.yaml"))
    source = next(data for data in files if hashlib.sha256(data).hexdigest() == book.digest)
    RulebookVersion.objects.get_or_create(digest=book.digest, defaults={"rulebook": book.id, "source": source})


def _at_home(engine: Engine) -> Engine:
    """The engine on the calendar of the body whose rulebook it runs."""
    return engine.on(calendar(engine.rulebook.id.split("/")[0]))


@lru_cache(maxsize=2)
def _closed(path: str, changed: int) -> Mapping[str, frozenset[date]]:
    return closed_days(Path(path))


@lru_cache(maxsize=64)
def _from_file(path: str, changed: int) -> Engine:
    return Engine(loads(Path(path).read_bytes(), path))


@lru_cache(maxsize=64)
def _kept(digest: str) -> Engine:
    row = RulebookVersion.objects.get(digest=digest)
    return Engine(loads(bytes(row.source), row.rulebook))
