"""The exported ledger as a table for people, with below it what it rests on."""

from collections.abc import Iterator
from typing import Any

from services.reporting.ledger.entry import LedgerEntry
from services.reporting.ledger.export import LedgerExport
from services.reporting.sheets import Column, Sheet
from shared.clock import shown
from shared.words import OUTCOMES, STATUSES, VERDICTS

COLUMNS = (
    Column("number", "编号", 19),
    Column("unit", "登记单位", 14),
    Column("channel", "渠道", 7),
    Column("category", "类别", 9),
    Column("title", "标题", 28),
    Column("posted_at", "发帖", 16, "moment"),
    Column("registered_at", "登记", 16, "moment"),
    Column("grade", "等级", 9),
    Column("lead", "牵头单位", 14),
    Column("co_handling", "协办单位", 12),
    Column("due", "应答复", 16, "limit"),
    Column("published_at", "发布", 16, "moment"),
    Column("verdict", "时限", 9),
    Column("spare_seconds", "提前", 15, "duration"),
    Column("late_seconds", "迟", 15, "duration"),
    Column("status", "状态", 8),
    Column("closed_at", "办结", 16, "moment"),
    Column("result", "结果", 12),
    Column("duties_missed", "逾期未办项", 10, "number"),
    Column("duties_late", "迟办项", 7, "number"),
    Column("missing", "归档缺项", 14),
    Column("archive_number", "件号", 19),
)


def ledger_sheet(export: LedgerExport) -> Sheet:
    """The table. About a moment gone by it never says when it was made: it is always the same."""
    whose = f"{export.county.name} " if export.county else ""
    foot = f"{whose}日志 {export.log.size} 条, 树根 {export.log.root}"
    rows = (_row(entry, export.units) for entry in export.rows)
    return Sheet("归档台账", COLUMNS, rows, tuple(_notes(export)), foot)


def _row(entry: LedgerEntry, units: dict[str, str]) -> dict[str, Any]:
    def called(code: str | None) -> str:
        return units.get(code, code) if code else ""

    words = {
        "unit": called(entry.unit),
        "category": entry.category_name,
        "channel": entry.channel_name,
        "status": STATUSES[entry.status],
        "grade": entry.grade_name or "",
        "lead": called(entry.lead),
        "co_handling": [called(code) for code in entry.co_handling],
        "verdict": VERDICTS[entry.verdict] if entry.verdict else "",
        "result": _result(entry),
        "missing": [each.title for each in entry.missing],
    }
    return {column.key: getattr(entry, column.key, None) for column in COLUMNS} | words


def _result(entry: LedgerEntry) -> str:
    if entry.linked_to:
        return f"并入 {entry.linked_to}"
    return OUTCOMES[entry.outcome] if entry.outcome else ""


def _notes(export: LedgerExport) -> Iterator[str]:
    whose = f"{export.county.name}（{export.county.code}）" if export.county else ""
    yield f"{whose}归档台账, 共 {len(export.rows)} 件"
    yield f"筛选：{_filters(export)}"
    if export.as_of is not None:
        yield f"截至 {shown(export.as_of)}（北京时间）" + ("" if export.settled else ", 尚未到")
    if not export.settled:
        yield f"制表 {shown(export.made_at)}（北京时间）"
    yield f"日志 {export.log.size} 条, 树根 {export.log.root}"
    yield f"文字已销毁：{'、'.join(export.erased) or '无'}"
    if export.set_aside:
        yield f"另有 {export.set_aside} 条记录搁置, 未入台账（见 huiyin doctor）"


def _filters(export: LedgerExport) -> str:
    given = export.filters
    unit, status, verdict = (given.get(name, "") for name in ("unit", "status", "verdict"))
    said = [
        f"单位 {export.units.get(unit, unit)}（{unit}）" if unit else "",
        f"状态 {STATUSES[status]}" if status else "",
        f"时限 {VERDICTS[verdict]}" if verdict else "",
        _days(given),
    ]
    return "；".join(filter(None, said)) or "无"


def _days(given: dict[str, str]) -> str:
    first, last = given.get("from"), given.get("to")
    said = [f"自 {first}" if first else "", f"至 {last}" if last else ""]
    return f"登记日期{''.join(said)}" if first or last else ""
