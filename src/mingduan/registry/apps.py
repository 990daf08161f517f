"""The Django app."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "mingduan.registry"
