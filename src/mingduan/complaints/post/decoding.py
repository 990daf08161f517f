"""Words of a message's headers and texts, whatever their charset is said to be and is: much Chinese mail says gb2312 and means
GB18030, cuts a character in two between encoded words, or says nothing at all.

The standard library's `decode_header` raises on broken words and decodes each as it is declared; a complaint must be read anyhow.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from email.message import Message
from email.utils import getaddresses

_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs", "ascii": "utf-8"}  # what is meant by what is said
_SAFE = re.compile(r"utf-|gb|hz|big5|iso8859|cp|shift_jis|euc_|iso2022|koi8|ascii|johab|tis-620|mac-roman")
_WORD = re.compile(r"=\?([^?\s]{1,40})\?([bBqQ])\?([^?]{0,1000})\?=")
_HEADER = 4_000  # characters of one header that are looked at


def decoded(content: bytes, charset: str = "") -> str:
    """The text of some octets: as declared if that works out, else as UTF-8 or GB18030, else with what can't be read marked.

    Examples:
        >>> decoded("话费镕".encode("gb18030"), "gb2312"), decoded("话费".encode("gbk"), "us-ascii"), decoded(b"\\xff\\xff", "no-such")
        ('话费镕', '话费', '��')
    """
    for name in dict.fromkeys((_codec(charset), "utf-8", "gb18030")):
        try:
            return content.decode(name)
        except UnicodeError:
            continue
    return content.decode("utf-8", "replace")


def words(value: str) -> str:
    """A header's value as it was meant, on one line.

    Examples:
        >>> words("=?gb2312?B?zfjC57bP?= =?gb2312?B?1LM=?= 2")
        '网络断猿 2'
    """
    value = _unescaped(value[:_HEADER])
    out, last, octets, charset = [], 0, b"", ""
    for match in _WORD.finditer(value):
        between = value[last : match.start()]
        if between.strip() or not last or match[1].lower() != charset:  # not the next piece of the same run
            out.append(decoded(octets, charset) if octets else "")
            out.append(between if between.strip() else "")
            octets, charset = b"", match[1].lower()
        octets, last = octets + _octets(match[2].lower(), match[3]), match.end()
    out += [decoded(octets, charset) if octets else "", value[last:]]
    return clean(" ".join("".join(out).split()))


def clean(text: str) -> str:
    """Without characters that no database or page takes: NUL and other controls, halves of surrogate pairs."""
    return "".join(c for c in text if c in "\t\n" or (c >= " " and c != "\x7f" and not "\ud800" <= c <= "\udfff"))


def header(message: Message, name: str) -> str:
    """The raw value of a header, '' where there is none; however broken, reading it raises nothing."""
    return next((str(v) for n, v in message.raw_items() if n.lower() == name.lower()), "")[:_HEADER]


def mailbox(value: str) -> tuple[str, str]:
    """The name and address of the first mailbox of a header's raw value. Parsed before its words are decoded, so that a name
    can't pretend to be an address; '' for what is none.
    """
    name, address = next(iter(getaddresses([_unescaped(value)])), ("", ""))
    return words(name), clean(address).strip()


def filename(part: Message) -> str:
    """What an attachment is called: RFC 2231, RFC 2047 in quotes, raw octets, or ''."""
    for field, param in (("content-disposition", "filename"), ("content-type", "name")):
        readable = Message()
        readable[field] = _unescaped(header(part, field))
        try:
            told = readable.get_param(param, "", field)
        except (
            ValueError,
            TypeError,
            IndexError,
            AttributeError,
            LookupError,
        ):  # a header that breaks the standard parser
            continue
        if isinstance(told, tuple):  # RFC 2231: charset, language, the octets as latin-1
            return clean(decoded(told[2].encode("latin-1", "replace"), told[0] or ""))[:300]
        if told:
            return words(str(told))[:300]
    return ""


def _codec(charset: str) -> str:
    """The codec for a charset, only of those that are texts: some codecs unpack, or take time that grows with the square."""
    try:
        name = codecs.lookup(charset.strip("'\" ")).name
    except (LookupError, ValueError):  # ValueError: a NUL in it
        return "utf-8"
    return _WIDER.get(name, name) if _SAFE.match(name) else "utf-8"


def _octets(encoding: str, said: str) -> bytes:
    if encoding == "q":
        return binascii.a2b_qp(said.encode("ascii", "replace"), header=True)
    plain = re.sub(r"[^A-Za-z0-9+/]", "", said)
    return base64.b64decode(plain[: len(plain) - (len(plain) % 4 == 1)] + "=" * (-len(plain) % 4))


def _unescaped(value: str) -> str:
    """Raw octets in a header, which the parser keeps as surrogates, as the text they most likely are."""
    return decoded(value.encode("utf-8", "surrogateescape")) if re.search("[\udc80-\udcff]", value) else value
