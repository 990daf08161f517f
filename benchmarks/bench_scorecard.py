"""A month's scores from 5,000,000 tickets: our expression against a hand-written DuckDB query, pandas and polars, in one run.

Each contender works in a process of its own on the same Parquet file and gives the same scores (asserted); the best of three
runs counts, after reading the data in, and its peak memory (MiB, the whole process with the data). The memory of ours and of
the hand-written query is bounded by DuckDB's own limit, set alike. `--rows N` for another size, `--json` for machines.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
CARD = ROOT / "scorecards/contractor/complaint-score.yaml"
FIRST, AS_OF = date(2026, 10, 1), datetime(2026, 11, 7)
MEMORY = "1200MB"

GENERATE = """
copy (
  select 'T' || i ticket, 'C' || (h % 40) contractor,
    case when h % 3 = 0 then 'extra_urgent' when h % 3 = 1 then 'urgent' else 'ordinary' end urgency,
    d dispatched_at, d + to_seconds(((h // 7) % 7400)::int) accepted_at,
    case when h % 997 = 0 then null else d + to_seconds(((h // 11) % 70000)::int) end replied_at,
    d + to_seconds(((h // 13) % 500000)::int) analysed_at, h % 4 = 0 suspected_fault
  from (select i, hash(i) h, timestamp '2026-09-25' + to_seconds((hash(i + 1) % 3456000)::int) d from range({rows}) t(i))
) to '{folder}/tickets.parquet' (format parquet)
"""

BY_HAND = """
with late as (
  select contractor,
    sum((coalesce(accepted_at, $as_of) > dispatched_at + interval 2 hour
      or coalesce(replied_at, $as_of) > dispatched_at
        + case urgency when 'extra_urgent' then interval 10 hour when 'urgent' then interval 15 hour else interval 24 hour end)::int) as late,
    sum(epoch(replied_at)::bigint - epoch(dispatched_at)::bigint) as spent, count(replied_at) as handled,
    sum((suspected_fault and coalesce(analysed_at, $as_of)::date > final)::int) as unanalysed
  from tickets left join ends on dispatched_at::date = day
  where dispatched_at >= timestamp '2026-10-01' and dispatched_at < timestamp '2026-11-01'
  group by contractor)
select contractor, 9500 - least(4000,
    case when late >= 5 then 2000 else late * 200 end + case when spent > handled * 17 * 3600 then 500 else 0 end
    + least(unanalysed * 200, 1500)) score
from late
"""


def ours(folder: Path) -> Any:
    """The product's own way in, on tickets already read."""
    import ibis

    from mingduan.complaints.scorecard.card import load
    from mingduan.complaints.scorecard.expression import Inputs, Month
    from mingduan.complaints.scorecard.settle import worked_out
    from mingduan.procedure.calendar import WorkingCalendar

    card = load(CARD)
    con = ibis.duckdb.connect(memory_limit=MEMORY, temp_directory=str(folder))
    from mingduan.complaints.scorecard.expression import RECORDS

    tickets = con.create_table("tickets", con.read_parquet(folder / "tickets.parquet"), temp=True)
    whom = con.create_table("whom", tickets.select("contractor").distinct().mutate(group=ibis.literal("")), temp=True)
    inputs = Inputs(tickets, con.create_table("records", schema=RECORDS, temp=True), whom)
    month, china = Month(FIRST, AS_OF), WorkingCalendar.china()

    def run() -> dict[str, int]:
        return {s.contractor: s.score for s in worked_out(card, con, inputs, month, china, traced=False).scores}

    return run


def by_hand(folder: Path) -> Any:
    """What somebody who knows DuckDB would write for this one card."""
    import duckdb

    con = duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": str(folder)})
    con.execute(f"create temp table tickets as select * from read_parquet('{folder}/tickets.parquet')")  # noqa: S608  our own folder
    con.execute("create temp table ends (day date, final date)")
    con.executemany("insert into ends values (?, ?)", _ends())
    return lambda: dict(con.execute(BY_HAND, {"as_of": AS_OF}).fetchall())


def with_pandas(folder: Path) -> Any:
    """The same in pandas."""
    import numpy as np
    import pandas as pd

    all_tickets = pd.read_parquet(folder / "tickets.parquet")
    ends = pd.Series({pd.Timestamp(a): pd.Timestamp(b) for a, b in _ends()})
    as_of = pd.Timestamp(AS_OF)

    def run() -> dict[str, int]:
        t = all_tickets[(all_tickets.dispatched_at >= "2026-10-01") & (all_tickets.dispatched_at < "2026-11-01")]
        limit = pd.to_timedelta(t.urgency.map({"extra_urgent": 10, "urgent": 15, "ordinary": 24}), unit="h")
        late = (t.accepted_at.fillna(as_of) > t.dispatched_at + pd.Timedelta(hours=2)) | (
            t.replied_at.fillna(as_of) > t.dispatched_at + limit
        )
        last = t.dispatched_at.dt.normalize().map(ends)
        unanalysed = t.suspected_fault & (t.analysed_at.fillna(as_of).dt.normalize() > last)
        seconds = t.replied_at.dt.floor("s") - t.dispatched_at.dt.floor("s")
        g = pd.DataFrame(
            {
                "c": t.contractor,
                "late": late,
                "un": unanalysed,
                "s": seconds.dt.total_seconds(),
                "h": t.replied_at.notna(),
            }
        )
        g = g.groupby("c").sum()
        score = 9500 - np.minimum(
            4000,
            np.where(g.late >= 5, 2000, g.late * 200)
            + np.where(g.s > g.h * 61200, 500, 0)
            + np.minimum(g.un * 200, 1500),
        )
        return {str(c): int(v) for c, v in score.items()}

    return run


def with_polars(folder: Path) -> Any:
    """The same in polars."""
    import polars as pl

    tickets = pl.read_parquet(folder / "tickets.parquet")
    ends = pl.DataFrame(_ends(), schema={"day": pl.Date, "last": pl.Date}, orient="row")
    c, as_of = pl.col, pl.lit(AS_OF)
    limit = (
        pl.when(c("urgency") == "extra_urgent").then(pl.duration(hours=10))
        .when(c("urgency") == "urgent").then(pl.duration(hours=15)).otherwise(pl.duration(hours=24))
    )  # fmt: skip
    late = (c("accepted_at").fill_null(as_of) > c("dispatched_at") + pl.duration(hours=2)) | (
        c("replied_at").fill_null(as_of) > c("dispatched_at") + limit
    )

    def run() -> dict[str, int]:
        found = (
            tickets.lazy().filter(c("dispatched_at").is_between(datetime(2026, 10, 1), datetime(2026, 11, 1), closed="left"))
            .with_columns(day=c("dispatched_at").dt.date()).join(ends.lazy(), on="day", how="left")
            .group_by("contractor").agg(
                late=late.cast(pl.Int64).sum(), handled=c("replied_at").count().cast(pl.Int64),
                seconds=(c("replied_at").dt.epoch("s") - c("dispatched_at").dt.epoch("s")).sum(),
                un=(c("suspected_fault") & (c("analysed_at").fill_null(as_of).dt.date() > c("last"))).cast(pl.Int64).sum(),
            )
            .select("contractor", score=9500 - pl.min_horizontal(
                pl.lit(4000), pl.when(c("late") >= 5).then(2000).otherwise(c("late") * 200)
                + pl.when(c("seconds") > c("handled") * 61200).then(500).otherwise(0) + pl.min_horizontal(c("un") * 200, pl.lit(1500))))
            .collect()
        )  # fmt: skip
        return dict(found.iter_rows())

    return run


def _ends() -> list[tuple[date, date]]:
    """Each day from which a limit may run, and the last of its 3 working days."""
    from datetime import timedelta

    from mingduan.procedure.calendar import WorkingCalendar

    china = WorkingCalendar.china()
    return [(d, china.add(d, 3)) for d in (FIRST + timedelta(n) for n in range(31))]


CONTENDERS = {"ours": ours, "duckdb by hand": by_hand, "polars": with_polars, "pandas": with_pandas}


def alone(name: str, folder: Path) -> None:
    """One contender in this process: prints seconds, MiB and its scores."""
    run = CONTENDERS[name](folder)
    best, found = float("inf"), {}
    for _ in range(3):
        begun = time.perf_counter()
        found = run()
        best = min(best, time.perf_counter() - begun)
    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": best, "mib": mib, "scores": dict(sorted(found.items()))}))


def main() -> None:
    """Generate, run every contender, print the ratios."""
    ask = argparse.ArgumentParser()
    ask.add_argument("--rows", type=int, default=5_000_000)
    ask.add_argument("--json", action="store_true")
    ask.add_argument("--alone", nargs=2, metavar=("NAME", "FOLDER"))
    told = ask.parse_args()
    if told.alone:
        return alone(told.alone[0], Path(told.alone[1]))
    import duckdb

    results: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder:
        duckdb.connect().execute(GENERATE.format(rows=told.rows, folder=folder))
        for name in CONTENDERS:
            said = subprocess.run(  # noqa: S603  ourselves
                [sys.executable, __file__, "--alone", name, folder], check=True, capture_output=True, text=True
            )
            results[name] = json.loads(said.stdout.splitlines()[-1])
    assert all(r["scores"] == results["ours"]["scores"] for r in results.values()), "the contenders disagree"
    for r in results.values():
        del r["scores"]
        r["ratio"] = r["seconds"] / results["duckdb by hand"]["seconds"]
    if told.json:
        print(json.dumps(results, indent=2))
    else:
        for name, r in results.items():
            print(f"{name:16} {r['seconds']:8.3f} s  {r['ratio']:6.2f} x by hand  {r['mib']:7.0f} MiB")


if __name__ == "__main__":
    main()
