"""The Django app."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "mingduan.registry"

    def ready(self) -> None:
        """Keep the register for the cases, and make batches of certificates for the outbox."""
        from mingduan.cases import registrar

        from . import batch, intake, keeping  # noqa: F401  register their handlers
        from .register import Register

        registrar.appoint(Register())
