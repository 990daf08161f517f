"""Addresses of the interface and its pages."""

from django.urls import path

from . import pages
from .api import api

urlpatterns = [
    path("api/docs", pages.docs, name="api-docs"),
    path("api/problems/<slug:slug>", pages.problem, name="problem"),
    path("api/", api.urls),
]
