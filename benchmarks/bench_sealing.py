"""What sealing personal data costs: reading and folding a case of 50 events, and taking a complaint in; processor time.

Each beside the same without sealing, in the same run, in a database of its own.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from unittest.mock import patch

AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
FACTS = {
    "trouble": "slow_data", "details": "晚上七点后网速很慢，看视频一直转圈", "place.address": "幸福路8号3座501", "customer.phone": "13800000000",
    "customer.name": "王小明", "customer.email": "wang@example.com",
}  # fmt: skip


def best(work: Callable[[], object], times: int = 7) -> float:
    """The least processor time of several runs, in seconds."""
    taken = []
    for _ in range(times):
        begun = time.process_time()
        work()
        taken.append(time.process_time() - begun)
    return min(taken)


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        os.environ["MINGDUAN_HOME"] = home
        os.environ["DJANGO_SETTINGS_MODULE"] = "mingduan.config.settings"
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import transaction

        from mingduan.cases.act import Side, events_of, open_case
        from mingduan.cases.models import Case, EventRow
        from mingduan.procedure.case import Actor, fold

        call_command("migrate", verbosity=0)
        who = Actor("public", "王小明", frozenset(["complainant"]))

        def take(n: int) -> None:
            with transaction.atomic():
                for _ in range(n):
                    open_case(
                        rulebook="telecom/network-complaint", action="file", actor=who, at=AT, facts=FACTS,
                        sides=[Side("complainant", "王小明")], title="",
                    )  # fmt: skip

        def case_of_fifty() -> Case:
            take(1)
            case = Case.objects.order_by("-pk")[0]
            case.refresh_from_db()
            from mingduan.cases import catalogue, keyring

            book = catalogue.kept(case.digest).rulebook
            for seq in range(2, 51):
                body = {
                    "seq": seq, "action": "verify", "role": "desk", "actor": "1", "actor_name": "受理台", "at": AT.isoformat(),
                    "entry": {"records": "verifications", "values": {"how": "callback", "found": "回访客户，情况属实，晚间速率低于下限"}},
                }  # fmt: skip
                EventRow.objects.create(
                    case=case, seq=seq, stored=keyring.seal(case, book, body)[0], before="", hash=""
                )
            return case

        plain = patch("mingduan.cases.sealing.has_personal", lambda book: False)
        take(5)
        sealed = case_of_fifty()
        with plain:
            open_ = case_of_fifty()
        events = events_of(sealed)
        print(f"fold 50 events                {best(lambda: fold(events)) * 1000:8.2f} ms")
        for name, case in (("plain", open_), ("sealed", sealed)):
            fresh = lambda c=case: events_of(Case.objects.get(pk=c.pk))  # noqa: E731  timed
            print(f"read 50 events, {name:13} {best(fresh) * 1000:8.2f} ms")
        with plain:
            before = best(lambda: take(20), 5)
        after = best(lambda: take(20), 5)
        print(f"take a complaint in, plain    {before / 20 * 1000:8.2f} ms")
        print(f"take a complaint in, sealed   {after / 20 * 1000:8.2f} ms, {after / before:.2f} times")


if __name__ == "__main__":
    main()
