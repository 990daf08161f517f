"""Cases, accounts and tokens on the command line."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from typer.testing import CliRunner

from mingduan.cases import chain
from mingduan.cases.access import opener
from mingduan.cases.act import Done, Side, open_case
from mingduan.cases.models import Case
from mingduan.cli import app
from mingduan.people.models import Office, Organisation, User

pytestmark = pytest.mark.django_db


def run(*words: str, typed: str = "") -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(words), input=typed)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def number() -> str:
    body = Organisation.objects.create(name="评定机构", kind="body")
    agency = Organisation.objects.create(name="安信认证", kind="agency")
    centre = User.objects.create_user("centre", name="林静", organisation=body)
    Office.objects.create(user=centre, body="cace", role="centre")
    User.objects.create_user("stranger", name="生人")
    now = timezone.now()
    facts = {
        "grounds": "change_of_status", "decision.reference": "X", "statement": "不服", "requested": "撤销", "signed_by": "张三",
        "decision.notified_on": (timezone.localdate() - timedelta(3)).isoformat(),
    }  # fmt: skip
    done = open_case(
        rulebook="cace/appeal", action="file", actor=opener(None, "甲公司", "appellant"), at=now, facts=facts, title="甲公司申诉",
        sides=[Side("appellant", "甲公司"), Side("respondent", agency.name, agency)],
    )  # fmt: skip
    assert isinstance(done, Done)
    return done.case.number


def test_a_step_is_done_as_an_account_with_facts_as_on_the_form(number: str) -> None:
    paid = ("--fact", "payment.amount=5000.00", "--fact", f"payment.on={timezone.localdate().isoformat()}")
    code, output, _ = run("case", "act", number, "receive_deposit", "--as", "centre", *paid)
    assert (code, "已办理" in output) == (0, True)
    assert Case.objects.get().balances["bank"] == 500_000
    assert run("case", "act", number, "accept", "--as", "centre", "--fact", "major=false")[0] == 0
    assert json.loads(run("case", "show", number, "--json")[1])["state"] == "accepted"
    shown = run("case", "show", number)[1]
    assert all(word in shown for word in ("登记保证金到账", "举行会议", "¥5,000.00"))


def test_facts_come_from_a_file_as_the_api_has_them(number: str, tmp_path: Path) -> None:
    facts = tmp_path / "facts.json"
    facts.write_text(json.dumps({"payment.amount": 500_000, "payment.on": timezone.localdate().isoformat()}))
    assert run("case", "act", number, "receive_deposit", "--as", "centre", "--facts", str(facts))[0] == 0


def test_a_paper_is_given_by_its_path(number: str, tmp_path: Path, settings) -> None:
    settings.HOME = tmp_path
    paper = tmp_path / "会议纪要.txt"
    paper.write_text("纪要", encoding="utf-8")
    words = ("case", "act", number, "take_evidence", "--as", "centre", "--fact", "entry.kind=testimony", "--fact", "entry.who=刘工",
             "--fact", f"entry.on={timezone.localdate().isoformat()}", "--fact", "entry.what=证明")  # fmt: skip
    assert run(*words, "--fact", f"entry.files={paper}")[0] == 0
    assert Case.objects.get().facts["evidence"][0]["files"][0]["name"] == "会议纪要.txt"
    code, _, told = run(*words, "--fact", f"entry.files={tmp_path / 'none.pdf'}")
    assert (code, "none.pdf" in told) == (2, True)
    paper.write_bytes(b"<script>1</script>")
    assert run(*words, "--fact", f"entry.files={paper}")[0] == 1


def test_a_refusal_is_told_with_its_clause_and_exits_with_one(number: str) -> None:
    code, _, told = run("case", "act", number, "accept", "--as", "centre", "--fact", "major=false")
    assert (code, "6.1" in told, "保证金未足额到账" in told) == (1, True, True)
    code, output, _ = run("case", "act", number, "accept", "--as", "centre", "--fact", "major=false", "--json")
    assert (code, json.loads(output)["reasons"][0]["clause"]) == (1, "6.1")


@pytest.mark.parametrize(
    "words",
    [("X-1", "accept", "--as", "centre"), ("{n}", "accept", "--as", "nobody"), ("{n}", "accept", "--as", "stranger"),
     ("{n}", "dance", "--as", "centre"), ("{n}", "accept", "--as", "centre", "--fact", "major"),
     ("{n}", "accept", "--as", "centre", "--fact", "other=1"), ("{n}", "accept", "--as", "centre", "--facts", "/nowhere"), ("{n}", "accept")],
)  # fmt: skip
def test_misuse_is_two(number: str, words: tuple[str, ...]) -> None:
    assert run("case", "act", *(w.format(n=number) for w in words))[0] == 2
    assert Case.objects.get().length == 1


def test_an_export_proves_itself_without_us(number: str, tmp_path: Path) -> None:
    assert run("case", "export", "ALL", "--to", str(tmp_path))[0] == 0
    head = chain.START
    for line in (tmp_path / number / "events.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        assert (row["before"], row["hash"]) == (head, chain.link(head, number, row["event"]))
        head = row["hash"]
    assert json.loads((tmp_path / number / "case.json").read_text(encoding="utf-8"))["head"] == head
    assert run("case", "export", "X-1", "--to", str(tmp_path))[0] == 2


def test_cases_are_listed(number: str) -> None:
    assert [c["number"] for c in json.loads(run("case", "list", "--json")[1])] == [number]
    assert json.loads(run("case", "list", "--state", "ruled", "--json")[1]) == []
    assert number in run("case", "list")[1]


def test_an_account_is_created_listed_and_given_a_token(number: str) -> None:
    create = (
        "user",
        "create",
        "zhou",
        "--name",
        "周静",
        "--organisation",
        "评定机构",
        "--office",
        "cace/committee",
        "--json",
    )
    code, output, _ = run(*create)
    assert code == 0
    assert User.objects.get(username="zhou").check_password(json.loads(output)["password"])
    assert run(*create)[0] == 2, "there is one already"
    listed = {u["username"]: u for u in json.loads(run("user", "list", "--json")[1])}
    assert listed["zhou"]["offices"] == ["cace/committee"]
    assert json.loads(run("token", "create", "zhou", "--scope", "hooks", "--json")[1])["scopes"] == ["hooks"]
    assert run("token", "create", "zhou", "--scope", "all")[0] == 2


@pytest.mark.parametrize(
    "words", [("--organisation", "无此单位"), ("--office", "cace/king"), ("--office", "cace"), ("--password-stdin",)]
)
def test_an_account_that_cannot_be_is_told_not_made(number: str, words: tuple[str, ...]) -> None:
    assert run("user", "create", "zhou", "--name", "周静", *words, typed="123\n")[0] == 2
    assert not User.objects.filter(username="zhou").exists()
