"""Everything at once: the database made ready, the web server, the worker."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated

import typer

from .base import Json, app, emit, err, misuse, out, progress, start_django


@app.command()
def up(
    host: Annotated[str, typer.Option(help="监听的地址 / address")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="端口 / port")] = 8000,
    demo: Annotated[bool, typer.Option(help="数据库为空时装入演示数据 / a demonstration in an empty database")] = True,
    as_json: Json = False,
) -> None:
    """准备数据库，启动网站和后台 / prepare the database, then run the web server and the worker."""
    os.environ.setdefault("MINGDUAN_URL", f"http://{host}:{port}")
    start_django()
    from django.core.management import call_command

    from mingduan import demo as demonstration
    from mingduan.config import clock

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise misuse(
                f"{host}:{port} 已被占用，请用 --port 换一个端口 / in use: choose another with --port"
            ) from error
    err.print("正在准备数据库，第一次约需一分钟 / preparing the database: a minute the first time")
    call_command("migrate", verbosity=0)
    if demo:
        with progress("演示数据 / demonstration", demonstration.PARTS) as step:
            demonstration.make(clock.now(), step)
    accounts = demonstration.accounts() if demo else []
    if as_json:
        emit({
            "url": f"http://{host}:{port}/",
            "accounts": [
                {"username": login, "name": name, "office": office, "password": demonstration.PASSWORD}
                for login, name, office in accounts
            ],
        })  # fmt: skip
    else:
        _greet(f"http://{host}:{port}/", accounts, demonstration.PASSWORD)
    raise typer.Exit(_serve(host, port))


def _greet(url: str, accounts: Sequence[tuple[str, str, str]], password: str) -> None:
    out.print(f"\n[bold]明断 Mingduan[/bold]  {url}\n")
    if accounts:
        from rich.table import Table

        table = Table("账号", "姓名", "身份", title=f"演示账号（密码均为 {password}）")
        for login, name, office in accounts:
            table.add_row(login, name, office)
        out.print(table)


def _serve(host: str, port: int) -> int:
    """Run the web server and the worker until the server ends; the server's exit code."""
    server = subprocess.Popen(  # noqa: S603  our own server, fixed words
        [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port), "--workers", "2",
         "--blocking-threads", "2", "--no-ws", "--log-level", "warning", "mingduan.config.wsgi:application"],
        stdout=sys.stderr,  # what it logs; our own stdout is for the answer
    )  # fmt: skip
    worker = _start_worker()
    # Whoever ends us ends the server too: a signal to this process alone must not leave it behind.
    signal.signal(signal.SIGTERM, lambda *_: server.terminate())
    try:
        while server.poll() is None:
            if worker.poll() is not None:
                worker = _start_worker()
            time.sleep(0.5)
    except KeyboardInterrupt:
        server.terminate()  # the terminal may have told us alone
    finally:
        server.wait(20)
        worker.terminate()
        with suppress(subprocess.TimeoutExpired):  # it ends by itself, after the job it is in
            worker.wait(20)
    return max(server.returncode or 0, 0)


def _start_worker() -> subprocess.Popen[bytes]:
    """The worker as a child that ends with this process, however that ends."""
    words = [sys.executable, "-m", "mingduan.cli", "worker", "--parent", str(os.getpid())]
    return subprocess.Popen(words, stdout=sys.stderr)  # noqa: S603  ourselves
