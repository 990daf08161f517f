"""Whoever reads in one language is answered in it: every pair of words there is, and what Django and the API word themselves."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.apps import apps
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.test import Client
from django.utils.translation import override

from mingduan.cases.models import Case, Notice, Reading
from mingduan.registry.keeping import KINDS
from mingduan.registry.models import Enterprise
from tests.registry import shelf

from . import office

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src/mingduan"
CHINESE = re.compile(r"[\u3400-\u9fff]")
WORDS = re.compile(r"[A-Za-z]{3,}[^A-Za-z]+[A-Za-z]{3,}")
"""Two words in letters and nothing in characters: a sentence nobody has put into Chinese."""
SHOWN_AS_WRITTEN = {"2026年9月25日"}
"""What an English sentence shows because it may be typed so."""
TAG = re.compile(r"""{%\s*t\s+("[^"]*"|'[^']*')\s+("[^"]*"|'[^']*')\s*%}""")

Pair = tuple[str, str, str]


def written(node: ast.AST | None) -> str:
    """A text as it stands in the source, a brace for what is put in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(v.value if isinstance(v, ast.Constant) else "{}" for v in node.values)
    return ""


def in_python() -> Iterator[Pair]:
    """Text(zh=…, en=…) and its like, t(…, …) and both(…, …)."""
    for file in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            named = {k.arg: k.value for k in node.keywords}
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if {"zh", "en"} <= named.keys():
                yield f"{file.name}:{node.lineno}", written(named["zh"]), written(named["en"])
            elif name in ("t", "both") and len(node.args) >= 2:
                yield f"{file.name}:{node.lineno}", written(node.args[0]), written(node.args[1])


def in_templates() -> Iterator[Pair]:
    for file in sorted(SOURCE.rglob("*.html")):
        for zh, en in TAG.findall(file.read_text("utf-8")):
            yield file.name, zh[1:-1], en[1:-1]


def in_data() -> Iterator[Pair]:
    """Rulebooks, scorecards, the words of certificates and what the demonstration says."""
    for file in sorted(
        [*ROOT.glob("rulebooks/**/*.yaml"), *ROOT.glob("scorecards/**/*.yaml"), *SOURCE.rglob("*.yaml")]
    ):
        for found in yaml.safe_load_all(file.read_text("utf-8")):
            yield from ((file.name, zh, en) for zh, en in _pairs(found))


def _pairs(found: Any) -> Iterator[tuple[str, str]]:
    if isinstance(found, dict):
        if isinstance(found.get("zh"), str) and isinstance(found.get("en"), str):
            yield found["zh"], found["en"]
        for name, value in found.items():
            if isinstance(value, str) and f"{name}_en" in found:
                yield value, found[f"{name}_en"]
    for value in found.values() if isinstance(found, dict) else found if isinstance(found, list) else ():
        yield from _pairs(value)


@pytest.mark.parametrize("source", [in_python, in_templates, in_data])
def test_no_pair_of_words_holds_the_other_language(source: Any) -> None:
    pairs = list(source())
    assert len(pairs) > 100
    wrong = [(where, en) for where, _, en in pairs if CHINESE.search(en) and not any(s in en for s in SHOWN_AS_WRITTEN)]
    wrong += [(where, zh) for where, zh, en in pairs if WORDS.search(zh) and not CHINESE.search(zh) and not zh.startswith("{")]  # fmt: skip
    assert not wrong


def test_what_a_rulebook_makes_public_is_said_in_english_too() -> None:
    """Reasons and announcements are read by anybody (S18 4): in Chinese alone only where somebody typed them."""
    bare = [
        (file.name, name)
        for file in ROOT.glob("rulebooks/**/*.yaml")
        for told in _registered(yaml.safe_load(file.read_text("utf-8")))
        for name in ("reason", "title", "body")
        if CHINESE.search(told.get(name, "")) and not told.get(f"{name}_en")
    ]
    assert not bare


def _registered(found: Any) -> Iterator[dict[str, str]]:
    if isinstance(found, dict):
        if "effect" in found and "with" in found:
            yield found["with"]
        for value in found.values():
            yield from _registered(value)
    elif isinstance(found, list):
        for value in found:
            yield from _registered(value)


def shown_models() -> list[type[Model]]:
    """Those that the administrator sees, and those an enterprise fills in."""
    ours = [m for m in admin.site._registry if m.__module__.startswith("mingduan.")]
    return [*ours, Enterprise, *(kind.model for kind in KINDS.values())]


def test_models_that_are_shown_are_named_in_both_languages() -> None:
    chinese = []
    with override("en"):
        for model in shown_models():
            names = [model._meta.verbose_name, *(f.verbose_name for f in model._meta.fields), *(f.help_text for f in model._meta.fields)]  # fmt: skip
            choices = [label for f in model._meta.fields for _, label in f.choices or ()]
            chinese += [(model.__name__, str(n)) for n in (*names, *choices) if CHINESE.search(str(n))]
    assert not chinese
    with override("zh-hans"):
        kept = [f for kind in KINDS.values() for f in (kind.model._meta, *kind.model._meta.fields[1:])]
        assert not [str(f) for f in kept if not CHINESE.search(str(f.verbose_name))]


@pytest.mark.django_db
def test_what_django_words_itself_is_in_one_language() -> None:
    for lang, strange in (("en", CHINESE), ("zh-hans", WORDS)):
        with override(lang):
            assert not [m for model in shown_models() for m in _complaints(model()) if strange.search(m)]


def _complaints(row: Model) -> list[str]:
    """What is wrong with a row in which nothing is filled in."""
    try:
        row.full_clean()
    except ValidationError as error:
        return error.messages
    return []


PAGES: dict[str, list[str]] = {
    "": ["/", "/register/", "/register/2026ZH0001JR0/", "/register/2023ZW0005YR0/", "/announcements/", "/register/guide/", "/register/open-data/", "/verify/",
         "/verify/?number=2026XL0002YR0", "/login/", "/signup/", "/follow/", "/procedures/", "/procedures/cace/renewal/", "/procedures/cace/appeal/"],
    "centre": ["/home/", "/cases/", "CASE", "CASE/do/accept/", "CASE/readings/", "/inbox/", "/meetings/", "/statistics/", "/ledger/", "/archive/", "/experts/",
               "/certificates/batches/", "/certificates/due/", "/certificates/batches/?kind=original&lang=en&without_paper=1"],
    "enterprise": ["/home/", "/enterprise/registration/", "CASE", "CASE/do/withdraw/", "/inbox/", "/file/cace/qualification/", "/file/cace/appeal/", "/file/cace/renewal/"],
}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("login", PAGES)
def test_an_english_page_shows_no_chinese_but_what_people_wrote(login: str, registry_home: Path) -> None:
    """Names, and what stands in the database as somebody typed it; the switch of languages says 中文."""
    office.people()
    office.file_case(office.ago(2))
    shelf.register()
    number, client = Case.objects.get().number, office.signed_in(login) if login else Client()
    written = [m for m in apps.get_models() if m not in (Notice, Reading)]  # a notice is told in English too
    kept = "中文" + "".join(str(row) for model in written for row in model._default_manager.values())
    for address in PAGES[login]:
        page = client.get(address.replace("CASE", f"/cases/{number}"), headers={"Accept-Language": "en"}, follow=True)
        assert page.status_code == 200, address
        said = re.sub(r"(?s)<(script|style)\b.*?</\1>|<!--.*?-->", "", page.content.decode())
        strange = {run for run in re.findall(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]+", said) if run not in kept}
        assert not strange, address
