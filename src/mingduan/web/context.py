"""What every page knows: the language, where its switch leads, and how much is waiting."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from mingduan.cases.queries import owed_now
from mingduan.complaints import fieldwork, sending
from mingduan.complaints.post import waiting
from mingduan.complaints.scorecard.looks import looks
from mingduan.config import clock
from mingduan.paper.delivery import unread
from mingduan.people.models import Organisation, User

from .accounts import wants_second_factor
from .desk import desks
from .hotspots import own_bodies
from .watch import live


def page(request: HttpRequest) -> dict[str, Any]:
    """`lang` is 'zh' or 'en'; `duties_now` how many duties of the reader are late or due today;
    `unread_notices` how many notices they have not opened; `offices_held` whether they hold any; `keeps_profile` whether they act for an enterprise;
    `goes_out` whether they are sent to jobs, `sends_out` whether they send others; `complaint_desk` whether they sit at one, `letters_waiting` how many letters wait there; `complaints_overseen` whether they hold an office where complaints are counted;
    `scores_seen` whether some scorecard is for them; `emergencies` those that run and are theirs to know of;
    `demonstration` whether the clock can be put forward; `now` the time it shows; `second_factor_wanted` whether their office asks for a second factor they have not set up.
    """
    user = getattr(request, "user", None)
    return {
        "lang": "en" if (get_language() or "").startswith("en") else "zh",
        "here": request.get_full_path(),
        "unread_notices": SimpleLazyObject(lambda: unread(user) if isinstance(user, User) else 0),
        "duties_now": SimpleLazyObject(lambda: owed_now(user, clock.now()) if isinstance(user, User) else 0),
        "offices_held": SimpleLazyObject(lambda: isinstance(user, User) and user.offices.exists()),
        "complaint_desk": SimpleLazyObject(lambda: isinstance(user, User) and bool(desks(user))),
        "letters_waiting": SimpleLazyObject(
            lambda: waiting.waiting(*waiting.desks(user)).count() if isinstance(user, User) else 0
        ),
        "complaints_overseen": SimpleLazyObject(lambda: isinstance(user, User) and bool(own_bodies(user))),
        "keeps_profile": SimpleLazyObject(lambda: isinstance(user, User) and _enterprise(user)),
        "goes_out": SimpleLazyObject(lambda: isinstance(user, User) and fieldwork.goes(user)),
        "sends_out": SimpleLazyObject(lambda: isinstance(user, User) and bool(sending.steps(user))),
        "scores_seen": SimpleLazyObject(lambda: isinstance(user, User) and bool(looks(user))),
        "emergencies": SimpleLazyObject(lambda: live(user, clock.now()) if isinstance(user, User) else []),
        "demonstration": SimpleLazyObject(clock.is_demonstration),
        "now": SimpleLazyObject(clock.now),
        "second_factor_wanted": SimpleLazyObject(lambda: wants_second_factor(request)),
    }


def _enterprise(user: User) -> bool:
    return user.organisation is not None and user.organisation.kind == Organisation.Kind.ENTERPRISE
