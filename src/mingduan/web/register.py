"""Certificates for the public: the papers, the credential, the status lists, and whether a certificate is genuine."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from mingduan.config import clock, limits
from mingduan.people.letters import in_english
from mingduan.registry import credential as credentials
from mingduan.registry import english as english_names
from mingduan.registry import issuing, keeping, verification
from mingduan.registry.models import Certificate
from mingduan.registry.typeset import NotAskedFor
from mingduan.registry.wording import wording

from .errors import slow_down
from .reader import reader
from .templatetags.mingduan import t

ROOM_FOR_THE_FORM = 64 * 1024


@require_safe
@never_cache
def certificate_pdf(request: HttpRequest, number: str, kind: str, lang: str) -> HttpResponse:
    """A certificate's signed paper, made when first asked for. There is none of one that may no longer be used."""
    found = get_object_or_404(Certificate, number=number)
    now = clock.now()
    if not verification.present(found, now).words.usable:
        return _said(request, 410, "这张证书现在不得使用，不再提供下载", "This certificate may not be used now; it is no longer offered")  # fmt: skip
    if waits := limits.too_often(request, "paper"):
        return slow_down(request, waits)
    try:
        paper = issuing.paper(found, kind, lang, now)
    except NotAskedFor:
        return _said(request, 404, "英文证书由获证企业向评定中心申请后制作", "An English certificate is made once its holder asks the assessment centre")  # fmt: skip
    response = HttpResponse(issuing.content(paper), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{issuing.file_name(number, kind, lang)}"'
    response["ETag"] = f'"{paper.sha256}"'
    return response


class EnglishForm(forms.Form):
    """How a holder is to be named on its English certificate."""

    holder_name = forms.CharField(max_length=200, required=False, validators=[in_english])
    holder_address = forms.CharField(max_length=200, required=False, validators=[in_english])


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def english(request: HttpRequest, number: str) -> HttpResponse:
    """Ask for the English papers of a certificate, or change how its holder is named on them (S07 3.1)."""
    found = get_object_or_404(Certificate, number=number)
    if not issuing.may_ask_for_english(reader(request), found):
        raise Http404
    asked, profile = english_names.asked(found), keeping.of(found.holder)
    known = {
        "holder_name": (asked and asked.holder_name) or found.holder.name_en,
        "holder_address": (asked and asked.holder_address) or (profile.address_en if profile else ""),
    }
    form = EnglishForm(request.POST if request.method == "POST" else None, initial=known)
    if request.method == "POST" and form.is_valid():
        issuing.ask_for_english(found, **form.cleaned_data, at=clock.now())
        messages.success(request, t("英文正本和副本可以下载了。", "The English papers can be fetched now."))
        if not all(form.cleaned_data.values()):
            messages.warning(request, t("没有填写的，印企业档案中的英文；档案中也没有的，印中文。", "What you left empty is printed as your profile says, or in Chinese where it says nothing."))  # fmt: skip
        return redirect("register_certificate", number)
    return render(
        request, "web/register_english.html", {"row": found, "form": form, "asked": asked, "profile": profile},
        status=422 if form.errors else 200,
    )  # fmt: skip


@require_safe
@cache_control(public=True, max_age=300)
def credential(request: HttpRequest, number: str) -> JsonResponse:
    """The certificate as a W3C Verifiable Credential. It stays readable whatever its standing: the status list tells that."""
    document = credentials.credential(get_object_or_404(Certificate, number=number))
    return _open(JsonResponse(document, content_type="application/vc", json_dumps_params={"ensure_ascii": False}))


@require_safe
@cache_control(public=True, max_age=60)
def status_list(request: HttpRequest, purpose: str) -> JsonResponse:
    """A Bitstring Status List credential."""
    try:
        return _open(JsonResponse(credentials.status_list(purpose, clock.now()), content_type="application/vc"))
    except KeyError:
        raise Http404 from None


# Nothing is stored or changed here, so there is nothing to forge; and the size is looked at before the form is read.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """Check a certificate by its number (a QR code leads here) or by its PDF."""
    number = request.GET.get("number", "").strip().upper()
    asked = request.method == "POST" or bool(number)
    if asked and (waits := limits.too_often(request, "verify")):
        return slow_down(request, waits)
    if request.method == "POST":
        return _verify_file(request)
    if not number:
        return _page(request)
    verdict = verification.verify_number(number, clock.now())
    if verdict is None:
        return _page(request, 404, number=number, unknown=True)
    return _page(request, number=number, verdict=verdict)


def _verify_file(request: HttpRequest) -> HttpResponse:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > verification.MAX_BYTES + ROOM_FOR_THE_FORM:
        return _page(request, 413, too_large=True)
    file = request.FILES.get("file")
    if file is None or not file.size:
        return _page(request, 422, no_file=True)
    if file.size > verification.MAX_BYTES:
        return _page(request, 413, too_large=True)
    return _page(request, verdict=verification.verify_pdf(file.read(), clock.now()), file_name=(file.name or "")[:120])


def _page(request: HttpRequest, status: int = 200, **shown: Any) -> HttpResponse:
    verdict = shown.get("verdict")
    if verdict and verdict.certificate:
        words = wording()
        shown["specialty"] = words.specialty(verdict.certificate.specialty)
        shown["grade"] = words.grade(verdict.certificate.grade)
        shown["holder"] = english_names.holder(verdict.certificate, english_names.name(verdict.certificate))
    shown["limit"] = verification.MAX_BYTES >> 20
    return render(request, "web/verify.html", shown, status=status)


def _said(request: HttpRequest, status: int, zh: str, en: str) -> HttpResponse:
    return render(request, "web/error.html", {"zh": zh, "en": en, "status": status}, status=status)


def _open(response: JsonResponse) -> JsonResponse:
    """Readable by programs of any origin: it is public."""
    response["Access-Control-Allow-Origin"] = "*"
    return response
