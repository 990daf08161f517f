"""The Django app: what is asked of the outbox here is done here."""

from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "mingduan.cases"

    def ready(self) -> None:
        from . import files, stamping  # noqa: F401  each registers its handler
