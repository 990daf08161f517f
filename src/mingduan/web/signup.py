"""The form with which an enterprise opens an account."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import SignupForm
from allauth.account.signals import email_confirmed
from django import forms
from django.dispatch import receiver
from django.http import HttpRequest

from mingduan.config import clock
from mingduan.people.enrolment import confirmed, enrol
from mingduan.people.models import User


class EnterpriseForm(SignupForm):
    """Organisation, contact person, e-mail and password."""

    organisation = forms.CharField(max_length=200)
    name = forms.CharField(max_length=80)

    def custom_signup(self, request: HttpRequest, user: Any) -> None:
        """Keep the name of the contact, and the enterprise they want to act for."""
        user.name = self.cleaned_data["name"].strip()
        user.save(update_fields=["name"])
        enrol(user, self.cleaned_data["organisation"], clock.now())


@receiver(email_confirmed)
def _confirmed(email_address: Any, **_: Any) -> None:
    """An address is proven: what its owner asked for can go on."""
    confirmed(User.objects.get(pk=email_address.user_id))
