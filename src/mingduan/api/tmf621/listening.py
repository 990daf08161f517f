"""The listener's side: another system's event is taken when it is as described. It changes nothing here: cases are changed by acts."""

from __future__ import annotations

from django.http import HttpResponse

from .calls import Call, told


def notified(call: Call) -> HttpResponse:
    """Take an event. Version 4 has it answered with who listens, version 5 with nothing."""
    if call.version == "v5":
        return HttpResponse(status=204)
    here = call.request.build_absolute_uri(call.request.path)
    return told({"id": str(call.body.get("eventId") or call.body.get("id") or "event"), "callback": here}, 201)
