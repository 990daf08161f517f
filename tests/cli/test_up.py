"""`mingduan up`: from an empty folder to a page in the browser, and to its end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def page(url: str, tries: int = 600) -> str:
    """The page, as soon as it is served."""
    for _ in range(tries):
        try:
            with urllib.request.urlopen(url) as answer:  # noqa: S310  our own server
                return str(answer.read().decode())
        except OSError:
            time.sleep(0.1)
    raise AssertionError("nothing was served")


def test_it_serves_says_where_in_one_document_and_ends_when_told(tmp_path: Path) -> None:
    env = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"} | {"MINGDUAN_HOME": str(tmp_path)}
    words = [sys.executable, "-m", "mingduan.cli", "up", "--no-demo", "--json", "--port", str(free_port())]
    with subprocess.Popen(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = []
        while (line := process.stdout.readline()) not in ("}\n", ""):
            lines.append(line)
        url = json.loads("".join(lines) + "}")["url"]
        assert "明断" in page(url)
        process.send_signal(signal.SIGINT)
        rest, said = process.communicate(timeout=60)
    assert (process.returncode, rest, "Traceback" in said) == (0, "", False), said
