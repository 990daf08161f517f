"""The Django app."""

from django.apps import AppConfig


class ComplaintsConfig(AppConfig):
    name = "mingduan.complaints"

    def ready(self) -> None:
        """Take files of tickets in for the outbox."""
        from . import bringing  # noqa: F401  registers its handler
