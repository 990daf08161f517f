"""How fast an existing register and another system's tickets come in from a file, beside what the same rows cost otherwise.

python benchmarks/bench_import.py [rows] [certificates|tickets]
FSYNC=on scripts/with-postgres python benchmarks/bench_import.py

Each contender has a store of its own and a process of its own:
  import       the file, as the page and the command take it in
  one by one   the same cases through `open_case`, each its own transaction
  rows alone   the very rows that the import wrote, put into an empty store with `bulk_create` in one transaction: no rules,
               no numbers, no chain worked out. What the database and Django cost by themselves.
`parts` tells where the import's time goes, as a profile has it.
"""

from __future__ import annotations

import cProfile
import csv
import io
import json
import os
import pickle
import pstats
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

AT = datetime(2026, 3, 1, 1, tzinfo=UTC)
TABLES = (
    "people.Organisation", "registry.Enterprise", "cases.RulebookVersion", "cases.Counter", "cases.Case", "cases.CaseKey", "cases.EventRow", "cases.Party", "cases.DutyRow",
    "cases.Notice", "cases.Receipt", "cases.Outbox", "registry.Certificate", "registry.Standing", "registry.Entry", "registry.Findable",
)  # fmt: skip
Timed = tuple[float, float]


def register_file(rows: int) -> bytes:
    """A register of that many certificates, two of each enterprise."""
    from stdnum.cn import uscc

    from mingduan.registry import importing

    out = io.StringIO()
    written = csv.writer(out)
    written.writerow([c.zh for c in importing.COLUMNS])
    for n in range(rows):
        year, serial, (code, name) = 2024 + n // 9998, n % 9998 + 1, (("XL", "线路"), ("JZ", "基站"))[n % 2]
        base = f"91110000{n // 2:09}"
        written.writerow([
            f"第{n // 2}通信技术服务有限公司", base + str(uscc.calc_check_digit(base)), f"北京市海淀区学院路{n}号", "北京", name, "甲级", f"{year}{code}{serial:04}JR0",
            "2024-03-05", "2027-03-04", "2026-12-01", "", "安信认证有限公司", "运维服务企业资质评定中心", "中国通信企业协会", "有效", "", "",
        ])  # fmt: skip
    return out.getvalue().encode()


def tickets_file(rows: int) -> bytes:
    """That many tickets, a quarter of them open."""
    out = io.StringIO()
    written = csv.writer(out)
    written.writerow(["工单号", "受理时间", "投诉内容", "状态", "渠道", "发生地点", "联系电话"])
    for n in range(rows):
        written.writerow([f"T{n:07}", f"2026-01-{n % 28 + 1:02} 09:{n % 60:02}", f"第{n}件：家里没有信号，晚上上网慢", ("已归档", "已归档", "已归档", "处理中")[n % 4], "客服热线", f"幸福路{n}号", "13800000000"])  # fmt: skip
    return out.getvalue().encode()


def certificates(content: bytes) -> Iterator[Any]:
    """Take the register over."""
    from mingduan.procedure.case import Actor
    from mingduan.registry import importing

    return importing.take_over(importing.read(content), Actor("cli", "命令行", frozenset(["centre"])), AT)


def tickets(content: bytes) -> Iterator[Any]:
    """Take the tickets in."""
    from mingduan.complaints import layout
    from mingduan.complaints import tickets as taking
    from mingduan.complaints.layout import Given, Layout
    from mingduan.procedure.case import Actor

    mapping = Layout("telecom/takeover", {
        "action": Given(("状态",), words={"已归档": "take_closed", "处理中": "take_open"}), "source.name": Given(value="旧客服系统"),
        "source.ticket": Given(("工单号",)), "received_at": Given(("受理时间",)), "details": Given(("投诉内容",)), "channel": Given(("渠道",)),
        "place.address": Given(("发生地点",)), "customer.phone": Given(("联系电话",)),
    })  # fmt: skip
    return taking.take_in(layout.read(content), mapping, Actor("cli", "命令行", frozenset(["desk"])), AT)


KINDS: dict[str, tuple[Callable[[int], bytes], Callable[[bytes], Iterator[Any]], str]] = {
    "certificates": (register_file, certificates, "cace/transfer"), "tickets": (tickets_file, tickets, "telecom/takeover"),
}  # fmt: skip


