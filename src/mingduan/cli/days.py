"""Counting: working days and periods. Needs no database."""

from __future__ import annotations

from typing import Annotated

import typer

from .base import Json, a_day, an_instant, emit, group, misuse, out

workdays = group("workdays", "工作日 / working days")
period = group("period", "期限 / periods")


@workdays.command("add", context_settings={"ignore_unknown_options": True})
def workdays_add(
    day: Annotated[str, typer.Argument(help="日期，如 2026-09-25 / a date")],
    n: Annotated[int, typer.Argument(help="工作日数，可为负 / how many working days; may be negative")],
    as_json: Json = False,
) -> None:
    """DAY 之后第 N 个工作日 / the N-th working day after DAY (before it when N is negative)."""
    from mingduan.procedure.calendar import WorkingCalendar

    calendar = WorkingCalendar.china()
    try:
        found = calendar.add(a_day(day), n)
    except ValueError as error:
        raise misuse(str(error)) from None
    provisional = calendar.is_provisional(found)
    if as_json:
        emit({"date": found.isoformat(), "provisional": provisional})
    else:
        out.print(f"{found.isoformat()}{'（暂定：该年放假安排尚未公布 / provisional）' if provisional else ''}")


@workdays.command("between")
def workdays_between(
    a: Annotated[str, typer.Argument(help="起，如 2026-09-25 / from")],
    b: Annotated[str, typer.Argument(help="止 / to")],
    as_json: Json = False,
) -> None:
    """A 之后至 B（含）有几个工作日 / how many working days lie after A up to and including B."""
    from mingduan.procedure.calendar import WorkingCalendar

    try:
        n = WorkingCalendar.china().count(a_day(a), a_day(b))
    except ValueError as error:
        raise misuse(str(error)) from None
    emit({"working_days": n}) if as_json else out.print(n)


@period.command("add", context_settings={"ignore_unknown_options": True})
def period_add(
    instant: Annotated[str, typer.Argument(help="2026-09-25 或 2026-09-25T09:00 / a date or an instant")],
    written: Annotated[str, typer.Argument(metavar="PERIOD", help="期限，如 20wd、3mo、24h / a period")],
    as_json: Json = False,
) -> None:
    """从 INSTANT 起算的期限何时届满；负号为倒推 / when a period ends; a leading minus counts back."""
    from mingduan.procedure.calendar import WorkingCalendar
    from mingduan.procedure.period import TZ, Period, PeriodError, after, before

    try:
        length = Period.parse(written.lstrip("-"))
    except PeriodError as error:
        raise misuse(str(error)) from None
    count = before if written.startswith("-") else after
    try:
        due = count(length, an_instant(instant), WorkingCalendar.china())
    except (ValueError, OverflowError) as error:
        raise misuse(str(error)) from None
    if as_json:
        emit({"due": due.instant.isoformat(), "day": due.day.isoformat(), "provisional": due.provisional})
    else:
        out.print(
            f"{due.instant.astimezone(TZ):%Y-%m-%d %H:%M:%S}{'（暂定 / provisional）' if due.provisional else ''}"
        )
