"""A job of many certificates: its progress, what is left after a kill, and what is in the archive."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection

from mingduan.cases import outbox
from mingduan.cases.models import Outbox
from mingduan.registry import batch, issuing
from mingduan.registry.models import Batch, BatchItem, Certificate, CertificatePaper

from .story import certificate

AT = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)


def some(count: int) -> list[Certificate]:
    return [certificate(f"2026ZH{n:04}JR0", holder_name=f"第{n}代维有限公司") for n in range(1, count + 1)]


def finish(job: Batch) -> batch.Progress:
    return list(batch.resume(job, AT))[-1]


@pytest.mark.django_db
def test_the_archive_holds_each_paper_once_with_its_hash(registry_home: Path) -> None:
    job = batch.begin("年度换证", some(3), AT, kinds=("original", "duplicate"))
    assert finish(job) == batch.Progress(total=6, made=6, failed=0, packed=True)
    with zipfile.ZipFile(batch.archive(job)) as packed:
        listed = dict(reversed(line.split("  ")) for line in packed.read("SHA256SUMS").decode().splitlines())
        assert sorted(packed.namelist()) == sorted([*listed, "SHA256SUMS"])
        assert {hashlib.sha256(packed.read(name)).hexdigest() for name in listed} == set(listed.values())
    assert set(listed.values()) == set(CertificatePaper.objects.values_list("sha256", flat=True))
    assert hashlib.sha256(batch.archive(job).read_bytes()).hexdigest() == Batch.objects.get().sha256


@pytest.mark.django_db
def test_the_outbox_does_it_in_slices(registry_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "SLICE", 2)
    job = batch.begin("换证", some(3), AT)
    seen = []
    while outbox.run(AT):
        seen.append((batch.progress(job).made, batch.progress(job).packed))
    assert seen == [(2, False), (3, False), (3, True)]
    assert not Outbox.objects.filter(done_at=None).exists()


@pytest.mark.django_db
def test_what_can_not_be_made_is_noted_and_the_rest_goes_on(registry_home: Path) -> None:
    made = some(2)
    issuing.ask_for_english(made[0], holder_name="First Ltd.", holder_address="1 Road", at=AT)
    job = batch.begin("英文", made, AT, lang="en")
    assert finish(job) == batch.Progress(total=2, made=1, failed=1, packed=True)
    assert batch.REASONS[BatchItem.objects.exclude(error="").get().error].zh == "没有申请英文证书"


WORKER = """
import os, sys, django
os.environ["DJANGO_SETTINGS_MODULE"] = "mingduan.config.settings"
django.setup()
from django.conf import settings
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from datetime import UTC, datetime
from mingduan.registry import batch
from mingduan.registry.models import Batch
list(batch.resume(Batch.objects.get(), datetime(2026, 11, 24, 3, tzinfo=UTC)))
"""


@pytest.mark.django_db(transaction=True)
def test_killed_in_the_middle_it_goes_on_and_makes_nothing_twice(registry_home: Path, flushable: None) -> None:
    count = 12
    job = batch.begin("换证", some(count), AT)
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(connection.settings_dict["NAME"])],
        env={**os.environ, "MINGDUAN_HOME": str(registry_home)},
    )
    until = time.monotonic() + 60
    while batch.progress(job).made < 3 and time.monotonic() < until:
        time.sleep(0.02)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    killed_at = batch.progress(job)
    assert 3 <= killed_at.made < count
    before = dict(CertificatePaper.objects.values_list("number", "sha256"))
    assert finish(job) == batch.Progress(total=count, made=count, failed=0, packed=True)
    after = dict(CertificatePaper.objects.values_list("number", "sha256"))
    assert len(after) == CertificatePaper.objects.count() == count
    assert before.items() <= after.items()
    with zipfile.ZipFile(batch.archive(job)) as packed:
        assert len(packed.namelist()) == count + 1
    assert [p.name for p in batch.archive(job).parent.iterdir() if p.suffix == ".part"] == []


KILLED = """
import functools, importlib, os, signal, sys, django
os.environ["DJANGO_SETTINGS_MODULE"] = "mingduan.config.settings"
django.setup()
from datetime import datetime
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from mingduan.cases import outbox

