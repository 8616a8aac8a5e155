"""The Chinese words for codes that stand in events, read models and interfaces, and for faults."""

from collections.abc import Mapping
from typing import Any

STATUSES = {
    "registered": "已登记",
    "reopened": "已重启",
    "graded": "已定级",
    "assigned": "已交办",
    "drafted": "已拟稿",
    "approved": "已审定",
    "published": "已发布",
    "closed": "已办结",
    "linked": "已并案",
    "voided": "已作废",
}
"""How far an incident has come, in order; what is reopened (重启) goes this way once more."""

VERDICTS = {
    "running": "计时中",
    "met": "按时",
    "missed": "逾期未办",
    "met_late": "迟办",
    "superseded": "按时（更正）",
    "recorded_late": "迟录待裁定",
    "settled_in_time": "按时（裁定）",
    "settled_late": "迟办（裁定）",
    "measured": "已计量",
    "ended": "已结束",
    "cancelled": "已撤销",
}
"""What became of a duty."""

CHANNELS = {
    "message_board": "留言板",
    "call": "来电",
    "newspaper": "报刊",
    "post": "网帖",
    "visit": "来访",
    "import": "导入",
}
"""Where an incident was heard."""

CATEGORIES = {
    "inquiry_demand": "咨询诉求",
    "dispute_hazard": "矛盾隐患",
    "health_safety_event": "卫生安全",
    "constructive": "积极建议",
    "malicious_spread_hype": "恶意炒作",
    "fabrication_attack_illegal": "捏造违法",
    "resident_interaction": "居民互动",
    "self_expression": "自我表达",
}
"""What an incident is about, where its category is one of ours; imports bring their own words."""

OUTCOMES = {"answered": "已答复", "without_reply": "按规则无需答复", "history": "历史未答复"}
"""How an incident was closed."""

GRADES = {"especially_major": "特别重大", "major": "重大", "larger": "较大", "ordinary": "一般"}
"""Severity, gravest first."""

EMPTINESS = {"receipt": "仅收悉", "transfer": "仅转办", "blank": "无内容"}
"""In which way a reply answers nothing."""

KNOWN_BY = {"directory": "", "file": "（名录外）", "unnamed": "（未写明）"}
"""How a replying unit of imported history is known, as it stands behind its name."""

STARTS = {"posted": "发帖", "discovered": "发现", "registered": "登记"}
"""What a duty is counted from."""

ADMINISTRATOR = "administrator"
"""The post that sets the system up and appoints others (系统管理员)."""

AUDITOR = "auditor"
"""The post that reads and changes nothing (审计员)."""

POSTS = {
    ADMINISTRATOR: "系统管理员",
    AUDITOR: "审计员",
    "info_officer": "信息员",
    "office_director": "办公室主任",
    "principal_leader": "主要领导",
    "spokesperson": "新闻发言人",
    "liaison": "联络员",
    "supervisor": "督查员",
}
"""Posts and their Chinese names; packs may name more."""

FAULTS: Mapping[str, str] = {
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
"""What is wrong with a value that a request gives, by pydantic's kind; braces hold its bound."""


def worded(error: Mapping[str, Any]) -> str:
    """One error of pydantic as people read it; one of another kind in its own words."""
    words = FAULTS.get(error["type"])
    if words is None:
        return str(error["msg"]).removeprefix("Value error, ")
    bounds = dict(error.get("ctx", {}))
    if "expected" in bounds:
        bounds["expected"] = bounds["expected"].replace(" or ", "、").replace(", ", "、")
    return words.format_map(bounds)
