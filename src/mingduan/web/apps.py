"""The Django app."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "mingduan.web"

    def ready(self) -> None:
        """Listen for what sign-ups lead to."""
        from . import signup  # noqa: F401  its receiver registers itself
