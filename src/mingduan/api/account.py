"""The account's pages for programs: its tokens, its hooks and how telling them went, its calendar address."""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mingduan.people.models import ApiToken, User
from mingduan.procedure.text import Text

from . import feed, hooks
from .models import Feed, Hook
from .sending import NotAllowed
from .tokens import SCOPES, mint


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """The account's tokens: make one (shown once), revoke one."""
    user, made, wrong = _user(request), None, None
    name, scopes = request.POST.get("name", "").strip()[:80], request.POST.getlist("scope")
    if request.method == "POST" and "revoke" in request.POST:
        ApiToken.objects.filter(user=user, pk=_number(request.POST["revoke"])).update(revoked=True)
        messages.success(request, _say("令牌已撤销", "The token is revoked"))
        return redirect("tokens")
    if request.method == "POST":
        if not name:
            wrong = Text(zh="请填写名称，以便日后辨认", en="Give it a name, to know it by")
        elif not scopes or not set(scopes) <= set(SCOPES):
            wrong = Text(zh="请至少选一项权限", en="Choose at least one scope")
        else:
            made = _minted(request, name, scopes)
    rows = [(t, [SCOPES[s] for s in t.scopes if s in SCOPES]) for t in user.tokens.order_by("revoked", "-created")]
    return render(
        request, "api/tokens.html",
        {"tokens": rows, "scopes": SCOPES.items(), "made": made, "wrong": wrong, "name": name, "chosen": scopes},
        status=422 if wrong else 200,
    )  # fmt: skip


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def hook_list(request: HttpRequest) -> HttpResponse:
    """The account's hooks: make one, pause it, remove it."""
    user, wrong, made = _user(request), None, None
    if request.method == "POST" and "url" in request.POST:
        types = [t for t in request.POST.get("types", "").replace(",", " ").split()[:100] if len(t) <= 200]
        try:
            made = hooks.make(user, request.POST["url"].strip()[:500], types)
        except NotAllowed as error:
            wrong = error.text
    elif request.method == "POST":
        mine = Hook.objects.filter(user=user, pk=_number(request.POST.get("hook", "")))
        if request.POST.get("do") == "remove":
            mine.delete()
        else:
            mine.update(active=request.POST.get("do") == "start", stopped="")
        return redirect("hooks")
    return render(
        request, "api/hooks.html",
        {"hooks": Hook.objects.filter(user=user), "made": made, "wrong": wrong, "url": request.POST.get("url", ""), "types": request.POST.get("types", "")},
        status=422 if wrong else 200,
    )  # fmt: skip


@never_cache
@login_required
def hook_log(request: HttpRequest, pk: int) -> HttpResponse:
    """How telling one hook went, latest first."""
    found = Hook.objects.filter(user=_user(request), pk=pk).first() if pk < 2**63 else None
    if found is None:
        raise Http404
    return render(request, "api/hook.html", {"hook": found, "deliveries": found.deliveries.all()[:100]})


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def calendar(request: HttpRequest) -> HttpResponse:
    """The account's calendar address: make one (shown once), or stop it."""
    user, made = _user(request), None
    if request.POST.get("do") == "stop":
        Feed.objects.filter(user=user).delete()
        messages.success(request, _say("日历地址已停用", "The address no longer works"))
        return redirect("calendar-feed")
    if request.method == "POST":
        made = feed.renew(user)
    return render(request, "api/calendar.html", {"feed": Feed.objects.filter(user=user).first(), "made": made})


@reauthentication_required  # type: ignore[untyped-decorator]  # allauth's has no types. A token outlives the session
def _minted(request: HttpRequest, name: str, scopes: list[str]) -> str:
    return mint(_user(request), name, scopes)[0]


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  login_required has seen to it
    return request.user


def _number(written: str) -> int:
    return int(written) if written.isascii() and written.isdigit() and len(written) < 19 else 0


def _say(zh: str, en: str) -> str:
    return en if (get_language() or "").startswith("en") else zh
