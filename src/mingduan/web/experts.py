"""The register of experts for the body's officers, and each person's own record of ties and absences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mingduan.cases import panels
from mingduan.cases.access import visible
from mingduan.config import clock
from mingduan.people import record, register
from mingduan.people.interests import TIE_KINDS, ties
from mingduan.people.models import Kept, Kin, Organisation, Specialty, User
from mingduan.people.record import KINDS, Holder
from mingduan.procedure.text import Text

from .reader import reader, whole
from .templatetags.mingduan import lang, t


class _Dated(forms.Form):
    since = forms.DateField(required=False)
    until = forms.DateField(required=False)

    def clean(self) -> dict[str, Any]:
        got = super().clean() or {}
        if got.get("since") and got.get("until") and got["until"] < got["since"]:
            self.add_error("until", register.BACKWARDS.in_(lang()))
        return got


class InterestForm(_Dated):
    """A tie of the person, of kin or of an employer."""

    whose = forms.ChoiceField()
    organisation = forms.CharField(max_length=200)
    kind = forms.CharField(max_length=80)


class KinForm(forms.Form):
    """A close relative."""

    name = forms.CharField(max_length=80)
    relation = forms.ChoiceField(choices=Kin.Relation.choices)


class EmploymentForm(_Dated):
    """An organisation the person works or worked for."""

    organisation = forms.CharField(max_length=200)
    post = forms.CharField(max_length=80, required=False)


class AbsenceForm(_Dated):
    """Days away."""

    since = forms.DateField()
    why = forms.CharField(max_length=80, required=False)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of somebody's record, with whether the reader may change it."""

    row: Any
    kind: str
    whose: str
    may_change: bool


@never_cache
@login_required
def experts(request: HttpRequest) -> HttpResponse:
    """Every expert with specialties, employer, load, and availability on a day."""
    viewer = reader(request)
    if not viewer.offices.exists():
        raise Http404
    specialty, text = whole(request.GET.get("specialty")), request.GET.get("text", "").strip()
    day = _day(request.GET.get("day", ""))
    rows = [
        (
            user,
            next((a for a in user.absences.all() if a.on(day)), None),
            [x for x in ties(user) if x.lasts(day) and x.organisation != user.organisation],
        )
        for user in panels.experts(specialty, text)
    ]
    return render(request, "web/experts.html", {
        "rows": rows, "day": day, "specialties": Specialty.objects.all(), "specialty": specialty, "text": text,
    })  # fmt: skip


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def expert(request: HttpRequest, pk: int) -> HttpResponse:
    """One person's record: their own to declare, the body's officers' to record."""
    viewer = reader(request)
    user = get_object_or_404(record.readable(viewer), pk=pk)
    own, officer = user == viewer, viewer.offices.exists()
    form = None
    if request.method == "POST":
        form = _write(request, user, viewer)
        if form is None:
            return redirect("expert", pk)
    assigned = visible(viewer, clock.now()).filter(assignments__user=user, ended=False) if officer else ()
    return render(request, "web/expert.html", {
        "person": user, "own": own, "officer": officer and not own, "rows": list(_rows(user, viewer)), "form": form,
        "wrong": request.POST.get("form"), "typed": request.POST, "whose": _whose(user, viewer), "kinds": TIE_KINDS,
        "relations": _relations(), "organisations": Organisation.objects.order_by("name"), "cases": assigned,
        "specialties": Specialty.objects.all(), "known": list(user.specialties.all()), "today": clock.today(),
    }, status=422 if form is not None else 200)  # fmt: skip


def _write(request: HttpRequest, user: User, viewer: User) -> forms.Form | None:
    """Do what was posted; the form to mend, if it was not right."""
    what, now = request.POST.get("form", ""), clock.now()
    if what in ("end", "retract"):
        return _close(request, user, viewer)
    if what == "specialties" and user != viewer:
        user.specialties.set(
            Specialty.objects.filter(pk__in=[n for v in request.POST.getlist("specialty") if (n := whole(v))])
        )
        messages.success(request, t("专业已更新", "Specialties changed"))
        return None
    makers = {"interest": InterestForm, "kin": KinForm, "employment": EmploymentForm, "absence": AbsenceForm}
    if what not in makers:
        raise Http404
    form = makers[what](request.POST)
    if isinstance(form, InterestForm):
        form.fields["whose"].choices = _whose(user, viewer)  # type: ignore[attr-defined]  # a choice field
    if not form.is_valid():
        return form
    got = dict(form.cleaned_data)
    if "organisation" in got:
        got["organisation"] = register.organisation_called(got["organisation"])
    if what == "interest":
        of = next(h for h in record.holders(user, viewer) if _key(h) == got["whose"])
        row: Kept = record.tie(of, got["organisation"], got["kind"])
        row.since, row.until = got["since"], got["until"]
    else:
        row = KINDS[what](user=user, **got)
    register.record(row, by=viewer, at=now)
    messages.success(request, t("已登记", "Recorded"))
    return None


def _close(request: HttpRequest, user: User, viewer: User) -> forms.Form | None:
    """End or retract one row of this person's record."""
    kind, _, key = request.POST.get("row", "").partition(":")
    row = next((r.row for r in _rows(user, viewer) if r.kind == kind and str(r.row.pk) == key), None)
    if row is None:
        raise Http404
    now, problem = clock.now(), None
    if request.POST.get("form") == "end":
        problem = register.end(row, until=_day(request.POST.get("until", "")), by=viewer, at=now)
    elif reason := request.POST.get("reason", "").strip()[:200]:
        problem = register.retract(row, reason=reason, by=viewer, at=now)
    else:
        problem = Text(zh="请写明撤回的理由", en="Give the reason for taking it back")
    if problem is not None:
        messages.error(request, problem.in_(lang()))
    else:
        messages.success(request, t("已记录，原记录仍然保留", "Noted; the record stays readable"))
    return None


def _rows(user: User, viewer: User) -> Iterator[Row]:
    """Everything kept about a person, as the page has it."""
    for line in record.lines(user, viewer):
        whose = _called(line.of) if line.kind == "interest" else ""
        yield Row(line.row, line.kind, whose, line.may_change)


def _whose(user: User, viewer: User) -> list[tuple[str, str]]:
    """Whose ties can be entered, by key and in words; an officer reads the person's name."""
    return [(_key(h), str(h) if h == user and user != viewer else _called(h)) for h in record.holders(user, viewer)]


def _key(holder: Holder) -> str:
    """Whose tie it is, as the form has it."""
    if isinstance(holder, User):
        return "self:"
    return f"{'kin' if isinstance(holder, Kin) else 'employer'}:{holder.pk}"


def _called(holder: Holder) -> str:
    if isinstance(holder, Kin):
        return f"{_relation(holder)} {holder.name}"
    return t("本人", "Self") if isinstance(holder, User) else holder.name


_RELATIONS = {"spouse": "Spouse", "parent": "Parent", "child": "Child", "sibling": "Brother or sister", "other": "Other close relative"}  # fmt: skip


def _relations() -> list[tuple[str, str]]:
    return [(value, t(label, _RELATIONS[value])) for value, label in Kin.Relation.choices]


def _relation(kin: Kin) -> str:
    return t(kin.get_relation_display(), _RELATIONS[kin.relation])


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return clock.today()
