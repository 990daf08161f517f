"""Letters that came: what became of each, what waits for the desk and why, what the desk does about it, and how fetching goes."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mingduan.cases import files, scanning
from mingduan.cases.access import access, visible
from mingduan.cases.models import Case
from mingduan.complaints.models import Letter, Mailbox
from mingduan.complaints.post import polling, taking, texts, waiting
from mingduan.config import clock, limits
from mingduan.people.models import User
from mingduan.procedure.case import Reason
from mingduan.procedure.masking import mask
from mingduan.procedure.text import Text

from .reader import reader
from .serving import attachment, not_now

PAGE, READINGS, ORIGINAL = 50, 200, "letter.eml"
SHOWN = {
    "waits": Text(zh="待处理", en="Waiting"), "taken": Text(zh="已立案或并入", en="Taken into cases"),
    "other": Text(zh="不办理", en="Nothing to do"), "all": Text(zh="全部", en="All"),
}  # fmt: skip
_WHATS = {
    "waits": [Letter.What.WAITS], "taken": [Letter.What.OPENED, Letter.What.ADDED],
    "other": [Letter.What.AUTOMATIC, Letter.What.BOUNCE, Letter.What.STOP, Letter.What.SET_ASIDE],
}  # fmt: skip
WHAT = {
    "opened": Text(zh="立案", en="Case opened"), "added": Text(zh="并入案件", en="Added to a case"), "waits": Text(zh="待处理", en="Waiting"),
    "aside": Text(zh="已搁置", en="Set aside"), "automatic": Text(zh="自动回复", en="Automatic"), "bounce": Text(zh="退信", en="Bounce"), "stop": Text(zh="退订", en="Unsubscribed"),
}  # fmt: skip


@login_required
@never_cache
@require_safe
def letters(request: HttpRequest) -> HttpResponse:
    """The letters of the reader's desks, those that wait first; and how the mailboxes are."""
    user = reader(request)
    bodies = waiting.desks(user)
    if not bodies:
        raise Http404
    shown = request.GET.get("show", "waits")
    shown = shown if shown in SHOWN else "waits"
    found = Letter.objects.filter(body__in=bodies).select_related("case")
    found = found.filter(what__in=_WHATS[shown]) if shown in _WHATS else found
    found = found.order_by("at", "id") if shown == "waits" else found
    page = Paginator(found.defer("text", "quoted"), PAGE).get_page(request.GET.get("page"))
    for letter in page:
        letter.said = WHAT[letter.what]  # type: ignore[attr-defined]  # for the page only
        letter.sender = mask("email" if letter.channel == Letter.Channel.MAIL else "phone", letter.sender)
        letter.name = mask("name", letter.name)
        letter.why_zh, letter.why_en = mask("text", letter.why_zh), mask("text", letter.why_en)
    return render(request, "web/letters.html", {
        "page": page, "opens": set(visible(user, clock.now()).filter(letters__in=list(page)).values_list("number", flat=True)), "shown": shown, "tabs": SHOWN, "boxes": Mailbox.objects.filter(body__in=bodies), "waiting": waiting.waiting(*bodies).count(),
    })  # fmt: skip


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def letter(request: HttpRequest, pk: int) -> HttpResponse:
    """One letter; what the desk makes of it while it waits."""
    user = reader(request)
    row = get_object_or_404(Letter.objects.select_related("case", "settled_by"), pk=pk, body__in=waiting.desks(user))
    refused: list[Reason] = []
    if request.method == "POST" and row.what == Letter.What.WAITS:
        refused = _settle(request, user, row)
        if not refused:
            return redirect("letter", row.pk) if Letter.objects.filter(pk=row.pk).exists() else redirect("letters")
    waiting.log(row, user, clock.now())
    return render(request, "web/letter.html", {
        "letter": row, "said": WHAT[row.what], "refused": refused, "number": request.POST.get("number", row.case.number if row.case else row.perhaps),
        "opens": set(visible(user, clock.now()).filter(number__in=[row.perhaps, row.case.number if row.case else ""]).values_list("number", flat=True)),
        "readings": row.readings.all()[:READINGS], "readable": not row.sha256, "why_aside": request.POST.get("why", ""),
    }, status=422 if refused else 200)  # fmt: skip


@login_required
@never_cache
@require_safe
def letter_file(request: HttpRequest, pk: int, sha256: str) -> HttpResponse:
    """A file that came with a letter that is in no case yet; one in a case is opened there."""
    user = reader(request)
    row = get_object_or_404(Letter, pk=pk, body__in=waiting.desks(user), seq=None)
    name = next((f["name"] for f in row.files if f["sha256"] == sha256), ORIGINAL if sha256 == row.sha256 else "")
    if not name:
        raise Http404
    try:
        content = files.read(sha256)
        if name == ORIGINAL and scanning.scan(content):  # kept without a look into it, for nobody could read it
            raise files.FileHeld(
                Text(zh="查毒发现问题，不能打开", en="The virus scan found something in it: it may not be opened")
            )
    except files.FileHeld as held:
        return not_now(request, held)
    except scanning.ScannerDown:
        return not_now(
            request,
            files.FileHeld(
                Text(zh="该文件尚未查毒，请稍后再打开", en="The file has not been scanned yet: try again later")
            ),
        )
    except FileNotFoundError as gone:
        raise Http404 from gone
    waiting.log(row, user, clock.now(), name)
    return attachment(name, content)


@csrf_exempt
@require_POST
def gateway(request: HttpRequest) -> HttpResponse:
    """Text messages that a gateway posts, signed; each is taken once by the gateway's own number. Somebody who is not the
    gateway is soon not listened to any more.
    """
    who = limits.address(request)
    if waits := limits.reached("sms-unsigned", who) or limits.too_often(request, "sms"):
        told = {"taken": 0, "zh": f"过于频繁，请过{waits}秒再试", "en": f"Too many requests: try again in {waits} s"}
        return JsonResponse(told, status=429, headers={"Retry-After": str(waits)})
    if int(request.headers.get("Content-Length") or 0) > texts.MAX_BYTES:
        return JsonResponse({"taken": 0}, status=413)
    try:
        messages = texts.receiver().read(request.body, request.headers)
    except texts.NotGenuine:
        limits.count("sms-unsigned", who)
        return JsonResponse({"taken": 0}, status=403)
    return JsonResponse({"taken": texts.accept(messages, clock.now())})


def _settle(request: HttpRequest, user: User, row: Letter) -> list[Reason]:
    """Do what the desk chose; what stands against it."""
    go, now = request.POST.get("go", ""), clock.now()
    if go == "open" and not row.sha256:
        return list(taking.reopen(row, now, user))
    if go == "again" and row.sha256:
        if not polling.again(row, now):
            return [_reason("还是读不了", "It still can't be read")]
        return []
    if go == "aside":
        why = request.POST.get("why", "").strip()
        if not why:
            return [_reason("请写明不办理的理由", "Say why nothing is to be done", "why")]
        taking.set_aside(row, why, now, user)
        return []
    if go == "join" and not row.sha256:
        case = (
            visible(user, now)
            .filter(number=request.POST.get("number", "").strip().upper(), rulebook__startswith=f"{row.body}/")
            .first()
        )
        if case is None:
            return [_reason("没有这个案件", "There is no such case", "number")]
        return list(taking.join(row, case, access(user, Case.objects.get(pk=case.pk), now).actor, now, user))
    return [_reason("不能这样办理", "That can't be done with it")]


def _reason(zh: str, en: str, field: str = "") -> Reason:
    return Reason("input", None, Text(zh=zh, en=en), None, field)
