"""The Django app: events are told to other systems from here."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "mingduan.api"

    def ready(self) -> None:
        from . import events, once  # noqa: F401  register themselves
        from .tmf621 import events as tickets  # noqa: F401  registers itself
