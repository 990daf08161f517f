"""What pydantic says of a member that does not match its description, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mingduan.procedure.text import Text

_IN_CHINESE = {
    "missing": "缺少“{name}”",
    "extra_forbidden": "没有“{name}”这一项",
    "string_type": "“{name}”应为文字",
    "string_too_long": "“{name}”最多 {max_length} 字",
    "string_too_short": "“{name}”至少 {min_length} 字",
    "int_type": "“{name}”应为整数",
    "int_parsing": "“{name}”应为整数",
    "int_from_float": "“{name}”应为整数",
    "bool_type": "“{name}”应为 true 或 false",
    "bool_parsing": "“{name}”应为 true 或 false",
    "greater_than_equal": "“{name}”不小于 {ge}",
    "less_than_equal": "“{name}”不大于 {le}",
    "list_type": "“{name}”应为列表",
    "dict_type": "“{name}”应为对象",
    "too_long": "“{name}”最多 {max_length} 项",
    "date_parsing": "“{name}”应为日期，如 2026-09-25",
    "date_from_datetime_parsing": "“{name}”应为日期，如 2026-09-25",
    "datetime_parsing": "“{name}”应为时刻，如 2026-09-25T09:00:00+08:00",
    "datetime_from_date_parsing": "“{name}”应为时刻，如 2026-09-25T09:00:00+08:00",
    "uuid_parsing": "“{name}”应为 UUID",
}


def told(error: Mapping[str, Any]) -> Text:
    """One fault; in Chinese at least which member it is, where its kind is a rare one."""
    name = error["loc"][-1]
    try:
        zh = _IN_CHINESE[error["type"]].format(name=name, **error.get("ctx", {}))
    except KeyError:
        zh = f"“{name}”不符合说明"
    return Text(zh=zh, en=error["msg"])
