"""Secrets that the database keeps for later use (second factors), sealed with a key that the database does not hold.

The key comes of `settings.SECOND_FACTOR_KEY`. What was kept before it was sealed is told by its lacking the mark.
"""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

_MARK = "sealed:"


def seal(text: str) -> str:
    """`text` as the database may keep it."""
    return _MARK + _fernet().encrypt(text.encode()).decode()


def unseal(kept: str) -> str:
    """What was sealed. Raises ImproperlyConfigured when it was sealed with another key: an empty or guessed secret
    must never stand in for it.
    """
    if not kept.startswith(_MARK):
        return kept
    try:
        return _fernet().decrypt(kept.removeprefix(_MARK)).decode()
    except InvalidToken as error:
        raise ImproperlyConfigured(
            "第二因素是用另一把密钥封存的：请恢复 MINGDUAN_MFA_KEY（或 MINGDUAN_SECRET_KEY）"
            " / second factors were sealed with another key: put MINGDUAN_MFA_KEY (or MINGDUAN_SECRET_KEY) back"
        ) from error


def is_sealed(kept: str) -> bool:
    """Whether it is sealed already."""
    return kept.startswith(_MARK)


def _fernet() -> Fernet:
    derived = HKDF(SHA256(), 32, salt=None, info=b"mingduan second factors").derive(settings.SECOND_FACTOR_KEY.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
