"""What was made of paper from a case's personal data goes with it (PIPL 47), and with its file: documents, packages, addresses, mail.

That a notice was sent, to which role, when, and when it was read, stays. Mail that left for a post office is out of reach; what
a back end writes into the home instead is taken out of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from django.conf import settings

from mingduan.cases import outbox
from mingduan.cases.erasing import takes_along
from mingduan.cases.models import Case
from mingduan.cases.sealing import ERASED

from .models import Delivery, Diary, Package, Printed


@takes_along
def papers(case: Case, instead: Mapping[str, str], at: datetime) -> set[str]:
    """Documents, packages, diaries and addresses. A package whose chain still proves itself is made anew without what was erased."""
    printed, packages = Printed.objects.filter(notice__case=case), Package.objects.filter(case=case)
    gone = {*printed.values_list("sha256", flat=True), *packages.values_list("sha256", flat=True)}
    again = (
        list(packages.values_list("seq", flat=True))
        if instead and not case.events.filter(stored__sealed="").exists()
        else []
    )
    printed.delete()
    packages.delete()
    Diary.objects.filter(case=case).delete()
    sent = Delivery.objects.filter(notice__case=case)
    ids = list(sent.exclude(message_id="").values_list("message_id", flat=True))
    if ids:
        outbox.put("forget mail", f"forget mail:{case.number}:{at.isoformat()}", {"ids": ids}, at)
    if instead:
        sent.filter(name__in=list(instead)).update(name=ERASED, user=None)
    sent.update(address="", error="")
    for seq in again:
        outbox.put("seal", f"seal:{case.number}#{seq}:{at.isoformat()}", {"number": case.number, "seq": seq}, at)
    return gone


@outbox.handles("forget mail")
def forget_mail(payload: Mapping[str, list[str]], at: datetime) -> None:
    """Take mails out of the folder in which the back end for trying out writes each as a file."""
    folder = Path(settings.EMAIL_FILE_PATH)
    if not settings.EMAIL_BACKEND.endswith("filebased.EmailBackend") or not folder.is_dir():
        return
    for file in folder.glob("*.log"):
        content = file.read_bytes()
        if any(id_.encode() in content for id_ in payload["ids"]):
            file.unlink()
