"""The official descriptions: what a body must be like, and which members a ticket has."""

from __future__ import annotations

import json
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import jsonschema_rs
import yaml

from mingduan.procedure.text import Text

from .errors import TmfError

Version = Literal["v4", "v5"]
OFFICIAL = Path(__file__).parent / "official"
FILES = {"v4": "TMF621-TroubleTicket-v4.0.0.swagger.json", "v5": "TMF621-Trouble_Ticket-v5.0.1.oas.yaml"}
_TOLD = 5  # as many faults of a body are told
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def description(version: Version) -> dict[str, Any]:
    """The official description of a version, as it is published."""
    text = (OFFICIAL / FILES[version]).read_text("utf-8")
    read: dict[str, Any] = json.loads(text) if version == "v4" else yaml.load(text, Loader=_LOADER)  # noqa: S506  safe ones
    return read


def check(version: Version, name: str, body: Any) -> None:
    """Raise the error for a body that is not as the description's schema `name` says, telling the first parts that are wrong."""
    found = list(islice(_validator(version, name).iter_errors(body), _TOLD))
    if found:
        told = [f"{'.'.join(map(str, e.instance_path)) or '$'}: {e.message[:300]}" for e in found]
        zh, en = f"正文与 {name} 的说明不符：", f"The body is not as {name} is described: "
        raise TmfError("not-understood", Text(zh=zh + "；".join(told), en=en + "; ".join(told)))


@cache
def members(version: Version, name: str) -> frozenset[str]:
    """The names of the members that a resource has."""
    schemas = _schemas(version)
    found: set[str] = set()

    def collect(schema: Any) -> None:
        if "$ref" in schema:
            collect(schemas[schema["$ref"].rpartition("/")[2]])
        found.update(schema.get("properties", {}))
        for part in schema.get("allOf", ()):
            collect(part)

    collect(schemas[name])
    return frozenset(found)


def _schemas(version: Version) -> dict[str, Any]:
    read = description(version)
    schemas: dict[str, Any] = read["definitions"] if version == "v4" else read["components"]["schemas"]
    return schemas


@cache
def _validator(version: Version, name: str) -> jsonschema_rs.Validator:
    definitions = {n: _plain(s) for n, s in _schemas(version).items()}
    return jsonschema_rs.Draft4Validator(
        {"$ref": f"#/definitions/{name}", "definitions": definitions}, validate_formats=True
    )


def _plain(schema: Any) -> Any:
    """A schema as JSON Schema draft 4 has it: alternatives that `@type` tells apart say which type is theirs."""
    if isinstance(schema, list):
        return [_plain(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _plain(value) for key, value in schema.items() if key not in ("$ref", "discriminator", "oneOf")}
    if "$ref" in schema:
        plain["$ref"] = _local(schema["$ref"])
    kinds = schema.get("discriminator")
    if "oneOf" in schema and isinstance(kinds, dict):
        pinned = [
            {"allOf": [{"$ref": _local(ref)}, {"properties": {kinds["propertyName"]: {"enum": [kind]}}}]}
            for kind, ref in kinds["mapping"].items()
        ]
        plain["anyOf"] = pinned
    elif "oneOf" in schema:
        plain["oneOf"] = _plain(schema["oneOf"])
    return plain


def _local(ref: str) -> str:
    return f"#/definitions/{ref.rpartition('/')[2]}"
