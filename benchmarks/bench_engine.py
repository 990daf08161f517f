"""Steps a second on a ten-step process, against SpiffWorkflow on the same ten steps; and folding 50 events.

SpiffWorkflow runs the process twice: as the BPMN it is made for, and as its bare task specifications.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.specs.Simple import Simple
from SpiffWorkflow.specs.WorkflowSpec import WorkflowSpec
from SpiffWorkflow.util.task import TaskState
from SpiffWorkflow.workflow import Workflow

from mingduan.procedure.case import Act, Actor, Case, Event, fold
from mingduan.procedure.engine import Engine
from mingduan.procedure.loading import loads

STEPS = 10
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


def rulebook(guard: str = "") -> Engine:
    """A linear rulebook of ten actions by one role, each with the same guard or with none."""
    states = "\n".join(
        f"  s{n}: {{zh: 状态, en: S, stage: one{', end: true' if n == STEPS else ''}}}" for n in range(1, STEPS + 1)
    )
    actions = "\n".join(
        f"  a{n}: {{zh: 步骤, en: A, by: [clerk], {'opens: true' if n == 1 else f'from: [s{n - 1}]'}, to: s{n}{guard}}}"
        for n in range(1, STEPS + 1)
    )
    return Engine(
        loads(
            f"""
id: bench/linear
version: "1"
number: B
title: {{zh: 试, en: T}}
source: {{document: S, title: {{zh: 试, en: T}}, clauses: {{"1": {{zh: 试, en: T}}}}}}
roles: {{clerk: {{zh: 办, en: C, side: body}}}}
stages: {{one: {{zh: 一, en: One}}}}
states:
{states}
actions:
{actions}
""".encode()
        )
    )


def ours(engine: Engine, actor: Actor) -> None:
    case: Case | None = None
    for n in range(1, STEPS + 1):
        event = engine.decide(case, Act(f"a{n}", actor, NOW))
        assert isinstance(event, Event)
        case = fold([event], case)


def spec() -> WorkflowSpec:
    made = WorkflowSpec(addstart=True)
    before = made.start
    for n in range(STEPS):
        step = Simple(made, f"a{n}", manual=True)
        before.connect(step)
        before = step
    return made


def theirs(made: WorkflowSpec) -> None:
    workflow = Workflow(made)
    done = 0
    while done <= STEPS:
        ready = workflow.get_next_task(state=TaskState.READY)
        if ready is None:
            break
        ready.run()
        done += 1
    assert workflow.is_completed()


def bpmn() -> Any:
    """The same ten steps as manual tasks of a BPMN process, parsed."""
    tasks = "".join(f'<manualTask id="a{n}"/>' for n in range(STEPS))
    names = ["start", *(f"a{n}" for n in range(STEPS)), "end"]
    flows = "".join(
        f'<sequenceFlow id="f{n}" sourceRef="{a}" targetRef="{b}"/>' for n, (a, b) in enumerate(pairwise(names))
    )
    parser = BpmnParser()
    parser.add_bpmn_xml(etree.fromstring(
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t">'
        f'<process id="p" isExecutable="true"><startEvent id="start"/>{tasks}<endEvent id="end"/>{flows}</process></definitions>'
    ))  # fmt: skip
    return parser.get_spec("p")


def theirs_in_bpmn(made: Any) -> None:
    workflow = BpmnWorkflow(made)
    workflow.do_engine_steps()
    while not workflow.is_completed():
        workflow.get_next_task(state=TaskState.READY, manual=True).run()
        workflow.do_engine_steps()


def rate(call: object, *args: object) -> float:
    """Best seconds for one whole run of ten steps, over two seconds of runs: whoever else is at work counts least."""
    best, until = float("inf"), time.perf_counter() + 2
    while time.perf_counter() < until:
        begun = time.perf_counter()
        call(*args)  # type: ignore[operator]
        best = min(best, time.perf_counter() - begun)
    return best


def main() -> None:
    guarded = rulebook(', when: [{that: "size(taken) < 99", clause: "1", else: {zh: 多了, en: Too many}}]')
    engine, actor = rulebook(), Actor("1", "某", frozenset(["clerk"]))
    mine = rate(ours, engine, actor)
    print(f"ten steps: mingduan {STEPS / mine:,.0f} steps/s")
    for name, peer in (("BPMN", rate(theirs_in_bpmn, bpmn())), ("bare specifications", rate(theirs, spec()))):
        print(f"  SpiffWorkflow, {name}: {STEPS / peer:,.0f} steps/s, {peer / mine:.1f}×")
    print(f"ten steps, each held against a guard: {STEPS / rate(ours, guarded, actor):,.0f} steps/s")
    events = [
        Event(
            seq=n,
            action=f"a{n % 7}",
            role="clerk",
            actor="1",
            actor_name="某",
            at=NOW,
            facts={f"f{n}": n},
            state=f"s{n % 5}",
        )
        for n in range(1, 51)
    ]
    print(f"folding 50 events: {rate(fold, events) * 1e6:.0f} µs")


if __name__ == "__main__":
    main()
