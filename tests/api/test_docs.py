"""The shell of docs/api.md, run from its first line to its last as it stands there, against a running server."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from mingduan.api.tokens import digest
from mingduan.cases.models import Case
from mingduan.people.models import ApiToken, Office, Organisation, User
from tests.registry.scheme import certified
from tests.registry.test_importing import row, text

from .client import SCOPES, make_people
from .test_imports import MAPPING, TICKETS

DOCS = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", DOCS, re.M | re.S)
TOOLS = {  # a token is its owner's login here; whatever is not answered as the document says ends the script
    "mingduan": '[ "$1 $2" = "token create" ] && echo "$3"',
    "curl": 'exec /usr/bin/curl --fail-with-body "$@"',
}


def put_in(folder: Path) -> dict[str, str]:
    """The tools and files that the document takes for granted; the environment to run in."""
    (folder / "bin").mkdir()
    for name, does in TOOLS.items():
        (folder / "bin" / name).write_text(f"#!/bin/bash\n{does}\n")
        (folder / "bin" / name).chmod(0o755)
    files: dict[str, bytes] = {
        "decision.pdf": b"%PDF-1.7\n%%EOF", "photo.png": b"\x89PNG\r\n\x1a\n" + b"\0" * 30, "tickets.csv": TICKETS.encode(),
        "register.csv": text(row("2025XL0009YR0", 9, 专业="线路", 等级="特级")).encode(), "mapping.json": MAPPING.encode(),
    }  # fmt: skip
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}


def test_the_document_does_what_it_says(flushable: None, live_server, tmp_path: Path, settings) -> None:
    settings.HOME = tmp_path / "home"
    make_people()
    operator = Organisation.objects.create(name="云州通信公司", kind="body")
    for login, office in (("desk", "desk"), ("expert1", "")):
        user = User.objects.create_user(login, name=login, organisation=operator if office else None, expert=not office)
        ApiToken.objects.create(user=user, name="t", scopes=SCOPES, digest=digest(login))
        if office:
            Office.objects.create(user=user, body="telecom", role=office)
    certified()
    script = "set -euo pipefail\n" + "\n".join(BLOCKS).replace("http://127.0.0.1:8000", live_server.url)
    env = put_in(tmp_path)
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1500:]
    assert {"telecom/complaint", "cace/suspension", "telecom/takeover"} <= set(Case.objects.values_list("rulebook", flat=True))  # fmt: skip
    assert Case.objects.get(rulebook="telecom/network-complaint").state == "refused"
    assert Case.objects.get(rulebook="cace/appeal").balances["bank"] == 500_000
