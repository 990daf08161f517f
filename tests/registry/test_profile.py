"""An enterprise's profile: kept once, and what applications take from it."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from mingduan.cases.models import Case
from mingduan.registry.models import Paper
from mingduan.registry.profile import answer, offered

from .scheme import applied, enterprise

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("code", "lawful"), [("91110000600037341L", True), ("91110000600037341M", False), ("911100006000373", False)]
)
def test_a_credit_code_is_checked_by_its_last_character(code: str, lawful: bool) -> None:
    profile = enterprise().enterprise
    profile.credit_code = code
    if lawful:
        profile.full_clean()
    else:
        with pytest.raises(ValidationError, match="统一社会信用代码"):
            profile.full_clean()


def test_an_application_takes_the_registration_from_the_profile() -> None:
    facts = Case.objects.get(number=applied(enterprise()).number).facts
    assert (facts["applicant.credit_code"], facts["applicant.address"]) == (
        "91110000600037341L",
        "北京市海淀区学院路1号",
    )
    assert (facts["applicant.instruments"], facts["applicant.vehicles"], facts["applicant.sites"]) == (2, 3, 1)


def test_papers_in_force_are_offered_under_the_fact_they_are_kept_for() -> None:
    organisation = enterprise()
    profile = organisation.enterprise
    Paper.objects.create(
        enterprise=profile, fact="licence.papers", name="执照.pdf", sha256="1" * 64, expires_on=date(2030, 1, 1)
    )
    Paper.objects.create(
        enterprise=profile, fact="quality.papers", name="旧.pdf", sha256="2" * 64, expires_on=date(2026, 3, 1)
    )
    kept = {"name": "执照.pdf", "sha256": "1" * 64, "media_type": "", "size": 0}
    assert offered(organisation, date(2026, 3, 2)) == {"licence.papers": [kept], "licence.expires_on": "2030-01-01"}


@given(
    expires=st.lists(st.dates(date(2020, 1, 1), date(2035, 1, 1)) | st.none(), max_size=5),
    today=st.dates(date(2020, 1, 1), date(2035, 1, 1)),
)
def test_an_expired_document_is_never_offered_after_its_day(expires: list[date | None], today: date) -> None:
    with transaction.atomic():
        organisation = enterprise()
        for number, day in enumerate(expires):
            Paper.objects.create(
                enterprise=organisation.enterprise, fact="licence.papers", name=str(number), sha256=f"{number:064}", expires_on=day
            )  # fmt: skip
        facts = offered(organisation, today)
        transaction.set_rollback(True)
    names = {paper["name"] for paper in facts.get("licence.papers", [])}
    assert names == {str(n) for n, day in enumerate(expires) if day is None or day >= today}
    assert facts.get("licence.expires_on", "9999") >= today.isoformat()


def test_somebody_without_a_profile_is_told_nothing() -> None:
    assert answer("credit_code", None) is None
