"""Managing accounts: people, offices, organisations, sign-ups, locks, second factors.

Cases are not here: an administrator manages who may work, and sees no case by doing so.
"""

from __future__ import annotations

from typing import Any

import allauth.account.admin
import allauth.mfa.admin
import allauth.usersessions.admin  # noqa: F401  they register themselves; what they show is not for administrators
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.models import Group
from django.core.mail import send_mail
from django.db import models
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse

from mingduan.config import clock
from mingduan.procedure.text import Text

from .accounts import reset_second_factor, unlock, vouch
from .enrolment import decide
from .models import Employment, Enrolment, Mandate, Office, Organisation, Specialty, User
from .spoken import both

admin.site.site_header = admin.site.site_title = both("明断 账号管理", "Mingduan accounts")
admin.site.index_title = both("账号、单位与职务", "Accounts, organisations and offices")
for hidden in (EmailAddress, Authenticator, UserSession, Group):
    if admin.site.is_registered(hidden):
        admin.site.unregister(hidden)


class OfficeInline(admin.TabularInline):  # type: ignore[type-arg]
    """The offices of an account; nobody gives one to themselves."""

    model: type[models.Model] = Office
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not to one's own account."""
        return super().has_add_permission(request, obj) and obj != request.user

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not of one's own account."""
        return super().has_change_permission(request, obj) and obj != request.user


class MandateInline(OfficeInline):
    """What an account may do for its organisation where a body engaged it; nobody gives it to themselves."""

    model = Mandate


