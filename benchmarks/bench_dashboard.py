"""How long dashboards and the week's hot spots take at 100,000 cases.

python benchmarks/bench_dashboard.py        # target: the last 13 weeks under 1 s, three years under 5 s of processor time
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta

BOOK = "telecom/network-complaint"
NOT_CHAINED = "-"  # nobody verifies or follows these cases


def fill(tickets: int, months: int, last: date) -> None:
    """A town's tickets put into the store in bulk: as the acts would leave cases, their reports, duties and contractors."""
    from mingduan.cases import catalogue
    from mingduan.cases.models import Case, DutyRow, EventRow, Party
    from mingduan.demo.town import REPLY_HOURS, town

    engine = catalogue.in_force()[BOOK]
    catalogue.keep(engine)
    made = town(tickets=tickets, months=months, last=last).tickets
    cases = Case.objects.bulk_create(
        [
            Case(
                number=f"BENCH-{t.number}", rulebook=BOOK, digest=engine.rulebook.digest, state="notified" if t.replied_at else "dispatched",
                title=f"{t.customer.name} {t.trouble}", length=2, head=NOT_CHAINED, secret=NOT_CHAINED, opened_at=t.opened_at, changed_at=t.opened_at,
                facts={
                    "trouble": t.trouble, "details": t.details, "channel": t.channel, "level": f"level{t.level}", "place.area": t.place.area,
                    "place.address": t.place.address, "place.position": t.place.position, "customer.phone": t.customer.phone, "urgency": t.urgency,
                    **({"satisfaction": t.satisfaction} if t.satisfaction else {}),
                },
            )
            for t in made
        ],
        batch_size=1000,
    )  # fmt: skip
    events, duties, parties = [], [], []
    for case, t in zip(cases, made, strict=True):
        filed = {"seq": 1, "action": "file", "role": "complainant", "actor": "public", "actor_name": t.customer.name, "at": t.opened_at.astimezone(UTC).isoformat()}  # fmt: skip
        events.append(EventRow(case=case, seq=1, stored=filed, before=NOT_CHAINED, hash=NOT_CHAINED))
        parties += [Party(case=case, role="complainant", name=t.customer.name), Party(case=case, role="contractor", name=t.contractor)]  # fmt: skip
        if t.dispatched_at is None:
            continue
        due = t.dispatched_at + timedelta(hours=REPLY_HOURS[t.level])
        status = "open" if t.replied_at is None else "met" if t.replied_at <= due else "met_late"
        duties.append(DutyRow(case=case, deadline=f"reply{t.level}", owner="contractor", due=due, met_at=t.replied_at, status=status, provisional=False))  # fmt: skip
        duties.append(DutyRow(case=case, deadline="accept", owner="contractor", due=t.dispatched_at, met_at=t.accepted_at, status="met", provisional=False))  # fmt: skip
        if t.replied_at:
            told = {"seq": 2, "action": "report", "role": "engineer", "actor": "9", "actor_name": t.engineer, "at": t.replied_at.astimezone(UTC).isoformat()}  # fmt: skip
            events.append(EventRow(case=case, seq=2, stored=told, before=NOT_CHAINED, hash=NOT_CHAINED))
    for model, rows in ((EventRow, events), (DutyRow, duties), (Party, parties)):
        model._default_manager.bulk_create(rows, batch_size=2000)


def main() -> None:
    """Fill a store of its own, then measure."""
    os.environ["MINGDUAN_HOME"] = tempfile.mkdtemp(prefix="mingduan-bench-")
    os.environ["DJANGO_SETTINGS_MODULE"] = "mingduan.config.settings"
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from mingduan.cases.figured import cells
    from mingduan.cases.models import Case
    from mingduan.complaints import reports

    call_command("migrate", verbosity=0)
    last, at = date(2026, 11, 22), datetime(2026, 11, 23, 4, tzinfo=UTC)
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    fill(number, 36, last)
    print(f"{number:,} cases of three years")
    for name, since, monthly in (("13 weeks", last - timedelta(weeks=13), False), ("3 years", last - timedelta(days=1100), True)):  # fmt: skip
        with CaptureQueriesContext(
            connection,
        ) as asked:
            began = time.process_time()
            found = cells(Case.objects.all(), since, last, at, monthly=monthly)
            took = time.process_time() - began
        print(f"  figures of {name}: {took * 1000:.0f} ms, {len(asked)} queries, {len(found):,} cells, {sum(c.sums.cases for c in found):,} cases")  # fmt: skip
    began = time.process_time()
    report = reports.make("telecom", last - timedelta(days=6), at)
    print(f"  hot spots of a week among {report.complaints:,}: {time.process_time() - began:.1f} s, {report.spots.count()} found")  # fmt: skip


if __name__ == "__main__":
    main()
