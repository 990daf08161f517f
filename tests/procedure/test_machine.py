"""Random acts, legal and not, against every rulebook: no exception, no illegal state, books balanced, fold the same."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mingduan.procedure.case import Act, Actor, Case, Event, Refusal, fold
from mingduan.procedure.engine import Engine
from mingduan.procedure.loading import load
from mingduan.procedure.period import TZ
from mingduan.procedure.rulebook import Fact

RULEBOOKS = sorted((Path(__file__).resolve().parents[2] / "rulebooks").rglob("*.yaml"))
ENGINES = [Engine(load(p)) for p in RULEBOOKS]
START = datetime(2026, 1, 5, 9, tzinfo=TZ)


def value_of(fact: Fact, now: datetime, data: st.DataObject) -> object:
    """Mostly a value of the fact's type, sometimes something else entirely."""
    if data.draw(st.integers(0, 30)) == 0:
        return data.draw(st.sampled_from([None, "", 0, -1, True, [], {}, "x", 10**20, "2026-13-45", [1], {"id": 1}]))
    day = now.date()
    made = {
        "date": day.isoformat(),
        "instant": (now + timedelta(days=data.draw(st.integers(0, 30)))).isoformat(),
        "bool": data.draw(st.booleans()),
        "integer": data.draw(st.integers(0, 100)),
        "money": data.draw(st.sampled_from([0, 1, 499_999, 500_000, 600_000])),
        "people": [{"id": str(n), "name": f"p{n}"} for n in range(data.draw(st.integers(1, 5)))],
        "person": {"id": str(data.draw(st.integers(0, 4))), "name": "p"},
        "files": [{"name": "a.pdf", "sha256": "0" * 64}],
    }
    if fact.type == "choice":
        return data.draw(st.sampled_from(sorted(fact.choices)))
    return made.get(fact.type, "文字")


@pytest.mark.parametrize("engine", ENGINES, ids=lambda e: e.rulebook.id)
@settings(max_examples=25)
@given(data=st.data())
def test_no_sequence_of_acts_breaks_a_case(engine: Engine, data: st.DataObject) -> None:
    book, now, case, events = engine.rulebook, START, Case(), []
    for _ in range(data.draw(st.integers(5, 40))):
        now += timedelta(hours=data.draw(st.sampled_from([0, 1, 24, 24 * 7, 24 * 400])))
        lively = [a for a, s in book.actions.items() if case.state in s.since or (s.opens and not case.state)]
        names = lively if lively and data.draw(st.integers(0, 5)) else sorted(book.actions)
        name = data.draw(st.sampled_from(names))
        role = data.draw(st.sampled_from(book.actions[name].by if data.draw(st.integers(0, 5)) else sorted(book.roles)))
        facts = {
            i.name: value_of(i.fact, now, data) for i in engine.inputs(name) if i.required or data.draw(st.booleans())
        }
        if "corrects" in facts:
            facts["corrects"] = data.draw(st.integers(0, 60))
        actor = Actor(str(data.draw(st.integers(0, 4))), "某人", frozenset([role]))
        basis = data.draw(st.sampled_from(["", "", "民法典"]))
        outcome = engine.decide(case, Act(name, actor, now, facts, "理由", basis, {"statement": "改"}))
        if isinstance(outcome, Refusal):
            assert outcome.reasons
            continue
        events.append(outcome)
        case = fold([outcome], case)
        assert case.state in book.states
        assert sum(case.balances.values()) == 0
        assert all(d.owner in book.roles for d in engine.duties(case, now))
        engine.options(case, actor, now)
    assert fold(events) == case
    assert fold(Event.from_json(e.to_json()) for e in events) == case
