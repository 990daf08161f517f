"""One call of an operation: who calls, with what body, and how whatever goes wrong is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.csrf import csrf_exempt

from mingduan.people.models import User
from mingduan.procedure.text import Text

from ..caller import Token
from ..facts import storable
from ..problems import Problem
from .described import Version, check
from .errors import TmfError, conflict, of_problem, respond

JSON, MERGE, PATCHES = "application/json", "application/merge-patch+json", "application/json-patch+json"
QUERY_PATCHES = "application/json-patch-query+json"
BASE = "/tmf-api/troubleTicket"


@dataclass(frozen=True, slots=True)
class Call:
    """A call by an account, whose body is as the description says."""

    request: HttpRequest
    version: Version
    user: User
    body: Any = None
    media: str = ""

    def href(self, resource: str, name: str = "") -> str:
        """The absolute address of a resource of this version."""
        return self.request.build_absolute_uri(address(self.version, resource, name))


def address(version: Version, resource: str, name: str = "") -> str:
    """The path of a resource."""
    return f"{BASE}/{version}/{resource}" + (f"/{quote(name)}" if name else "")


@dataclass(frozen=True, slots=True)
class Operation:
    """What a method does: the function, the scope its caller needs, and for each kind of body taken the schema it has."""

    does: Callable[..., HttpResponse]
    scope: str
    bodies: Mapping[str, str] = field(default_factory=dict)


def endpoint(version: Version, **operations: Operation) -> Callable[..., HttpResponse]:
    """The view of one address."""

    @csrf_exempt
    def view(request: HttpRequest, **places: str) -> HttpResponse:
        try:
            operation = operations.get("GET" if request.method == "HEAD" else request.method or "")
            if operation is None:
                error = TmfError("method-not-allowed")
                error.headers["Allow"] = ", ".join(sorted(operations))
                raise error
            response = operation.does(_call(request, version, operation), **places)
        except Problem as problem:
            response = respond(request, of_problem(problem))
        except TmfError as error:
            response = respond(request, error)
        patch_cache_control(response, private=True, no_cache=True)
        patch_vary_headers(response, ["Authorization", "Accept-Language"])
        return response

    return view


def told(value: Any, status: int = 200) -> JsonResponse:
    """An answer, Chinese as it is."""
    return JsonResponse(value, status=status, safe=False, json_dumps_params={"ensure_ascii": False})


def keepable(value: Any) -> bool:
    """Whether a database keeps the text in it."""
    try:
        storable(value)
    except Problem:
        return False
    return True


def _call(request: HttpRequest, version: Version, operation: Operation) -> Call:
    if not request.accepts(JSON):
        raise TmfError("not-acceptable")
    caller = Token(operation.scope)(request)  # raises what a missing scope is
    if caller is None:
        raise TmfError("token-missing")
    request.auth = caller  # type: ignore[attr-defined]  # where the rest of the interface looks for it
    if not keepable(request.path_info):
        raise TmfError("not-found")
    if not operation.bodies:
        return Call(request, version, caller.user)
    if not request.body:
        raise TmfError("malformed", Text(zh="缺少正文", en="The body is missing"))
    media = request.content_type or ""
    if media not in operation.bodies:
        raise TmfError("media-type")
    body = _read(request)
    check(version, operation.bodies[media], body)
    if not keepable(body):
        raise conflict("文字中有不能保存的字符", "The text holds a character that can't be kept")
    return Call(request, version, caller.user, body, media)


def _read(request: HttpRequest) -> Any:
    """The body as JSON. NaN and the like are none, nor is nesting without end."""

    def no_constant(written: str) -> Any:
        raise ValueError(written)

    try:
        return json.loads(request.body.decode("utf-8"), parse_constant=no_constant)
    except (ValueError, RecursionError) as error:
        raise TmfError("malformed", Text(zh="正文不是 UTF-8 的 JSON", en="The body is not JSON in UTF-8")) from error
