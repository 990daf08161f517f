"""A real IMAP server (Dovecot, of Debian), unprivileged, with a home and port of its own, and a wire to it that can be cut."""

from __future__ import annotations

import imaplib
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

PASSWORD = "a-password-of-the-test"
_CONFIG = """
protocols = imap
base_dir = {dir}/run
state_dir = {dir}/state
log_path = {dir}/log
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
mail_location = maildir:{dir}/mail/%u
first_valid_uid = 1
ssl = yes
ssl_cert = <{dir}/cert.pem
ssl_key = <{dir}/key.pem
auth_failure_delay = 0
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={dir}/mail/%u
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {tls}
    ssl = yes
  }}
}}
service stats {{
  chroot =
}}
"""


class Server:
    """Dovecot; its process is this one's child, and only that is ended."""

    def __init__(self) -> None:
        self.dir = Path(tempfile.mkdtemp(prefix="md-imap-", dir="/tmp"))
        self.port, self.tls = _free(), _free()
        self.certificate = self.dir / "cert.pem"
        root = os.geteuid() == 0
        who = pwd.getpwnam("dovecot") if root else pwd.getpwuid(os.geteuid())
        group = subprocess.run(["id", "-gn", who.pw_name], capture_output=True, text=True, check=True).stdout.strip()
        _certify(self.dir)
        (self.dir / "mail").mkdir()
        config = _CONFIG.format(
            dir=self.dir, user=who.pw_name, group=group, port=self.port, tls=self.tls, password=PASSWORD
        )
        (self.dir / "dovecot.conf").write_text(config)
        if root:
            for path in (self.dir, *self.dir.iterdir()):
                os.chown(path, who.pw_uid, who.pw_gid)
        self.who = who if root else None
        self.process: subprocess.Popen[bytes] | None = None
        self.user = "kefu"  # anybody may sign in, and has a mailbox then

    def start(self) -> None:
        """Start it and wait until it answers."""
        as_whom = {"user": self.who.pw_uid, "group": self.who.pw_gid, "extra_groups": []} if self.who else {}
        self.process = subprocess.Popen(
            ["/usr/sbin/dovecot", "-F", "-c", str(self.dir / "dovecot.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **as_whom
        )  # type: ignore[call-overload]  # fmt: skip
        for _ in range(200):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as probe:
                if probe.recv(4) == b"* OK":
                    return
            time.sleep(0.05)
        raise RuntimeError((self.dir / "log").read_text() if (self.dir / "log").exists() else "dovecot did not start")

    def stop(self) -> None:
        """End it."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)
            self.process = None

    def remove(self) -> None:
        """End it and take its home away."""
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)

    @contextmanager
    def client(self) -> Iterator[imaplib.IMAP4]:
        """Somebody else's mail program, signed in."""
        with imaplib.IMAP4_SSL(
            "127.0.0.1", self.tls, ssl_context=ssl.create_default_context(cafile=str(self.certificate))
        ) as client:
            client.login(self.user, PASSWORD)
            yield client

    def deliver(self, *messages: bytes) -> None:
        """Put messages into somebody's inbox."""
        with self.client() as client:
            for message in messages:
                assert (
                    client.append("INBOX", None, None, message.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))[0]
                    == "OK"
                )

    def flags(self, folder: str = "INBOX") -> list[str]:
        """The flags of each message in a folder."""
        with self.client() as client:
            if client.select(folder, readonly=True)[0] != "OK":
                return []
            there = client.uid("SEARCH", "ALL")[1][0].split()
            return [client.uid("FETCH", n.decode(), "(FLAGS)")[1][0].decode() for n in there]


class Wire:
    """A way to the server that is cut as soon as somebody sends `on`, or is so slow that everything takes `delay` seconds."""

    def __init__(self, port: int, on: bytes = b"", delay: float = 0) -> None:
        self.to, self.on, self.delay, self.cut = port, on, delay, 0
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, far = self.listening.accept()[0], socket.create_connection(("127.0.0.1", self.to))
                threading.Thread(target=self._pump, args=(near, far, True), daemon=True).start()
                threading.Thread(target=self._pump, args=(far, near, False), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, outwards: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                if outwards and self.on and self.on in data.upper():
                    self.cut += 1
                    break
                time.sleep(self.delay)
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _certify(folder: Path) -> None:
    """A certificate of its own for this server."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
