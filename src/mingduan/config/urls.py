"""Addresses: everything people open is in `web`."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("mingduan.api.urls")),
    path("", include("mingduan.web.urls")),
]
handler404 = "mingduan.web.errors.not_found"
handler403 = "mingduan.web.errors.forbidden"
handler500 = "mingduan.web.errors.server_error"
