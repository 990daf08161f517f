"""The Django app."""

from django.apps import AppConfig


class ComplaintsConfig(AppConfig):
    name = "mingduan.complaints"

    def ready(self) -> None:
        """Take files of tickets in, train models, make the weekly report of hot spots and send text messages, for the outbox;
        and have our mail answered.
        """
        from . import bringing, reports, sms, training  # noqa: F401  register their handlers
        from .post import answering  # noqa: F401  the postmaster appoints itself
