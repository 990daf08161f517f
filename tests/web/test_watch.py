"""The page of an emergency: clocks, confirmations, roster from the plan in force, log, a drill marked as one; without script."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from mingduan.cases import outbox
from mingduan.cases.act import Done, act, open_case
from mingduan.cases.models import Case
from mingduan.paper.models import Delivery
from mingduan.people.models import Office
from mingduan.procedure.case import Actor

from ..cases.telecom import Desk, make

pytestmark = pytest.mark.django_db
BOOK = "telecom/emergency"


@pytest.fixture
def desk() -> Desk:
    made = make()
    for who, role in (("manager", "command"), ("dispatcher", "team")):
        Office.objects.create(user=made.users[who], body="telecom", role=role)
    return made


def opened(action: str, role: str, minutes: int = 5, **facts: Any) -> Case:
    """A case opened so many minutes ago."""
    at = timezone.now() - timedelta(minutes=minutes)
    done = open_case(
        rulebook=BOOK,
        action=action,
        actor=Actor("7", "值班", frozenset([role])),
        at=at,
        facts=facts,
        sides=(),
        title="",
    )
    assert isinstance(done, Done), done
    return done.case


def event(minutes: int = 5) -> Case:
    """An event under way."""
    return opened(
        "activate",
        "desk",
        minutes,
        **{"event.what": "光缆中断", "event.area": "城北", "event.complaints": 120, "event.major": True},
    )


def do(case: Case, action: str, role: str, **facts: Any) -> None:
    done = act(
        number=case.number, action=action, actor=Actor("8", "小组", frozenset([role])), at=timezone.now(), facts=facts
    )
    assert isinstance(done, Done), done


def page(desk: Desk, case: Case, who: str = "manager", query: str = "") -> Any:
    client = Client()
    client.force_login(desk.users[who])
    return client.get(f"/cases/{case.number}/watch/{query}")


def standing(desk: Desk, case: Case) -> dict[str, str]:
    """Deadline → how its clock stands."""
    return {g.spec.zh: g.standing for g in page(desk, case).context["goals"]}


def test_the_clocks_say_what_runs_what_is_over_and_what_is_done(desk: Desk) -> None:
    case = event(minutes=40)  # the first report is due after 30, the team after 60
    assert standing(desk, case) == {"初步判断并通知部门": "late", "应急小组到位": "open"}
    do(case, "muster", "team")
    assert standing(desk, case)["应急小组到位"] == "met"


def test_who_has_opened_the_alarm_is_told_from_who_has_not(desk: Desk) -> None:
    case = event()
    outbox.run(timezone.now())
    assert {(c.name.split("（")[0], c.at is None) for c in page(desk, case).context["confirmed"]} == {
        ("manager", True),
        ("dispatcher", True),
    }
    Delivery.objects.filter(notice__case=case, user=desk.users["manager"]).update(read_at=timezone.now())
    assert {(c.name.split("（")[0], c.at is None) for c in page(desk, case).context["confirmed"]} == {
        ("manager", False),
        ("dispatcher", True),
    }


def test_the_roster_of_the_plan_in_force_is_there_and_whoever_joins_the_event_besides(desk: Desk) -> None:
    case = event()
    roster = [{"name": "周工", "post": "technical", "phone": "13900000000"}]
    Case.objects.create(
        number="PLAN", rulebook=BOOK, digest=case.digest, state="plan_in_force", title="预案", facts={"roster": roster}, length=1, head="-",
        secret="-", opened_at=case.opened_at, changed_at=case.opened_at,
    )  # fmt: skip
    said = page(desk, case).content.decode()
    assert 'href="tel:13900000000"' in said
    assert "含有效的应急预案所列人员" in said
    do(case, "enrol", "team", **{"entry.name": "吴工", "entry.post": "service", "entry.phone": "13700000000"})
    said = page(desk, case).content.decode()
    assert ("tel:13700000000" in said, "tel:13900000000" in said) == (True, True)


def test_the_command_post_stands_first_and_nobody_twice_or_once_gone(desk: Desk) -> None:
    case = event()
    rows = [
        {"name": "周工", "post": "technical", "phone": "1"},
        {"name": "周工", "post": "technical", "phone": "1"},
        {"name": "秦朗", "post": "command", "phone": "2"},
        {"name": "走了", "post": "command", "phone": "3", "completed_by": 9},
    ]
    Case.objects.create(
        number="PLAN", rulebook=BOOK, digest=case.digest, state="plan_in_force", title="预案", facts={"roster": rows}, length=1, head="-",
        secret="-", opened_at=case.opened_at, changed_at=case.opened_at,
    )  # fmt: skip
    told = [(post.zh, [r["name"] for r in people]) for post, people in page(desk, case).context["roster"]]
    assert told == [("指挥部", ["秦朗"]), ("技术支持", ["周工"])]


def test_one_tap_says_that_one_knows(desk: Desk) -> None:
    case = event()
    outbox.run(timezone.now())
    client = Client()
    client.force_login(desk.users["manager"])
    assert page(desk, case).context["to_confirm"]
    assert client.post(f"/cases/{case.number}/watch/confirm/").status_code == 302
    assert not page(desk, case).context["to_confirm"]
    assert page(desk, case, "dispatcher").context["to_confirm"]
    assert [c.name.split("（")[0] for c in page(desk, case).context["confirmed"] if c.at] == ["manager"]


def test_who_does_not_belong_to_it_confirms_nothing(desk: Desk) -> None:
    client = Client()
    client.force_login(desk.users["lead1"])
    assert client.post(f"/cases/{event().number}/watch/confirm/").status_code == 404


def test_a_line_is_logged_on_the_page_itself_by_several_at_once_and_a_double_tap_is_one(desk: Desk) -> None:
    case = event()
    for who, text, taps in (("dispatcher", "断点已找到", 2), ("desk", "已群发短信", 1)):
        client = Client()
        client.force_login(desk.users[who])
        sent = {"entry.what": "inquiry", "entry.text": text, "key": "one"}
        for _ in range(taps):
            answer = client.post(f"/cases/{case.number}/do/note/?to=watch", sent)
            assert answer["location"] == f"/cases/{case.number}/watch/"
    assert [(r["text"], r["by_name"].split("（")[0]) for r in page(desk, case).context["log"]] == [
        ("已群发短信", "desk"),
        ("断点已找到", "dispatcher"),
    ]


def test_one_tap_never_ends_the_event_and_what_is_owed_stands_first(desk: Desk) -> None:
    case = event()
    for what in ("measure", "customers"):
        do(case, "note", "team", **{"entry.what": what, "entry.text": "已办"})
    steps = page(desk, case, "dispatcher").context["steps"]
    assert [n for n, _ in steps.at_once] == ["muster"]
    assert [n for n, _ in steps.log] == ["note", "report"]
    assert next(n for n, _ in steps.forms) == "judge"
    steps = page(desk, case).context["steps"]
    assert steps.at_once == ()
    assert [n for n, _ in steps.forms][-1] == "stand_down"


@pytest.mark.parametrize(("who", "told"), [("manager", True), ("desk", True), ("lead1", False)])
def test_every_page_leads_to_what_runs_those_who_answer_for_it(desk: Desk, who: str, told: bool) -> None:
    case = event()
    client = Client()
    client.force_login(desk.users[who])
    link = f'href="/cases/{case.number}/watch/"'
    assert (link in client.get("/home/").content.decode()) is told
    for what in ("measure", "customers"):
        do(case, "note", "team", **{"entry.what": what, "entry.text": "已办"})
    do(case, "stand_down", "command")
    assert link not in client.get("/home/").content.decode()


def test_the_mail_about_what_runs_leads_to_the_page_to_follow_it_by(desk: Desk, mailoutbox: Any) -> None:
    case = event()
    outbox.run(timezone.now())
    assert f"/cases/{case.number}/watch/" in mailoutbox[0].body


def test_the_log_is_newest_first(desk: Desk) -> None:
    case = event()
    for text in ("先抢通", "已抢通"):
        do(case, "note", "team", **{"entry.what": "measure", "entry.text": text})
    assert [r["text"] for r in page(desk, case).context["log"]] == ["已抢通", "先抢通"]


def test_a_drill_says_so_and_an_event_does_not(desk: Desk) -> None:
    drill = opened("plan_drill", "team", **{"drill.scenario": "断网", "drill.on": "2026-12-01"})
    assert "演练，不是真实事件" in page(desk, drill).content.decode()
    assert "演练，不是真实事件" not in page(desk, event()).content.decode()


def test_a_drill_shows_what_was_in_time_and_what_is_still_to_be_drilled(desk: Desk) -> None:
    drill = opened("plan_drill", "team", **{"drill.scenario": "断网", "drill.on": "2026-12-01"})
    do(drill, "exercise", "team", **{"entry.step": "receive", "entry.minutes": 4})
    do(drill, "exercise", "team", **{"entry.step": "judge", "entry.minutes": 16})
    said = page(desk, drill).content.decode()
    assert (said.count("尚未演练"), said.count("未达到")) == (2, 1)
    assert "尚未演练" not in page(desk, event()).content.decode()


def test_it_looks_for_what_is_new_without_script_until_told_to_stop(desk: Desk) -> None:
    case = event()
    assert 'http-equiv="refresh"' in page(desk, case).content.decode()
    assert 'http-equiv="refresh"' not in page(desk, case, query="?still=1").content.decode()


def test_what_is_over_is_summed_up_and_refreshes_no_more(desk: Desk) -> None:
    case = event()
    for what in ("measure", "customers"):
        do(case, "note", "team", **{"entry.what": what, "entry.text": "已办"})
    do(case, "stand_down", "command")
    do(case, "summarise", "team", summary="两小时恢复", shortcomings="备件不足", revise=True, satisfaction="多数满意")
    said = page(desk, case).content.decode()
    assert "两小时恢复" in said
    assert 'http-equiv="refresh"' not in said


@pytest.mark.parametrize(
    ("who", "status"), [("manager", 200), ("desk", 200), ("dispatcher", 200), ("lead1", 404), ("engineer1", 404)]
)
def test_the_page_is_for_the_bodys_own_people(desk: Desk, who: str, status: int) -> None:
    assert page(desk, event(), who).status_code == status


def test_a_procedure_without_such_a_page_has_none(desk: Desk) -> None:
    assert page(desk, desk.filed("2026-10-12 09:00")).status_code == 404
