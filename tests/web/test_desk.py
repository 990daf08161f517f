"""The hotline desk, the public's one door, and the link by which a customer rates, answers, reopens or appeals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from mingduan.cases import catalogue, links
from mingduan.cases.act import act, state_of
from mingduan.cases.models import Case, EventRow
from mingduan.complaints import training
from mingduan.complaints.triage import LEAST_CASES
from mingduan.people.models import Office, User
from mingduan.procedure.case import Actor
from mingduan.procedure.period import TZ

from .office import signed_in

pytestmark = pytest.mark.django_db
CALL = {"customer.phone": "138 0000 0001", "details": "家里一直没有信号", "place.address": "港口路1号"}
SAID = ("没有信号，打不了电话", "基站停电，手机无信号"), ("话费多扣三十元", "套餐扣费不对，要求退费")


@pytest.fixture
def clerk(desk: None) -> Client:
    user = User.objects.create_user("clerk", password="x", name="温雅")
    Office.objects.create(user=user, body="telecom", role="desk")
    return signed_in("clerk")


def matter(client: Client, words: str) -> str:
    """The value of the choice that reads so."""
    page = client.get("/desk/telecom/").content.decode()
    before = page[: page.index(f"<span>{words}")]
    return before[before.rindex('value="') + 7 :].split('"')[0]


def call(client: Client, words: str = "没有信号", **more: str) -> Case:
    answer = client.post("/desk/telecom/", {**CALL, "go": "open", "matter": matter(client, words), **more})
    assert answer.status_code == 302, answer.content.decode()[:3000]
    return Case.objects.get(number=answer["Location"].split("opened=")[1])


def test_a_call_becomes_a_case_with_its_number_to_read_out(clerk: Client) -> None:
    case = call(clerk)
    facts = case.facts
    assert case.rulebook == "telecom/network-complaint"
    assert (facts["channel"], facts["trouble"], facts["customer.phone"]) == ("hotline", "no_signal", "13800000001")
    page = clerk.get(f"/desk/telecom/?opened={case.number}").content.decode()
    assert "".join(f"<span>{piece}</span>" for piece in case.number.split("-")) in page
    assert case.parties.get(role="complainant").name == "138****0001"


def test_what_is_not_about_the_network_goes_to_the_other_procedure(clerk: Client) -> None:
    case = call(clerk, "话费、流量费或套餐扣费不对")
    assert (case.rulebook, case.facts["about"]) == ("telecom/complaint", "billing")


def test_the_callers_history_and_what_is_alike_stand_beside_the_call(clerk: Client) -> None:
    mine = call(clerk)
    other = call(clerk, **{"customer.phone": "13900000009", "details": "家里一直没有信号啊"})
    unlike = call(clerk, "话费、流量费或套餐扣费不对", **{"customer.phone": "13900000008", "details": "套餐多扣了钱"})
    page = clerk.post("/desk/telecom/", {**CALL, "go": "beside"}).content.decode()
    history, alike = page.split('id="d-alike"')[0], page.split('id="d-alike"')[1].split('id="d-class"')[0]
    assert mine.number in history
    assert other.number not in history
    assert mine.number in alike
    assert other.number in alike
    assert unlike.number not in page


def test_s04_2_2_the_history_says_what_is_due_next_in_each_case_and_nothing_of_one_that_ended(clerk: Client) -> None:
    first, second = call(clerk), call(clerk, "话费、流量费或套餐扣费不对")
    Case.objects.filter(pk=second.pk).update(state="archived")
    second.duties.all().delete()
    told = clerk.post("/desk/telecom/", {**CALL, "go": "beside"}).content.decode().split('id="d-alike"')[0]
    here = {c: told.split(f">{c.number}<")[1].split("</li>")[0] for c in (first, second)}
    due = min(first.duties.filter(status="open"), key=lambda d: d.due)
    deadline = catalogue.kept(first.digest).rulebook.deadlines[due.deadline]
    assert deadline.zh in here[first]
    assert f'datetime="{due.due.isoformat()}"' in here[first] or f"{due.due.astimezone(TZ):%H:%M}" in here[first]
    assert "最迟" not in here[second]


def test_nothing_is_opened_without_a_matter_or_by_looking_up(clerk: Client) -> None:
    assert clerk.post("/desk/telecom/", {**CALL, "go": "open"}).status_code == 422
    assert clerk.post("/desk/telecom/", {**CALL, "go": "look"}).status_code == 200
    assert not Case.objects.exists()


def test_the_same_call_sent_twice_is_one_case(clerk: Client) -> None:
    assert call(clerk, key="once").pk == call(clerk, key="once").pk


def test_who_holds_no_office_at_the_desk_has_no_such_page(desk: None) -> None:
    assert signed_in("stranger").get("/desk/").status_code == 404


def test_the_model_is_missing_with_its_reason_then_suggests_with_its_accuracy(clerk: Client) -> None:
    training.train("telecom", timezone.now())
    told = clerk.post("/desk/telecom/", {**CALL, "go": "beside"}).content.decode()
    assert "还没有模型" in told
    case = call(clerk)
    for n in range(LEAST_CASES):
        network = n % 2 == 0
        facts = {"details": f"{SAID[n % 2][n // 2 % 2]}{n}", "class": "network" if network else "billing"}
        Case.objects.create(
            number=f"X-{n}", rulebook=case.rulebook, digest=case.digest, state="closed", title="x", facts=facts, length=0,
            opened_at=timezone.now() - timedelta(60), changed_at=timezone.now(),
        )  # fmt: skip
    made = training.train("telecom", timezone.now())
    assert made.accuracy is not None
    assert made.accuracy > 0.9 > made.baseline
    page = clerk.post("/desk/telecom/", {**CALL, "go": "look"}).content.decode()
    assert "<strong>网络质量</strong>" in page
    assert f"{made.accuracy:.0%}" in page
    assert clerk.get("/desk/telecom/model/").status_code == 200


def test_one_door_leads_to_the_right_form(desk: None) -> None:
    client = Client()
    page = client.get("/door/telecom/").content.decode()
    assert "/file/telecom/network-complaint/?trouble=no_signal" in page
    assert "/file/telecom/complaint/?about=billing" in page
    form = client.get("/file/telecom/complaint/?about=billing").content.decode()
    assert 'value="billing" checked' in form
    assert 'name="channel"' not in form  # what only the desk is asked for
    assert client.get("/door/cace/").status_code == 404


def test_a_customer_files_at_once_without_an_account(desk: None) -> None:
    facts = {"name": "李梅", "about": "billing", "details": "多扣", "customer.phone": "13800000002"}
    assert Client().post("/file/telecom/complaint/", facts).status_code == 200
    case = Case.objects.get()
    assert case.facts["channel"] == "web"


AT = datetime(2026, 3, 10, 1, 0, tzinfo=UTC)
DESK, HANDLER = (Actor("7", "江蕙", frozenset({r})) for r in ("desk", "handler"))


def told(clerk: Client) -> Case:
    """A complaint whose result has been told."""
    case = call(clerk, "话费、流量费或套餐扣费不对")
    for who, action, facts in (
        (DESK, "verify", {"entry.how": "records", "entry.found": "属实"}), (DESK, "grade", {"class": "billing"}), (DESK, "assign", {"department": "计费部"}),
        (HANDLER, "investigate", {"entry.how": "records", "entry.found": "多扣"}), (HANDLER, "conclude_inquiry", {"finding": "差错", "at_fault": True}),
        (DESK, "offer", {"offer.kind": "explanation", "offer.text": "已更正"}), (DESK, "agree", {}), (DESK, "conclude", {"conclusion.text": "已更正"}),
    ):  # fmt: skip
        done = act(number=case.number, action=action, actor=who, at=timezone.now(), facts=facts)
        assert not hasattr(done, "reasons"), done
    return Case.objects.get(pk=case.pk)


def test_a_link_takes_one_rating_and_then_none(clerk: Client) -> None:
    case = told(clerk)
    word = links.word(case.parties.get(role="complainant"))
    customer = Client()
    assert "评价" in customer.get(f"/answer/{word}/").content.decode()
    sent = customer.post(f"/answer/{word}/survey/", {"satisfaction": "good", "satisfaction_text": "可以"})
    assert sent.status_code == 302
    assert customer.post(f"/answer/{word}/survey/", {"satisfaction": "bad"}).status_code == 422
    state = state_of(Case.objects.get(pk=case.pk))
    assert state.facts["satisfaction"] == "good"
    assert EventRow.objects.filter(case=case, action="survey").count() == 1


def test_who_has_answered_reads_that_it_was_received_and_is_not_asked_for_another_thing(clerk: Client) -> None:
    word = links.word(told(clerk).parties.get(role="complainant"))
    customer = Client()
    assert "您的答复已收到" not in customer.get(f"/answer/{word}/").content.decode()
    customer.post(f"/answer/{word}/survey/", {"satisfaction": "good"})
    page = customer.get(f"/answer/{word}/").content.decode()
    assert "您的答复已收到：评价" in page
    assert "<form method" not in page.split("<main")[1].split("</main>")[0]
    assert f"/answer/{word}/reopen/" in page


def test_from_the_link_a_case_is_reopened_or_appealed_and_nothing_else(clerk: Client) -> None:
    case = told(clerk)
    word = links.word(case.parties.get(role="complainant"))
    customer = Client()
    assert customer.post(f"/answer/{word}/withdraw/").status_code == 422
    assert customer.get(f"/cases/{case.number}/").status_code == 404
    appeal = {"appeal.statement": "不服", "appeal.requested": "退费"}
    assert customer.post(f"/answer/{word}/appeal/", appeal).status_code == 302
    assert Case.objects.filter(rulebook="telecom/appeal").count() == 1
    assert customer.post(f"/answer/{word}/reopen/", {"reopening": "又多扣了"}).status_code == 302
    assert Case.objects.get(pk=case.pk).state == "graded"


def test_a_link_that_nobody_made_opens_nothing(clerk: Client) -> None:
    word = links.word(told(clerk).parties.get(role="complainant"))
    assert Client().get(f"/answer/{word[:-1]}x/").status_code == 404
    assert Client().get("/answer/anything/").status_code == 404
