"""The worker: every job in each round, whatever breaks; and it ends when told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mingduan.cases import outbox
from mingduan.cli import worker
from mingduan.cli.worker import Went, daily, jobs, once, post
from mingduan.demo import network

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


def _breaks(at: datetime) -> int:
    raise RuntimeError("broken")


@pytest.mark.django_db
def test_what_breaks_in_one_job_does_not_keep_the_others_from_theirs(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[datetime] = []
    assert once([("broken", _breaks), ("sound", lambda at: seen.append(at) or 2)], NOW) == Went(2, ("broken",))
    assert seen == [NOW]
    assert "broken failed" in caplog.text


@pytest.mark.django_db
def test_told_to_end_it_ends_after_the_job_it_is_in() -> None:
    seen: list[str] = []
    work = [(name, lambda at, name=name: seen.append(name) or 1) for name in ("first", "second")]
    assert once(work, NOW, lambda: bool(seen)) == Went(1, ())
    assert seen == ["first"]


def test_deadlines_and_the_outbox_are_among_its_jobs() -> None:
    assert {"calendar", "timer", "outbox"} <= {name for name, _ in jobs()}


@pytest.mark.django_db(transaction=True)
def test_a_mail_server_that_never_answers_delays_no_round_and_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {name for name, _ in post()} == {"mail", "texts"}
    assert not {name for name, _ in jobs()} & {"mail", "texts"}
    hanging, rounds = threading.Event(), list[datetime]()

    def round_(at: datetime) -> int:
        rounds.append(at)
        if len(rounds) == 5:
            os.kill(os.getpid(), signal.SIGTERM)
        return 0

    monkeypatch.setattr(worker, "post", lambda: [("mail", lambda at: hanging.wait() and 0)])
    monkeypatch.setattr(worker, "jobs", lambda: [("timer", round_)])
    kept = [(n, signal.getsignal(n)) for n in (signal.SIGTERM, signal.SIGINT)]
    try:
        worker.worker(every=0.1, parent=0)
    finally:
        hanging.set()
        for number, handler in kept:
            signal.signal(number, handler)
    assert len(rounds) == 5


@pytest.mark.django_db
def test_a_demonstrations_past_waits_for_the_notices_of_today(monkeypatch: pytest.MonkeyPatch) -> None:
    """Told first, its own work would come before theirs: the outbox goes by time, and that past is three months long."""
    told: list[datetime] = []
    monkeypatch.setattr(network, "go_on", lambda at: told.append(at) or 10)
    (go_on,) = (job for name, job in jobs() if name == "demonstration")
    outbox.put("event", "event:X#1", {}, NOW)
    assert (go_on(NOW), told) == (0, [])
    assert (go_on(NOW - timedelta(seconds=1)), len(told)) == (10, 1), "what is due later does not hold it up"


@pytest.mark.parametrize("end", ["signal", "parent"])
def test_it_ends_when_told_and_when_whoever_started_it_is_gone(tmp_path: Path, end: str) -> None:
    env = {**os.environ, "MINGDUAN_HOME": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path}/x.sqlite3"}
    parent = ["--parent", "1"] if end == "parent" else []
    with subprocess.Popen(
        [sys.executable, "-m", "mingduan.cli", "worker", "--every", "60", *parent], env=env, stderr=subprocess.PIPE
    ) as child:
        assert child.stderr is not None
        if end == "signal":
            while b"started" not in child.stderr.readline():
                assert child.poll() is None
            time.sleep(0.2)
            child.send_signal(signal.SIGTERM)
        assert child.wait(90) == 0


def test_a_daily_job_is_done_once_a_local_day_and_again_when_it_failed() -> None:
    done: list[datetime] = []

    def job(at: datetime) -> int:
        done.append(at)
        if len(done) == 1:
            raise OSError("once")
        return 1

    run = daily(job)
    evening = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)  # 23:00 in Shanghai
    with pytest.raises(OSError, match="once"):
        run(evening)
    assert [run(evening), run(evening + timedelta(minutes=59)), run(evening + timedelta(minutes=61))] == [1, 0, 1]
