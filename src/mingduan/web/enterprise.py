"""An enterprise's profile: kept by its own people, read by the officers who have a case of it before them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.forms import fields_for_model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from mingduan.cases import files, sheet
from mingduan.cases.access import access, log_reading, overseen
from mingduan.cases.files import MAX_BYTES, FileRefusal, receive
from mingduan.cases.models import Case, Reading
from mingduan.config import clock
from mingduan.people.models import Organisation
from mingduan.procedure.text import Text
from mingduan.registry import keeping, profile
from mingduan.registry.enterprises import Enterprise, Technician
from mingduan.registry.keeping import KINDS, REGISTRATION, Column, Kind

from .export import FORMATS, download
from .profile_import import Taken, take
from .profile_rows import cells
from .reader import reader
from .serving import attachment, not_now
from .templatetags.mingduan import lang, t, words

Sent = tuple[Any, Any]
"""What a form was sent with: its values and its files."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A row of a list as the page shows it: its cells, and whether it has expired or soon will."""

    row: Any
    cells: Sequence[tuple[Column, str]]
    standing: keeping.Standing


class RowForm(forms.Form):
    """The form of one row; `labelled` pairs each field with its column."""

    columns: Sequence[Column] = ()

    @property
    def labelled(self) -> list[tuple[Column, forms.BoundField]]:
        """The fields, each with what it is called."""
        return [(c, self[c.name]) for c in self.columns]


