"""Letters that no mail program writes: broken, deep, endless, lying about their charset, or out to be run."""

from __future__ import annotations

import base64
import io
import zipfile

_HEAD = b"From: x%d@hostile.example\r\nTo: kefu@telecom.example\r\nSubject: %s\r\nMessage-ID: <h%d@hostile.example>\r\n"


def _bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(30_000_000))
    return out.getvalue()


def _with(content: bytes, name: bytes, kind: bytes = b"application/octet-stream") -> bytes:
    return (
        b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nlook\r\n--b\r\nContent-Type: '
        + kind + b"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=" + name + b"\r\n\r\n"
        + base64.encodebytes(content) + b"\r\n--b--\r\n"
    )  # fmt: skip


_DEEP = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(400))
_MANY = b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n" * 5_000
_BODIES: dict[str, bytes] = {
    "no body and no blank line": b"X-End: yes\r\n",
    "multipart without boundary": b"Content-Type: multipart/mixed\r\n\r\nlost\r\n",
    "nested four hundred deep": _DEEP,
    "five thousand parts": _MANY,
    "a charset that does not exist": b"Content-Type: text/plain; charset=klingon\r\n\r\n\xb7\xd1\xd3\xc3\r\n",
    "a charset that unpacks": b"Content-Type: text/plain; charset=zip\r\n\r\nx\r\n",
    "a charset with NUL": b'Content-Type: text/plain; charset="utf-8\x01x"\r\n\r\nx\r\n',
    "base64 that is none": b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n====A=B!!!\xff\r\n",
    "an encoding that does not exist": b"Content-Type: text/plain\r\nContent-Transfer-Encoding: nonsense\r\n\r\nx\r\n",
    "uuencode cut short": b"Content-Type: text/plain\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 x\r\nM\r\n",
    "a script": b"Content-Type: text/html\r\n\r\n<script>alert(1)</script><img src=x onerror=alert(1)><p>hello</p>\r\n",
    "a name that climbs": _with(b"text", b'"../../../etc/passwd"', b"text/plain"),
    "a name that turns round": _with(b"text", "\"\u202egpj.exe\"".encode(), b"text/plain"),
    "a name broken by RFC 2231": _with(b"text", b"x; filename*0x*=utf-8''%ff; filename*=a'b; filename*1*=%", b"text/plain"),
    "an archive that bursts": _with(_bomb(), b'"bomb.zip"'),
    "a program": _with(b"MZ" + bytes(200), b'"bill.pdf"'),
    "brackets without end": b"References: " + b"<" * 200_000 + b"\r\n\r\nx\r\n",
    "HTML without end": b"Content-Type: text/html\r\n\r\n" + b"<blockquote><div><table><tr><td>" * 20_000 + b"x\r\n",
    "a report of nothing": b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n\r\n--b--\r\n',
    "a message within itself": b"Content-Type: message/rfc822\r\n\r\n" * 40 + b"x\r\n",
    "another's number as sender": b"From: kefu@telecom.example, <y@z>\r\n\r\nx\r\n",
    "lines of a megabyte": b"Content-Type: text/plain\r\n\r\nOn " + b"a" * 1_000_000 + b"\r\nwrote:\r\n",
}  # fmt: skip
HOSTILE = {
    name: _HEAD % (n, b"=?gb2312?B?%d?=" % n + b" " + name.encode(), n) + body for n, (name, body) in enumerate(_BODIES.items())
}  # fmt: skip