def timed(work: Callable[[], None]) -> Timed:
    """Seconds by the clock on the wall and of this process's processor."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


def imported(kind: str, content: bytes) -> None:
    """The file as it is taken in; every row must come in."""
    outcomes = {o.what for o in KINDS[kind][1](content)}
    assert outcomes == {"added"}, outcomes


def one_by_one(kind: str, made: Made) -> Timed:
    """The same cases opened one after the other, each in its own transaction; enterprises are registered beforehand."""
    from mingduan.cases.act import Done, open_case
    from mingduan.people.models import Organisation
    from mingduan.procedure.case import Actor
    from mingduan.registry.models import Enterprise

    for name, code in made.enterprises:
        holder = Organisation.objects.create(name=name, kind="enterprise")
        Enterprise.objects.create(organisation=holder, credit_code=code, region="110000", address="北京")
    actor = Actor("cli", "命令行", frozenset(["centre", "desk"]))

    def work() -> None:
        for action, facts in made.acts:
            done = open_case(rulebook=KINDS[kind][2], action=action, actor=actor, at=AT, facts=facts, sides=(), title="基准")  # fmt: skip
            assert isinstance(done, Done), done

    return timed(work)


def rows_alone(made: Made) -> Timed:
    """The rows that an import wrote, written into an empty store."""
    from django.db import transaction

    def work() -> None:
        with transaction.atomic():
            for rows in made.rows:
                type(rows[0])._default_manager.bulk_create(rows, batch_size=500)

    return timed(work)


@dataclass(frozen=True, slots=True)
class Made:
    """What an import of a file made: its acts, the enterprises, and all rows of each table in an order they can be written in."""

    acts: list[tuple[str, dict[str, Any]]]
    enterprises: list[tuple[str, str]]
    rows: list[list[Any]]


def made(kind: str) -> Made:
    """What the import into this store made."""
    from django.apps import apps

    from mingduan.cases import catalogue
    from mingduan.cases.models import EventRow
    from mingduan.registry.models import Enterprise

    engine = catalogue.in_force()[KINDS[kind][2]]
    acts = []
    for body in (row.body for row in EventRow.objects.filter(seq=1).select_related("case__key").order_by("case__id")):
        spec = engine.rulebook.actions[body["action"]]
        acts.append((body["action"], {k: v for k, v in body["facts"].items() if k in {*spec.asks, *spec.may_ask}}))
    rows = [list(apps.get_model(name)._default_manager.all()) for name in TABLES]
    return Made(acts, list(Enterprise.objects.values_list("organisation__name", "credit_code")), [r for r in rows if r])


def store() -> dict[str, str]:
    """The environment of a process with a home, and on PostgreSQL a database, of its own."""
    env = {**os.environ, "MINGDUAN_HOME": tempfile.mkdtemp(prefix="mingduan-bench-")}
    if (url := os.environ.get("DATABASE_URL", "")).startswith("postgres"):
        import psycopg

        name = f"bench_{os.urandom(4).hex()}"
        with psycopg.connect(url, autocommit=True) as server:
            server.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]  # a name we made
        env["DATABASE_URL"] = f"{url.rsplit('/', 1)[0]}/{name}"
    return env


def child(what: str, kind: str, rows: int) -> None:
    """One contender in a fresh store. The rulebooks are read before it begins."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "mingduan.config.settings"
    django.setup()
    from django.core.management import call_command

    from mingduan.cases import catalogue

    given = sys.stdin.buffer.read()  # what an import made before, for those that do the same again
    call_command("migrate", verbosity=0)
    catalogue.in_force()
    content = KINDS[kind][0](rows)
    if what == "parts":
        parts(kind, content)
    elif what == "import":
        took = timed(lambda: imported(kind, content))
        sys.stdout.buffer.write(json.dumps(took).encode() + b"\n" + pickle.dumps(made(kind)))
    else:
        before: Made = pickle.loads(given)  # noqa: S301  # our own child's
        took = one_by_one(kind, before) if what == "one by one" else rows_alone(before)
        print(json.dumps(took))


def run(what: str, kind: str, rows: int, given: bytes = b"") -> bytes:
    """One contender in a process of its own: what it writes."""
    command = [sys.executable, __file__, "child", what, kind, str(rows)]
    return subprocess.run(command, env=store(), input=given, check=True, stdout=subprocess.PIPE).stdout  # noqa: S603  # ourselves


def parts(kind: str, content: bytes) -> None:
    """Where the time of an import goes."""
    profile = cProfile.Profile()
    profile.runcall(imported, kind, content)
    pstats.Stats(profile).sort_stats(os.environ.get("SORT", "cumulative")).print_stats(70)


def main() -> None:
    """Every contender of every kind, and what it cost for each row."""
    words = sys.argv[1:]
    rows = next((int(w) for w in words if w.isdecimal()), 2_000)
    for kind in [k for k in KINDS if k in words] or KINDS:
        if "parts" in words:
            print(run("parts", kind, rows).decode())
            continue
        told, _, given = run("import", kind, rows).partition(b"\n")
        ours = json.loads(told)
        others = {what: json.loads(run(what, kind, rows, given)) for what in ("one by one", "rows alone")}
        for what, (wall, processor) in {"import": ours, **others}.items():
            ratio = f"{wall / ours[0]:.2f} of the import's time, {processor / ours[1]:.2f} of its processor's"
            print(f"{kind:12} {what:10} {rows / wall:7.0f} rows/s  {wall / rows * 1000:6.2f} ms a row, of the processor {processor / rows * 1000:6.2f} ms  {ratio}")  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1:2] == ["child"]:
        child(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        main()
