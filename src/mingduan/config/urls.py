"""Addresses: everything people open is in `web`."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # the one way to sign in

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("mingduan.api.urls")),
    path("", include("mingduan.web.urls")),
]
handler404 = "mingduan.web.errors.not_found"
handler403 = "mingduan.web.errors.forbidden"
handler500 = "mingduan.web.errors.server_error"
handler429 = "mingduan.web.errors.too_many"