class SecondFactorFilter(admin.SimpleListFilter):
    """Accounts with or without a second factor."""

    title, parameter_name = both("两步验证", "Second factor"), "second_factor"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """On or off."""
        return [("on", both("已启用", "on")), ("off", both("未启用", "off"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        """Those asked for."""
        on = Exists(Authenticator.objects.filter(user=OuterRef("pk"), type=Authenticator.Type.TOTP))
        return (
            queryset.filter({"on": on, "off": ~on}[self.value() or ""]) if self.value() in ("on", "off") else queryset
        )


class PersonForm(AdminUserCreationForm):  # type: ignore[type-arg]
    """A new account."""

    class Meta:
        model = User
        fields = ("username", "name", "email", "organisation")


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]
    """Accounts. None is deleted: whoever leaves is made inactive, and what they did stays theirs."""

    add_form = PersonForm
    inlines = [OfficeInline, MandateInline]
    list_display = ["username", "name", "organisation", "held", "expert", "second_factor", "is_active", "last_login"]
    list_filter = ["is_active", "expert", "is_staff", "offices__body", "offices__role", "organisation__kind", SecondFactorFilter, "specialties"]  # fmt: skip
    search_fields = ["username", "name", "email", "organisation__name"]
    autocomplete_fields = ["organisation"]
    filter_horizontal = ["specialties"]
    actions = ["unlock", "reset_second_factor"]
    fieldsets = (
        (None, {"fields": ("username", "password", "name", "email", "organisation")}),
        (both("专家", "Expert"), {"fields": ("expert", "specialties")}),
        (both("状态", "Standing"), {"fields": ("is_active", "is_staff", "is_superuser")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "name", "email", "organisation", "usable_password", "password1", "password2")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """With what the list shows fetched at once."""
        on = Exists(Authenticator.objects.filter(user=OuterRef("pk"), type=Authenticator.Type.TOTP))
        found: QuerySet[User] = super().get_queryset(request)
        return found.select_related("organisation").prefetch_related("offices").annotate(factor=on)

    @admin.display(description=both("任职", "Offices"))
    def held(self, user: User) -> str:
        """The offices held."""
        return "、".join(map(str, user.offices.all()))

    @admin.display(description=both("两步验证", "Second factor"), boolean=True)
    def second_factor(self, user: Any) -> bool:
        """Whether it is on."""
        return bool(user.factor)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Also: the former employer stays on record, and the e-mail counts on the administrator's word."""
        before = User.objects.filter(pk=obj.pk).first() if change else None
        super().save_model(request, obj, form, change)
        if before is not None and before.email.lower() != obj.email.lower() and obj != request.user:
            _tell(
                before, Text(zh="账号的邮箱已由管理员更改", en="An administrator changed your e-mail"),
                Text(zh="今后的通知寄往新的邮箱。", en="From now on mail goes to the new address."),
            )  # fmt: skip
        if before is not None and before.organisation and before.organisation != obj.organisation:
            Employment.objects.create(
                user=obj, organisation=before.organisation, until=clock.today(), recorded_by_id=request.user.pk
            )
        if before is None or before.email != obj.email:
            vouch(obj)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Also: whose password somebody else set is told; whoever was signed in with the old one is not any more."""
        answer: HttpResponse = super().user_change_password(request, id, form_url)
        user = self.get_object(request, id)
        if answer.status_code == 302 and user is not None and user != request.user:
            _tell(user, Text(zh="密码已由管理员重设", en="An administrator set your password"), Text(zh="原来的登录均已退出。", en="You were signed out everywhere."))  # fmt: skip
        return answer

    @admin.action(description=both("解除登录锁定", "Lift the lock on signing in"))
    def unlock(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Let accounts try again at once."""
        for user in queryset:
            unlock(user)
            self.log_change(request, user, "解除登录锁定")
        self.message_user(request, both(f"已解除 {len(queryset)} 个账号的登录锁定", f"Locks lifted: {len(queryset)}"))

    @admin.action(
        description=both(
            "重设两步验证（本人遗失手机和恢复码时）", "Reset the second factor (phone and recovery codes are lost)"
        )
    )
    def reset_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Take the second factor off; its owner is told, and it is logged."""
        done = 0
        for user in queryset:
            if user != request.user and reset_second_factor(user):
                done += 1
                self.log_change(request, user, "重设两步验证")
                _tell(user, Text(zh="两步验证已由管理员重设", en="An administrator took your second factor off"), Text(zh="登录后请重新设置两步验证。", en="Set it up again after signing in."))  # fmt: skip
        self.message_user(
            request,
            both(f"已重设 {done} 个账号的两步验证", f"Second factors reset: {done}"),
            messages.SUCCESS if done else messages.WARNING,
        )


@admin.register(Organisation)
class OrganisationAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Organisations."""

    list_display = ["name", "name_en", "kind"]
    list_filter = ["kind"]
    search_fields = ["name", "name_en"]

    def get_readonly_fields(self, request: HttpRequest, obj: Organisation | None = None) -> list[str]:
        """An enterprise keeps its English name itself, in its profile."""
        return ["name_en"] if obj is not None and obj.kind == Organisation.Kind.ENTERPRISE else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: cases name them."""
        return False


@admin.register(Enrolment)
class EnrolmentAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Who wants to act for which enterprise."""

    list_display = ["name", "contact", "email", "state", "at", "decided_by"]
    list_filter = ["state"]
    search_fields = ["name", "user__name", "user__email"]
    actions = ["approve", "refuse"]
    list_select_related = ["user", "decided_by"]

    @admin.display(description=both("联系人", "Contact"))
    def contact(self, enrolment: Enrolment) -> str:
        """Who asks."""
        return str(enrolment.user)

    @admin.display(description=both("邮箱", "E-mail"))
    def email(self, enrolment: Enrolment) -> str:
        """Their e-mail."""
        return enrolment.user.email

    def has_add_permission(self, request: HttpRequest) -> bool:
        """They come from sign-ups."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The list is for the actions; a single one is only read."""
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    @admin.action(description=both("核准加入", "Approve"))
    def approve(self, request: HttpRequest, queryset: QuerySet[Enrolment]) -> None:
        """Let them act for the enterprise."""
        self._decide(request, queryset, True)

    @admin.action(description=both("不予核准", "Do not approve"))
    def refuse(self, request: HttpRequest, queryset: QuerySet[Enrolment]) -> None:
        """Do not."""
        self._decide(request, queryset, False)

    def _decide(self, request: HttpRequest, queryset: QuerySet[Enrolment], approved: bool) -> None:
        word, done = "核准" if approved else "未核准", 0
        for enrolment in queryset.select_related("user"):
            assert isinstance(request.user, User)  # noqa: S101  the admin lets nobody else in
            if decide(enrolment, approved=approved, by=request.user, at=clock.now()):
                done += 1
                self.log_change(request, enrolment, word)
                _tell(
                    enrolment.user,
                    Text(zh=f"加入{enrolment.name}：{word}", en=f"{enrolment.name}: {'approved' if approved else 'not approved'}"),
                    Text(zh="登录后可在“我的账号”查看。", en="Sign in and see your account."), asked=True,
                )  # fmt: skip
        self.message_user(
            request,
            both(f"{word} {done} 项", f"{'Approved' if approved else 'Not approved'}: {done}"),
            messages.SUCCESS if done else messages.WARNING,
        )


@admin.register(Specialty)
class SpecialtyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The specialties that experts can have."""

    list_display = ["zh", "en"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: experts have it, and panels were chosen by it."""
        return False


_NOT_YOURS = Text(zh="不是您提出的，请立即联系管理员。", en="If you did not ask for it, tell an administrator at once.")


def _tell(user: User, subject: Text, body: Text, *, asked: bool = False) -> None:
    """A letter about one's account in both languages, where it has an address. `asked`: its owner asked for it."""
    zh, en = (body.zh, body.en) if asked else (body.zh + _NOT_YOURS.zh, f"{body.en} {_NOT_YOURS.en}")
    if user.email:
        send_mail(
            f"【明断】{subject.zh} {subject.en}", f"{user}，您好：\n\n{subject.zh}。{zh}\n\n{subject.en}. {en}\n", None, [user.email],
            fail_silently=True,
        )  # fmt: skip
