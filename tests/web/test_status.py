"""The administrator's page: what is wrong stands first, with what to do; nobody else sees it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client

from mingduan.cases import outbox
from mingduan.cases.models import Outbox
from mingduan.config import clock, pulse
from mingduan.people.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Client:
    """The administrator's browser, and no sign from anybody."""
    cache.clear()
    client = Client()
    client.force_login(User.objects.create_user("root", name="管理员", email="r@example.com", is_staff=True))
    return client


def page(client: Client, language: str = "zh-hans") -> str:
    """The page in a language."""
    return client.get("/status/", headers={"Accept-Language": language}).content.decode()


def test_a_worker_that_was_never_seen_comes_first_with_how_to_start_it(admin: Client) -> None:
    told = page(admin)
    assert "有问题要现在处理" in told
    assert told.index("没有见到过") < told.index("剩余")
    assert "mingduan worker" in told
    assert "Start it: mingduan worker" in page(admin, "en")


def test_a_worker_that_goes_round_is_well_one_that_stopped_is_not(admin: Client) -> None:
    pulse.went_round(clock.now(), "host-1", ())
    assert "在运行（host-1）" in page(admin)
    pulse.went_round(clock.now(), "host-1", ("timer",))
    assert "这些任务失败：timer" in page(admin)
    pulse.went_round(clock.now() - timedelta(minutes=3), "host-1", ())
    assert "没有动静" in page(admin)


def test_work_that_fails_is_told_by_its_kind_not_by_its_words(admin: Client) -> None:
    outbox.put("mail", "mail:1", {}, clock.now())
    Outbox.objects.update(attempts=3, error="SMTPRecipientsRefused: {'wang@example.com': 550}")
    told = page(admin)
    assert "SMTPRecipientsRefused" in told
    assert "wang@example.com" not in told


def test_a_backup_is_asked_for_until_there_is_one_of_these_days(admin: Client) -> None:
    assert "mingduan backup" in page(admin)
    pulse.did("backup", clock.now())
    assert "mingduan backup" not in page(admin)
    pulse.did("backup", clock.now() - timedelta(days=3))
    assert "已久未做" in page(admin)


def test_a_verification_that_found_something_is_bad(admin: Client) -> None:
    pulse.did("verify", clock.now(), well=False)
    assert "最近一次有问题" in page(admin)
