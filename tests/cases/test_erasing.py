"""A person's data is erased (PIPL 47): refused while anything keeps it, gone everywhere once nothing does, and all stays whole."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.test import Client

from mingduan.cases import audit, files, outbox, requests, sealing
from mingduan.cases.act import Done, Side, act, events_of, open_case
from mingduan.cases.models import Case, EventRow, Reading
from mingduan.config import clock
from mingduan.paper import verify
from mingduan.paper.models import Package
from mingduan.people.models import Office, User
from mingduan.procedure.case import Actor, Refusal, Signature
from tests.cases.telecom import Desk, at, make
from tests.cases.test_checkpoint import without_guards

NAME, PHONE, MAIL, WORDS, PAPER = (
    "欧阳明月",
    "13912340987",
    "ouyang@example.com",
    "晚上七点后网速很慢",
    "欧阳的账单.txt",
)
PLANTED = (NAME, PHONE, MAIL, WORDS, PAPER, "欧阳")
FILED, OVER = "2026-11-02 10:00", "2030-06-01 10:00"


@pytest.fixture
def desk(db: None, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> Desk:
    settings.HOME, settings.EMAIL_FILE_PATH = tmp_path, tmp_path / "mail"
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    people = make()
    officer = User.objects.create_user("officer", name="秦朗", organisation=people.users["desk"].organisation)
    Office.objects.create(user=officer, body="telecom", role="data_officer")
    people.users["officer"] = officer
    monkeypatch.setattr(clock, "now", lambda: at(OVER))
    return people


def filed() -> Done:
    kept = files.receive(PAPER, "我的账单\n".encode() * 3, at(FILED))
    assert isinstance(kept, files.StoredFile)
    done = open_case(
        rulebook="telecom/complaint", action="file", actor=Actor("public", NAME, frozenset(["complainant"])),
        at=at(FILED), sides=[Side("complainant", NAME)], title="",
        facts={
            "about": "billing", "details": f"我是{NAME}，{WORDS}", "customer.phone": PHONE, "customer.email": MAIL,
            "evidence": [kept.as_fact()],
        },
        noted={"customer.name": NAME},
    )  # fmt: skip
    assert isinstance(done, Done), done
    return done


def archived(desk: Desk) -> Done:
    """A complaint refused as false and filed away, with the letters and messages that were sent."""
    done, case = filed(), Case.objects.get()
    desk.do(
        "desk", case, "verify", "2026-11-02 10:30", **{"entry.how": "callback", "entry.found": f"回访{NAME}，{WORDS}"}
    )
    desk.do(
        "desk", case, "refuse", "2026-11-02 11:00", **{"refusal.kind": "false", "refusal.reason": f"{NAME}所述不实"}
    )
    outbox.run(at("2026-11-03 09:00"))
    Reading.objects.create(case=case, reader=NAME, reader_id=f"case:{case.number}", at=at("2026-11-03 10:00"))
    Reading.objects.create(
        case=case,
        reader="经理",
        reader_id="7",
        name=f"文件 {PAPER}",
        what=Reading.What.PAPER,
        at=at("2026-11-03 10:00"),
    )
    desk.do("desk", case, "archive", "2027-01-05 11:00")
    outbox.run(at("2027-01-06 09:00"))
    return done


def asked(done: Done, when: str = OVER) -> Case:
    got = requests.ask(done.case.parties.get(), None, at(when), secret=done.secret, wanted=requests.ERASURE)
    assert isinstance(got, Done), got
    return Case.objects.get(pk=got.case.pk)


def erase(desk: Desk, request: Case, when: str = OVER) -> Done | Refusal:
    officer = desk.users["officer"]
    who = Actor(str(officer.pk), "秦朗", frozenset(["data_officer"]))
    return act(
        number=request.number,
        action="erase",
        actor=who,
        at=at(when),
        signature=Signature(str(officer.pk), "totp", at(when)),
    )


def erased(desk: Desk) -> Case:
    done = archived(desk)
    assert isinstance(got := erase(desk, asked(done)), Done), got
    later = at(OVER)
    while outbox.run(later):
        later += timedelta(days=1)
    return Case.objects.get(pk=done.case.pk)


def rows() -> Iterator[tuple[str, str]]:
    """Every row of every table, as text, but for the request itself, whose person is told what became of it."""
    for model in apps.get_models():
        for row in model._default_manager.all():
            told = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields}
            case = (
                getattr(row, "case", None)
                or (row if isinstance(row, Case) else None)
                or getattr(getattr(row, "notice", None), "case", None)
            )
            if not (isinstance(case, Case) and requests.terms(case)):
                yield f"{model._meta.label}:{row.pk}", json.dumps(told, ensure_ascii=False, default=str)


def written() -> Iterator[tuple[str, str]]:
    """Every file of the home, as text."""
    for path in Path(settings.HOME).rglob("*"):
        if path.is_file() and "sqlite3" not in path.name:
            yield str(path), path.read_bytes().decode("utf-8", "ignore")


def test_an_open_case_is_not_erased_and_its_clause_is_told(desk: Desk) -> None:
    request = asked(filed(), "2026-11-02 12:00")
    assert "尚未归档" in str(request.facts["kept_because"])
    assert "S17 4.1" in str(request.facts["kept_because"])
    refused = erase(desk, request, "2026-11-02 12:30")
    assert isinstance(refused, Refusal)
    assert [r.clause for r in refused.reasons] == ["S17 4.1"]


def test_before_the_laws_time_is_over_it_is_told_until_when_it_is_kept(desk: Desk) -> None:
    request = asked(archived(desk), "2029-01-01 10:00")
    refused = erase(desk, request, "2029-01-01 11:00")
    assert isinstance(refused, Refusal)
    assert "依法保存至2030年1月7日" in refused.reasons[0].text.zh


def test_nobody_erases_without_their_second_factor(desk: Desk) -> None:
    request = asked(archived(desk))
    who = Actor(str(desk.users["officer"].pk), "秦朗", frozenset(["data_officer"]))
    refused = act(number=request.number, action="erase", actor=who, at=at(OVER))
    assert isinstance(refused, Refusal)
    assert [r.rule for r in refused.reasons] == ["signature"]


def test_what_is_erased_is_in_no_row_and_no_file_any_more(desk: Desk) -> None:
    erased(desk)
    left = [(where, value) for where, text in (*rows(), *written()) for value in PLANTED if value in text]
    assert left == []


def test_everything_is_there_before_it_is_erased(desk: Desk) -> None:
    archived(desk)
    found = {value for _, text in rows() for value in PLANTED if value in text}
    assert found == set(PLANTED)


def test_the_chain_and_all_that_follows_from_it_stay_whole(desk: Desk) -> None:
    case = erased(desk)
    assert list(audit.verify()) == []
    first = events_of(case)[0]
    assert (first.facts["about"], first.facts["details"], first.actor_name) == (
        "billing",
        sealing.ERASED,
        sealing.ERASED,
    )


def test_an_erased_case_can_not_be_brought_back_with_its_key_row(desk: Desk) -> None:
    case = erased(desk)
    case.key.erased_upto = 0
    case.key.save()
    assert {f.what for f in audit.verify_case(Case.objects.get(pk=case.pk))} == {"封存的内容无法解开：密钥缺失或不符"}


def test_the_deciding_event_tells_who_when_what_and_by_which_clause(desk: Desk) -> None:
    case = erased(desk)
    request = Case.objects.get(number=case.key.erased_by.partition("#")[0])
    event = next(e for e in events_of(request) if e.erased)
    assert (event.actor_name, event.at, event.signature is not None) == ("秦朗", at(OVER), True)
    assert event.erased[0]["case"] == case.number
    assert event.erased[0]["what"] == ["customer.email", "customer.name", "customer.phone", "details", "evidence"]
    assert request.facts["outcome"] == "erased"


def test_the_package_is_made_anew_and_proves_itself(desk: Desk) -> None:
    case = erased(desk)
    package = Package.objects.get(case=case)
    verdict = verify.verify(Path(settings.HOME) / "files" / package.sha256[:2] / package.sha256)
    assert (verdict.number, verdict.faults) == (case.number, ())


def test_the_page_says_so_in_its_place(desk: Desk) -> None:
    case = erased(desk)
    client = Client()
    client.force_login(desk.users["desk"])
    text = client.get(f"/cases/{case.number}/").content.decode()
    assert sealing.ERASED in text
    assert "依据 " + case.key.erased_by in re.sub(r"\s+", " ", text)


def test_events_from_before_they_were_sealed_are_redacted_and_proven_by_the_deciding_event(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as old:
        old.setattr("mingduan.cases.sealing.has_personal", lambda book: False)
        done = archived(desk)
    assert NAME in str(list(EventRow.objects.filter(case=done.case).values_list("stored", flat=True)))
    assert isinstance(got := erase(desk, asked(done)), Done), got
    assert NAME not in str(list(EventRow.objects.filter(case=done.case).values_list("stored", flat=True)))
    assert list(audit.verify()) == []


def test_what_the_redacted_say_is_not_changed_unseen(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as old:
        old.setattr("mingduan.cases.sealing.has_personal", lambda book: False)
        done = archived(desk)
    erase(desk, asked(done))
    without_guards()
    row = EventRow.objects.get(case=done.case, seq=1)
    EventRow.objects.filter(pk=row.pk).update(stored={**row.stored, "facts": {**row.stored["facts"], "about": "fraud"}})
    assert "散列链断裂：记录被改动、删除或调换" in {
        f.what for f in audit.verify_case(Case.objects.get(pk=done.case.pk))
    }
