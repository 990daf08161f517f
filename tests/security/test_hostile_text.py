"""Every address shows hostile text as text: each word that a person wrote anywhere is turned into markup, and every page is asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest
from django.apps import apps
from django.db import models
from django.http import HttpResponseBase
from django.test import Client
from lxml import html

from tests.permissions import world as around
from tests.permissions.test_matrix import OPENS, rows
from tests.permissions.world import World

pytestmark = pytest.mark.django_db
PAYLOAD = "'\"></title></textarea></script><x-evil onx=1>{{7*7}}\r\nX-Evil: 1"
_PLACE = re.compile(r"<([a-z0-9_]+)>")
_WRITTEN = re.compile(r"[\u4e00-\u9fff]")  # what people wrote is in Chinese here; codes and keys are not
_KEPT = {"cases.eventrow", "cases.rulebookversion"}  # append-only; its author's, checked before it is used


def test_every_text_that_somebody_wrote_is_shown_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """For each person and each address of the matrix: no element, no attribute and no header line of ours comes from a text."""
    for name in ("open_case", "act"):  # events can't be changed afterwards: their facts are hostile from the start
        monkeypatch.setattr(around, name, _hostile(getattr(around, name)))
    world = around.make()
    assert _poison() > 30, "texts in many tables"
    met, broken = 0, []
    for method, address, marks in rows():
        if method != "GET" or address.startswith("/admin/"):
            continue
        for name in (name for name in ("filer", "centre", "secret") if marks[name] == OPENS):
            url, response = _ask(world, name, address)
            met += PAYLOAD[:10] in _text(response) or "&lt;x-evil" in _text(response)
            broken += [f"{name} {url}: {fault}" for fault in _faults(response)]
    assert broken == []
    assert met > 40, "the texts are really shown"


def _hostile(way_in: Callable[..., Any]) -> Callable[..., Any]:
    def spoilt(*, facts: dict[str, Any], **rest: Any) -> Any:
        return way_in(facts=_spoilt(facts), **rest)

    return spoilt


def _poison() -> int:
    """Put the payload into every text of every table that holds a Chinese word; returns how many texts."""
    changed = 0
    for model in apps.get_models():
        if model._meta.app_label not in ("people", "cases", "paper", "registry", "complaints", "web", "api"):
            continue
        if model._meta.label_lower in _KEPT:
            continue
        for row in model._default_manager.all():
            found = {f.attname: new for f in model._meta.concrete_fields if (new := _poisoned(f, row)) is not None}
            changed += len(found)
            if found:
                model._default_manager.filter(pk=row.pk).update(**found)
    return changed


def _poisoned(field: models.Field[Any, Any], row: models.Model) -> Any:
    value = getattr(row, field.attname)
    if isinstance(field, models.JSONField):
        new = _spoilt(value)
        return new if new != value else None
    if not isinstance(value, str) or not isinstance(field, models.CharField | models.TextField) or field.choices:
        return None
    new = _spoilt(value)
    fits = field.max_length is None or len(new) <= field.max_length
    return new if new != value and fits else None


def _spoilt(value: Any) -> Any:
    if isinstance(value, str):
        return value + PAYLOAD if _WRITTEN.search(value) else value
    if isinstance(value, dict):
        return {k: _spoilt(v) for k, v in value.items()}
    return [_spoilt(v) for v in value] if isinstance(value, list) else value


def _ask(world: World, name: str, address: str) -> tuple[str, HttpResponseBase]:
    person = world.people[name]
    values = world.values(address, world.public if name == "secret" else world.case)
    url = _PLACE.sub(lambda m: str(values[m[1]]), address)
    client = Client(raise_request_exception=False)
    client.cookies = person.client.cookies
    return url, client.get(url, headers=person.headers if url.startswith(("/api/", "/tmf-api/")) else {})


def _text(response: HttpResponseBase) -> str:
    if response.streaming or not re.match(r"text/|application/(json|[a-z.+-]*xml)|image/svg", _kind(response)):
        return ""
    return response.content.decode(errors="replace")


def _kind(response: HttpResponseBase) -> str:
    return response.headers.get("Content-Type", "")


def _faults(response: HttpResponseBase) -> list[str]:
    """What of the payload came alive in this answer."""
    if response.status_code >= 500:
        return [f"answered {response.status_code}"]
    found = ["a header of its own"] if "X-Evil" in response.headers else []
    text, kind = _text(response), _kind(response)
    if not text:
        return found
    if "html" in kind:
        tree = html.fromstring(text)
        found += ["an element"] * bool(tree.xpath("//x-evil")) + ["an attribute"] * bool(tree.xpath("//*[@onx]"))
        found += ["a template was run"] * ("49" in text and "{{7*7}}" not in text and "x-evil" in text)
    elif "xml" in kind or "svg" in kind:
        found += ["an element"] * any("x-evil" in e.tag for e in ElementTree.fromstring(text).iter())  # noqa: S314  our own answer
    elif "json" in kind:
        json.loads(text)
    elif "calendar" in kind:
        found += ["a line of its own"] * bool(re.search(r"^X-Evil", text, re.MULTILINE))
    return found
