"""My duties: what a person owes, by deadline, and what others owe them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from mingduan.cases import bulk
from mingduan.cases.board import Search, board
from mingduan.cases.queries import DueItem, awaited, my_duties
from mingduan.config import clock

from . import drafts
from .holder import desk
from .reader import reader

SHOWN = 10
_GROUPS = (("late", "已逾期", "Late"), ("today", "今天到期", "Today"), ("week", "七天内", "Within seven days"), ("later", "以后", "Later"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Group:
    """Duties due at about the same time; all but the first of those due later are folded."""

    name: str
    zh: str
    en: str
    items: Sequence[DueItem]

    @property
    def first(self) -> Sequence[DueItem]:
        """What is shown at once."""
        return self.items[:SHOWN] if self.name == "later" else self.items

    @property
    def rest(self) -> Sequence[DueItem]:
        """What is folded."""
        return self.items[len(self.first) :]


@login_required
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """My duties by deadline, what I wait for, and the cases that are mine."""
    now, user = clock.now(), reader(request)
    owed = my_duties(user, now)
    groups = [Group(name, zh, en, owed[name]) for name, zh, en in _GROUPS]
    return render(request, "web/home.html", {
        "groups": groups, "any": any(g.items for g in groups), "awaited": awaited(user, now), "recent": board(user, Search(), now)[:8], "now": now,
        "many": bulk.groups(user, now) if user.offices.exists() else [], "drafts": drafts.listed(request), "desk": desk(user, now),
    })  # fmt: skip
