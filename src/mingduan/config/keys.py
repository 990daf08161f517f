"""The keys of this installation, for signing and for sealing: those its settings name, else made once in its home."""

from __future__ import annotations

import contextlib
import os
import tempfile
from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings


def signing_key(named: str, made_as: str) -> Ed25519PrivateKey:
    """The key in the file `named` (PEM), or, when none is named, in the file `made_as` of the home, made the first time.

    Raises TypeError when the file holds another kind of key, OSError and ValueError when it can't be read.
    """
    if named:
        return _read(Path(named))
    file = Path(settings.HOME) / made_as
    if not file.exists():
        made = Ed25519PrivateKey.generate()
        _make(
            file,
            made.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ),
        )
    return _read(file)


def public_part(key: Ed25519PrivateKey) -> bytes:
    """The 32 bytes of the public key."""
    return key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


@lru_cache(maxsize=8)
def _read(file: Path) -> Ed25519PrivateKey:
    key = serialization.load_pem_private_key(file.read_bytes(), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{file} holds no Ed25519 key")
    return key


def wrapping_keys() -> MultiFernet:
    """The keys under which the keys of cases are kept: those of the environment, the newest first, else one made in the home.

    Raises ValueError when one of them is no Fernet key, OSError when the home can't be read.
    """
    told = settings.DATA_KEYS or _own_data_key(Path(settings.HOME) / "data-key.txt")
    return _ring(told)


@lru_cache(maxsize=8)
def _ring(told: str) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in told.split(",")])


def _own_data_key(file: Path) -> str:
    if not file.exists():
        _make(file, Fernet.generate_key())
    return file.read_text("ascii").strip()


def _make(file: Path, content: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=file.parent) as out:  # readable by its owner only
        out.write(content)
        out.flush()
        with contextlib.suppress(FileExistsError):  # another process was first: its key counts
            os.link(out.name, file)
