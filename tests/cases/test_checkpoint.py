"""Whatever is changed, removed or put in another order is found: by the chain, or by the checkpoint an outsider kept."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from mingduan.cases import audit, chain, checkpoint, files
from mingduan.cases.act import Done, Side, act, open_case
from mingduan.cases.models import Case, Checkpoint, DutyRow, Enclosure, EventRow, Leaf, LedgerLine, Notice, Party, Stamp
from mingduan.config.keys import public_part
from mingduan.procedure.case import Actor

from .test_act import CENTRE, FACTS, NOW, receive

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _home(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path


@pytest.fixture
def number() -> str:
    """A case filed with a paper, with its deposit received, beside another."""
    return [filed(name) for name in ("甲", "乙")][1]


def filed(name: str) -> str:
    paper = files.receive(f"{name}的申诉书.txt", f"{name}不服。".encode(), NOW)
    assert isinstance(paper, files.StoredFile)
    done = open_case(
        rulebook="cace/appeal", action="file", actor=Actor("a", name, frozenset(["appellant"])), at=NOW,
        facts=FACTS | {"papers": [paper.as_fact()]}, title=f"{name}申诉案",
        sides=[Side("appellant", name), Side("respondent", "安信")],
    )  # fmt: skip
    assert isinstance(done, Done)
    assert isinstance(receive(done.case.number), Done)
    return done.case.number


def found(*copies: dict[str, str]) -> str:
    """What an audit says, all in one."""
    return "；".join(f"{f.number} {f.what}" for f in audit.verify(checkpoints=copies))


def without_guards() -> None:
    """From here on somebody may do with the database what they like, until the test's transaction is taken back."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
            return
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'cases_%%'")
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP TRIGGER {name}")


def rewritten(number: str) -> None:
    """A case told otherwise from its first event on, by somebody who knows how hashes are made."""
    without_guards()
    case = Case.objects.get(number=number)
    head = chain.START
    for row in case.events.all():
        body = {**row.stored, "actor_name": "别人"}
        link = chain.link(head, number, body)
        EventRow.objects.filter(pk=row.pk).update(stored=body, before=head, hash=link)
        head = link
    Case.objects.filter(pk=case.pk).update(head=head)


def removed(number: str) -> None:
    """A case gone without a trace."""
    without_guards()
    case = Case.objects.get(number=number)
    for model in (EventRow, LedgerLine, Enclosure, DutyRow, Notice, Party):
        rows = model.objects.filter(case=case)
        rows._raw_delete(rows.db)
    Case.objects.filter(pk=case.pk)._raw_delete("default")


def cut_short(number: str) -> None:
    """A case's last event gone, and its standing put back as if it had never been."""
    without_guards()
    case = Case.objects.get(number=number)
    last = case.events.last()
    assert last is not None
    lines = LedgerLine.objects.filter(case=case, seq=last.seq)
    lines._raw_delete(lines.db)
    EventRow.objects.filter(pk=last.pk)._raw_delete("default")
    Case.objects.filter(pk=case.pk).update(head=last.before, length=last.seq - 1, balances={})


def test_a_store_nobody_touched_is_whole_also_as_it_goes_on(number: str) -> None:
    first = checkpoint.told(checkpoint.take(NOW))
    act(number=number, action="accept", actor=CENTRE, at=NOW + timedelta(hours=2), facts={"major": False})
    second = checkpoint.take(NOW + timedelta(days=1))
    assert found(first, checkpoint.told(second)) == ""
    assert [leaf.number for leaf in second.leaves.all()] == [number]  # only what went on since


@pytest.mark.parametrize("tampering", [rewritten, removed, cut_short])
def test_what_the_chain_can_not_show_the_checkpoint_does(tampering: Callable[[str], None], number: str) -> None:
    kept = checkpoint.told(checkpoint.take(NOW))
    tampering(number)
    assert f"{number} 与检查点 1 所证不符" in found(kept)


@pytest.mark.parametrize("tampering", [rewritten, removed])
def test_also_when_the_administrator_makes_the_checkpoints_anew(tampering: Callable[[str], None], number: str) -> None:
    kept = checkpoint.told(checkpoint.take(NOW))
    tampering(number)
    Leaf.objects.all()._raw_delete("default")
    Checkpoint.objects.all()._raw_delete("default")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cases_counter SET last = 0 WHERE name = 'checkpoint'")
    checkpoint.take(NOW)
    assert found() == ""  # with the key and the database everything can be made to agree, but for what is kept outside
    assert found(kept) == "检查点 1 与外部留存的检查点不符"


