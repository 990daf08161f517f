"""Tokens for programs."""

from __future__ import annotations

import hashlib
import secrets
from typing import Annotated

import typer

from .commands import Json, app, emit, misuse, out
from .office import start_django

tokens = typer.Typer(no_args_is_help=True, help="接口令牌 / API tokens")
app.add_typer(tokens, name="token")
SCOPES = ("cases:read", "cases:write")


@tokens.command("create")
def create(
    user: str, name: str = "cli", scope: Annotated[list[str] | None, typer.Option()] = None, as_json: Json = False
) -> None:
    """A new token for USER, told only this once. Scopes: cases:read, cases:write."""
    start_django()
    from mingduan.people.models import ApiToken, User

    scopes = scope or ["cases:read"]
    if unknown := [s for s in scopes if s not in SCOPES]:
        raise misuse(f"没有“{unknown[0]}”这个权限范围，可用：{'、'.join(SCOPES)} / unknown scope")
    owner = User.objects.filter(username=user).first()
    if owner is None:
        raise misuse(f"没有账号“{user}” / no account {user}")
    token = secrets.token_urlsafe(32)
    ApiToken.objects.create(user=owner, name=name, scopes=scopes, digest=hashlib.sha256(token.encode()).hexdigest())
    emit({"token": token, "scopes": scopes}) if as_json else out.print(token)
