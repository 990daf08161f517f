"""Personal values with their telling part covered, and words with the numbers in them covered."""

from __future__ import annotations

import re
from typing import Literal

Kind = Literal["name", "phone", "email", "address", "id", "text"]

_NOT_IN_A_WORD = r"(?<![0-9A-Za-z]){}(?![0-9A-Za-z])"
_CARD = re.compile(_NOT_IN_A_WORD.format(r"\d{17}[0-9Xx]"))
_MOBILE = re.compile(_NOT_IN_A_WORD.format(r"(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}"))
_LANDLINE = re.compile(_NOT_IN_A_WORD.format(r"0\d{2,3}-\d{7,8}"))
_MAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}")


def mask(kind: str, value: str) -> str:
    """A value of which only so much is left that whoever knows it can recognise it.

    Examples:
        >>> mask("name", "张小明"), mask("phone", "13812345678"), mask("email", "zhangsan@example.com")
        ('张**', '138****5678', 'zh***@example.com')
        >>> mask("address", "蓬江区港口路12号3座501"), mask("id", "440703199001011234"), mask("text", "请打 13812345678")
        ('蓬江区***', '440***********1234', '请打 138****5678')
        >>> mask("name", "138****5678"), mask("phone", "")
        ('138****5678', '')
    """
    if not value or "***" in value:
        return value
    if kind == "name":
        return value[0] + "*" * min(len(value) - 1, 3) if len(value) > 1 else "*"
    if kind == "phone":
        return f"{value[:3]}****{value[-4:]}" if len(value) >= 8 else "****"
    if kind == "email":
        local, _, domain = value.partition("@")
        return f"{local[:2]}***@{domain}"
    if kind == "address":
        return f"{value[:3] if len(value) > 4 else ''}***"
    if kind == "id":
        return value[:3] + "*" * max(len(value) - 7, 3) + value[-4:] if len(value) > 8 else "****"
    return scrubbed(value)


def scrubbed(text: str) -> str:
    """Words in which numbers of identity cards and telephones, and mail addresses, are masked.

    Examples:
        >>> scrubbed("回电 138 1234 5678 或 0750-3366554，a.b@c.cn；工单 20261125000001")
        '回电 138****5678 或 075****6554，a.***@c.cn；工单 20261125000001'
    """
    text = _CARD.sub(lambda m: mask("id", m[0]), text)
    text = _MOBILE.sub(lambda m: mask("phone", m[0]), text)
    text = _LANDLINE.sub(lambda m: mask("phone", m[0]), text)
    return _MAIL.sub(lambda m: mask("email", m[0]), text)
