"""Forms begun and not yet filed: each belongs to an account, or to the session that began it, for thirty days."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest

from mingduan.cases import catalogue, files
from mingduan.people.models import User
from mingduan.procedure.attachments import attachments
from mingduan.procedure.rulebook import Rulebook

from .models import Draft

KEPT = timedelta(days=30)
_SESSION = "drafts"


@dataclass(frozen=True, slots=True)
class Shown:
    """A draft as a list shows it."""

    draft: Draft
    book: Rulebook

    @property
    def until(self) -> datetime:
        """When it will be thrown away if nobody touches it."""
        return self.draft.changed_at + KEPT


def mine(request: HttpRequest) -> QuerySet[Draft]:
    """The drafts of whoever is asking, the last touched first."""
    owner = Q(user=None, key__in=request.session.get(_SESSION, []))
    if isinstance(request.user, User):
        owner |= Q(user=request.user)
    return Draft.objects.filter(owner).order_by("-changed_at")


def listed(request: HttpRequest) -> list[Shown]:
    """The drafts of whoever is asking whose procedure is in force."""
    books = {name: e.rulebook for name, e in catalogue.in_force().items()}
    return [Shown(d, books[d.rulebook]) for d in mine(request) if d.rulebook in books]


def begin(request: HttpRequest, rulebook: str) -> Draft:
    """A new draft of whoever is asking."""
    key = secrets.token_urlsafe(24)
    user = request.user if isinstance(request.user, User) else None
    if user is None:
        request.session[_SESSION] = [*request.session.get(_SESSION, []), key]
    return Draft(user=user, key=key, rulebook=rulebook)


@transaction.atomic
def keep(draft: Draft, typed: Mapping[str, Any], place: int, at: datetime) -> None:
    """Keep what was typed, over what was typed before, and the step that its owner has come to. Files that were taken
    out of it are let go.
    """
    before = _files_of(draft)
    draft.typed = {**draft.typed, **typed}
    draft.place, draft.changed_at = place, at
    draft.save()
    files.let_go(before - _files_of(draft), at)


@transaction.atomic
def drop(old: QuerySet[Draft], at: datetime) -> int:
    """Delete drafts and let their files go; returns how many."""
    files.let_go({sha256 for draft in old for sha256 in _files_of(draft)}, at)
    return old.delete()[0]


@files.holds
def in_a_draft(sha256: str) -> bool:
    """Whether a draft brings the file."""
    return Draft.objects.annotate(text=Cast("typed", TextField())).filter(text__contains=sha256).exists()


def throw_away_old(at: datetime) -> int:
    """Delete the drafts nobody has touched for thirty days; returns how many."""
    return drop(Draft.objects.filter(changed_at__lt=at - KEPT), at)


def _files_of(draft: Draft) -> set[str]:
    return {sha256 for _, sha256 in attachments(draft.typed)}