def dies(owner, name, call, when):
    whole, calls = getattr(owner, name), []
    @functools.wraps(whole)
    def wrapper(*args, **kwargs):
        calls.append(1)
        if len(calls) == call and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        done = whole(*args, **kwargs)
        if len(calls) == call and when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return done
    setattr(owner, name, wrapper)

where, call, when = sys.argv[2:5]
module, _, path = where.partition(":")
owner = importlib.import_module(module)
*steps, name = path.split(".")
for step in steps:
    owner = getattr(owner, step)
dies(owner, name, int(call), when)
at = datetime.fromisoformat(sys.argv[5])
while outbox.run(at):
    pass
"""
STEPS = [  # each step of a paper and of the packing, killed as it begins or the moment it is over
    ("mingduan.registry.issuing:typeset", 3, "before"), ("mingduan.registry.issuing:typeset", 3, "after"),
    ("mingduan.registry.issuing:sign", 3, "after"), ("mingduan.registry.issuing:files.keep", 3, "after"),
    ("mingduan.registry.batch:issuing.paper", 3, "after"), ("mingduan.registry.papers:BatchItem.save", 3, "after"),
    ("zipfile:ZipFile.writestr", 11, "after"), ("os:replace", 1, "before"), ("os:replace", 1, "after"),
]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_at_every_step_in_turn_leaves_a_job_that_ends_whole(
    registry_home: Path, flushable: None
) -> None:
    count, at = 30, AT
    job = batch.begin("换证", some(count), AT)
    seen, kept = [0], dict[str, str]()
    for where, call, when in STEPS:
        if where in ("zipfile:ZipFile.writestr", "os:replace") and batch.progress(job).made < count:
            assert outbox.run(at), "all made, the archive is not packed"
        worker = subprocess.run(
            [sys.executable, "-c", KILLED, str(connection.settings_dict["NAME"]), where, str(call), when, at.isoformat()],
            env={**os.environ, "MINGDUAN_HOME": str(registry_home)}, check=False,
        )  # fmt: skip
        assert worker.returncode == -signal.SIGKILL, where
        told = batch.progress(job)
        assert told.total == count
        assert told.made == BatchItem.objects.exclude(paper=None).count() >= seen[-1]
        assert not told.packed
        papers = dict(CertificatePaper.objects.values_list("number", "sha256"))
        assert len(papers) == CertificatePaper.objects.count()
        assert kept.items() <= papers.items(), "what stood stands"
        seen, kept, at = [*seen, told.made], papers, at + outbox.LEASE + timedelta(minutes=1)
    assert seen[1:] == [2, 4, 6, 8, 10, 13, 30, 30, 30]
    while outbox.run(at):
        pass
    assert batch.progress(job) == batch.Progress(total=count, made=count, failed=0, packed=True)
    assert not Outbox.objects.filter(done_at=None).exists()
    with zipfile.ZipFile(batch.archive(job)) as packed:
        assert len(packed.namelist()) == len(set(packed.namelist())) == count + 1
        hashes = {hashlib.sha256(packed.read(n)).hexdigest() for n in packed.namelist() if n != "SHA256SUMS"}
    assert hashes == set(CertificatePaper.objects.values_list("sha256", flat=True))
    assert len(hashes) == CertificatePaper.objects.count() == count
    assert {p.suffix for p in batch.archive(job).parent.iterdir()} == {".zip"}, "nothing half packed is left"


@pytest.mark.django_db
def test_the_same_job_done_again_gives_the_same_archive(registry_home: Path) -> None:
    made = some(2)
    first = batch.begin("甲", made, AT)
    finish(first)
    second = batch.begin("乙", made, AT + timedelta(days=1))
    finish(second)
    assert Batch.objects.values_list("sha256", flat=True).distinct().count() == 1
