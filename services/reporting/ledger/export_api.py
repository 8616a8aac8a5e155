"""The door through which the ledger leaves the house as a file."""

import asyncio
from urllib.parse import quote

from fastapi import APIRouter, Response

from services.reporting.application import Reporting
from services.reporting.ledger.export import LedgerExport
from services.reporting.ledger.sheet import ledger_sheet
from services.reporting.parameters import AsOf, Wanted, moment
from services.reporting.sheets import as_csv, as_xlsx
from shared.clock import SHANGHAI
from shared.identity.officers import Officer
from shared.messaging.progress import wait_until
from shared.web import After, Asking

MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}


def add_exports(api: APIRouter, reporting: Reporting) -> None:
    """Add the routes."""

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
