"""Version 5's specifications: the rulebooks in force that offer tickets, with what opening one asks for. They are only read."""

from __future__ import annotations

from typing import Any, Never

from django.http import HttpResponse

from mingduan.procedure.engine import Engine
from mingduan.procedure.rulebook import Input

from . import query
from .calls import Call, told
from .described import members
from .errors import TmfError
from .listing import ALWAYS, Page, language
from .opening import offered
from .reading import paged

_NAME = "TroubleTicketSpecification"
_VALUES = {"bool": "boolean", "integer": "integer", "money": "integer"}


def listed(call: Call) -> HttpResponse:
    """The specifications, filtered, ordered and page by page."""
    asked = query.read(call.request.GET, members(call.version, _NAME), cursors=True)
    kept = [one for engine in offered().values() if asked.keeps(one := _told(call, engine))]
    rows = query.ordered(kept, asked.sort, lambda row: row)
    places = asked.window(len(rows))
    items = [_cut(row, asked.fields) for row in rows[places.start : places.stop]]
    return paged(call, Page(items, places, len(rows)), asked)


def retrieved(call: Call, id: str) -> HttpResponse:
    """One specification."""
    engine = offered().get(id)
    if engine is None:
        raise TmfError("not-found")
    return told(_cut(_told(call, engine), query.fields_of(call.request.GET)))


def forbidden(call: Call, id: str = "") -> Never:
    """Nobody makes, changes or removes one here: a procedure is changed by publishing its rulebook."""
    raise TmfError("published")


def _cut(row: dict[str, Any], fields: frozenset[str] | None) -> dict[str, Any]:
    return row if fields is None else {k: v for k, v in row.items() if k in fields | ALWAYS}


def _told(call: Call, engine: Engine) -> dict[str, Any]:
    book, lang = engine.rulebook, language()
    asked = engine.inputs(book.filing[0]) if book.filing else ()
    return {
        "@type": _NAME, "id": book.id, "href": call.href("troubleTicketSpecification", book.id), "name": book.title.in_(lang),
        "description": f"{book.source.document} {book.source.title.in_(lang)}", "version": book.version, "lifecycleStatus": "active",
        "specCharacteristic": [_asked(one, lang) for one in asked],
    }  # fmt: skip


def _asked(one: Input, lang: str) -> dict[str, Any]:
    """One thing that opening asks for, with its choices."""
    kind = _VALUES.get(one.fact.type, "string")
    found = {
        "@type": "CharacteristicSpecification", "id": one.name, "name": one.name, "valueType": kind, "configurable": True,
        "description": one.fact.text.in_(lang), "minCardinality": int(one.required), "maxCardinality": 1,
    }  # fmt: skip
    if one.fact.choices:
        found["characteristicValueSpecification"] = [
            {"@type": "StringCharacteristicValueSpecification", "valueType": "string", "value": choice} for choice in one.fact.choices
        ]  # fmt: skip
    return found
