"""Tokens for programs."""

from __future__ import annotations

from typing import Annotated

import typer

from .commands import Json, app, emit, misuse, out
from .office import start_django

tokens = typer.Typer(no_args_is_help=True, help="接口令牌 / API tokens")
app.add_typer(tokens, name="token")


@tokens.command("create")
def create(
    user: str, name: str = "cli", scope: Annotated[list[str] | None, typer.Option()] = None, as_json: Json = False
) -> None:
    """为账号新建令牌，只显示一次；权限：cases:read、cases:write、hooks / a new token for USER, told only this once."""
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
    emit({"token": token, "scopes": scopes}) if as_json else out.print(token)
