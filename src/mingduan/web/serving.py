"""Uploaded files handed out: always to be saved, never shown inside a page of ours."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header

from mingduan.cases.files import FileHeld


def attachment(name: str, content: bytes) -> HttpResponse:
    """The file, for the browser to save under its name."""
    response = HttpResponse(content, content_type="application/octet-stream")
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def not_now(request: HttpRequest, held: FileHeld) -> HttpResponse:
    """Why a held file may not be opened."""
    return render(request, "web/error.html", {"zh": held.text.zh, "en": held.text.en, "status": 409}, status=409)
