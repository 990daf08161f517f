"""The Django app."""

from django.apps import AppConfig

from .spoken import both


class PeopleConfig(AppConfig):
    name = "mingduan.people"
    verbose_name = both("账号与人员", "Accounts and people")
