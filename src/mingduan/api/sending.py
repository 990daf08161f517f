"""A message to somebody else's server, which may be anywhere but inside our own network, and may not hold us up."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

from mingduan.procedure.text import Text

TIMEOUT = 10
_PORTS = {"http": 80, "https": 443}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class NotAllowed(ValueError):
    """An address that nothing is sent to; `text` says why."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.zh)
        self.text = text


@dataclass(frozen=True, slots=True)
class Target:
    """Where a message goes: the address was looked at, and the connection is made to that very address."""

    scheme: str
    host: str
    port: int
    path: str
    address: str


def target(url: str) -> Target:
    """Resolve a URL. Raises NotAllowed for one that is not public, OSError for one that can't be resolved."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        raise NotAllowed(Text(zh="不是有效的网址", en="Not a valid URL")) from None
    if not port or not parts.hostname or parts.username is not None or any(c <= " " or c > "~" for c in url):
        raise NotAllowed(Text(zh="只能是不含账号的 http 或 https 网址", en="Only http and https URLs without credentials"))  # fmt: skip
    try:
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise NotAllowed(Text(zh="不是有效的网址", en="Not a valid URL")) from None
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(map(_allowed, addresses)):
        raise NotAllowed(Text(zh="只推送到公网地址，不推送到本机和内网", en="Only public addresses: not this machine, not a private network"))  # fmt: skip
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, parts.hostname, port, path, addresses[0])


def post(to: Target, body: bytes, headers: Mapping[str, str]) -> int:
    """Post `body`; the status of the answer. No redirect is followed. Raises OSError or HTTPException.

    However slowly the other side answers, it is over after TIMEOUT seconds.
    """
    connection = _Connection(to)
    end = threading.Timer(TIMEOUT, connection.end)
    end.start()
    try:
        connection.request("POST", to.path, body, dict(headers))
        return connection.getresponse().status
    finally:
        end.cancel()
        connection.close()


class _Connection(http.client.HTTPConnection):
    """A connection to the address that was looked at, whatever the name resolves to by now."""

    def __init__(self, to: Target) -> None:
        super().__init__(to.host, to.port, timeout=TIMEOUT)
        self._to = to

    def connect(self) -> None:
        """Connect, with TLS for the name that was asked for."""
        self.sock = socket.create_connection((self._to.address, self._to.port), TIMEOUT)
        if self._to.scheme == "https":
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self._to.host)

    def end(self) -> None:
        """Cut the connection off."""
        if self.sock is not None:
            self.sock.shutdown(socket.SHUT_RDWR)


def _allowed(written: str) -> bool:
    address = ipaddress.ip_address(written.split("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            address = address.ipv4_mapped
        elif address.sixtofour or address.teredo or address in _NAT64:
            return False
    if address.is_loopback:
        return bool(settings.HOOKS_TO_LOOPBACK)
    return address.is_global and not address.is_multicast
