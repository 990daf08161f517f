"""Random acts by anybody, lawful or not, against every rulebook through the one write path: the store stays whole."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from mingduan.cases import audit, catalogue, files
from mingduan.cases.act import Done, Side, act, open_case
from mingduan.cases.models import Case, LedgerLine
from mingduan.people.models import Mandate, Organisation, User
from mingduan.procedure.case import Actor, Refusal
from mingduan.procedure.engine import Engine
from mingduan.procedure.loading import load
from mingduan.procedure.period import TZ
from mingduan.procedure.rulebook import Fact

START = datetime(2026, 1, 5, 9, tzinfo=TZ)
RULEBOOKS = sorted((Path(__file__).resolve().parents[2] / "rulebooks").rglob("*.yaml"))
IDS = [load(p).id for p in RULEBOOKS]
PDF = b"%PDF-1.7 random"
KEPT = {"name": "b.pdf", "sha256": hashlib.sha256(PDF).hexdigest()}
NONSENSE: list[object] = [None, "", 0, -1, True, [], {}, "x", 10**20, "2026-13-45", [1], {"id": 1}]


def value_of(
    fact: Fact, name: str, now: datetime, people: list[str], numbers: list[str], orgs: list[str], data: st.DataObject
) -> object:
    """Mostly a value of the fact's type and of what the store holds, sometimes something else entirely."""
    if data.draw(st.integers(0, 25)) == 0:
        return data.draw(st.sampled_from(NONSENSE))
    if name == "case":
        return data.draw(st.sampled_from([*numbers, "X-1"]))
    if name in ("corrects", "entry"):
        return data.draw(st.integers(1, 12))
    if fact.type == "choice":
        return data.draw(st.sampled_from(sorted(fact.choices)))
    return {
        "date": now.date().isoformat(),
        "instant": (now + timedelta(days=data.draw(st.integers(0, 20)))).isoformat(),
        "bool": data.draw(st.booleans()),
        "integer": data.draw(st.integers(0, 100)),
        "money": data.draw(st.sampled_from([0, 1, 500_000, 600_000])),
        "people": people[: data.draw(st.integers(1, 4))],
        "person": people[0],
        "organisation": orgs[0],
        "files": [data.draw(st.sampled_from([{"name": "a.pdf", "sha256": "0" * 64}, KEPT]))],
    }.get(fact.type, "文字")


class Acts:
    """Somebody who does things to cases without knowing the procedure."""

    def __init__(self, engine: Engine, data: st.DataObject) -> None:
        self.engine, self.data, self.now = engine, data, START
        self.people = [str(User.objects.create_user(f"e{n}", name=f"专家{n}", expert=True).pk) for n in range(4)]
        self.party = Organisation.objects.create(name="恒通", kind="enterprise")
        self.other = Organisation.objects.create(name="安信", kind="agency")
        self.numbers: list[str] = []
        self.agents = Organisation.objects.create(name="代维", kind="enterprise")
        if within := [name for name, role in engine.rulebook.roles.items() if role.within]:
            User.objects.filter(pk__in=self.people).update(organisation=self.agents)
            body = engine.rulebook.id.split("/")[0]
            Mandate.objects.bulk_create(
                Mandate(user_id=int(pk), body=body, role=r) for pk in self.people for r in within
            )

    def draw(self, most: int) -> int:
        return self.data.draw(st.integers(0, most))

    def actor(self, by: tuple[str, ...]) -> Actor:
        roles = by if self.draw(6) else sorted(self.engine.rulebook.roles)
        return Actor(self.data.draw(st.sampled_from([*self.people, "public"])), "某人", frozenset([self.data.draw(st.sampled_from(roles))]))  # fmt: skip

    def facts(self, action: str) -> dict[str, object]:
        return {
            i.name: value_of(i.fact, i.name, self.now, self.people, self.numbers, [str(self.agents.pk)], self.data)
            for i in self.engine.inputs(action)
            if i.required or self.draw(1)
        }

    def open(self) -> None:
        book = self.engine.rulebook
        action = self.data.draw(st.sampled_from(book.opening))
        sides = [
            Side(name, f"{name}方", self.party if role.side == "filer" else self.other)
            for name, role in book.roles.items()
            if role.side in ("filer", "opponent")
        ]
        done = open_case(
            rulebook=book.id, action=action, actor=self.actor(book.actions[action].by), at=self.now,
            facts=self.facts(action), sides=sides, title="案",
        )  # fmt: skip
        if isinstance(done, Done):
            self.numbers.append(done.case.number)

    def act(self) -> None:
        self.now += timedelta(hours=self.data.draw(st.sampled_from([0, 1, 24, 24 * 7, 24 * 400])))
        case = Case.objects.get(number=self.data.draw(st.sampled_from(self.numbers)))
        actions = catalogue.kept(case.digest).rulebook.actions
        lively = [n for n, a in actions.items() if case.state in a.since]
        name = self.data.draw(st.sampled_from(lively if lively and self.draw(7) else sorted(actions)))
        outcome = act(
            number=case.number, action=name, actor=self.actor(actions[name].by), at=self.now, facts=self.facts(name),
            reason=self.data.draw(st.sampled_from(["理由", ""])), legal_basis=self.data.draw(st.sampled_from(["", "", "民法典"])),
            correction={"statement": "改"}, seen=self.data.draw(st.sampled_from([None, None, case.length, 0])),
        )  # fmt: skip
        assert isinstance(outcome, Done) or outcome.reasons


class StoreMachine(TestCase):
    """Each example runs in a transaction of its own, rolled back after it."""

    @settings(max_examples=40)
    @given(data=st.data())
    def test_no_sequence_of_acts_breaks_the_store(self, data: st.DataObject) -> None:
        engine = catalogue.in_force()[data.draw(st.sampled_from(IDS))]
        files.keep("b.pdf", PDF, "application/pdf")
        acts = Acts(engine, data)
        for _ in range(3):
            acts.open()
        for _ in range(data.draw(st.integers(0, 12)) if acts.numbers else 0):
            acts.act()
        assert list(audit.verify()) == []
        for case in Case.objects.all():
            assert case.state in catalogue.kept(case.digest).rulebook.states
            assert sum(case.balances.values()) == 0
        assert not LedgerLine.objects.filter(amount__lte=0).exists()


def test_the_machine_finds_a_row_that_does_not_follow_from_its_events(db: None) -> None:
    party = Organisation.objects.create(name="恒通", kind="enterprise")
    done = open_case(
        rulebook="csp/appeal-complaint", action="file", actor=Actor("1", "某", frozenset(["submitter"])), at=START,
        facts={"kind": "complaint", "details": "x", "signed_by": "y"}, sides=[Side("submitter", "恒通", party)], title="案",
    )  # fmt: skip
    assert not isinstance(done, Refusal)
    assert list(audit.verify()) == []
    Case.objects.update(state="answered")
    with pytest.raises(AssertionError):
        assert list(audit.verify()) == []
