"""My account: everything about the person signed in on one page, and the second factor that an office demands."""

from __future__ import annotations

from collections.abc import Callable

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from mingduan.cases import catalogue
from mingduan.config import clock
from mingduan.people.accounts import has_second_factor, privileged
from mingduan.people.interests import ties
from mingduan.people.models import Enrolment, User
from mingduan.procedure.text import Text

from .reader import reader
from .templatetags.mingduan import t

_OPEN = ("/account/", "/login/", "/logout/", "/i18n/", "/static/")


@never_cache
@login_required
def account(request: HttpRequest) -> HttpResponse:
    """Name, e-mail, password, second factor, sessions, interests; other parts of the house add their own."""
    user = reader(request)
    codes = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    return render(request, "account/account.html", {
        "enrolment": Enrolment.objects.filter(user=user).first(), "offices": _offices(user),
        "second_factor": has_second_factor(user), "codes_left": len(codes.wrap().get_unused_codes()) if codes else 0,
        "sessions": sorted(UserSession.objects.purge_and_list(user), key=lambda s: s.created_at, reverse=True),
        "declares": user.expert or user.offices.exists(),
        "ties": [x for x in ties(user) if x.lasts(clock.today()) and x.organisation != user.organisation],
    })  # fmt: skip


def _offices(user: User) -> list[Text]:
    """The offices held, in the words of the body's rulebooks."""
    roles = {
        (book.id.split("/")[0], name): role.text
        for book in (engine.rulebook for engine in catalogue.in_force().values())
        for name, role in book.roles.items()
    }
    held = user.offices.values_list("body", "role")
    return [roles.get(office, Text(zh="/".join(office), en="/".join(office))) for office in held]


def wants_second_factor(request: HttpRequest) -> bool:
    """Whether the person signed in ought to set up a second factor and has not."""
    user = getattr(request, "user", None)
    return privileged(user) and not has_second_factor(user)  # type: ignore[arg-type]  # privileged is a user's


class SecondFactorMiddleware:
    """With MINGDUAN_REQUIRE_MFA=1, whoever holds an office sets up a second factor before anything else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.REQUIRE_SECOND_FACTOR and not request.path.startswith(_OPEN) and wants_second_factor(request):
            messages.warning(
                request, t("您的职务要求两步验证，请先设置", "Your office demands a second factor: set it up first")
            )
            return redirect("mfa_activate_totp")
        return self.get_response(request)
