"""Letters to the complaint desk as mail programs write them, and a folder that they wait in."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from django.conf import settings

from mingduan.cases import outbox
from mingduan.complaints.models import Letter, Mailbox
from mingduan.complaints.post import polling
from mingduan.procedure.period import TZ

MORNING = datetime(2026, 3, 10, 9, 0, tzinfo=TZ)
CUSTOMER = "limei@example.cn"
MX = "mx.telecom.example"  # the server whose checks are believed


def written(
    text: str = "三月份多扣了30元月租，请查。",
    sender: str = f"李梅 <{CUSTOMER}>",
    subject: str = "话费问题",
    **headers: str,
) -> EmailMessage:
    """A letter; `headers` with underscores for hyphens."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, "kefu@telecom.example", subject
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    if "Message-ID" not in message:
        message["Message-ID"] = f"<{abs(hash((text, sender, subject)))}@example.cn>"
    message.set_content(text)
    return message


def proved(text: str, **given: str) -> EmailMessage:
    """A letter whose sender the body's own server vouches for, and that server believed."""
    Mailbox.objects.update_or_create(body="telecom", defaults={"trusted": MX})
    return written(text, Authentication_Results=f"{MX}; dmarc=pass header.from=example.cn", **given)


def folder() -> Path:
    """Where letters to telecom wait."""
    path = Path(settings.HOME) / "mail" / "incoming" / "telecom"
    path.mkdir(parents=True, exist_ok=True)
    return path


def drop(*messages: EmailMessage | bytes) -> None:
    """Let letters come, in this order."""
    for message in messages:
        n = len(list(folder().rglob("*.eml")))
        (folder() / f"{n:04}.eml").write_bytes(message if isinstance(message, bytes) else message.as_bytes())


def came(*messages: EmailMessage | bytes, at: datetime = MORNING) -> list[Letter]:
    """Let letters come and be taken; what became of those that were new."""
    before = set(Letter.objects.values_list("pk", flat=True))
    drop(*messages)
    polling.poll(at)
    return list(Letter.objects.exclude(pk__in=before).order_by("pk"))


def post(at: datetime = MORNING) -> None:
    """Send what is waiting to be sent."""
    outbox.run(at)
    outbox.run(at)


def facts(letter: Letter) -> dict[str, Any]:
    """What the case of a letter knows."""
    assert letter.case is not None, letter.why_en
    letter.case.refresh_from_db()
    return letter.case.facts
