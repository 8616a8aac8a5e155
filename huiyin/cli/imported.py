"""What is told of an import: how the file was understood, what came in, and what did not."""

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from huiyin.cli.output import Format, say, show
from huiyin.importing.columns import NAMES
from huiyin.importing.message import Message
from huiyin.importing.remarks import REMARKS
from huiyin.importing.transfer import Order, Tally
from shared.clock import SHANGHAI, shown

SHOWN = 20
"""Refused rows shown to people; the file has all of them."""

OUTCOMES = {"imported": "已导入", "known": "早已导入", "refused": "未导入"}
FORESEEN = {"imported": "可导入", "known": "早已导入", "refused": "不能导入"}
OUTCOME_COLUMNS = {"outcome": "结果", "count": "条数"}
REFUSED_COLUMNS = {
    "row": "行",
    "message_id": "编号",
    "heading": "字段",
    "message": "原因",
    "remedy": "处理办法",
}
REMARK_COLUMNS = {"remark": "值得一看", "count": "条数", "first": "最先的几行"}
FIRST_COLUMNS = {
    "row": "行",
    "message_id": "编号",
    "category": "类别",
    "title": "标题",
    "posted_at": "留言时间",
    "replied_at": "答复时间",
    "unit": "归口单位",
    "words": "正文/答复字数",
}


@dataclass(frozen=True, slots=True)
class Result:
    """What an import came to: ``rejected`` is the file of refused rows, ``saved`` whether the
    columns were kept for the unit.
    """

    order: Order
    tally: Tally
    rejected: Path | None
    saved: bool


def tell_columns(order: Order) -> None:
    """How the file is understood, before anything is imported."""
    source, columns = order.source, order.columns
    say(f"{source.path}：{source.kind}, {source.total} 行, 归 {order.unit}")
    meant = (f"{heading} → {NAMES[field]}" for heading, field in columns.meant().items())
    say(f"列：{'、'.join(meant)}")
    if columns.left_out:
        say(f"不导入的列：{'、'.join(columns.left_out)}")
    if order.ours:
        say("这是以前未导入的行, 改正后再次导入。")


def tell(result: Result, format_: Format) -> None:
    """What became of the rows."""
    if format_ == "json":
        show(_as_json(result), {}, "json")
        return
    tally, dry = result.tally, result.order.dry
    if dry and tally.first:
        show([_first(message) for message in tally.first], FIRST_COLUMNS, "table")
    words = FORESEEN if dry else OUTCOMES
    counts = [{"outcome": words[name], "count": tally.counts[name]} for name in OUTCOMES]
    show(counts, OUTCOME_COLUMNS, "table")
    _tell_remarks(tally)
    _tell_refused(result)
    if result.saved:
        unit = result.order.unit
        say(f"列名对照已为 {unit} 保存, 以后导入同样的文件不必再给 --map。")
    if dry:
        say("这只是预览, 什么也没有保存。去掉 --dry-run 即可导入。")


def _tell_remarks(tally: Tally) -> None:
    rows = [
        {"remark": REMARKS[name], "count": found.count, "first": "、".join(map(str, found.rows))}
        for name, found in _remarks(tally)
    ]
    if rows:
        show(rows, REMARK_COLUMNS, "table")


def _tell_refused(result: Result) -> None:
    problems = result.tally.problems
    if not problems:
        return
    show([asdict(problem) for problem in problems[:SHOWN]], REFUSED_COLUMNS, "table")
    count = result.tally.counts["refused"]
    if count > SHOWN:
        say(f"以上是前 {SHOWN} 行, 共 {count} 行。")
    if result.rejected:
        say(f"未导入的行连同原因写在 {result.rejected}")
        say(f"改好后可直接导入它：huiyin import {result.rejected}")


def _as_json(result: Result) -> list[dict[str, Any]]:
    tally, source = result.tally, result.order.source
    imported: dict[str, Any] = {
        "dry": result.order.dry,
        "file": source.digest,
        "encoding": source.encoding,
        "columns": result.order.columns.meant(),
        "left_out": result.order.columns.left_out,
        "remarks": [{"remark": name} | asdict(found) for name, found in _remarks(tally)],
    }
    if result.order.dry:
        imported["rows"] = tally.first
    refused = {
        "rows": [asdict(problem) for problem in tally.problems],
        "rejected": str(result.rejected) if result.rejected else None,
    }
    more: dict[str, dict[str, Any]] = {"imported": imported, "known": {}, "refused": refused}
    return [{"outcome": name, "count": tally.counts[name]} | more[name] for name in OUTCOMES]


def _remarks(tally: Tally) -> list[tuple[str, Any]]:
    return [(name, tally.remarks[name]) for name in REMARKS if name in tally.remarks]


def _first(message: Message) -> dict[str, Any]:
    times = {name: _time(message, name) for name in ("posted_at", "replied_at")}
    words = f"{len(message['body'])}/{len(message['reply'])}"
    return {**message, **times, "words": words}


def _time(message: Message, field: str) -> str:
    if not message[field]:
        return ""
    moment = datetime.fromisoformat(message[field])
    if field in message["days_only"]:
        return f"{moment.astimezone(SHANGHAI):%Y-%m-%d}（只有日期）"
    return shown(moment)
