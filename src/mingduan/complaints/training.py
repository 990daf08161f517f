"""The branch's own model of classes, learnt anew each day from its closed cases: measured, kept, and said to be missing when it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Q

from mingduan.cases import catalogue, outbox
from mingduan.cases.models import Case
from mingduan.cases.sealing import ERASED
from mingduan.procedure.period import TZ
from mingduan.procedure.rulebook import Rulebook
from mingduan.procedure.uses import Matter

from .models import Training
from .triage import Model, TooLittle, learn

TOPIC = "complaints.train"
CLASS, DETAILS = "class", "details"
CLOSED = ("closed", "archived", "settled")  # a person has decided the class, and nothing will change it
MOST = 20_000  # the newest cases learnt from


def bodies() -> list[str]:
    """The bodies that have a complaint desk."""
    return sorted({i.split("/")[0] for i, e in catalogue.in_force().items() if e.rulebook.matters})


def train(body: str, at: datetime) -> Training:
    """Learn from the closed cases of a body; keep the model if there is one, and always what came of it."""
    closed = Case.objects.filter(Q(state__in=CLOSED), rulebook__startswith=f"{body}/", facts__has_key=CLASS)
    told = closed.order_by("-opened_at").values_list("facts", flat=True)[:MOST]
    pairs = [(str(f[DETAILS]), str(f[CLASS])) for f in told if f.get(DETAILS) not in (None, "", ERASED)]
    found = learn([t for t, _ in pairs], [c for _, c in pairs])
    if isinstance(found, TooLittle):
        _file(body).unlink(missing_ok=True)
        return Training.objects.create(body=body, at=at, cases=found.cases, classes=found.classes)
    _file(body).parent.mkdir(parents=True, exist_ok=True)
    found.save(_file(body))
    return Training.objects.create(
        body=body, at=at, cases=found.cases, classes=len(found.classes), accuracy=found.accuracy, baseline=found.baseline
    )  # fmt: skip


def model(body: str) -> Model | None:
    """The model a body has now."""
    file = _file(body)
    return _read(str(file), file.stat().st_mtime_ns) if file.exists() else None


def latest(body: str) -> Training | None:
    """What came of the last training."""
    return Training.objects.filter(body=body).order_by("-pk").first()


def class_of(book: Rulebook, matter: Matter) -> str:
    """The class that a matter is of: what it answers, or the only class of its procedure."""
    choices = book.facts[CLASS].choices if CLASS in book.facts else {}
    said = next((v for v in matter.answers.values() if v in choices), "")
    return said or (next(iter(choices)) if len(choices) == 1 else "")


def daily(at: datetime) -> int:
    """Ask for today's training of every body with a desk; returns how many were asked for."""
    day = at.astimezone(TZ).date().isoformat()
    for body in bodies():
        outbox.put(TOPIC, f"train:{body}:{day}", {"body": body}, at)
    return len(bodies())


@outbox.handles(TOPIC)
def handle(payload: Mapping[str, Any], at: datetime) -> None:
    """Train one body's model."""
    train(payload["body"], at)


def _file(body: str) -> Path:
    return Path(settings.HOME) / "models" / f"{body}.json"


@lru_cache(maxsize=8)
def _read(file: str, changed: int) -> Model | None:
    return Model.read(Path(file))
