"""All that the store has, told without the keys it gave: what two ways to the same end must agree in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Field, ForeignKey, Model

from mingduan.cases import chain, sealing
from mingduan.cases.models import Case, EventRow, Notice, Outbox

OF_CASES = ("Case", "EventRow", "Party", "DutyRow", "LedgerLine", "Notice", "Link", "Enclosure", "Receipt", "Counter", "Outbox")  # fmt: skip
OF_REGISTER = ("Certificate", "Standing", "Entry", "Findable", "Enterprise")
_OWN = {"id", "secret"}


def everything() -> dict[str, list[dict[str, Any]]]:
    """Every row of a table, in the order in which they were written."""
    models = [*(apps.get_model("cases", n) for n in OF_CASES), *(apps.get_model("registry", n) for n in OF_REGISTER)]
    return {m.__name__: [_row(r) for r in m._default_manager.order_by("pk")] for m in [*models, apps.get_model("people", "Organisation")]}  # fmt: skip


def undone(work: Callable[[], Any]) -> tuple[Any, dict[str, list[dict[str, Any]]]]:
    """What some work gives and what the store has after it; then the store is as before."""
    with transaction.atomic():
        given, left = work(), everything()
        transaction.set_rollback(True)
    return given, left


def statements(work: Callable[[], Any]) -> int:
    """How many statements some work sends."""
    sent = []

    def count(execute: Any, sql: str, *rest: Any) -> Any:
        sent.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        work()
    return len(sent)


def _row(row: Model) -> dict[str, Any]:
    told = {f.attname: _value(row, f) for f in row._meta.concrete_fields if f.name not in _OWN}
    if isinstance(row, Outbox) and row.topic == "notice":
        notice = Notice.objects.get(pk=row.payload["notice"])
        told["payload"] = told["key"] = f"{notice.case.number}#{notice.seq} {notice.role}"
    if isinstance(row, EventRow) and sealing.MEMBER in row.stored:  # each case has a key of its own
        assert chain.link(row.before, row.case.number, row.stored) == row.hash
        told |= {"stored": row.body, "before": "", "hash": ""}
    if isinstance(row, Case):
        last = row.events.order_by("seq").last()
        assert last is not None
        assert last.hash == row.head
        del told["head"]
    return told


def _value(row: Model, field: Field) -> Any:
    if not isinstance(field, ForeignKey):
        return getattr(row, field.attname)
    other = getattr(row, field.name)
    return next((str(getattr(other, n)) for n in ("number", "name") if hasattr(other, n)), other and other.pk)
