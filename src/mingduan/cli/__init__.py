"""The command line: rule authors' tools, and what an operator runs. Exit code 1 for a finding, 2 for misuse."""

from __future__ import annotations

from . import office as _office  # registers its commands, as do the next
from . import tokens as _tokens
from . import worker as _worker
from .commands import main

__all__ = ["_office", "_tokens", "_worker", "main"]
