"""The worker: does what time and the outbox call for, round after round, until it is told to stop.

What waits for somebody else's server, the mail, goes its own rounds beside them: a slow one delays no deadline.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from time import monotonic, perf_counter
from typing import Annotated

import typer

from .base import app, start_django

SIGN_OF_LIFE = 15  # seconds between the signs that the worker leaves
Job = tuple[str, Callable[[datetime], int]]
_log = logging.getLogger(__name__)


def post() -> list[Job]:
    """What there is to fetch, in rounds of their own."""
    from mingduan.complaints.post import polling, texts

    return [("mail", polling.poll), ("texts", texts.collect)]


def jobs() -> list[Job]:
    """What there is to do in each round, in order: each takes the time and says how much it did."""
    from mingduan.api.once import forget
    from mingduan.cases import checkpoint, outbox, timer
    from mingduan.complaints import reports, training
    from mingduan.complaints.post import keeping, waiting
    from mingduan.complaints.scorecard import settlement
    from mingduan.demo import network
    from mingduan.registry import jobs as register
    from mingduan.web import drafts

    return [
        ("register", daily(register.daily)), ("calendar", timer.recompute), ("timer", timer.run_due), ("alerts", timer.run_alerts), ("outbox", outbox.run), ("letters", daily(waiting.daily)), ("letters kept", daily(keeping.daily)),
        ("scorecards", _told(daily(settlement.settle_due))), ("rescore", settlement.rescore), ("hot spots", _told(daily(reports.daily))),
        ("tidy", daily(forget)), ("drafts", daily(drafts.throw_away_old)), ("training", _told(daily(training.daily))), ("checkpoint", _told(daily(checkpoint.daily))), ("demonstration", _idle(network.go_on)),
    ]  # fmt: skip


def _told(job: Callable[[datetime], int]) -> Callable[[datetime], int]:
    """The job, once a demonstration's past has been told: nothing is worked out from half a month."""
    from mingduan.demo import network

    return lambda at: 0 if network.waiting() else job(at)


def _idle(job: Callable[[datetime], int]) -> Callable[[datetime], int]:
    """The job, while nothing in the outbox waits: it is done in order of time, and a past being told comes before the
    notices of whoever is looking around meanwhile.
    """
    from mingduan.cases import outbox

    return lambda at: 0 if outbox.behind(at) else job(at)


def daily(job: Callable[[datetime], int]) -> Callable[[datetime], int]:
    """The job once a local day, in the day's first round; again in the next round when it failed."""
    from mingduan.procedure.period import TZ

    done_on: date | None = None

    def run(at: datetime) -> int:
        nonlocal done_on
        today = at.astimezone(TZ).date()
        if today == done_on:
            return 0
        done = job(at)
        done_on = today
        return done

    return run


@dataclass(frozen=True, slots=True)
class Went:
    """How a round went: how much was done, and which jobs failed."""

    done: int
    failed: tuple[str, ...]


def once(work: Iterable[Job], at: datetime, stopped: Callable[[], bool] = lambda: False) -> Went:
    """One round at `at`, or as much of it as there is time for. What fails is logged and tried again in the next round."""
    from django.db import close_old_connections

    from mingduan.config.metrics import JOB_FAILURES, JOBS

    done, failed = 0, []
    for name, job in work:
        if stopped():
            break
        close_old_connections()
        started = perf_counter()
        try:
            if did := job(at):
                JOBS.labels(name).observe(perf_counter() - started)
            done += did
        except Exception:  # whatever broke in one job, the others go on
            _log.exception("worker: %s failed", name)
            JOB_FAILURES.labels(name).inc()
            failed.append(name)
        finally:
            close_old_connections()
    return Went(done, tuple(failed))


@app.command()
def worker(
    every: Annotated[
        float, typer.Option(min=0.1, help="无事可做时，隔多少秒再看 / seconds between looks when idle")
    ] = 5,
    parent: Annotated[int, typer.Option(hidden=True, help="此进程结束则随之结束 / end with this process")] = 0,
) -> None:
    """后台：办理到期事项，送出通知和推送 / do what falls due and send what is waiting, until SIGTERM."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    start_django()
    from django.db import connections

    from mingduan.config import clock, tracing

    tracing.start("mingduan-worker")
    _log.info("worker: started")

    def rounds(work: list[Job], leave: Callable[[Went], None]) -> None:
        try:
            while not stop.is_set() and parent in (0, os.getppid()):
                went = once(work, clock.now(), stop.is_set)
                if went.done:
                    _log.info("worker: %d done", went.done)
                leave(went)
                stop.wait(0 if went.done else every)
        finally:
            connections.close_all()  # of this thread

    # A daemon: told to stop, nobody waits for a mail server; a letter cut short is met again and taken once.
    threading.Thread(target=rounds, args=(post(), lambda went: None), name="post", daemon=True).start()
    try:
        rounds(jobs(), _signs())
    finally:
        _log.info("worker: ended")


def _signs() -> Callable[[Went], None]:
    """What leaves a sign of life after a round: now and then, and at once when other jobs fail than before."""
    from django.db import DatabaseError

    from mingduan.config import clock, pulse

    failed: tuple[str, ...] = ()
    left = -float("inf")

    def leave(went: Went) -> None:
        nonlocal failed, left
        if went.failed == failed and monotonic() - left < SIGN_OF_LIFE:
            return
        with suppress(DatabaseError):  # whoever asks will see that the sign is old
            pulse.went_round(clock.now(), socket.gethostname(), went.failed)
            failed, left = went.failed, monotonic()

    return leave
