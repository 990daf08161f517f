"""The Django app."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "mingduan.people"
    verbose_name = "账号与人员"
