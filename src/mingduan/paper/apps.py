"""The Django app: what is asked of the outbox here is done here."""

from django.apps import AppConfig


class PaperConfig(AppConfig):
    name = "mingduan.paper"

    def ready(self) -> None:
        from . import archive, delivery, diaries, disposal, erasure  # noqa: F401  registers their handlers
