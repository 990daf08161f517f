"""An application returned for completion: the profile is at hand again, and what is missing or expired is told one by one."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from mingduan.cases.models import Case
from mingduan.config import clock
from mingduan.registry.models import Enterprise

from . import test_applying
from .office import signed_in
from .test_applying import _keep, begun, fill, kept_words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("desk")]
profile = test_applying.profile


@pytest.fixture
def returned(profile: Enterprise, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of the form that completes an application; two days have gone by since the licence's last."""
    profile.papers.filter(fact="licence.papers").update(expires_on=timezone.localdate() + timedelta(1))
    client = signed_in("enterprise")
    assert client.post(fill(client, begun(client)), {"go": "submit"}).status_code == 200
    number = Case.objects.get().number
    sent = {"completion.what": "执照即将到期，请换新的", "key": "k"}
    assert signed_in("centre").post(f"/cases/{number}/do/return_for_completion/", sent).status_code == 302
    later = clock.now() + timedelta(days=3)
    monkeypatch.setattr(clock, "now", lambda: later)
    monkeypatch.setattr(clock, "today", lambda: later.date())
    return f"/cases/{number}/do/complete/"


def renewed(profile: Enterprise) -> None:
    """The enterprise keeps a new licence ready, good for four hundred days."""
    made = _keep(profile, "licence.papers", timezone.localdate() + timedelta(400), "新执照.txt")
    assert made.name == "新执照.txt"


def opened(client: Client, form: str) -> str:
    return client.get(form).content.decode()


def as_shown(page: str, **more: Any) -> dict[str, Any]:
    """The form as the page shows it, with everything ticked that is ticked."""
    names = set(re.findall(r'name="([a-z]+\.papers)\.kept"', page))
    days = dict(re.findall(r'name="([a-z]+\.expires_on)" value="([^"]*)"', page))
    return {f"{n}.kept": kept_words(page, n) for n in names} | days | {"key": "c"} | more


def test_s09_2_3_the_form_says_what_was_asked_for(returned: str) -> None:
    assert "执照即将到期，请换新的" in opened(signed_in("enterprise"), returned)


def test_s09_3_2_1_2_a_document_expired_since_is_told_with_its_clause(returned: str) -> None:
    page = opened(signed_in("enterprise"), returned)
    assert kept_words(page, "licence.papers") == []
    assert re.search(r"licence\.papers\.txt <span class=\"tag bad\">已过期</span>", page)
    assert '<p class="error">缺少企业法人营业执照副本复印件' in page
    assert '<p class="error">企业法人营业执照副本复印件已过期' in page
    assert len(kept_words(page, "working.papers")) == 1, "what is in force stays"


def test_s09_3_2_1_what_is_missing_cannot_be_sent_as_complete(returned: str) -> None:
    client = signed_in("enterprise")
    response = client.post(returned, as_shown(opened(client, returned)))
    assert response.status_code == 422
    assert response.content.decode().count("缺少企业法人营业执照副本复印件") >= 1
    assert Case.objects.get().state == "returned"


def test_s09_3_2_1_2_the_profiles_new_licence_takes_the_place_of_the_old(returned: str, profile: Enterprise) -> None:
    renewed(profile)
    client = signed_in("enterprise")
    page = opened(client, returned)
    assert "缺少" not in page
    assert client.post(returned, as_shown(page)).status_code == 302
    facts = Case.objects.get().facts
    assert [f["name"] for f in facts["licence.papers"]] == ["新执照.txt"]
    assert facts["licence.expires_on"] == (timezone.localdate() + timedelta(400)).isoformat()


def test_s09_3_2_1_a_list_is_made_again_from_the_profile(returned: str, profile: Enterprise) -> None:
    renewed(profile)
    client = signed_in("enterprise")
    page = opened(client, returned)
    sent = as_shown(page, **{"staff.papers.kept": [], "staff.papers.made": "1"})
    assert client.post(returned, sent).status_code == 302
    assert [f["name"][:5] for f in Case.objects.get().facts["staff.papers"]] == ["技术人员-"]


def test_what_is_taken_out_counts_as_missing(returned: str, profile: Enterprise) -> None:
    renewed(profile)
    client = signed_in("enterprise")
    response = client.post(returned, as_shown(opened(client, returned), **{"working.papers.kept": []}))
    assert response.status_code == 422
    assert '<p class="error">缺少代维作业文件清单' in response.content.decode()
