"""A month's scores from 5,000,000 tickets: our expression against a hand-written DuckDB query, pandas and polars, in one run.

Each contender works in a process of its own on the same Parquet files and gives the same result (asserted): for every contractor
how often each item of the card came, what it lost, and the score. Ours and the hand-written query give beside it, in a second
pair, each deduction traced to its ticket or record. The best of five runs counts, after reading the data in, and its peak memory
(MiB, the whole process with the data). The memory of ours and of the hand-written query is bounded by DuckDB's own limit, set
alike. The hand-written query is for this one card and uses what is known to be fast: seconds, not intervals, are compared.
`--rows N` for another size, `--json` for machines.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from mingduan.procedure.calendar import WorkingCalendar

ROOT = Path(__file__).parents[1]
CARD = ROOT / "scorecards/contractor/complaint-score.yaml"
FIRST, AS_OF = date(2026, 10, 1), datetime(2026, 11, 7)
MEMORY = "1200MB"
RUNS = 5

GENERATE = (
    """
copy (
  select 'T' || i ticket, 'C' || (h % 40) contractor,
    case when h % 3 = 0 then 'extra_urgent' when h % 3 = 1 then 'urgent' else 'ordinary' end urgency,
    d dispatched_at, d + to_seconds(((h // 7) % 7400)::int) accepted_at,
    case when h % 997 = 0 then null else d + to_seconds(((h // 11) % 70000)::int) end replied_at,
    d + to_seconds(((h // 13) % 500000)::int) analysed_at, h % 4 = 0 suspected_fault
  from (select i, hash(i) h, timestamp '2026-09-25' + to_seconds((hash(i + 1) % 3456000)::int) d from range({rows}) t(i))
) to '{folder}/tickets.parquet' (format parquet)
""",
    """
copy (
  select 'R' || i record, 'C' || (h % 40) contractor,
    ['confidentiality', 'dress', 'service_number', 'instruments', 'promises', 'manners', 'other'][(1 + h // 41 % 7)::int] item,
    timestamp '2026-09-25' + to_seconds((h // 3 % 3456000)::int) as at,
    case when h % 5 = 0 then null else (1 + h // 43 % 3)::bigint end persons,
    case when h % 3 = 0 then (h // 47 % 2000)::bigint end points, '' note
  from (select i, hash(i + 7) h from range(200) t(i))
) to '{folder}/records.parquet' (format parquet)
""",
)

# What both queries by hand ask of each ticket; null as an instant means that it has not come.
TICKETS_BY_HAND = """
  select ticket, contractor, dispatched_at, date_diff('second', dispatched_at, replied_at) took,
    date_diff('second', dispatched_at, coalesce(accepted_at, $as_of)) > 7200
      or date_diff('second', dispatched_at, coalesce(replied_at, $as_of))
        > case urgency when 'extra_urgent' then 36000 when 'urgent' then 54000 else 86400 end late,
    suspected_fault and coalesce(analysed_at, $as_of)::date > final unanalysed
  from tickets left join ends on dispatched_at::date = day
  where dispatched_at >= timestamp '2026-10-01' and dispatched_at < timestamp '2026-11-01'
"""
RECORDS_BY_HAND = """
  select *, case item
      when 'confidentiality' then least(greatest(coalesce(points, 500), 500), 1500)
      when 'other' then least(greatest(coalesce(points, 50), 50), 4000)
      when 'dress' then coalesce(persons, 1) * 100
      when 'service_number' then 100 when 'manners' then 200 else 300 end cost
  from records where "at" >= timestamp '2026-10-01' and "at" < timestamp '2026-11-01'
"""
BY_HAND = f"""
with t as (
  select contractor, sum(late::int) on_time, count(took) handled, sum(took) spent, sum(unanalysed::int) unanalysed
  from ({TICKETS_BY_HAND}) group by contractor),
r as (
  select contractor,
    count(*) filter (item = 'confidentiality') confidentiality, sum(cost) filter (item = 'confidentiality') confidentiality_cost,
    sum(coalesce(persons, 1)) filter (item = 'dress') dress, count(*) filter (item = 'service_number') service_number,
    count(*) filter (item = 'instruments') instruments, count(*) filter (item = 'promises') promises,
    count(*) filter (item = 'manners') manners, count(*) filter (item = 'other') other, sum(cost) filter (item = 'other') other_cost
  from ({RECORDS_BY_HAND}) group by contractor),
counted as (
  select whom.contractor, coalesce(on_time, 0) on_time__count, coalesce(handled, 0) mean_handling__count, coalesce(spent, 0) spent,
    coalesce(unanalysed, 0) fault_analysis__count, coalesce(confidentiality, 0) confidentiality__count, coalesce(dress, 0) dress__count,
    coalesce(service_number, 0) service_number__count, coalesce(instruments, 0) instruments__count,
    coalesce(promises, 0) promises__count, coalesce(manners, 0) manners__count, coalesce(other, 0) other__count,
    coalesce(confidentiality_cost, 0) confidentiality_cost, coalesce(other_cost, 0) other_cost
  from whom left join t on whom.contractor = t.contractor left join r on whom.contractor = r.contractor),
lost as (
  select *, least(confidentiality_cost, 1500) confidentiality__lost, least(dress__count * 100, 1500) dress__lost,
    case when service_number__count >= 5 then 500 else least(service_number__count * 100, 500) end service_number__lost,
    least(instruments__count * 300, 1500) instruments__lost, least(promises__count * 300, 1500) promises__lost,
    least(manners__count * 200, 1500) manners__lost,
    case when on_time__count >= 5 then 2000 else least(on_time__count * 200, 2000) end on_time__lost,
    case when spent > mean_handling__count * 61200 then 500 else 0 end mean_handling__lost,
    least(fault_analysis__count * 200, 1500) fault_analysis__lost, least(other_cost, 4000) other__lost
  from counted)
select *, 9500
  - least(1500, confidentiality__lost + dress__lost + service_number__lost + instruments__lost + promises__lost + manners__lost)
  - least(4000, on_time__lost + mean_handling__lost + fault_analysis__lost) - least(4000, other__lost) score
from lost
"""  # noqa: S608  constants only
LINES_BY_HAND = f"""
with t as materialized (select ticket, contractor, dispatched_at, late, unanalysed from ({TICKETS_BY_HAND}) where late or unanalysed)
select contractor, 'on_time' item, ticket source, dispatched_at as at, 200 points, '' note from t where late
union all select contractor, 'fault_analysis', ticket, dispatched_at, 200, '' from t where unanalysed
union all select contractor, item, record, "at", cost, coalesce(note, '') from ({RECORDS_BY_HAND})
order by contractor, item, "at", source
"""  # noqa: S608  constants only


# What a contender does, which is timed, and how its answer is read.
Contender = tuple[Callable[[], Any], Callable[[Any], Any]]
Found = dict[str, dict[str, int]]


def ours(folder: Path, *, traced: bool = False) -> Contender:
    """The product's own way in, on tickets already read."""
    import ibis

    from mingduan.complaints.scorecard.card import load
    from mingduan.complaints.scorecard.expression import Inputs, Month
    from mingduan.complaints.scorecard.settle import Settled, worked_out

    card = load(CARD)
    con = ibis.duckdb.connect(memory_limit=MEMORY, temp_directory=str(folder))
    read = {
        n: con.create_table(n, con.read_parquet(folder / f"{n}.parquet"), temp=True) for n in ("tickets", "records")
    }
    whom = read["tickets"].select("contractor").distinct().mutate(group=ibis.literal(""))
    inputs = Inputs(**read, contractors=con.create_table("whom", whom, temp=True))
    month, china = Month(FIRST, AS_OF), WorkingCalendar.china()

    def told(result: Settled) -> Any:
        if traced:
            return _digest(list(map(tuple, result.lines)))
        return {
            s.contractor: {f"{i.item}__count": i.count for i in s.items}
            | {f"{i.item}__lost": i.lost for i in s.items}
            | {"score": s.score}
            for s in result.scores
        }

    return lambda: worked_out(card, con, inputs, month, china, traced=traced), told


def by_hand(folder: Path, *, traced: bool = False) -> Contender:
    """What somebody who knows DuckDB would write for this one card."""
    import duckdb

    con = duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": str(folder)})
    for name in ("tickets", "records"):
        con.execute(f"create temp table {name} as select * from read_parquet('{folder}/{name}.parquet')")  # noqa: S608  our own folder
    con.execute("create temp table whom as select distinct contractor from tickets")
    con.execute("create temp table ends (day date, final date)")
    con.executemany("insert into ends values (?, ?)", _ends())

    def table(query: str) -> Any:
        return con.sql(query, params={"as_of": AS_OF}).to_arrow_table()

    if traced:
        return lambda: [table(BY_HAND), table(LINES_BY_HAND)], lambda f: _digest(
            [tuple(r.values()) for r in f[1].to_pylist()]
        )

    def told(rows: list[dict[str, Any]]) -> Found:
        return {r["contractor"]: {n: int(r[n]) for n in r if "__" in n or n == "score"} for r in rows}

    return lambda: table(BY_HAND).to_pylist(), told


def with_pandas(folder: Path) -> Contender:
    """The same in pandas: what is big; the capping of 40 rows is in Python."""
    import pandas as pd

    all_tickets, all_records = (pd.read_parquet(folder / f"{n}.parquet") for n in ("tickets", "records"))
    ends = pd.Series({pd.Timestamp(a): pd.Timestamp(b) for a, b in _ends()})
    as_of = pd.Timestamp(AS_OF)

    def run() -> Found:
        t = all_tickets[(all_tickets.dispatched_at >= "2026-10-01") & (all_tickets.dispatched_at < "2026-11-01")]
        limit = pd.to_timedelta(t.urgency.map({"extra_urgent": 10, "urgent": 15, "ordinary": 24}), unit="h")
        late = (t.accepted_at.fillna(as_of) > t.dispatched_at + pd.Timedelta(hours=2)) | (
            t.replied_at.fillna(as_of) > t.dispatched_at + limit
        )
        last = t.dispatched_at.dt.normalize().map(ends)
        unanalysed = t.suspected_fault & (t.analysed_at.fillna(as_of).dt.normalize() > last)
        took = (t.replied_at.dt.floor("s") - t.dispatched_at.dt.floor("s")).dt.total_seconds()
        measured = {"late": late, "unanalysed": unanalysed, "spent": took, "handled": t.replied_at.notna()}
        tickets = pd.DataFrame({"contractor": t.contractor, **measured}).groupby("contractor").sum()
        r = all_records[(all_records["at"] >= "2026-10-01") & (all_records["at"] < "2026-11-01")].copy()
        r["persons"] = r["persons"].fillna(1)
        r["bounded"] = r["points"].fillna(0).clip(r["item"].map(LEAST), r["item"].map(MOST))
        records = r.groupby(["contractor", "item"]).agg(
            times=("record", "size"), persons=("persons", "sum"), bounded=("bounded", "sum")
        )
        return _capped(tickets.to_dict("index"), records.to_dict("index"))

    return run, dict


def with_polars(folder: Path) -> Contender:
    """The same in polars: what is big; the capping of 40 rows is in Python."""
    import polars as pl

    tickets, records = (pl.read_parquet(folder / f"{n}.parquet") for n in ("tickets", "records"))
    ends = pl.DataFrame(_ends(), schema={"day": pl.Date, "last": pl.Date}, orient="row")
    c, as_of = pl.col, pl.lit(AS_OF)
    limit = (
        pl.when(c("urgency") == "extra_urgent").then(pl.duration(hours=10))
        .when(c("urgency") == "urgent").then(pl.duration(hours=15)).otherwise(pl.duration(hours=24))
    )  # fmt: skip
    late = (c("accepted_at").fill_null(as_of) > c("dispatched_at") + pl.duration(hours=2)) | (
        c("replied_at").fill_null(as_of) > c("dispatched_at") + limit
    )

    def month(column: str) -> pl.Expr:
        return c(column).is_between(datetime(2026, 10, 1), datetime(2026, 11, 1), closed="left")

    def run() -> Found:
        counted = (
            tickets.lazy().filter(month("dispatched_at"))
            .with_columns(day=c("dispatched_at").dt.date()).join(ends.lazy(), on="day", how="left")
            .group_by("contractor").agg(
                late=late.cast(pl.Int64).sum(), handled=c("replied_at").count().cast(pl.Int64),
                spent=(c("replied_at").dt.epoch("s") - c("dispatched_at").dt.epoch("s")).sum(),
                unanalysed=(c("suspected_fault") & (c("analysed_at").fill_null(as_of).dt.date() > c("last"))).cast(pl.Int64).sum(),
            )
            .collect()
        )  # fmt: skip
        bounded = c("points").fill_null(0).clip(c("item").replace_strict(LEAST), c("item").replace_strict(MOST))
        recorded = (
            records.filter(month("at")).group_by("contractor", "item")
            .agg(times=pl.len(), persons=c("persons").fill_null(1).sum(), bounded=bounded.sum())
        )  # fmt: skip
        by_item = {(r.pop("contractor"), r.pop("item")): r for r in recorded.to_dicts()}
        return _capped({r.pop("contractor"): r for r in counted.to_dicts()}, by_item)

    return run, dict


LEAST = {
    "confidentiality": 500,
    "dress": 100,
    "service_number": 100,
    "instruments": 300,
    "promises": 300,
    "manners": 200,
    "other": 50,
}
MOST = LEAST | {"confidentiality": 1500, "other": 4000}


def _capped(tickets: dict[Any, Any], records: dict[Any, Any]) -> Found:
    """The card's arithmetic on what was counted, for those who count only."""
    found: Found = {}
    for contractor, t in tickets.items():
        counts, lost = {}, {}
        for item, each in LEAST.items():
            r = records.get((contractor, item), {"times": 0, "persons": 0, "bounded": 0})
            counts[item] = int(r["persons" if item == "dress" else "times"])
            cost = int(r["bounded"]) if MOST[item] > each else counts[item] * each
            lost[item] = min(cost, {"other": 4000, "service_number": 500}.get(item, 1500))
        if counts["service_number"] >= 5:
            lost["service_number"] = 500
        counts |= {
            "on_time": int(t["late"]),
            "mean_handling": int(t["handled"]),
            "fault_analysis": int(t["unanalysed"]),
        }
        lost["on_time"] = 2000 if counts["on_time"] >= 5 else counts["on_time"] * 200
        lost["mean_handling"] = 500 if t["spent"] > t["handled"] * 61200 else 0
        lost["fault_analysis"] = min(1500, counts["fault_analysis"] * 200)
        of_tickets = sum(lost[i] for i in ("on_time", "mean_handling", "fault_analysis"))
        conduct = sum(lost[i] for i in LEAST if i != "other")
        score = 9500 - min(4000, of_tickets) - min(1500, conduct) - lost["other"]
        found[contractor] = {f"{i}__count": n for i, n in counts.items()} | {f"{i}__lost": n for i, n in lost.items()}
        found[contractor]["score"] = score
    return found


def _digest(lines: list[tuple[Any, ...]]) -> str:
    """One number for all lines in their order."""
    return f"{len(lines)} lines, {hashlib.sha256(repr(lines).encode()).hexdigest()}"


def _ends() -> list[tuple[date, date]]:
    """Each day from which a limit may run, and the last of its 3 working days."""
    china = WorkingCalendar.china()
    return [(d, china.add(d, 3)) for d in (FIRST + timedelta(n) for n in range(31))]


SCORES: dict[str, Callable[[Path], Contender]] = {
    "ours": ours,
    "duckdb by hand": by_hand,
    "polars": with_polars,
    "pandas": with_pandas,
}
TRACES: dict[str, Callable[[Path], Contender]] = {
    "ours, traced": partial(ours, traced=True),
    "duckdb by hand, traced": partial(by_hand, traced=True),
}


def alone(name: str, folder: Path) -> None:
    """One contender in this process: prints seconds, MiB and what it found."""
    run, told = (SCORES | TRACES)[name](folder)
    best, found = float("inf"), None
    for _ in range(RUNS):
        found = None
        begun = time.perf_counter()
        found = run()
        best = min(best, time.perf_counter() - begun)
    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": best, "mib": mib, "found": told(found)}, sort_keys=True))


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
        for copy in GENERATE:
            duckdb.connect().execute(copy.format(rows=told.rows, folder=folder))
        for group in (SCORES, TRACES):
            for name in group:
                said = subprocess.run(  # noqa: S603  ourselves
                    [sys.executable, __file__, "--alone", name, folder], check=True, stdout=subprocess.PIPE, text=True
                )
                results[name] = json.loads(said.stdout.splitlines()[-1])
            ours_, hand = (results[n] for n in list(group)[:2])
            for name in group:
                assert results[name]["found"] == ours_["found"], f"{name} finds something else"
                results[name]["ratio"] = results[name]["seconds"] / hand["seconds"]
    for r in results.values():
        del r["found"]
    if told.json:
        print(json.dumps(results, indent=2))
    else:
        for name, r in results.items():
            print(f"{name:24} {r['seconds']:8.3f} s  {r['ratio']:6.2f} x by hand  {r['mib']:7.0f} MiB")


if __name__ == "__main__":
    main()
