"""A file's content is destroyed when its time is over, and only when nothing anywhere holds it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import models

from mingduan.api.models import Sent, Upload
from mingduan.api.once import forget
from mingduan.cases import files, outbox
from mingduan.cases.act import Done, Side, act, open_case
from mingduan.cases.models import Case, Enclosure, HeldFile
from mingduan.complaints.models import Letter
from mingduan.paper.models import Certificate, Package, Printed
from mingduan.procedure.case import Actor, Refusal
from mingduan.procedure.period import TZ
from mingduan.registry.enterprises import Paper
from mingduan.registry.papers import Batch, CertificatePaper
from mingduan.web import drafts
from mingduan.web.models import Draft
from tests.registry.scheme import enterprise

pytestmark = pytest.mark.django_db
AT = datetime(2026, 9, 25, 9, tzinfo=TZ)
LATER = timedelta(days=2)
FACTS: dict[str, Any] = {
    "grounds": "change_of_status", "decision.reference": "安信〔2026〕7号", "decision.notified_on": "2026-09-01",
    "statement": "不服", "requested": "撤销", "signed_by": "张三",
}  # fmt: skip
CENTRE = Actor("centre", "林静", frozenset(["centre"]))


@pytest.fixture(autouse=True)
def _home(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path


def kept(content: bytes = b"%PDF-1.7 one") -> files.StoredFile:
    made = files.receive("材料.pdf", content, AT)
    assert isinstance(made, files.StoredFile)
    return made


def filed(*papers: dict[str, Any]) -> Done | Refusal:
    return open_case(
        rulebook="cace/appeal", action="file", actor=Actor("a", "张三", frozenset(["appellant"])), at=AT,
        facts=FACTS | ({"papers": list(papers)} if papers else {}), sides=[Side("appellant", "张三"), Side("respondent", "安信")], title="案",
    )  # fmt: skip


def case() -> Case:
    done = filed()
    assert isinstance(done, Done)
    return done.case


def printed(of: dict[str, Any]) -> object:
    notice = case().notices.first()
    return Printed.objects.create(notice=notice, lang="zh", **of)


HOLDING: dict[type[models.Model], Callable[[str], object]] = {
    Printed: lambda h: printed({"sha256": h, "size": 1}),
    Package: lambda h: Package.objects.create(case=case(), seq=1, sha256=h, size=1, sealed_at=AT),
    Certificate: lambda h: Certificate.objects.create(case=case(), seq=1, sha256=h, size=1, destroyed_at=AT, told={}),
    Paper: lambda h: Paper.objects.create(enterprise=enterprise().enterprise, fact="licence.papers", name="x", sha256=h),
    CertificatePaper: lambda h: CertificatePaper.objects.create(
        number="2026ZH0001JR0", kind="original", lang="zh", face={}, face_hash="x", sha256=h, made_at=AT
    ),
    Batch: lambda h: Batch.objects.create(name="一批", asked_at=AT, sha256=h),
    Enclosure: lambda h: Enclosure.objects.create(case=case(), seq=1, sha256=h),
    Letter: lambda h: Letter.objects.create(body="telecom", channel="email", key="x", what="waits", sha256=h, at=AT),
    Upload: lambda h: Upload.objects.create(id=uuid.uuid4(), name="x", sha256=h, media_type="x", size=1),
}  # fmt: skip
# Columns as long as a hash that name no stored file.
OTHERWISE = {
    "people.ApiToken.digest", "cases.Case.digest", "cases.Case.head", "cases.Case.secret", "cases.RulebookVersion.digest",
    "cases.EventRow.before", "cases.EventRow.hash", "cases.Leaf.head", "cases.HeldFile.sha256", "registry.CertificatePaper.face_hash", "web.Draft.key",
    "api.Sent.key", "api.Sent.digest", "api.Feed.digest", "complaints.KeptLayout.headings", "complaints.Letter.key",
}  # fmt: skip


def columns() -> list[models.Field[Any, Any]]:
    """Every column of ours that could be the hash of a file."""
    ours = [m for m in apps.get_models() if m.__module__.startswith("mingduan.")]
    return [
        f for m in ours for f in m._meta.local_fields
        if isinstance(f, models.FileField) or f.name == "sha256" or (isinstance(f, models.CharField) and f.max_length == 64)
    ]  # fmt: skip


def test_every_column_that_could_name_a_file_holds_it_or_is_known_not_to() -> None:
    known = OTHERWISE | {f"{m._meta.label}.sha256" for m in HOLDING}
    found = {f"{f.model._meta.label}.{f.name}" for f in columns()}
    assert found == known, "call the column sha256 and add it to HOLDING, or say here why it needs no holder"


@pytest.mark.parametrize("model", HOLDING, ids=lambda m: m._meta.label)
def test_what_a_row_holds_is_not_destroyed(model: type[models.Model]) -> None:
    one = kept()
    HOLDING[model](one.sha256)
    assert not files.release(one.sha256)
    assert files.content(one.sha256)


def test_what_an_event_names_is_not_destroyed() -> None:
    one = kept()
    filed(one.as_fact())
    assert not files.release(one.sha256)


def test_what_nothing_holds_is_destroyed_and_not_scanned_any_more() -> None:
    one = kept()
    HeldFile.objects.create(sha256=one.sha256)
    assert files.release(one.sha256)
    assert not files.exists(one.sha256)
    assert not HeldFile.objects.exists()


def draft(*papers: files.StoredFile) -> Draft:
    made = Draft(key=uuid.uuid4().hex, rulebook="cace/appeal")
    drafts.keep(made, {"papers": [p.as_fact() for p in papers]}, 1, AT)
    return made


def test_a_draft_holds_its_file_until_it_expires() -> None:
    one = kept()
    draft(one)
    assert not files.release(one.sha256)
    assert drafts.throw_away_old(AT + timedelta(days=29)) == 0
    over = AT + timedelta(days=31)
    assert drafts.throw_away_old(over) == 1
    outbox.run(over)
    assert files.exists(one.sha256), "a page opened before may still bring it"
    outbox.run(over + LATER)
    assert not files.exists(one.sha256)


def test_a_file_taken_out_of_a_draft_goes_and_the_others_stay() -> None:
    one, two = kept(), kept(b"%PDF-1.7 two")
    made = draft(one, two)
    drafts.keep(made, {"papers": [two.as_fact()]}, 1, AT)
    outbox.run(AT + LATER)
    assert (files.exists(one.sha256), files.exists(two.sha256)) == (False, True)


def test_a_file_that_went_from_the_draft_into_a_case_stays() -> None:
    one = kept()
    made = draft(one)
    filed(one.as_fact())
    drafts.drop(Draft.objects.filter(pk=made.pk), AT)
    outbox.run(AT + LATER)
    assert files.exists(one.sha256)


def test_an_upload_nobody_used_goes_after_thirty_days_and_one_that_a_case_has_stays() -> None:
    used, unused = kept(), kept(b"%PDF-1.7 two")
    for one in (used, unused):
        HOLDING[Upload](one.sha256)
    Sent.objects.create(key="k", digest="d")
    Upload.objects.update(at=AT)
    Sent.objects.update(at=AT)
    filed(used.as_fact())
    over = AT + timedelta(days=31)
    assert forget(over) == 3
    outbox.run(over + LATER)
    assert (files.exists(used.sha256), files.exists(unused.sha256)) == (True, False)


GONE = {"name": "无.pdf", "sha256": "0" * 64, "media_type": "application/pdf", "size": 1}


def test_a_case_is_not_opened_with_a_file_that_is_not_kept() -> None:
    refused = filed(GONE)
    assert isinstance(refused, Refusal)
    assert (refused.reasons[0].rule, refused.reasons[0].input) == ("input", "papers")
    assert "无.pdf" in refused.reasons[0].text.zh
    assert not Case.objects.exists()


def test_nor_is_an_act_done_or_a_correction_made_with_one() -> None:
    one = kept()
    done = filed(one.as_fact())
    assert isinstance(done, Done)
    correcting: dict[str, Any] = {
        "number": done.case.number, "action": "correct", "actor": CENTRE, "at": AT, "facts": {"corrects": 1}, "reason": "误录",
    }  # fmt: skip
    refused = act(**correcting, correction={"papers": [GONE]})
    assert isinstance(refused, Refusal)
    assert refused.reasons[0].input == "papers"
    files.discard(one.sha256)  # as a scan does that condemns it
    renamed = one.as_fact() | {"name": "更名.pdf"}
    assert isinstance(act(**correcting, correction={"papers": [renamed]}), Done), "what the case had bars nothing"
