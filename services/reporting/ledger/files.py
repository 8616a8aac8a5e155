"""The door to the ledger: as an answer, and as a file that leaves the house.

The file is a table for people, with below it what it rests on.
"""

import asyncio
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import APIRouter, Response

from services.reporting.ledger.entry import Filters, LedgerEntry, LedgerExport, entries, export
from services.reporting.parameters import AsOf, Wanted, as_it_stood, moment
from services.reporting.sheets import Sheet, SheetColumn, as_answer, as_file, described
from services.reporting.unshown import shown
from shared.calendar.days import day_of
from shared.copies.reach import reach_of
from shared.identity.officer import Officer
from shared.messaging.waiting import wait_until
from shared.store.sql import Sql
from shared.store.store import Store
from shared.vault.vault import Vault
from shared.web import After, Asking
from shared.words import OUTCOMES, STATUSES, VERDICTS

logger = structlog.get_logger("reporting")

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


def ledger_sheet(found: LedgerExport) -> Sheet:
    """The table. About a moment gone by it never says when it was made: it is always the same."""
    whose = f"{found.county.name} " if found.county else ""
    foot = f"{whose}日志 {found.log.size} 条, 树根 {found.log.root}"
    rows = (_row(entry, found.units) for entry in found.rows)
    return Sheet("归档台账", COLUMNS, rows, tuple(_notes(found)), foot)


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


def _notes(found: LedgerExport) -> Iterator[str]:
    whose = f"{found.county.name}（{found.county.code}）" if found.county else ""
    yield f"{whose}归档台账, 共 {len(found.rows)} 件"
    if found.of is not None:
        yield f"范围：{found.units.get(found.of, found.of)}（{found.of}）及其下级单位参与的事件"
    yield f"筛选：{_filters(found)}"
    if found.as_of is not None:
        yield f"截至 {shown(found.as_of)}（北京时间）" + ("" if found.settled else ", 尚未到")
    if not found.settled:
        yield f"制表 {shown(found.made_at)}（北京时间）"
    yield f"日志 {found.log.size} 条, 树根 {found.log.root}"
    yield f"文字已销毁：{'、'.join(found.erased) or '无'}"
    if found.set_aside:
        yield f"另有 {found.set_aside} 条记录搁置, 未入台账（见 huiyin doctor）"


def _filters(found: LedgerExport) -> str:
    asked = ("unit", "status", "verdict", "from", "to")
    unit, status, verdict, first, last = (found.filters.get(name, "") for name in asked)
    days = (f"自 {first}" if first else "") + (f"至 {last}" if last else "")
    parts = [
        f"单位 {found.units.get(unit, unit)}（{unit}）" if unit else "",
        f"状态 {STATUSES[status]}" if status else "",
        f"时限 {VERDICTS[verdict]}" if verdict else "",
        f"登记日期{days}" if days else "",
    ]
    return "；".join(filter(None, parts)) or "无"


def add_ledger(api: APIRouter, store: Store, vault: Vault) -> None:
    """Add the routes of the ledger, as an answer and as files."""

    @api.get("/ledger")
    async def ledger(
        officer: Asking, wanted: Wanted, as_of: AsOf = None, after: After = None
    ) -> list[LedgerEntry]:
        """归档台账：本单位和下级单位参与的事件, 每个一行, 可看当时的样子。"""
        await wait_until(store, after)

        def ask(sql: Sql, size: int) -> list[LedgerEntry]:
            return entries(sql, vault, wanted.rows(sql, size, reach_of(sql, officer)), size)

        return await store.read(as_it_stood(as_of, ask))

    for kind, said in FILES.items():
        _add_file(api, store, vault, kind, said)


FILES = {
    "csv": "台账导出为 CSV（UTF-8, 带 BOM）；截至过去某时的, 每次逐字节相同。",
    "xlsx": "台账导出为 Excel 工作簿：可打印, 页脚有日志条数与树根。",
    "json": "台账导出为 JSON：各行, 以及所依据的日志条数与树根。",
}
"""As what the ledger leaves the house."""


def _add_file(api: APIRouter, store: Store, vault: Vault, kind: str, said: str) -> None:
    async def exported(
        officer: Asking, wanted: Wanted, as_of: AsOf = None, after: After = None
    ) -> Response:
        await wait_until(store, after)
        return await ledger_file(store, vault, wanted, as_of, kind, officer)

    answer: dict[str, Any] = {"response_class": Response, "responses": described(kind)}
    if kind == "json":
        answer = {"response_model": LedgerExport}
    api.add_api_route(
        f"/ledger.{kind}", exported, name=f"ledger_{kind}", description=said, **answer
    )


async def ledger_file(
    store: Store,
    vault: Vault,
    wanted: Filters,
    as_of: str | None,
    format_: str,
    officer: Officer | None,
) -> Response:
    """The ledger as it stood at ``as_of`` or stands now, as a file named for what it is.

    That it left the house is noted in the logs: who took it (none: a demonstration's visitor), of
    which size of the log.
    Raises Invalid ``unit.unknown`` or Unavailable ``ledger.behind``.
    """
    then, made_at = moment(as_of), store.clock()
    found = await store.read(
        lambda sql: export(sql, vault, wanted, then, made_at, reach_of(sql, officer))
    )
    logger.info(
        "ledger exported",
        officer=officer.id if officer else "visitor",
        format=format_,
        as_of=then.isoformat() if then else None,
        filters=found.filters,
        rows=len(found.rows),
        log_size=found.log.size,
        log_root=found.log.root,
    )
    content = await asyncio.to_thread(_content, found, format_)
    return as_answer(content, format_, _named(found, format_))


def _content(found: LedgerExport, format_: str) -> bytes:
    if format_ == "json":
        return found.model_dump_json(indent=2).encode()
    return as_file([ledger_sheet(found)], format_)


def _named(found: LedgerExport, ending: str) -> str:
    """A header that names the file in Chinese (RFC 5987), and in ASCII for whoever cannot."""
    whose = found.county.name if found.county else ""
    day = day_of(found.as_of or found.made_at)
    chinese = quote(f"{whose}归档台账-{day}.{ending}", safe="")
    return f"filename=\"ledger.{ending}\"; filename*=UTF-8''{chinese}"
