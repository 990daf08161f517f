"""How long a deadline still has, as pages say it: hours where it ends at an hour soon, else working days."""

from __future__ import annotations

from datetime import datetime

import pytest

from mingduan.procedure.period import TZ
from mingduan.web.templatetags.mingduan import remaining


def at(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=TZ)


@pytest.mark.parametrize(
    ("due", "now", "said"),
    [
        ("2026-11-26 04:55:00", "2026-11-25 22:32:00", "还有 6 小时"),
        ("2026-11-25 22:40:00", "2026-11-25 22:32:30", "还有 7 分钟"),
        ("2026-11-25 19:16:00", "2026-11-25 22:31:00", "逾期 3 小时"),
        ("2026-11-25 22:31:00", "2026-11-25 22:31:59", "逾期 1 分钟"),
        ("2026-11-26 23:59:59", "2026-11-25 22:32:00", "还有 1 个工作日"),
        ("2026-11-25 23:59:59", "2026-11-25 22:32:00", "今天到期"),
        ("2026-11-24 23:59:59", "2026-11-25 00:30:00", "逾期 1 天"),
        ("2026-11-30 10:00:00", "2026-11-25 22:32:00", "还有 3 个工作日"),
    ],
)
def test_what_ends_at_an_hour_soon_is_told_in_hours_and_what_ends_with_a_day_in_days(
    due: str, now: str, said: str
) -> None:
    assert remaining(at(due), at(now)) == said
