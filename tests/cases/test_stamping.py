"""Checkpoints stamped by an authority over the wire, and what is no stamp of theirs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from asn1crypto import keys, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.db import connection
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper

from mingduan.cases import audit, checkpoint, outbox, stamping
from mingduan.cases.models import Outbox, Stamp

from .test_act import NOW, new_case

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def authority() -> DummyTimeStamper:
    """An authority with a key and certificate of its own."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test TSA")])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1)).not_valid_after(datetime.now(UTC) + timedelta(days=9))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True).sign(key, hashes.SHA256())
    )  # fmt: skip
    private = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return DummyTimeStamper(
        asn1_x509.Certificate.load(made.public_bytes(serialization.Encoding.DER)), keys.PrivateKeyInfo.load(private)
    )


@pytest.fixture
def line(authority: DummyTimeStamper, settings: Any) -> Iterator[list[int]]:
    """The authority's line: each request takes the next of the answers given, 200 when none is left."""
    answers: list[int] = []

    class Line(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = tsp.TimeStampReq.load(self.rfile.read(int(self.headers["Content-Length"])))
            status = answers.pop(0) if answers else 200
            self.send_response(status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            if status == 200:
                self.wfile.write(asyncio.run(authority.async_request_tsa_response(asked)).dump())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Line)
    Thread(target=server.serve_forever, daemon=True).start()
    settings.TSA_URL = f"http://127.0.0.1:{server.server_port}/"
    settings.TIME_STAMPER = "mingduan.cases.stamping.over_http"
    yield answers
    server.shutdown()
    server.server_close()


def test_a_checkpoint_is_stamped_once_and_says_when(line: list[int]) -> None:
    new_case()
    made = checkpoint.take(NOW)
    assert outbox.run(NOW) >= 1
    stamp = Stamp.objects.get(checkpoint=made)
    assert abs(stamping.when(bytes(stamp.token)) - datetime.now(UTC)) < timedelta(minutes=1)
    assert list(audit.verify()) == []
    stamping.stamp({"checkpoint": made.pk}, NOW)
    assert Stamp.objects.count() == 1


def test_while_the_authority_is_down_the_store_goes_on_and_it_is_asked_again(line: list[int]) -> None:
    line += [503, 503]
    checkpoint.take(NOW)
    for hours in range(3):
        outbox.run(NOW + timedelta(hours=hours))
    assert Stamp.objects.count() == 1
    assert Outbox.objects.get(topic="stamp").attempts == 3


def test_a_stamp_of_something_else_is_not_taken(line: list[int], settings: Any) -> None:
    settings.TIME_STAMPER = f"{__name__}.of_something_else"
    made = checkpoint.take(NOW)
    with pytest.raises(ValueError, match="something else"):
        stamping.stamp({"checkpoint": made.pk}, NOW)


def of_something_else(digest: bytes) -> bytes:
    """An authority that does not listen."""
    return stamping.over_http(digest[::-1])


def test_a_stamp_put_on_another_checkpoint_or_broken_is_found(line: list[int]) -> None:
    for day in range(2):
        checkpoint.take(NOW + timedelta(days=day))
    outbox.run(NOW + timedelta(days=2))
    one, two = Stamp.objects.order_by("pk")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
        else:
            cursor.execute("DROP TRIGGER cases_stamp_no_update")
    Stamp.objects.filter(pk=two.pk).update(token=one.token)
    broken = bytearray(one.token)
    broken[-1] ^= 1
    Stamp.objects.filter(pk=one.pk).update(token=bytes(broken))
    assert [f.what for f in audit.verify()] == ["时间戳与检查点不符"] * 2


def test_without_an_authority_nothing_is_stamped() -> None:
    made = checkpoint.take(NOW)
    stamping.stamp({"checkpoint": made.pk}, NOW)
    assert not Stamp.objects.exists()
