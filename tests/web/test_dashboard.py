"""Dashboards: the figures of the cases, filters, and every bar leading to the cases it stands for."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from mingduan.demo.town import town

from ..cases.telecom import Desk, make
from ..complaints.filed import LAST, file_all

pytestmark = pytest.mark.django_db
TIME = "since=2026-10-24&until=2026-11-22"


@pytest.fixture
def client() -> Client:
    desk: Desk = make()
    made = Client()
    made.force_login(desk.users["manager"])
    return made


def panels(client: Client, query: str = "") -> dict[str, dict[str, int]]:
    """Panel → label → complaints."""
    shown = client.get(f"/dashboard/?{TIME}&{query}").context["panels"]
    return {p.name: {r.label: r.sums.cases for r in p.rows} for p in shown}


def panels_of(client: Client, query: str) -> Any:
    """What the page was made of."""
    return client.get(f"/dashboard/?{query}").context


def test_every_panel_adds_up_to_all_the_complaints(client: Client) -> None:
    file_all(town(tickets=30, months=1, last=LAST).tickets)
    found = panels(client)
    assert {"volume", "class", "channel"} <= set(found)
    assert {sum(rows.values()) for rows in found.values()} == {30}


def test_a_filter_narrows_every_panel_and_its_choices_stay(client: Client) -> None:
    tickets = town(tickets=30, months=1, last=LAST).tickets
    file_all(tickets)
    found = panels(client, "channel=hotline")
    assert sum(found["class"].values()) == sum(t.channel == "hotline" for t in tickets)
    choices = client.get(f"/dashboard/?{TIME}&channel=hotline").context["choices"]
    assert {v for c in choices if c.name == "channel" for v, _ in c.values} == {t.channel for t in tickets}


def test_each_link_of_a_table_leads_to_as_many_cases_as_it_says(client: Client) -> None:
    file_all(town(tickets=20, months=1, last=LAST).tickets)
    said = client.get(f"/dashboard/?{TIME}").content.decode()
    links = re.findall(r'<th scope="row"><a href="([^"]+)">[^<]*</a></th><td class="num">(\d+)</td>', said)
    assert len(links) > 8
    for href, count in links:
        assert client.get(unescape(href)).context["page"].paginator.count == int(count), href


@pytest.mark.parametrize("measure", ["volume", "punctual", "hours", "satisfied", "nonsense"])
def test_each_measure_has_its_page_fit_for_the_strict_policy(client: Client, measure: str) -> None:
    file_all(town(tickets=5, months=1, last=LAST).tickets)
    answer = client.get(f"/dashboard/?{TIME}&measure={measure}")
    assert answer.status_code == 200
    assert "style=" not in answer.content.decode()
    assert "<style" not in answer.content.decode()


def test_each_figure_stands_beside_that_of_as_many_days_before(client: Client) -> None:
    file_all(town(tickets=30, months=1, last=LAST).tickets)
    half = panels_of(client, "since=2026-11-09&until=2026-11-22")
    earlier = panels_of(client, "since=2026-10-26&until=2026-11-08")
    assert half["tiles"][0][2] == earlier["tiles"][0][1]
    assert half["days"] == 14


def test_what_is_late_and_what_falls_due_lead_to_as_many_cases_as_they_say(client: Client) -> None:
    file_all(town(tickets=30, months=1, last=LAST).tickets)
    pressing = panels_of(client, TIME)["pressing"]
    assert pressing[0].count > 0
    for one in pressing:
        assert client.get(one.link).context["page"].paginator.count == one.count


def test_nothing_found_says_so(client: Client) -> None:
    assert "没有投诉" in client.get("/dashboard/?since=2020-01-01&until=2020-02-01").content.decode()


def test_as_many_queries_for_many_cases_as_for_few(client: Client) -> None:
    counted = []
    for seed, tickets in ((1, 3), (2, 30)):
        file_all(town(seed=seed, tickets=tickets, months=1, last=LAST).tickets)
        client.get(f"/dashboard/?{TIME}")
        with CaptureQueriesContext(connection) as asked:
            client.get(f"/dashboard/?{TIME}")
        counted.append(len(asked))
    assert counted[0] == counted[1]
