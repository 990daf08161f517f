"""The command line: rule authors' tools, and what an operator runs. Exit code 1 for a finding, 2 for misuse."""

from __future__ import annotations

from . import archive as _archive  # registers its commands, as do the next
from . import office as _office
from . import tokens as _tokens
from . import worker as _worker
from .commands import main

__all__ = ["_archive", "_office", "_tokens", "_worker", "main"]
