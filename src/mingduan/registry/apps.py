"""The Django app."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "mingduan.registry"

    def ready(self) -> None:
        """Keep the register for the cases."""
        from mingduan.cases import registrar

        from .register import Register

        registrar.appoint(Register())
