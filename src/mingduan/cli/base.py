"""What every command shares: the command itself, what it says and how, progress of long work, Django when needed.

Nothing heavy is imported here: `mingduan --help` must not wait for what it does not use.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

HELP = "明断 Mingduan：让写在纸上的程序运转起来。退出码：1 有问题或被拒，2 用法有误。/ Turns a written procedure into a running one. Exit code 1: a finding or a refusal; 2: misuse."
app = typer.Typer(no_args_is_help=True, help=HELP, pretty_exceptions_enable=False, add_completion=False)
Json = Annotated[bool, typer.Option("--json", help="输出 JSON / print JSON")]
_NOBODY_READS = 141  # what a shell says of a program whose output nobody reads any more (128 + SIGPIPE)


class _Terminal(Console):
    """A console whose reader may go away (`| head -1`)."""

    def on_broken_pipe(self) -> None:
        """End quietly: neither a finding nor misuse."""
        _end_quietly()


out, err = _Terminal(), _Terminal(stderr=True)


def main(words: Sequence[str] | None = None) -> None:
    """Run the command on `words`, or what was typed. What it can't read or reach is misuse, told in a line; any other exception is a
    mistake of ours and shown whole.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mingduan.config.settings")
    try:
        app(words)
    except Exception as error:  # told apart by what it is: Django's kinds are not imported for every command
        told = _out_of_reach(error)
        if told is None:
            raise
        raise SystemExit(misuse(told).exit_code) from None


def _out_of_reach(error: Exception) -> str | None:
    """What to say of a file or database that can't be used; nothing of any other exception."""
    if isinstance(error, OSError):
        where = f"{error.filename}：" if error.filename else ""
        return f"{where}{error.strerror or error}，读写不了 / can't read or write it"
    from django.db import OperationalError, ProgrammingError

    lacks_table = isinstance(error, ProgrammingError) and getattr(error.__cause__, "sqlstate", "") == "42P01"
    if isinstance(error, OperationalError) or lacks_table:
        said = str(error).strip().splitlines()[0]
        return f"数据库用不了：{said}。新的数据库先用 mingduan up 准备 / can't use the database; a new one is prepared by `mingduan up`"
    return None


def _end_quietly() -> NoReturn:
    """Nobody reads what we say any more: what is still on its way goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(_NOBODY_READS)


def group(name: str, about: str) -> typer.Typer:
    """A group of commands under one word."""
    made = typer.Typer(no_args_is_help=True, help=about)
    app.add_typer(made, name=name)
    return made


def start_django() -> None:
    """Make the models usable."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mingduan.config.settings")
    django.setup()


def misuse(message: str) -> typer.Exit:
    """Say what is wrong on stderr and give the exit with code 2."""
    err.print(message, markup=False, style="red", soft_wrap=True)
    return typer.Exit(2)


def emit(data: Any) -> None:
    """One JSON document on stdout, Chinese as it is."""
    say(json.dumps(data, ensure_ascii=False, indent=2))


def say(text: str) -> None:
    """Text on stdout as it is, however wide the terminal."""
    try:
        typer.echo(text)
    except BrokenPipeError:
        _end_quietly()


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[], None]]:
    """A bar on stderr while long work goes on, when a person is looking; call what it gives after each step."""
    from rich.progress import Progress

    with Progress(console=err, disable=not err.is_terminal, transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)


def refuse_existing(file: Path) -> None:
    """Misuse where something is already: nothing is written over."""
    if file.exists():
        raise misuse(f"{file} 已存在，不覆盖 / exists already")


def read_json(path: Path) -> Any:
    """The JSON in a file, or misuse."""
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise misuse(f"读不到 {path} 或它不是 JSON：{error} / can't read it as JSON") from None


def a_day(written: str) -> date:
    """A date as typed, or misuse."""
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise misuse(f"“{written}”不是日期，应写作 2026-09-25 / not a date: write 2026-09-25") from None


def an_instant(written: str) -> datetime | date:
    """A date, or an instant (local when it names no zone), as typed; or misuse."""
    from mingduan.procedure.period import TZ

    try:
        if len(written) == 10:
            return date.fromisoformat(written)
        instant = datetime.fromisoformat(written)
        return instant if instant.tzinfo else instant.replace(tzinfo=TZ)
    except ValueError:
        raise misuse(
            f"“{written}”不是时间，应写作 2026-09-25 或 2026-09-25T09:00 / not an instant: write 2026-09-25 or 2026-09-25T09:00"
        ) from None
