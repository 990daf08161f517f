"""Commands that work on the store: start everything, look at cases, prove the store whole."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from typing import Annotated, Any

import django
import typer
from rich.table import Table

from .commands import Json, app, emit, misuse, out

case_app = typer.Typer(no_args_is_help=True, help="案件 / cases")
audit_app = typer.Typer(no_args_is_help=True, help="核验 / audit")
app.add_typer(case_app, name="case")
app.add_typer(audit_app, name="audit")


def start_django() -> None:
    """Make the models usable."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mingduan.config.settings")
    django.setup()


@app.command()
def up(
    host: str = "127.0.0.1", port: int = 8000, demo: Annotated[bool, typer.Option(help="装入演示数据")] = True
) -> None:
    """Prepare the database, make the demonstration in an empty one, and serve."""
    start_django()
    from django.core.management import call_command
    from django.utils import timezone

    from mingduan import demo as demonstration

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise misuse(
                f"{host}:{port} 已被占用，请用 --port 换一个端口 / in use: choose another with --port"
            ) from error
    call_command("migrate", verbosity=0)
    if demo:
        demonstration.make(timezone.now())
    out.print(f"\n[bold]明断 Mingduan[/bold]  http://{host}:{port}/\n")
    if demo:
        table = Table("账号", "姓名", "身份", title=f"演示账号（密码均为 {demonstration.PASSWORD}）")
        for login, name, office in demonstration.accounts():
            table.add_row(login, name, office)
        out.print(table)
    raise typer.Exit(_serve(host, port))


def _serve(host: str, port: int) -> int:
    """Run the web server and the worker until the server ends; the server's exit code."""
    server = subprocess.Popen(  # noqa: S603  our own server, fixed words
        [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port), "--workers", "2",
         "--blocking-threads", "2", "--no-ws", "--log-level", "warning", "mingduan.config.wsgi:application"]
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
        server.wait(20)
    finally:
        worker.terminate()
        worker.wait(20)
    return max(server.returncode or 0, 0)


def _start_worker() -> subprocess.Popen[bytes]:
    """The worker as a child that ends with this process, however that ends."""
    return subprocess.Popen([sys.executable, "-m", "mingduan.cli", "worker", "--parent", str(os.getpid())])  # noqa: S603  ourselves


@case_app.command("list")
def case_list(state: str = "", as_json: Json = False) -> None:
    """All cases, newest first."""
    start_django()
    from mingduan.cases.models import Case

    cases = Case.objects.order_by("-opened_at")
    rows = [
        (c.number, c.rulebook, c.state, c.title, c.opened_at) for c in (cases.filter(state=state) if state else cases)
    ]
    if as_json:
        emit(
            [{"number": n, "rulebook": r, "state": s, "title": t, "opened_at": o.isoformat()} for n, r, s, t, o in rows]
        )
        return
    table = Table("编号", "程序", "状态", "案件", "立案")
    for n, r, s, t, o in rows:
        table.add_row(n, r, s, t, f"{o:%Y-%m-%d}")
    out.print(table)


@case_app.command("show")
def case_show(number: str, as_json: Json = False) -> None:
    """One case: its events, duties and ledger."""
    start_django()
    data = _case(number)
    if as_json:
        emit(data)
        return
    out.print(f"{data['number']} {data['title']}：{data['state']}")
    for event in data["events"]:
        out.print(f"{event['seq']:>3} {event['at']} {event['action']} {event['actor_name']}", markup=False)


def _case(number: str) -> dict[str, Any]:
    from mingduan.cases.models import Case

    found = Case.objects.filter(number=number).first()
    if found is None:
        raise misuse(f"没有编号为 {number} 的案件 / no case {number}")
    return {
        "number": found.number, "rulebook": found.rulebook, "state": found.state, "title": found.title, "facts": found.facts,
        "balances": found.balances, "events": [e.body for e in found.events.all()],
        "duties": [{"deadline": d.deadline, "owner": d.owner, "due": d.due.isoformat(), "status": d.status} for d in found.duties.all()],
    }  # fmt: skip


@audit_app.command("verify")
def audit_verify(as_json: Json = False) -> None:
    """Prove every chain unbroken and every stored row what its events give; exit code 1 for a fault."""
    start_django()
    from mingduan.cases import audit
    from mingduan.cases.models import Case

    faults = list(audit.verify())
    if as_json:
        emit([{"number": f.number, "seq": f.seq, "what": f.what} for f in faults])
    for fault in () if as_json else faults:
        out.print(f"{fault.number} #{fault.seq} {fault.what}", style="red")
    if not faults and not as_json:
        out.print(f"{Case.objects.count()} 个案件，记录链、折算、期限、账目均一致", style="green")
    raise typer.Exit(1 if faults else 0)
