"""Files over the interface: taken by content, put into a case by id, read by whoever may read the case."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from mingduan.api.models import Upload

from .client import call, filing, make_people

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n%%EOF"


@pytest.fixture(autouse=True)
def people(settings, tmp_path) -> None:
    settings.HOME = tmp_path
    make_people()


def upload(token: str, content: bytes = PDF, **headers: str) -> Any:
    sent = {"Authorization": f"Bearer {token}"} if token else {}
    client = Client(headers={**sent, **{k.replace("_", "-"): v for k, v in headers.items()}})
    return client.post("/api/files", {"file": SimpleUploadedFile("申诉书.pdf", content)})


def with_papers(token: str, papers: Any, **more: Any) -> Any:
    body = filing(**more)
    body["facts"]["papers"] = papers
    return call(token, "POST", "/cases", body)


def test_a_file_is_uploaded_filed_listed_and_downloaded() -> None:
    taken = upload("enterprise")
    assert (taken.status_code, taken.json()["media_type"]) == (201, "application/pdf")
    case = with_papers("enterprise", [{"id": taken.json()["id"]}])
    assert case.status_code == 201, case.content
    listed = call("centre", "GET", f"/cases/{case.json()['number']}/files").json()
    assert [(p["name"], p["sha256"]) for p in listed] == [("申诉书.pdf", taken.json()["sha256"])]
    address = f"/cases/{case.json()['number']}/files/{listed[0]['sha256']}"
    got = call("centre", "GET", address)
    assert got.content == PDF
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert call("stranger", "GET", address).status_code == 404
    assert call("centre", "GET", address[:-3] + "000").status_code == 404


def test_the_public_uploads_and_files() -> None:
    case = with_papers("", [upload("").json()["id"]], name="甲公司")
    assert case.status_code == 201, case.content
    assert case.json()["facts"]["papers"][0]["media_type"] == "application/pdf"


def test_a_file_is_known_by_its_upload_not_by_what_is_said_of_it() -> None:
    taken = upload("enterprise").json()
    claimed = {"name": "x.pdf", "sha256": taken["sha256"]}
    assert with_papers("stranger", [claimed]).json()["reasons"][0]["input"] == "papers"
    assert with_papers("stranger", [taken["id"]]).status_code == 422, "another's upload"
    assert with_papers("enterprise", ["nonsense"]).status_code == 422


def test_a_harmful_file_is_a_problem_in_both_languages() -> None:
    response = upload("enterprise", b"<html><script>1</script></html>")
    assert response.status_code == 422
    assert response.json()["type"].endswith("/file-refused")
    assert response.json()["reasons"][0]["remedy"]["en"]
    assert Upload.objects.count() == 0


def test_an_upload_repeated_with_its_key_is_the_same_upload() -> None:
    first, again = (upload("enterprise", Idempotency_Key="k").json()["id"] for _ in range(2))
    assert first == again
    assert upload("enterprise", PDF + b"\n", Idempotency_Key="k").status_code == 422


def correct(number: str, seq: int, **correction: Any) -> Any:
    body = {"action": "correct", "facts": {"corrects": seq}, "reason": "误录", "correction": correction}
    return call("centre", "POST", f"/cases/{number}/acts", body, If_Match="*")


def test_the_files_of_a_correction_are_uploads_or_those_that_are_there() -> None:
    number = with_papers("enterprise", [upload("enterprise").json()["id"]]).json()["number"]
    invented = {"name": "a.pdf", "sha256": "0" * 64, "media_type": "application/pdf", "size": 1}
    assert correct(number, 1, papers=[invented]).status_code == 422
    assert correct(number, 1, papers=[upload("stranger").json()["id"]]).status_code == 422, "another's upload"
    there = call("centre", "GET", f"/cases/{number}").json()["facts"]["papers"][0]
    more = upload("centre", b"\x89PNG\r\n\x1a\n" + b"\0" * 30).json()
    done = correct(number, 1, papers=[there | {"name": "改名.exe"}, more["id"]])
    assert done.status_code == 200, done.content
    assert [f["sha256"] for f in done.json()["facts"]["papers"]] == [there["sha256"], more["sha256"]]
    assert done.json()["facts"]["papers"][0]["name"] == there["name"], "what a caller says of a file is not believed"
