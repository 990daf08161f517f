"""The virus scan of uploaded files: whichever scanner the settings name, or none.

A scanner is a function from a file's content to the name of what it found, "" for nothing; it raises ScannerDown when it
can't tell.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from urllib.parse import urlsplit

from clamav_client.clamd import ClamdError, ClamdNetworkSocket, ClamdUnixSocket
from django.conf import settings
from django.utils.module_loading import import_string

Scanner = Callable[[bytes], str]
TIMEOUT = 20  # seconds


class ScannerDown(Exception):
    """The scanner can't be asked now."""


def scan(content: bytes) -> str:
    """What the scanner found in `content`, "" for nothing or when no scanner is set. Raises ScannerDown."""
    scanner: Scanner | None = import_string(settings.SCANNER) if settings.SCANNER else None
    return scanner(content) if scanner else ""


def clamd(content: bytes) -> str:
    """ClamAV's daemon at MINGDUAN_CLAMD: `host:port`, or the path of its socket. Raises ScannerDown."""
    where = urlsplit(f"//{settings.CLAMD}")
    client = (
        ClamdNetworkSocket(where.hostname, where.port, TIMEOUT)
        if where.hostname and where.port
        else ClamdUnixSocket(settings.CLAMD, TIMEOUT)
    )
    try:
        state, found = client.instream(io.BytesIO(content))["stream"]
    except (ClamdError, OSError, KeyError) as error:
        raise ScannerDown(str(error)) from error
    if state == "ERROR":
        raise ScannerDown(found or "")
    return (found or "?") if state == "FOUND" else ""
