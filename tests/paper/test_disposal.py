"""S01 8.5: when the time of keeping is over a file is destroyed under a decision; a certificate and the chain remain."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from mingduan.cases import audit, chain, files, outbox
from mingduan.cases.act import act
from mingduan.cases.models import Disposal, EventRow, LedgerLine, Outbox
from mingduan.paper import disposal
from mingduan.paper.models import Certificate, Delivery, Package, Printed
from mingduan.procedure.case import Actor, Refusal
from mingduan.procedure.period import TZ

from .conftest import OPENED, Story
from .test_typeset import text_of

PDF = b"%PDF-1.7\n1 0 obj <</Type/Catalog>> endobj\n%%EOF"
OVER = datetime(2031, 11, 3, 9, tzinfo=TZ)


@pytest.fixture(autouse=True)
def _home(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path


def paper(content: bytes = PDF) -> files.StoredFile:
    made = files.receive("申诉书.pdf", content, OPENED)
    assert isinstance(made, files.StoredFile)
    return made


@pytest.fixture
def archived(tell: Any) -> Story:
    story: Story = tell(papers=[paper().as_fact()], statement="只有本案才有的秘密")
    story.archive()
    outbox.run(story.clock + timedelta(days=1), limit=500)
    return story


def dispose(story: Story, at: datetime) -> Any:
    return act(
        number=story.case.number, action="dispose", actor=Actor("c", "周建国", frozenset(["committee"])), at=at,
        facts={"disposal.decision": "专委〔2031〕5号"},
    )  # fmt: skip


def disposed(story: Story) -> Certificate:
    assert not isinstance(dispose(story, OVER), Refusal)
    outbox.run(OVER + timedelta(hours=1), limit=500)
    story.case.refresh_from_db()
    return Certificate.objects.get(case=story.case)


def test_before_its_time_or_on_hold_nothing_is_destroyed(archived: Story) -> None:
    early = dispose(archived, datetime(2031, 10, 1, tzinfo=TZ))
    assert isinstance(early, Refusal)
    assert early.reasons[0].clause == "8.5"
    archived.do("secretary", "secretariat", "hold", hold_reason="审计")
    assert isinstance(dispose(archived, OVER), Refusal)
    outbox.run(OVER, limit=500)
    assert not Disposal.objects.exists()
    assert not Outbox.objects.filter(topic="destroy").exists()
    assert Package.objects.exists()


def test_what_was_said_and_sent_is_gone_everywhere(archived: Story, settings: Any) -> None:
    printed = set(Printed.objects.values_list("sha256", flat=True))
    package = Package.objects.get().sha256
    certificate = disposed(archived)
    stored = {p.name for p in Path(settings.HOME).rglob("files/*/*")}
    assert stored == {certificate.sha256}
    gone = archived.case.events.exclude(seq=certificate.seq).values_list("action", "actor", "at")
    assert set(gone) == {(None, None, None)}, "what the database derives from a body goes with it"
    assert printed
    assert not ({paper_hash(), package} | printed) & stored
    assert not Printed.objects.exists()
    assert not Package.objects.exists()
    assert set(archived.case.notices.values_list("body", "remedies")) == {("", "")}
    assert archived.case.facts == {"disposal.decision": "专委〔2031〕5号"}
    bodies = list(EventRow.objects.filter(case=archived.case).values_list("stored", flat=True))
    assert bodies[:-1] == [chain.tombstone(n) for n in range(1, len(bodies))]
    assert "秘密" not in str(bodies)


def paper_hash() -> str:
    import hashlib

    return hashlib.sha256(PDF).hexdigest()


def test_the_certificate_tells_what_was_destroyed_by_whose_decision(archived: Story) -> None:
    head = archived.case.head
    package = Package.objects.get().sha256
    count = archived.case.length
    certificate = disposed(archived)
    text = text_of(files.read(certificate.sha256))
    for words in (
        "案卷销毁证明", archived.case.number, "恒通代维有限公司不服降级决定申诉案", "专委〔2031〕5号", "运营专委会周建国", "保存期届满2031年",
        "记录内容（条）收到的材料（件）文书（份）归档包（个）", f"{count}1", package[:32], archived.case.head[:32], "S018.5",
    ):  # fmt: skip
        assert words in text
    assert archived.case.head != head
    assert certificate.told["head"] == archived.case.head


def test_the_chain_stays_provable_and_books_and_services_stay(archived: Story) -> None:
    hashes = list(archived.case.events.values_list("before", "hash"))
    sent = Delivery.objects.count()
    disposed(archived)
    assert list(archived.case.events.values_list("before", "hash"))[:-1] == hashes
    assert LedgerLine.objects.filter(case=archived.case).exists()
    assert Delivery.objects.count() == sent
    assert list(audit.verify()) == []


def test_a_paper_that_another_case_holds_stays(archived: Story, tell: Any) -> None:
    tell(papers=[paper().as_fact()])
    disposed(archived)
    assert files.read(paper_hash()) == PDF


def test_destruction_cut_short_goes_on(archived: Story, monkeypatch: Any, settings: Any) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(disposal.files, "release", lambda _: (_ for _ in ()).throw(OSError("disk")))
        assert not isinstance(dispose(archived, OVER), Refusal)
        outbox.run(OVER, limit=500)
    certificate = Certificate.objects.get()
    assert certificate.removing
    outbox.run(OVER + timedelta(hours=1), limit=500)
    assert Certificate.objects.get().removing == []
    assert {p.name for p in Path(settings.HOME).rglob("files/*/*")} == {certificate.sha256}


def test_doing_it_twice_changes_nothing(archived: Story) -> None:
    certificate = disposed(archived)
    disposal.destroy({"number": archived.case.number, "seq": certificate.seq}, OVER + timedelta(days=1))
    assert Certificate.objects.get() == certificate
    assert Certificate.objects.get().destroyed_at == OVER + timedelta(hours=1)


def test_an_event_that_does_not_dispose_destroys_nothing(archived: Story) -> None:
    with pytest.raises(ValueError, match="does not dispose"):
        disposal.destroy({"number": archived.case.number, "seq": 1}, OVER)
    assert not Certificate.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"stored": {"seq": 1, "destroyed": True, "more": 1}}, {"stored": {"seq": 2, "destroyed": True}}, {"stored": {"seq": 1}},
        {"stored": {"seq": 1, "destroyed": False}}, {"hash": "x"}, {"before": "x"}, {"seq": 99},
        {"stored": {"seq": 1, "destroyed": True}, "hash": "x"},
    ],
    ids=str,
)  # fmt: skip
def test_even_then_the_database_lets_nothing_but_a_tombstone_in(archived: Story, change: dict[str, Any]) -> None:
    disposed(archived)
    with pytest.raises(DatabaseError), transaction.atomic():
        EventRow.objects.filter(case=archived.case, seq=1).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        Disposal.objects.filter(case=archived.case).update(at=OVER)


def test_a_case_not_disposed_of_takes_no_tombstone(archived: Story, tell: Any) -> None:
    other: Story = tell()
    disposed(archived)
    with pytest.raises(DatabaseError), transaction.atomic():
        EventRow.objects.filter(case=other.case, seq=1).update(stored=chain.tombstone(1))


def test_pages_of_a_destroyed_case_open_and_give_the_certificate_only(archived: Story, client: Client) -> None:
    notice = archived.notice("rule", "appellant")
    disposed(archived)
    for login in ("enterprise", "committee"):
        client.force_login(archived.people[login])
        page = client.get(f"/cases/{archived.case.number}/")
        assert page.status_code == 200
        assert "案卷销毁证明" in page.content.decode()
        assert "/notices/" not in page.content.decode() + client.get("/inbox/").content.decode(), (
            "nothing leads to what is gone"
        )
        assert client.get(f"/cases/{archived.case.number}/disposal.pdf").content.startswith(b"%PDF")
        assert client.get(f"/cases/{archived.case.number}/notices/{notice.pk}.pdf").status_code == 404
        assert client.get(f"/cases/{archived.case.number}/archive.zip").status_code == 404
    client.force_login(archived.people["stranger"])
    assert client.get(f"/cases/{archived.case.number}/disposal.pdf").status_code == 404
