"""The dispatch page at 500 open cases and 100 engineers: the store's queries, the proposal and the page itself.

python benchmarks/bench_dispatch_page.py [CASES] [ENGINEERS]      # target: under 2 s of processor time
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import tempfile
import time
from datetime import datetime, timedelta

BOOK = "telecom/network-complaint"
STEP = f"{BOOK}/dispatch"
AREAS = ("蓬江", "江海", "新会")


def fill(cases: int, engineers: int, at: datetime) -> str:
    """A dispatcher, three companies with their engineers, and complaints that wait; the dispatcher's login."""
    from mingduan.cases import catalogue
    from mingduan.cases.act import Done, Side, act, open_case
    from mingduan.people.models import FieldWorker, Mandate, Office, Organisation, User
    from mingduan.procedure.case import Actor

    chance = random.Random(3)  # noqa: S311  figures, not secrets
    for engine in catalogue.in_force().values():
        catalogue.keep(engine)
    home = Organisation.objects.create(name="云州通信", kind="body")
    officer = User.objects.create_user("dispatcher", name="派单", organisation=home)
    for role in ("desk", "dispatcher"):
        Office.objects.create(user=officer, body="telecom", role=role)
    companies = [Organisation.objects.create(name=f"代维{n}", kind="enterprise") for n in range(3)]
    for company in companies:
        lead = User.objects.create_user(f"lead{company.pk}", name="班长", organisation=company)
        Mandate.objects.create(user=lead, body="telecom", role="contractor")
    for n in range(engineers):
        user = User.objects.create_user(f"e{n}", name=f"工程师{n}", organisation=companies[n % 3])
        Mandate.objects.create(user=user, body="telecom", role="engineer")
        FieldWorker.objects.create(
            user=user, skills=["wireless", "broadband"], areas=[chance.choice(AREAS)], shifts=["00:00-23:59"] * 7,
            latitude=22.45 + chance.random() * 0.3, longitude=112.95 + chance.random() * 0.3,
        )  # fmt: skip
    actor = Actor(str(officer.pk), "派单", frozenset(["desk", "dispatcher"]))
    for n in range(cases):
        filed = at - timedelta(minutes=5 * (n % 60) + 1)
        facts = {
            "trouble": "slow_data", "details": "晚上网速慢", "place.address": f"幸福路{n}号",
            "place.position": f"{22.45 + chance.random() * 0.3:.5f},{112.95 + chance.random() * 0.3:.5f}", "customer.phone": "13800000000",
        }  # fmt: skip
        done = open_case(
            rulebook=BOOK, action="file", actor=Actor("public", "王女士", frozenset(["complainant"])), at=filed, facts=facts,
            sides=[Side("complainant", "王女士")], title="网速慢",
        )  # fmt: skip
        assert isinstance(done, Done), done
        for action, given in (("verify", {"entry.how": "callback", "entry.found": "属实"}), ("grade", {})):
            told = act(number=done.case.number, action=action, actor=actor, at=filed, facts=given)
            assert isinstance(told, Done), told
    return officer.username


def main() -> None:
    """Fill a store of its own, then ask for the page five times."""
    os.environ["MINGDUAN_HOME"] = tempfile.mkdtemp(prefix="mingduan-bench-")
    os.environ["DJANGO_SETTINGS_MODULE"] = "mingduan.config.settings"
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from mingduan.cases.access import visible
    from mingduan.complaints import sending
    from mingduan.config import clock
    from mingduan.people.models import User
    from mingduan.web.dispatch import MOST

    settings.ALLOWED_HOSTS = ["*"]
    call_command("migrate", verbosity=0)
    cases, engineers = (int(x) for x in (sys.argv[1:3] if len(sys.argv) > 2 else ("500", "100")))
    login = fill(cases, engineers, clock.now())
    user = User.objects.get(username=login)
    client = Client()
    client.force_login(user)
    took, parts = [], []
    for _ in range(5):
        with CaptureQueriesContext(connection) as asked:
            began = time.process_time()
            response = client.get(f"/dispatch/?step={STEP}")
            took.append(time.process_time() - began)
        assert response.status_code == 200, response.status_code
    for _ in range(3):
        now, began = clock.now(), time.process_time()
        step = next(s for s in sending.steps(user) if s.key == STEP)
        found = sending.waiting(step, visible(user, now))
        rows = sending.rows(found, sending.crew(step, user, now), now)
        parts.append(time.process_time() - began)
    placed = sum(r.visit is not None for r in rows)
    print(f"{len(found)} waiting cases, {engineers} engineers")
    print(f"  the page (the {MOST} that press most): {statistics.median(took):.2f} s, {len(asked)} queries")
    print(f"  a proposal for all of them, from the store: {statistics.median(parts):.2f} s, {placed} with a visit")


if __name__ == "__main__":
    main()
