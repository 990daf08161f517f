"""The demonstration's complaints besides the network's: with them the desk's model has classes to tell apart, soon after the start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from mingduan.cases import audit
from mingduan.cases.models import Case
from mingduan.complaints import training
from mingduan.demo import customers, make_people, network
from mingduan.demo.town import town
from mingduan.people.models import User

from .conftest import home_beside

pytestmark = pytest.mark.django_db


def test_s17_2_the_desk_has_suggestions_after_the_workers_first_rounds(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.HOME = home_beside(Path(settings.HOME), tmp_path)
    now = timezone.now()
    whole = [t for t in town(1, 3, 3000, timezone.localdate()).tickets if t.opened_at < now - network.RECENT]
    monkeypatch.setattr(customers, "EARLIER", 60)
    monkeypatch.setattr(network, "_town", lambda today: whole[: network.LEARNT_AT + 5])
    if not User.objects.exists():  # the package's demonstration may stand around this test
        make_people(now)
    network.begin(now)
    while network.go_on(now):
        pass
    told = Case.objects.filter(rulebook=customers.RULEBOOK, receipt__key__startswith=customers._KEY)
    assert told.count() == customers.EARLIER + customers.RECENT
    model = training.model("telecom")
    assert model is not None
    assert set(model.classes) == {"network", "billing", "fraud", "service", "other"}
    assert model.accuracy > model.baseline
    assert model.suggest("没办过的业务被开通了，每月扣钱")[0].choice == "fraud"
    assert list(audit.verify()) == []
