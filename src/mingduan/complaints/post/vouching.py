"""Whether the mail server that received a letter vouches for its sender (RFC 8601).

Anybody can write anybody's address into a letter. The receiving server checks DMARC, DKIM and SPF and writes what it found into
`Authentication-Results`, under its own name. Only the names that a mailbox trusts are believed: a sender can write such a header too,
and a server takes out those that bear its name (section 5). No name trusted, nobody vouched for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from email.message import Message
from email.utils import getaddresses

from authres import AuthenticationResultsHeader, AuthResError
from django.db import models

from mingduan.people.spoken import both

HEADER, MOST, LONGEST = "authentication-results", 20, 4_000
_UNTOLD = frozenset(("none", "temperror", "neutral"))


class Vouched(models.TextChoices):
    """What the receiving server says of a sender."""

    PASS = "pass", both("已由收信服务器证实", "proved by the receiving server")
    FAIL = "fail", both("未通过收信服务器的验证", "failed the receiving server's check")
    NONE = "none", both("没有可信的验证结果", "no result that can be trusted")


def results(message: Message) -> tuple[str, ...]:
    """The results that a message carries, the latest first. None where it names several authors: then a signature may be one's
    and the address shown another's.
    """
    authors = [str(v)[:LONGEST] for n, v in message.raw_items() if n.lower() == "from"]
    if len(authors) != 1 or len([a for _, a in getaddresses(authors) if a]) != 1:
        return ()
    found = (str(v) for n, v in message.raw_items() if n.lower() == HEADER)
    return tuple(v for v in found if len(v) <= LONGEST)[:MOST]


def trusted_names(written: str) -> frozenset[str]:
    """The servers named in a mailbox's settings, by commas or spaces."""
    return frozenset(written.replace(",", " ").casefold().split())


def vouched(told: Sequence[str], trusted: frozenset[str], sender: str) -> Vouched:
    """What the trusted servers say of `sender`, of each method what the latest of them says. A failed DMARC is never outweighed.

    Examples:
        >>> mx = frozenset(["mx.telecom.example"])
        >>> vouched(["mx.telecom.example; dmarc=pass header.from=example.cn"], mx, "li@example.cn").value
        'pass'
        >>> vouched(["elsewhere.example; dmarc=pass header.from=example.cn"], mx, "li@example.cn").value
        'none'
        >>> vouched(["mx.telecom.example; dkim=pass header.d=other.cn"], mx, "li@example.cn").value
        'fail'
    """
    domain = sender.rpartition("@")[2].casefold()
    latest: dict[str, list[tuple[str, frozenset[str]]]] = {}
    for line in told:
        said = _of_a_trusted(line, trusted)
        if any(method == "dmarc" and result == "fail" for method, result, _ in said):
            return Vouched.FAIL
        here: dict[str, list[tuple[str, frozenset[str]]]] = {}
        for method, result, domains in said:
            here.setdefault(method, []).append((result, domains))
        latest = here | latest
    if any(result == "pass" and domain in domains for result, domains in latest.get("dmarc", ())):
        return Vouched.PASS
    rest = [one for method in ("dkim", "spf") for one in latest.get(method, ()) if one[0] not in _UNTOLD]
    if any(result == "pass" and any(_covers(d, domain) for d in domains) for result, domains in rest):
        return Vouched.PASS
    return Vouched.FAIL if rest else Vouched.NONE


def _of_a_trusted(line: str, trusted: frozenset[str]) -> Iterable[tuple[str, str, frozenset[str]]]:
    """The method, the result and the domains it is about, of one header of a server that is trusted."""
    try:
        header = AuthenticationResultsHeader.parse_value(" ".join(line.split()))
    except (AuthResError, ValueError, IndexError, RecursionError):  # broken, so it proves nothing
        return []
    if str(header.authserv_id).casefold() not in trusted:
        return []
    about = {("dmarc", "from"), ("dkim", "d"), ("dkim", "i"), ("spf", "mailfrom")}
    return [
        (
            str(r.method).casefold(),
            str(r.result).casefold(),
            frozenset(
                str(p.value).rpartition("@")[2].strip('"').rstrip(".").casefold()
                for p in r.properties
                if (str(r.method).casefold(), str(p.name).casefold()) in about
            ),
        )
        for r in header.results
    ]


def _covers(signing: str, domain: str) -> bool:
    """Whether a domain answers for another: the same, or one above it (never a bare top level)."""
    return "." in signing and (domain == signing or domain.endswith(f".{signing}"))