def test_checkpoints_themselves_can_be_neither_changed_nor_left_out(number: str) -> None:
    for day in range(3):
        checkpoint.take(NOW + timedelta(days=day))
    with pytest.raises(DatabaseError), transaction.atomic():
        Leaf.objects.update(length=9)
    without_guards()
    Leaf.objects.filter(place=0).update(length=9)
    assert "检查点 1 检查点所列案件被改动" in found()
    Checkpoint.objects.filter(number=3).update(document=Checkpoint.objects.get(number=2).document)
    assert "检查点 3 检查点的签名不符" in found()


def test_a_checkpoint_left_out_is_missed(number: str) -> None:
    kept = [checkpoint.told(checkpoint.take(NOW + timedelta(days=day))) for day in range(3)]
    without_guards()
    Checkpoint.objects.filter(number=3)._raw_delete("default")
    assert found(*kept) == "检查点 3 与外部留存的检查点不符"
    Leaf.objects.filter(checkpoint=1)._raw_delete("default")
    Checkpoint.objects.filter(number=1)._raw_delete("default")
    assert "检查点 2 检查点不连续" in found()


def test_ledger_lines_changed_removed_or_put_in_another_order_are_found(number: str) -> None:
    without_guards()
    line = LedgerLine.objects.filter(case__number=number).get()
    LedgerLine.objects.filter(pk=line.pk).update(amount=line.amount - 1)
    assert f"{number} 账目与记录不符" in found()
    LedgerLine.objects.filter(pk=line.pk).update(amount=line.amount, debit=line.credit, credit=line.debit)
    assert f"{number} 账目与记录不符" in found()
    LedgerLine.objects.filter(pk=line.pk)._raw_delete("default")
    assert f"{number} 账目与记录不符" in found()


def test_events_in_another_order_are_found(number: str) -> None:
    without_guards()
    one, two = EventRow.objects.filter(case__number=number)
    for row, seq in ((one, 3), (two, 1), (one, 2)):
        EventRow.objects.filter(pk=row.pk).update(seq=seq)
    assert f"{number} 散列链断裂" in found()


def test_a_file_changed_or_removed_is_found(number: str) -> None:
    held = Enclosure.objects.get(case__number=number)
    file = next(f for f in files_below() if f.name == held.sha256)
    file.write_bytes(b"other words")
    assert found() == f"{number} 材料 {held.sha256[:12]}… 被改动"
    file.unlink()
    assert found() == f"{number} 材料 {held.sha256[:12]}… 不在库中"
    Enclosure.objects.filter(pk=held.pk).delete()
    assert f"{number} 所附材料与记录不符" in found()


def files_below() -> list[Path]:
    return [p for p in (Path(settings.HOME) / "files").rglob("*") if p.is_file()]


def test_a_case_is_proved_to_be_in_a_checkpoint_without_the_store(number: str) -> None:
    assert checkpoint.proof(number) is None
    made = checkpoint.take(NOW)
    key = json.loads(made.document)["key"]
    proof = json.loads(json.dumps(checkpoint.proof(number)))
    assert proof["head"] == Case.objects.get(number=number).head
    assert checkpoint.proves(proof, key)
    assert not checkpoint.proves({**proof, "head": chain.START}, key)
    assert not checkpoint.proves({**proof, "length": proof["length"] - 1}, key)
    assert not checkpoint.proves({**proof, "place": 0}, key)
    another = base64.b64encode(public_part(Ed25519PrivateKey.generate())).decode()
    assert not checkpoint.proves(proof, another)


def test_there_is_one_a_day(number: str) -> None:
    assert [checkpoint.daily(NOW + timedelta(hours=h)) for h in (0, 1, 14, 15, 16, 40)] == [1, 0, 0, 1, 0, 1]
    assert [len(c.leaves.all()) for c in Checkpoint.objects.all()] == [2, 0, 0]
    assert not Stamp.objects.exists()


@pytest.mark.parametrize("document", ["", "[]", "{}", '{"key": 7}'])
def test_a_stored_document_that_is_none_any_more_is_found(document: str, number: str) -> None:
    checkpoint.take(NOW)
    without_guards()
    Checkpoint.objects.update(document=document)
    assert found() == "检查点 1 检查点的签名不符"
