"""The door to the ledger: as an answer, and as a file that leaves the house.

The file is a table for people, with below it what it rests on.
"""

import asyncio
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Response

from services.reporting.application import Reporting
from services.reporting.ledger.entry import LedgerEntry
from services.reporting.ledger.export import LedgerExport
from services.reporting.parameters import AsOf, Wanted, moment
from services.reporting.sheets import Sheet, SheetColumn, as_csv, as_xlsx
from shared.clock import SHANGHAI, shown
from shared.identity.officers import Officer
from shared.messaging.waiting import wait_until
from shared.web import After, Asking
from shared.words import OUTCOMES, STATUSES, VERDICTS

MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}

COLUMNS = (
    SheetColumn("number", "编号", 19),
    SheetColumn("unit", "登记单位", 14),
    SheetColumn("channel", "渠道", 7),
    SheetColumn("category", "类别", 9),
    SheetColumn("title", "标题", 28),
    SheetColumn("posted_at", "发帖", 16, "moment"),
    SheetColumn("registered_at", "登记", 16, "moment"),
    SheetColumn("grade", "等级", 9),
    SheetColumn("lead", "牵头单位", 14),
    SheetColumn("co_handling", "协办单位", 12),
    SheetColumn("due", "应答复", 16, "limit"),
    SheetColumn("published_at", "发布", 16, "moment"),
    SheetColumn("verdict", "时限", 9),
    SheetColumn("spare_seconds", "提前", 15, "duration"),
    SheetColumn("late_seconds", "迟", 15, "duration"),
    SheetColumn("status", "状态", 8),
    SheetColumn("closed_at", "办结", 16, "moment"),
    SheetColumn("result", "结果", 12),
    SheetColumn("duties_missed", "逾期未办项", 10, "number"),
    SheetColumn("duties_late", "迟办项", 7, "number"),
    SheetColumn("missing", "归档缺项", 14),
    SheetColumn("archive_number", "件号", 19),
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
    parts = [
        f"单位 {export.units.get(unit, unit)}（{unit}）" if unit else "",
        f"状态 {STATUSES[status]}" if status else "",
        f"时限 {VERDICTS[verdict]}" if verdict else "",
        _days(given),
    ]
    return "；".join(filter(None, parts)) or "无"


def _days(given: dict[str, str]) -> str:
    first, last = given.get("from"), given.get("to")
    parts = [f"自 {first}" if first else "", f"至 {last}" if last else ""]
    return f"登记日期{''.join(parts)}" if first or last else ""


def add_ledger(api: APIRouter, reporting: Reporting) -> None:
    """Add the routes of the ledger, as an answer and as files."""

    @api.get("/ledger")
    async def ledger(
        _: Asking, wanted: Wanted, as_of: AsOf = None, after: After = None
    ) -> list[LedgerEntry]:
        """归档台账：每个事件一行, 可看当时的样子。"""
        await wait_until(reporting.store, after)
        return await reporting.ledger(wanted, moment(as_of))

    add_files(api, reporting)


def add_files(api: APIRouter, reporting: Reporting) -> None:
    """Add the routes of the ledger's files."""

    async def exported(
        format_: str, officer: Officer, wanted: Wanted, as_of: str | None, after: str | None
    ) -> Response:
        await wait_until(reporting.store, after)
        found = await reporting.export(wanted, moment(as_of), format_, officer)
        return await asyncio.to_thread(as_file, found, format_)

    @api.get("/ledger.csv", response_class=Response, responses=_answers("csv"))
    async def ledger_csv(
        officer: Asking, wanted: Wanted, as_of: AsOf = None, after: After = None
    ) -> Response:
        """台账导出为 CSV（UTF-8, 带 BOM）；截至过去某时的, 每次逐字节相同。"""
        return await exported("csv", officer, wanted, as_of, after)

    @api.get("/ledger.xlsx", response_class=Response, responses=_answers("xlsx"))
    async def ledger_xlsx(
        officer: Asking, wanted: Wanted, as_of: AsOf = None, after: After = None
    ) -> Response:
        """台账导出为 Excel 工作簿：可打印, 页脚有日志条数与树根。"""
        return await exported("xlsx", officer, wanted, as_of, after)

    @api.get("/ledger.json", response_model=LedgerExport)
    async def ledger_json(
        officer: Asking, wanted: Wanted, as_of: AsOf = None, after: After = None
    ) -> Response:
        """台账导出为 JSON：各行, 以及所依据的日志条数与树根。"""
        return await exported("json", officer, wanted, as_of, after)


def as_file(export: LedgerExport, format_: str) -> Response:
    """An export as a file to keep, named for what it is."""
    headers = {"Content-Disposition": disposition(_name(export), format_)}
    return Response(_content(export, format_), media_type=MEDIA[format_], headers=headers)


def _content(export: LedgerExport, format_: str) -> bytes:
    match format_:
        case "csv":
            return b"".join(as_csv(ledger_sheet(export)))
        case "xlsx":
            return as_xlsx([ledger_sheet(export)])
        case _:
            return export.model_dump_json(indent=2).encode()


def _name(export: LedgerExport) -> str:
    whose = export.county.name if export.county else ""
    day = (export.as_of or export.made_at).astimezone(SHANGHAI).date()
    return f"{whose}归档台账-{day}"


def disposition(name: str, ending: str) -> str:
    """A header that names the file in Chinese (RFC 5987), and in ASCII for whoever cannot."""
    chinese = quote(f"{name}.{ending}", safe="")
    return f"attachment; filename=\"ledger.{ending}\"; filename*=UTF-8''{chinese}"


def _answers(format_: str) -> dict[int | str, dict[str, object]]:
    return {200: {"content": {MEDIA[format_].partition(";")[0]: {}}}}
