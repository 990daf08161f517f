"""Accounts, offices, experts and interests, for the administrator."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from .models import Office, Organisation, User


class OfficeInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Office
    extra = 0


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]
    inlines = [OfficeInline]
    list_display = ["username", "name", "organisation", "expert", "is_active"]
    fieldsets = (
        (None, {"fields": ("username", "password", "name", "organisation", "expert", "specialties", "email", "is_active", "is_staff")}),
    )  # fmt: skip


admin.site.register(Organisation)
