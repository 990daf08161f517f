"""The Django app."""

from django.apps import AppConfig

from mingduan.people.spoken import both


class ComplaintsConfig(AppConfig):
    name = "mingduan.complaints"
    verbose_name = both("投诉受理", "Complaint desk")

    def ready(self) -> None:
        """Take files of tickets in, train models, make the weekly report of hot spots and send text messages, for the outbox;
        and have our mail answered.
        """
        from . import bringing, mydata, reports, sms, training  # noqa: F401  register their handlers
        from .post import answering, waiting  # noqa: F401  the postmaster appoints itself, the desks are reminded
