"""Packs of invented institutions, written for a test."""

from pathlib import Path

from shared.policy import Pack, load_pack

HEADING = """
[pack]
id = "qinghe-school"
version = "{version}"
zh = "青禾县第一中学"
[axis.severity]
zh = "级别"
values = {{major = "重大", ordinary = "一般"}}
[state.outbreak]
zh = "疫情期间"
on = "unit"
[kinds.summarise]
daily = "日报"
[kinds.rank]
reply = "回复情况排名"
"""

BROWSING = """
[schedule."S.1"]
zh = "每天浏览不少于3次"
every = "day"
stop = "browse"
count = 3
"""

DAILY = """
[schedule."S.2"]
zh = "下班前日报"
every = "day"
at = "17:30"
stop = "summarise:daily"
working_days = true
"""

ZERO = """
[schedule."S.3"]
zh = "疫情期间零报告"
every = "day"
stop = "zero_report"
when = {state = "outbreak"}
"""

EACH = """
[schedule."S.4"]
zh = "各单位每周报告"
every = "week"
stop = "summarise"
each = "unit"
"""

RANKING = """
[schedule."S.5"]
zh = "每季度一次回复排名"
every = "quarter"
stop = "rank:reply"
"""

PUBLISHING = """
[schedule."S.6"]
zh = "每日发布或浏览"
every = "day"
stop = ["publish", "browse"]
"""

NOTING = """
[schedule."S.7"]
zh = "每日记录一次"
every = "day"
stop = "note"
"""

ARCHIVING = """
[duty."A.11"]
zh = "办结后五日内归档"
start = "close"
stop = "archive"
days = 5
"""

DUTY = """
[shift."W.1"]
zh = "疫情期间24小时值守"
leader = true
when = {state = "outbreak"}
"""


def written(directory: Path, rules: str, version: str = "2026.1") -> Pack:
    """A pack with those rules."""
    path = directory / f"qinghe-school-{version}.toml"
    path.write_text(HEADING.format(version=version) + rules, encoding="utf-8")
    return load_pack(path)
