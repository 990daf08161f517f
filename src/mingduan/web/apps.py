"""The Django app."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "mingduan.web"

    def ready(self) -> None:
        """Listen for what sign-ups lead to."""
        from . import drafts, signup  # noqa: F401  register themselves
