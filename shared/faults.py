"""What is wrong with a value that a request gives (字段之误), in Chinese."""

from collections.abc import Mapping
from typing import Any

WORDS: Mapping[str, str] = {
    "missing": "没有填写",
    "extra_forbidden": "没有这一项",
    "string_type": "应为文字",
    "string_pattern_mismatch": "写法应符合 {pattern}",
    "string_too_long": "最多 {max_length} 个字",
    "string_too_short": "至少 {min_length} 个字",
    "uuid_parsing": "应为标识（UUID）",
    "uuid_type": "应为标识（UUID）",
    "bool_parsing": "应为 true 或 false",
    "bool_type": "应为 true 或 false",
    "int_parsing": "应为整数",
    "int_type": "应为整数",
    "list_type": "应为列表",
    "tuple_type": "应为列表",
    "dict_type": "应为成对的名和值",
    "literal_error": "应为 {expected} 之一",
    "enum": "应为 {expected} 之一",
    "date_from_datetime_parsing": "应为日期, 如 2026-03-02",
    "date_parsing": "应为日期, 如 2026-03-02",
    "datetime_parsing": "应为时间, 如 2026-03-02T14:10:00+08:00",
    "datetime_from_date_parsing": "应为时间, 如 2026-03-02T14:10:00+08:00",
    "timezone_aware": "应写明时区, 如 2026-03-02T14:10:00+08:00",
    "greater_than_equal": "不得小于 {ge}",
    "less_than_equal": "不得大于 {le}",
    "too_long": "最多 {max_length} 项",
    "too_short": "至少 {min_length} 项",
    "json_invalid": "不是合格的 JSON",
}
"""By the kind of error; what stands in braces is its bound."""


def worded(error: Mapping[str, Any]) -> str:
    """One error of pydantic as people read it; one of another kind in its own words."""
    words = WORDS.get(error["type"])
    if words is None:
        return str(error["msg"]).removeprefix("Value error, ")
    bounds = dict(error.get("ctx", {}))
    if "expected" in bounds:
        bounds["expected"] = bounds["expected"].replace(" or ", "、").replace(", ", "、")
    return words.format_map(bounds)
