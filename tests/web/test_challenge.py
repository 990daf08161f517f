"""Deciding on a challenge in the browser: the open ones are offered, the decided ones are not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from mingduan.cases.act import Done, Side, act, open_case, state_of
from mingduan.cases.models import Case
from mingduan.people.models import Office, Organisation, User
from mingduan.procedure.case import Actor

pytestmark = pytest.mark.django_db


def challenged() -> Case:
    body, enterprise, agency = (Organisation.objects.create(name=n, kind=k) for n, k in (("机构", "body"), ("恒通", "enterprise"), ("安信", "agency")))  # fmt: skip
    committee = User.objects.create_user("committee", name="周建国", organisation=body)
    Office.objects.create(user=committee, body="cace", role="committee")
    experts = [User.objects.create_user(f"e{n}", name=f"专家{n}", expert=True) for n in range(3)]
    now = timezone.now() - timedelta(minutes=1)
    facts = {
        "grounds": "change_of_status", "decision.reference": "7号", "decision.notified_on": now.date().isoformat(),
        "statement": "不服", "requested": "撤销", "signed_by": "张三",
    }  # fmt: skip
    done = open_case(
        rulebook="cace/appeal", action="file", actor=Actor("a", "张三", frozenset(["appellant"])), at=now, facts=facts,
        sides=[Side("appellant", "恒通", enterprise), Side("respondent", "安信", agency)], title="案",
    )  # fmt: skip
    assert isinstance(done, Done)
    for role, action, given in (
        ("centre", "receive_deposit", {"payment.amount": 500_000, "payment.on": now.date().isoformat()}),
        ("centre", "accept", {"major": True}),
        ("centre", "form_panel", {"people": [str(u.pk) for u in experts]}),
        ("appellant", "challenge", {"entry.member": "专家1", "entry.why": "同窗"}),
    ):
        actor = Actor(role, role, frozenset([role]))
        assert isinstance(act(number=done.case.number, action=action, actor=actor, at=now, facts=given), Done), action
    return Case.objects.get(pk=done.case.pk)


def test_s01_8_3_the_committee_upholds_a_challenge_it_chooses_from_those_open() -> None:
    case, client = challenged(), Client()
    client.force_login(User.objects.get(username="committee"))
    page = f"/cases/{case.number}/do/uphold_challenge/"
    assert f'<option value="{case.length}"' in (form := client.get(page).content.decode())
    assert "专家1：同窗" in form
    member = User.objects.get(name="专家1")
    sent = {"entry": str(case.length), "entry.decision_why": "属实", "person": str(member.pk)}
    assert client.post(page, sent).status_code == 302
    assert [p["name"] for p in state_of(case).assigned["panel"]] == ["专家0", "专家2"]
    assert f'<option value="{case.length}"' not in client.get(page).content.decode()
