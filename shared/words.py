"""The Chinese words for codes that stand in events, read models and interfaces."""

STATUSES = {
    "registered": "已登记",
    "graded": "已定级",
    "assigned": "已交办",
    "drafted": "已拟稿",
    "approved": "已审定",
    "published": "已发布",
    "closed": "已办结",
    "linked": "已并案",
    "voided": "已作废",
}
"""How far an incident has come, in order."""

VERDICTS = {
    "running": "计时中",
    "met": "按时",
    "missed": "逾期未办",
    "met_late": "迟办",
    "superseded": "按时（更正）",
    "recorded_late": "迟录待裁定",
    "cancelled": "已撤销",
}
"""What became of a duty."""

GRADES = {"especially_major": "特别重大", "major": "重大", "larger": "较大", "ordinary": "一般"}
"""Severity, gravest first."""
