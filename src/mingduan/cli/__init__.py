"""The command line: rule authors' tools, and what an operator runs. Exit code 1 for a finding, 2 for misuse."""

from __future__ import annotations

from . import archive, cases, certificates, complaints, days, people, register, rulebooks, scorecards, store, up, worker
from .base import app, main

__all__ = [
    "app",
    "archive",
    "cases",
    "certificates",
    "complaints",
    "days",
    "main",
    "people",
    "register",
    "rulebooks",
    "scorecards",
    "store",
    "up",
    "worker",
]
