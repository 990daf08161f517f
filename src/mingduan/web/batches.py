"""Making the papers of many certificates: which, how far it is, and the package to fetch."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import Count, F, Q, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from mingduan.config import clock
from mingduan.procedure.text import Text
from mingduan.registry import batch
from mingduan.registry.models import Batch
from mingduan.registry.typeset import KINDS, LANGS
from mingduan.registry.wording import wording

from .importing import keeper
from .templatetags.mingduan import lang, t

NAMES = {"original": Text(zh="正本", en="Original"), "duplicate": Text(zh="副本", en="Duplicate")}
LANGUAGES = {"zh": Text(zh="中文", en="Chinese"), "en": Text(zh="英文", en="English")}
SHOWN = 50


class ChoiceForm(forms.Form):
    """Which certificates, and which of their papers."""

    name = forms.CharField(max_length=120, required=False)
    specialty = forms.CharField(max_length=2, required=False)
    issued_from = forms.DateField(required=False)
    issued_to = forms.DateField(required=False)
    without_paper = forms.BooleanField(required=False)
    kind = forms.MultipleChoiceField(choices=[(k, k) for k in KINDS])
    lang = forms.ChoiceField(choices=[(code, code) for code in LANGS])

    def clean(self) -> dict[str, Any]:
        """A span that ends before it begins holds nothing, which is not what anybody means."""
        begins, ends = self.cleaned_data.get("issued_from"), self.cleaned_data.get("issued_to")
        if begins and ends and begins > ends:
            said = Text(zh="“至”早于“自”，请调换", en="The end is before the beginning: change them")
            self.add_error("issued_to", said.in_(lang()))
        return self.cleaned_data

    def choice(self) -> batch.Choice:
        """What was chosen."""
        told = self.cleaned_data
        return batch.Choice(told["specialty"], told["issued_from"], told["issued_to"], told["without_paper"])


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def batches(request: HttpRequest) -> HttpResponse:
    """Choose and count, then start; and the batches so far."""
    keeper(request)
    now = clock.now()
    asked = request.POST if request.method == "POST" else request.GET
    form = ChoiceForm(asked if asked.get("lang") or request.method == "POST" else {"kind": list(KINDS), "lang": "zh", "without_paper": "1"})  # fmt: skip
    found, status = None, 200
    if form.is_valid():
        told = form.cleaned_data
        found = batch.chosen(form.choice(), told["kind"], told["lang"], now)
        if request.method == "POST" and found:
            name = told["name"] or t("证书", "Certificates")
            return redirect("certificate_batch", batch.begin(name, found, now, kinds=told["kind"], lang=told["lang"]).pk)  # fmt: skip
    if form.errors or request.method == "POST":
        status = 422
    return render(request, "web/batches.html", {
        "form": form, "count": None if found is None else len(found), "papers": len(found or ()) * len(form.cleaned_data.get("kind", ())),
        "specialties": wording().specialties, "kinds": NAMES, "languages": LANGUAGES, "chosen_kinds": form["kind"].value() or [],
        "jobs": _counted()[:SHOWN],
    }, status=status)  # fmt: skip


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def job(request: HttpRequest, pk: int) -> HttpResponse:
    """How far one batch is; posted to, it goes on where it stopped, and makes nothing twice."""
    keeper(request)
    found = get_object_or_404(_counted(), pk=pk)
    if request.method == "POST":
        batch.again(found, clock.now())
        return redirect("certificate_batch", pk)
    failed = [
        (item, batch.REASONS[item.error])
        for item in found.items.exclude(error="").order_by("number", "kind")[: SHOWN * 2]
    ]
    return render(request, "web/batch.html", {"job": found, "failed": failed, "packed": _packed(found)})


@login_required
@never_cache
@require_safe
def package(request: HttpRequest, pk: int) -> FileResponse:
    """The papers of a batch with the list of their hashes."""
    keeper(request)
    found = get_object_or_404(Batch, pk=pk)
    if not _packed(found):
        raise Http404
    return FileResponse(batch.archive(found).open("rb"), as_attachment=True, filename=f"certificates-{pk}.zip", content_type="application/zip")  # fmt: skip


def _counted() -> QuerySet[Batch, Any]:
    made, failed = Count("items", filter=~Q(items__paper=None)), Count("items", filter=~Q(items__error=""))
    return Batch.objects.annotate(total=Count("items"), made=made, failed=failed, looked=F("made") + F("failed")).order_by("-pk")  # fmt: skip


def _packed(found: Batch) -> bool:
    return found.packed_at is not None and batch.archive(found).exists()
