"""A branch is a body of its own: its numbers, its officers, its own version of what a case gives rise to."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from mingduan.cases import catalogue
from mingduan.cases.access import access
from mingduan.cases.act import Done, Side, act, open_case
from mingduan.cases.models import Case
from mingduan.people.models import Office
from mingduan.procedure.case import Actor

from .telecom import COMPLAINT, at, make

pytestmark = pytest.mark.django_db
CUSTOMER = Actor("public", "王女士", frozenset(["complainant"]))


@pytest.fixture
def branch(tmp_path: Path, settings: Any) -> Path:
    """The rulebooks with a branch, Yunzhou, that carries out two of them."""
    shutil.copytree(Path(settings.RULEBOOKS_DIR) / "telecom", tmp_path / "telecom")
    (tmp_path / "yunzhou").mkdir()
    for name, change in (("network-complaint", "reply_level3: 20h"), ("appeal", "review_time: 10d")):
        (tmp_path / "yunzhou" / f"{name}.yaml").write_text(
            f'id: yunzhou/{name}\nversion: "1"\nextends: telecom/{name}\nparameters:\n  {change}\n', "utf-8"
        )
    settings.RULEBOOKS_DIR = tmp_path
    return tmp_path


def filed() -> Done:
    done = open_case(
        rulebook="yunzhou/network-complaint", action="file", actor=CUSTOMER, at=at("2026-03-10 10:00"), facts=COMPLAINT,
        sides=[Side("complainant", "王女士")], title="网速慢",
    )  # fmt: skip
    assert isinstance(done, Done), done
    return done


def test_a_branch_has_its_own_numbers_and_officers(branch: Path) -> None:
    desk = make()
    case = filed().case
    assert case.number.startswith("YUNZHOU-WL-2026-")
    assert desk.roles("desk", case, "2026-03-10 11:00") == set()
    Office.objects.create(user=desk.users["desk"], body="yunzhou", role="desk")
    assert desk.roles("desk", case, "2026-03-10 11:00") == {"desk"}


def test_what_its_cases_give_rise_to_is_the_branchs_own_and_followed_with_the_same_secret(branch: Path) -> None:
    done = filed()
    body = frozenset(["desk"])
    for action, facts in (
        ("verify", {"entry.how": "records", "entry.found": "无"}), ("refuse", {"refusal.kind": "false", "refusal.reason": "x"}),
    ):  # fmt: skip
        assert isinstance(
            act(
                number=done.case.number,
                action=action,
                actor=Actor("1", "台", body),
                at=at("2026-03-10 11:00"),
                facts=facts,
            ),
            Done,
        )
    facts = {"appeal.statement": "属实", "appeal.requested": "重查"}
    assert isinstance(
        act(number=done.case.number, action="appeal", actor=CUSTOMER, at=at("2026-03-10 12:00"), facts=facts), Done
    )
    appeal = Case.objects.get(rulebook="yunzhou/appeal")
    assert access(None, appeal, at("2026-03-10 13:00"), done.secret).actor.roles == {"complainant"}
    assert [p.role for p in appeal.parties.all()] == ["complainant"]


def test_a_change_of_the_rulebook_extended_reaches_the_branch_but_no_running_case(branch: Path) -> None:
    case = filed().case
    base = branch / "telecom" / "network-complaint.yaml"
    base.write_text(base.read_text("utf-8").replace('version: "1"', 'version: "2"', 1), "utf-8")
    os.utime(base, (1, 1))
    current = catalogue.current("yunzhou/network-complaint")
    assert current is not None
    assert current.rulebook.version == "2+1"
    assert catalogue.kept(case.digest).rulebook.version == "1+1"
    assert str(catalogue.kept(case.digest).rulebook.parameters["reply_level3"].constant) == "20h"
