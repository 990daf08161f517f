"""The clock: real, but in a demonstration, where it goes forward only."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.apps import apps
from django.db import models
from django.db.models import NOT_PROVIDED
from django.test import Client
from django.utils import timezone

from mingduan.config import clock
from mingduan.procedure.period import TZ
from tests.web.office import ago, file_case, people, signed_in


@pytest.fixture(autouse=True)
def home(settings, tmp_path) -> None:
    settings.HOME = tmp_path


def test_without_a_demonstration_it_is_the_real_time_and_stays_so() -> None:
    assert abs(clock.now() - timezone.now()) < timedelta(seconds=1)
    with pytest.raises(ValueError, match="forward"):
        clock.put_forward(timezone.now() + timedelta(days=1))
    assert not clock.is_demonstration()


def test_a_demonstrations_clock_goes_on_from_where_it_was_put_and_never_back(monkeypatch: pytest.MonkeyPatch) -> None:
    clock.begin_demonstration()
    start = clock.now()
    clock.put_forward(start + timedelta(days=30))
    real = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: real + timedelta(hours=2))
    assert timedelta(days=30, hours=2) <= clock.now() - start < timedelta(days=30, hours=3)
    with pytest.raises(ValueError, match="forward"):
        clock.put_forward(start)


@pytest.mark.django_db
def test_the_bar_puts_it_to_ten_oclock_of_a_later_working_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 9, 30, 15, tzinfo=TZ))
    clock.begin_demonstration()
    response = Client().post("/clock/", {"days": "1", "next": "/procedures/"})
    assert (response.status_code, response["Location"]) == (302, "/procedures/")
    assert clock.now() == datetime(2026, 10, 8, 10, tzinfo=TZ)
    assert "10月8日" in Client().get("/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sent", [{"days": "9999"}, {"days": "-3"}, {"hours": "x"}, {"next": "https://elsewhere.example/"}]
)
def test_the_bar_takes_nothing_odd(monkeypatch: pytest.MonkeyPatch, sent: dict[str, str]) -> None:
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 9, 30, 15, tzinfo=TZ))
    clock.begin_demonstration()
    response = Client().post("/clock/", sent)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert clock.now() == timezone.now()


@pytest.mark.django_db
def test_there_is_no_such_page_where_there_is_no_demonstration() -> None:
    assert Client().post("/clock/", {"days": "1"}).status_code == 404
    assert "clock" not in Client().get("/").content.decode()


@pytest.mark.django_db
def test_the_bar_says_what_fell_due_on_the_way_to_whoever_may_see_it() -> None:
    people()
    clock.begin_demonstration()
    case = file_case(ago(1))
    client = signed_in("centre")
    told = client.post("/clock/", {"days": "20"}, follow=True).content.decode()
    assert f"决定是否受理（{case.number}）" in told
    assert case.number not in signed_in("stranger").post("/clock/", {"days": "1"}, follow=True).content.decode()


def test_no_row_of_ours_takes_its_time_from_elsewhere() -> None:
    """That no other module asks for the time is ruff's to see (TID251)."""
    ours = [f for m in apps.get_models() if m.__module__.startswith("mingduan.") for f in m._meta.local_fields]
    dated = [f for f in ours if isinstance(f, models.DateTimeField) and f.model._meta.label != "people.User"]
    assert len(dated) > 20
    assert [str(f) for f in dated if f.auto_now or f.auto_now_add or f.default not in (NOT_PROVIDED, clock.now)] == []
