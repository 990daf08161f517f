"""Adding working days: ours against the libraries, all in one run. Prints seconds and ratios; --json for machines.

Each peer adds 20 working days to the same days the fastest way its interface offers. Whether each gets
20 working days from 2026-09-21 right (2026-10-26: two make-up days) is in the last column.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta

import chinese_calendar
import holidays
import numpy as np
import pandas as pd

from mingduan.procedure.calendar import WorkingCalendar

CHINA = WorkingCalendar.china()
DAYS = [date(2024, 1, 1) + timedelta(n) for n in range(0, 700, 7)]
N, HARD, RIGHT = 20, date(2026, 9, 21), date(2026, 10, 26)
OFF = [d for d, name in holidays.country_holidays("CN", years=range(2024, 2027)).items()]
CN = holidays.country_holidays("CN", years=range(2024, 2028))
OFFSET = pd.offsets.CustomBusinessDay(N, holidays=OFF)
BUSDAYS = np.busdaycalendar(holidays=np.array(OFF, dtype="datetime64[D]"))


def by_chinesecalendar(day: date) -> date:
    """The library answers for one day at a time."""
    left = N
    while left:
        day += timedelta(1)
        left -= chinese_calendar.is_workday(day)
    return day


PEERS: dict[str, Callable[[date], date]] = {
    "mingduan": lambda d: CHINA.add(d, N),
    "chinesecalendar": by_chinesecalendar,
    "holidays": lambda d: CN.get_nth_working_day(d, N),
    "pandas": lambda d: (pd.Timestamp(d) + OFFSET).date(),
    "numpy": lambda d: np.busday_offset(np.datetime64(d), N, roll="backward", busdaycal=BUSDAYS).astype(object),
}


def seconds(call: Callable[[], object], least: float = 0.3) -> float:
    """Seconds a call takes: the best of as many as fit into `least` seconds, three at least."""
    best, spent, runs = float("inf"), 0.0, 0
    while spent < least or runs < 3:
        begun = time.perf_counter()
        call()
        took = time.perf_counter() - begun
        best, spent, runs = min(best, took), spent + took, runs + 1
    return best


def main() -> None:
    each = {name: seconds(lambda add=add: [add(d) for d in DAYS]) / len(DAYS) for name, add in PEERS.items()}
    million = np.datetime64("2024-01-01") + np.random.default_rng(1).integers(0, 800, 1_000_000).astype(
        "timedelta64[D]"
    )
    ours = seconds(lambda: CHINA.add_many(million, N))
    numpys = seconds(lambda: np.busday_offset(million, N, roll="backward", busdaycal=BUSDAYS))
    rows = [
        {"peer": name, "seconds": took, "ratio": took / each["mingduan"], "right": PEERS[name](HARD) == RIGHT}
        for name, took in each.items()
    ]
    vector = {"mingduan": ours, "numpy": numpys, "ratio": numpys / ours}
    if "--json" in sys.argv:
        print(json.dumps({"add_20": rows, "million": vector}, indent=2))
        return
    for row in rows:
        print(
            f"{row['peer']:<16} {row['seconds'] * 1e6:10.3f} µs  {row['ratio']:10.1f}×  {'right' if row['right'] else 'WRONG'}"
        )
    print(f"a million dates  mingduan {ours * 1e3:.1f} ms, numpy {numpys * 1e3:.1f} ms: {vector['ratio']:.1f}×")


if __name__ == "__main__":
    main()
