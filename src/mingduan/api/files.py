"""Files: looked at and kept before they go into a case."""

from __future__ import annotations

import uuid
from typing import Annotated

from django.http import HttpRequest
from ninja import File, Router, Status, UploadedFile

from mingduan.cases.files import MAX_BYTES, FileRefusal, receive
from mingduan.config import clock

from . import limits
from .caller import CaseSecret, Token, anyone, caller
from .describe import told
from .models import Upload
from .once import once
from .problems import Problem
from .schemas.cases import UploadOut
from .schemas.common import Key

router = Router(tags=["files"])
Sending = Annotated[UploadedFile, File(..., description="One file.")]


@router.post(
    "", response={201: UploadOut, **told(400, 401, 403, 422, 429)}, auth=[Token("cases:write"), CaseSecret(), anyone],
    openapi_extra={"security": [{}, {"Token": []}, {"CaseSecret": []}]},
)  # fmt: skip
def upload(request: HttpRequest, file: Sending, key: Key = None) -> Status[Upload]:
    """Upload a file (multipart). Put the `id` into the facts of an act or of a case to be opened.

    What it is comes from its content; what could do harm is refused.
    """
    who = caller(request)
    if who.user is None:
        limits.counted(request, "upload")
    with once(request) as write:
        if write.made:
            return Status(201, Upload.objects.get(pk=write.made))
        kept = receive(file.name or "", file.read(MAX_BYTES + 1), clock.now())
        if isinstance(kept, FileRefusal):
            reason = {"rule": "file", "zh": kept.text.zh, "en": kept.text.en, "input": "file",
                      "remedy": {"zh": kept.remedy.zh, "en": kept.remedy.en}}  # fmt: skip
            raise Problem("file-refused", kept.text, reasons=[reason])
        made = Upload.objects.create(
            id=uuid.uuid4(), owner=who.owner, name=kept.name, sha256=kept.sha256, media_type=kept.media_type, size=kept.size
        )  # fmt: skip
        write.keep(str(made.pk))
    return Status(201, made)
