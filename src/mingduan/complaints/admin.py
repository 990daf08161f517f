"""Where each body's mail is fetched: set by whoever manages the installation. Letters are not here."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from mingduan.people.sealing import seal
from mingduan.people.spoken import both

from .models import Mailbox


class MailboxForm(forms.ModelForm):  # type: ignore[type-arg]
    """A mailbox; its password is typed in, sealed, and never shown again."""

    secret = forms.CharField(
        label=both("口令", "Password"), required=False, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=both("留空则不变", "Left empty, it stays as it is"),
    )  # fmt: skip

    class Meta:
        model = Mailbox
        exclude = ("password",)

    def clean(self) -> dict[str, Any]:
        """An IMAP mailbox has a server and a user."""
        given = super().clean() or {}
        if given.get("kind") == Mailbox.Kind.IMAP:
            for name in ("host", "user"):
                if not given.get(name):
                    self.add_error(name, both("IMAP 邮箱需要填写", "An IMAP mailbox needs it"))
        return given


@admin.register(Mailbox)
class MailboxAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The mailboxes, and how fetching from them went last."""

    form = MailboxForm
    list_display = ("body", "kind", "address", "host", "active", "polled_at", "failures", "error")
    readonly_fields = ("polled_at", "failed_at", "failures", "error")

    def save_model(self, request: HttpRequest, obj: Mailbox, form: Any, change: bool) -> None:
        """Seal the password; a mailbox that was set otherwise is looked into at once."""
        if form.cleaned_data.get("secret"):
            obj.password = seal(form.cleaned_data["secret"])
        obj.failures, obj.polled_at, obj.failed_at, obj.error = 0, None, None, ""
        super().save_model(request, obj, form, change)
