"""Work that follows from an event: done once, kept when it fails, tried again later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mingduan.cases import outbox
from mingduan.cases.models import Outbox

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


class Post:
    """A handler that keeps what it was given, and fails as often as told."""

    def __init__(self) -> None:
        self.got: list[Mapping[str, Any]] = []
        self.fails = 0

    def __call__(self, payload: Mapping[str, Any], at: datetime) -> None:
        if self.fails:
            self.fails -= 1
            raise ConnectionError("post office closed")
        self.got.append(payload)


@pytest.fixture
def post() -> Iterator[Post]:
    handler = Post()
    outbox.handles("test-post")(handler)
    yield handler
    outbox._HANDLERS.pop("test-post")


def test_is_done_once_however_often_asked_and_run(post: Post) -> None:
    outbox.put("test-post", "letter:1", {"to": "甲"}, NOW)
    outbox.put("test-post", "letter:1", {"to": "甲"}, NOW)
    assert outbox.run(NOW) == 1
    assert outbox.run(NOW + timedelta(days=1)) == 0
    assert post.got == [{"to": "甲"}]


def test_a_failure_is_kept_and_tried_again_after_a_growing_while(post: Post) -> None:
    post.fails = 2
    outbox.put("test-post", "letter:2", {}, NOW)
    assert outbox.run(NOW) == 0
    row = Outbox.objects.get()
    assert (row.attempts, row.error, row.due) == (1, "ConnectionError: post office closed", NOW + timedelta(seconds=30))
    assert outbox.run(NOW + timedelta(seconds=29)) == 0
    assert Outbox.objects.get().attempts == 1
    assert outbox.run(NOW + timedelta(seconds=30)) == 0
    assert Outbox.objects.get().due == NOW + timedelta(seconds=90)
    assert outbox.run(NOW + timedelta(seconds=90)) == 1
    assert (Outbox.objects.get().error, outbox.backlog()) == ("", 0)


def test_what_another_worker_has_claimed_is_left_until_its_lease_is_over(post: Post) -> None:
    outbox.put("test-post", "letter:3", {}, NOW)
    Outbox.objects.update(due=NOW + outbox.LEASE, attempts=1)
    assert outbox.run(NOW) == 0
    assert outbox.run(NOW + outbox.LEASE) == 1


def test_work_that_nobody_here_does_waits(post: Post) -> None:
    outbox.put("nobody's", "x", {}, NOW)
    assert (outbox.run(NOW), outbox.backlog()) == (0, 1)
