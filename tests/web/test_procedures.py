"""The procedures as pages."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_what_if_filed_on_a_day_gives_all_its_dates() -> None:
    page = Client().get("/procedures/cace/appeal/?from=2026-09-25").content.decode()
    assert "2026年10月22日" in page
    assert "2026年12月25日" in page
    assert Client().get("/procedures/cace/appeal/?from=9999-12-31").status_code == 200
    assert Client().get("/procedures/cace/appeal/?from=nonsense").status_code == 200
