"""The Django app."""

from django.apps import AppConfig


class PaperConfig(AppConfig):
    name = "mingduan.paper"