@never_cache
@login_required
@require_safe
def profile_page(request: HttpRequest) -> HttpResponse:
    """The enterprise's own profile: its registration, how much each list holds, and what expires."""
    organisation = _own(request)
    enterprise = keeping.of(organisation)
    if enterprise is None:
        return redirect("enterprise_registration")
    around = _around(enterprise)
    return render(request, "web/enterprise.html", {
        **around, "here_kind": "", "fields": _registered(enterprise), "attention": list(keeping.attention(enterprise, _today())),
        "empty": [kind for kind, held in around["tabs"] if not held],
    })  # fmt: skip


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def registration(request: HttpRequest) -> HttpResponse:
    """Enter or change the registration."""
    organisation = _own(request)
    enterprise = keeping.of(organisation)
    before = {c.name: getattr(enterprise, c.name) for c in REGISTRATION} if enterprise else {"contact": str(reader(request)), "email": reader(request).email}  # fmt: skip
    form = _form(Enterprise, REGISTRATION, _sent(request), before, name_en=_name_en())
    if request.method == "POST" and form.is_valid():
        try:
            keeping.register(organisation, form.cleaned_data, by=reader(request), at=clock.now())
        except ValidationError as error:
            _tell(form, error)
        else:
            messages.success(request, t("登记资料已保存", "The registration is saved"))
            return redirect("enterprise")
    return render(request, "web/enterprise_form.html", {
        **_around(enterprise, organisation), "form": form, "here_kind": "", "title": t("登记资料", "Registration"),
    }, status=422 if form.errors else 200)  # fmt: skip


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def list_page(request: HttpRequest, kind: str) -> HttpResponse:
    """One list of the profile, with the form that adds to it."""
    enterprise, spec = _kept(request), _kind(kind)
    taking = "table" in request.FILES or "take" in request.POST
    taken, unreadable = _taken(request, enterprise, spec) if taking else (None, None)
    form = _row_form(enterprise, spec, None if taking else _sent(request), None)
    if request.method == "POST" and not taking and _written(request, enterprise, spec, form, None):
        return redirect("enterprise_list", kind)
    return render(request, "web/enterprise_list.html", {
        **_around(enterprise), "kind": spec, "here_kind": kind, "shown": list(_shown(enterprise, spec)), "form": form,
        "taken": taken, "unreadable": unreadable, "needs": kind == "certificates" and not enterprise.technicians.exists(),
    }, status=422 if form.errors or unreadable or (taken and taken.bad) else 200)  # fmt: skip


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def row_page(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Change a row, or take it off its list."""
    enterprise, spec = _kept(request), _kind(kind)
    row = keeping.rows(enterprise, spec).filter(pk=pk).first()
    if row is None:
        raise Http404
    if request.method == "POST" and "remove" in request.POST:
        keeping.remove(enterprise, spec, pk, by=reader(request), at=clock.now())
        messages.success(request, t("已删除，变更记录仍可查", "Removed; the record of it stays"))
        return redirect("enterprise_list", kind)
    form = _row_form(enterprise, spec, _sent(request), row)
    if request.method == "POST" and _written(request, enterprise, spec, form, pk):
        return redirect("enterprise_list", kind)
    return render(request, "web/enterprise_form.html", {
        **_around(enterprise), "form": form, "kind": spec, "here_kind": kind, "row": row, "title": str(row),
    }, status=422 if form.errors else 200)  # fmt: skip


@login_required
@require_safe
def list_file(request: HttpRequest, kind: str, form: str) -> HttpResponseBase:
    """A list as a file."""
    enterprise, spec = _kept(request), _kind(kind)
    if form not in FORMATS:
        raise Http404
    cells = ([text for _, text in s.cells] for s in _shown(enterprise, spec))
    return download(kind, form, [words(c.text) for c in spec.columns], cells)


@never_cache
@login_required
@require_safe
def changes(request: HttpRequest) -> HttpResponse:
    """Who changed what of the profile, and when, the latest first."""
    enterprise = _kept(request)
    found = [(change, _changed(change.kind), _differences(change)) for change in enterprise.changes.select_related("by")[:200]]  # fmt: skip
    return render(request, "web/enterprise_changes.html", {**_around(enterprise), "here_kind": "changes", "changes": found})  # fmt: skip


@never_cache
@login_required
@require_safe
def read_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole profile for reading: by its own people, and by officers of a body with an open case of the enterprise."""
    enterprise = _readable(request, pk)
    lists = [(kind, list(_shown(enterprise, kind))) for kind in KINDS.values()]
    return render(request, "web/enterprise_read.html", {"enterprise": enterprise, "fields": _registered(enterprise), "lists": lists})  # fmt: skip


@login_required
@require_safe
def paper(request: HttpRequest, pk: int, sha256: str) -> HttpResponseBase:
    """A document kept ready."""
    found = _readable(request, pk).papers.filter(sha256=sha256).first()
    if found is None:
        raise Http404
    try:
        return attachment(found.name, files.read(sha256))
    except files.FileHeld as held:
        return not_now(request, held)


def readable_profiles(user: Any, case: Case) -> dict[int | None, int]:
    """Organisation → profile, of the parties of an open case that an officer of its body reads."""
    if case.ended or not user.is_authenticated or not user.offices.filter(body=case.rulebook.split("/")[0]).exists():
        return {}
    found = Enterprise.objects.filter(organisation__party__case=case)
    return dict(found.values_list("organisation", "pk"))


def _own(request: HttpRequest) -> Organisation:
    """The enterprise the reader acts for; for anybody else there is no such page."""
    organisation = reader(request).organisation
    if organisation is None or organisation.kind != Organisation.Kind.ENTERPRISE:
        raise Http404
    return organisation


def _kept(request: HttpRequest) -> Enterprise:
    """The profile of the reader's enterprise; there are no lists before it is registered."""
    enterprise = keeping.of(_own(request))
    if enterprise is None:
        raise Http404
    return enterprise


def _readable(request: HttpRequest, pk: int, what: str = "企业档案") -> Enterprise:
    """The profile, if the reader may read it; an officer's reading is logged in the case it is for (S01 8.1)."""
    found = Enterprise.objects.select_related("organisation").filter(pk=pk).first()
    user = reader(request)
    if found is None:
        raise Http404
    if found.organisation_id != user.organisation_id:
        now = clock.now()
        case = overseen(user, now).filter(ended=False, parties__organisation=found.organisation_id).last()
        if case is None:
            raise Http404
        log_reading(case, access(user, case, now).actor, now, Reading.What.PAPER, what)
    return found


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise Http404
    return KINDS[name]


def _around(enterprise: Enterprise | None, organisation: Organisation | None = None) -> dict[str, Any]:
    """What every page of the profile shows around its own matter: its tabs, each with how much it holds."""
    tabs = [(kind, keeping.rows(enterprise, kind).count()) for kind in KINDS.values()] if enterprise else []
    return {"enterprise": enterprise, "organisation": enterprise.organisation if enterprise else organisation, "tabs": tabs, "today": _today()}  # fmt: skip


def _registered(enterprise: Enterprise) -> list[tuple[Column, str]]:
    return [(c, str(getattr(enterprise, c.name))) for c in REGISTRATION]


def _shown(enterprise: Enterprise, kind: Kind) -> Iterator[Shown]:
    today = _today()
    for row in keeping.rows(enterprise, kind):
        yield Shown(row, cells(kind, row), keeping.expiry(row, today))


def _form(model: Any, columns: Sequence[Column], sent: Sent | None, before: dict[str, Any], **more: forms.Field) -> RowForm:  # fmt: skip
    """A form of the model's own fields, filled with `before`."""
    made: dict[str, Any] = fields_for_model(model, [c.name for c in columns]) | more
    for column in columns:
        field = made[column.name]
        if column.choices is not None:
            made[column.name] = forms.ChoiceField(choices=[("", t("请选择", "Choose")), *((k, words(v)) for k, v in column.choices.items())])  # fmt: skip
        elif isinstance(field, forms.DateField):
            field.widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    form_class = type("ColumnsForm", (RowForm,), {**made, "columns": columns})
    form: RowForm = form_class(*(sent or (None, None)), initial=before)
    return form


def _name_en() -> Any:
    """The organisation's own field: it stands in no column of the profile."""
    return Organisation._meta.get_field("name_en").formfield(help_text=t(
        "印在英文证书上，并显示在英文的公开登记页。不填的印中文名称。", "Printed on English certificates and shown in the public register in English. The Chinese name stands where it is empty.",
    ))  # fmt: skip


def _row_form(enterprise: Enterprise, kind: Kind, sent: Sent | None, row: Any) -> RowForm:
    """The form of one row of a list; with a file where it is a document, amounts in yuan."""
    before = {c.name: getattr(row, c.name) for c in kind.columns} if row else {}
    columns = list(kind.columns)
    more: dict[str, forms.Field] = {}
    for column in kind.columns:
        if column.name == "amount":
            more["amount"] = forms.DecimalField(min_value=0, max_digits=15, decimal_places=2, initial=0)
            before["amount"] = f"{row.amount / 100:.2f}" if row else "0"
        elif column.name == "technician":
            more["technician"] = forms.ModelChoiceField(Technician.objects.filter(enterprise=enterprise).order_by("pk"), empty_label=t("请选择", "Choose"))  # fmt: skip
        elif column.name == "fact":
            choices = [(name, words(fact)) for name, fact in profile.purposes().items()]
            more["fact"] = forms.ChoiceField(choices=[("", t("请选择", "Choose")), *choices])
        elif column.name == "name" and "fact" in kind.fields:
            more["name"] = forms.FileField(required=row is None)
            before.pop("name", None)
    return _form(kind.model, columns, sent, before, **more)


def _written(request: HttpRequest, enterprise: Enterprise, kind: Kind, form: RowForm, pk: int | None) -> bool:
    """Whether what was posted could be kept; if not, the form says why."""
    if not _saved(request, enterprise, kind, form, pk):
        return False
    messages.success(request, t("已保存", "Saved"))
    return True


def _taken(request: HttpRequest, enterprise: Enterprise, kind: Kind) -> tuple[Taken | None, Text | None]:
    """What became of a file of rows; or why it can't be read."""
    table = request.FILES.get("table")
    try:
        return take(
            enterprise, kind, table.read(sheet.MAX_BYTES + 1) if table else b"",
            lambda cells: _row_form(enterprise, kind, (cells, None), None),
            lambda form: _saved(request, enterprise, kind, form, None),
        ), None  # fmt: skip
    except sheet.Unreadable as error:
        return None, Text(zh=f"{error.wrong.zh}：{error.right.zh}", en=f"{error.wrong.en}: {error.right.en}")


def _sent(request: HttpRequest) -> Sent | None:
    return (request.POST, request.FILES) if request.method == "POST" else None


def _saved(request: HttpRequest, enterprise: Enterprise, kind: Kind, form: RowForm, pk: int | None) -> bool:
    if not form.is_valid():
        return False
    values = dict(form.cleaned_data)
    if "amount" in values:
        values["amount"] = int(values["amount"] * 100)
    if "fact" in kind.fields:
        upload = values.pop("name", None)
        if upload:
            kept = receive(upload.name or "", upload.read(MAX_BYTES + 1), clock.now())
            if isinstance(kept, FileRefusal):
                form.add_error("name", f"{kept.text.in_(lang())}。{kept.remedy.in_(lang())}")
                return False
            values |= kept.as_fact()
    try:
        keeping.put(enterprise, kind, values, by=reader(request), at=clock.now(), pk=pk)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    except ValidationError as error:
        _tell(form, error)
        return False
    return True


def _tell(form: RowForm, error: ValidationError) -> None:
    """Put each error beside its field; what no field is to blame for comes first."""
    for name, told in error.message_dict.items() if hasattr(error, "error_dict") else [("", error.messages)]:
        for text in told:
            form.add_error(name if name in form.fields else None, text)


def _changed(kind: str) -> str:
    return words(KINDS[kind].text) if kind in KINDS else t("登记资料", "Registration")


def _differences(change: Any) -> list[tuple[str, str, str]]:
    """What a change changed: the column's name, what stood there, what stands there."""
    columns = KINDS[change.kind].columns if change.kind in KINDS else REGISTRATION
    return [
        (words(c.text), before, after)
        for c in columns
        if (before := change.before.get(c.name, "")) != (after := change.after.get(c.name, ""))
    ]


def _today() -> date:
    return clock.today()
