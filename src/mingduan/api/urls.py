"""Addresses of the interface, its pages, and the account's pages for programs."""

from django.urls import path

from . import account, feed, pages
from .api import api
from .tmf621.urls import urlpatterns as trouble_tickets

urlpatterns = [
    path("api/docs", pages.docs, name="api-docs"),
    path("api/problems/<slug:slug>", pages.problem, name="problem"),
    path("api/", api.urls),
    path("account/tokens/", account.tokens, name="tokens"),
    path("account/hooks/", account.hook_list, name="hooks"),
    path("account/hooks/<int:pk>/", account.hook_log, name="hook"),
    path("account/calendar/", account.calendar, name="calendar-feed"),
    path("calendar/<str:token>.ics", feed.feed, name="feed"),
    *trouble_tickets,
]
