"""Accounts and tokens on the command line."""

from __future__ import annotations

import secrets
import sys
from typing import Annotated

import typer

from .base import Json, emit, group, misuse, out, start_django

users = group("user", "账号 / accounts")
tokens = group("token", "接口令牌 / API tokens")


@users.command("list")
def user_list(as_json: Json = False) -> None:
    """全部账号 / all accounts."""
    start_django()
    from rich.table import Table

    from mingduan.people.models import User

    found = User.objects.select_related("organisation").prefetch_related("offices").order_by("username")
    rows = [
        {"username": u.username, "name": u.name, "organisation": u.organisation.name if u.organisation else None,
         "offices": [str(o) for o in u.offices.all()], "expert": u.expert, "active": u.is_active, "admin": u.is_superuser}
        for u in found
    ]  # fmt: skip
    if as_json:
        emit(rows)
        return
    table = Table("账号", "姓名", "单位", "任职", "情况")
    for u in found:
        kinds = [w for w, is_so in (("专家", u.expert), ("管理员", u.is_superuser), ("停用", not u.is_active)) if is_so]
        offices = "、".join(map(str, u.offices.all()))
        table.add_row(u.username, u.name, u.organisation.name if u.organisation else "", offices, "、".join(kinds))
    out.print(table)


@users.command("create")
def user_create(
    username: Annotated[str, typer.Argument(help="登录名 / the login name")],
    name: Annotated[str, typer.Option(help="姓名 / the name shown")],
    organisation: Annotated[str, typer.Option(help="单位的全称，须已登记 / the organisation's full name")] = "",
    office: Annotated[list[str] | None, typer.Option(help="任职，如 cace/centre / an office held")] = None,
    email: Annotated[str, typer.Option(help="电子邮箱 / e-mail")] = "",
    expert: Annotated[bool, typer.Option(help="列入专家名册 / on the register of experts")] = False,
    admin: Annotated[bool, typer.Option(help="系统管理员 / administrator")] = False,
    password_stdin: Annotated[bool, typer.Option(help="从标准输入读密码，否则生成一个 / read the password")] = False,
    as_json: Json = False,
) -> None:
    """新建账号；生成的密码只显示一次 / create an account; a password made here is told only once."""
    start_django()
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError
    from django.db import transaction

    from mingduan.cases import catalogue
    from mingduan.people.models import Office, Organisation, User

    if User.objects.filter(username=username).exists():
        raise misuse(f"账号“{username}”已有 / there is such an account")
    of = Organisation.objects.filter(name=organisation).first() if organisation else None
    if organisation and of is None:
        raise misuse(f"没有登记“{organisation}”这个单位 / no such organisation")
    known = {(b.id.split("/")[0], role) for e in catalogue.in_force().values() if (b := e.rulebook) for role in b.roles}
    offices = [tuple(o.split("/", 1)) for o in office or ()]
    if unknown := [o for o in offices if o not in known]:
        raise misuse(f"没有“{'/'.join(unknown[0])}”这一角色，应写作 机构/角色 / no such office: write body/role")
    password = sys.stdin.readline().rstrip("\n") if password_stdin else secrets.token_urlsafe(12)
    user = User(username=username, name=name, organisation=of, email=email, expert=expert, is_staff=admin, is_superuser=admin)  # fmt: skip
    try:
        user.full_clean(exclude=["password"])
        validate_password(password, user)
    except ValidationError as error:
        raise misuse("；".join(error.messages)) from None
    user.set_password(password)
    with transaction.atomic():
        user.save()
        Office.objects.bulk_create(Office(user=user, body=body, role=role) for body, role in offices)
    told = {"username": username, "id": user.pk} | ({} if password_stdin else {"password": password})
    if as_json:
        emit(told)
    else:
        out.print(f"已建账号 {username}" + ("" if password_stdin else f"，密码 {password}"), markup=False)


@tokens.command("create")
def token_create(
    user: Annotated[str, typer.Argument(help="登录名 / whose: a login name")],
    name: Annotated[str, typer.Option(help="名称，以便日后辨认 / to know it by")] = "cli",
    scope: Annotated[list[str] | None, typer.Option(help="权限 / scope: cases:read, cases:write, hooks")] = None,
    as_json: Json = False,
) -> None:
    """为账号新建令牌，只显示一次 / a new token for an account, told only this once."""
    start_django()
    from mingduan.api.tokens import SCOPES, mint
    from mingduan.people.models import User

    scopes = scope or ["cases:read"]
    if unknown := [s for s in scopes if s not in SCOPES]:
        raise misuse(f"没有“{unknown[0]}”这个权限范围，可用：{'、'.join(SCOPES)} / unknown scope")
    owner = User.objects.filter(username=user).first()
    if owner is None:
        raise misuse(f"没有账号“{user}” / no account {user}")
    token, _ = mint(owner, name, scopes)
    emit({"token": token, "scopes": scopes}) if as_json else typer.echo(token)
