"""The description of the interface: OpenAPI 3.1, with every operation's problems."""

from __future__ import annotations

import copy
from typing import Any

from ninja import NinjaAPI, Schema
from ninja.openapi.schema import OpenAPISchema
from ninja.renderers import JSONRenderer

from .problems import KINDS
from .schemas.common import ProblemOut


def told(*statuses: int) -> dict[int, type[Schema]]:
    """The problems an operation may answer with, by status."""
    return dict.fromkeys(statuses, ProblemOut)


_PROBLEM = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/ProblemOut"}}}}


class _Written(JSONRenderer):
    """Chinese as it is."""

    json_dumps_params = {"ensure_ascii": False}


class Interface(NinjaAPI):
    """Ninja's API, writing Chinese as it is, whose description tells problems as problem+json, each status with the kinds it stands for."""

    def __init__(self, **words: Any) -> None:
        super().__init__(renderer=_Written(), **words)

    def get_openapi_schema(self, **words: Any) -> OpenAPISchema:
        """The description, as a JSON-like mapping."""
        schema = super().get_openapi_schema(**words)
        for operations in schema["paths"].values():
            for operation in operations.values():
                operation["responses"].setdefault("400", copy.deepcopy(_PROBLEM))  # an address with a NUL in it
                for status, response in operation["responses"].items():
                    if int(status) >= 400:
                        _as_problem(int(status), response)
        return schema


def _as_problem(status: int, response: dict[str, Any]) -> None:
    kinds = [k for k in KINDS.values() if k.status == status]
    response["description"] = "; ".join(f"`{k.slug}`: {k.title.en} {k.title.zh}" for k in kinds)
    response["content"] = {"application/problem+json": response.pop("content")["application/json"]}
    if status == 429:
        response["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds"}}
