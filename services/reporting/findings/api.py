"""The door to findings and to statistics."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from services.reporting.findings.computed import Finding
from services.reporting.findings.review import findings
from services.reporting.findings.statistics import Statistics, StatisticsQuery, statistics
from services.reporting.findings.taking import RecordActs, found
from services.reporting.log.log import size_as_of
from services.reporting.parameters import AsOf, day, moment, reversed_days
from shared.clock import SHANGHAI
from shared.copies.units import known_unit
from shared.messaging.waiting import wait_until
from shared.store.sql import Sql
from shared.store.store import Store
from shared.web import After, Asking

Unit = Annotated[str | None, Query(description="单位代码：本单位和下级单位")]


def add_accounts(api: APIRouter, acts: RecordActs) -> None:
    """Add the routes of findings and statistics."""
    _add_findings(api, acts.store)
    _add_statistics(api, acts.store)


def _add_findings(api: APIRouter, store: Store) -> None:

    @api.get("/findings")
    async def list_findings(
        _: Asking,
        unit: Unit = None,
        incident: Annotated[str | None, Query(description="事件编号或标识")] = None,
        as_of: AsOf = None,
        after: After = None,
    ) -> list[Finding]:
        """追责情形：由事件得出的迟办、逾期和违规, 以及人的认定。"""
        await wait_until(store, after)
        then = moment(as_of)

        def ask(sql: Sql) -> list[Finding]:
            code = known_unit(sql, unit).code if unit else None
            matter = found(sql, incident).incident if incident else None
            return findings(sql, size_as_of(sql, then), code, matter)

        return await store.read(ask)


def _add_statistics(api: APIRouter, store: Store) -> None:
    @api.get("/statistics")
    async def show_statistics(
        _: Asking,
        unit: Unit = None,
        from_: Annotated[str | None, Query(alias="from", description="起日, 含当日")] = None,
        to: Annotated[str | None, Query(description="止日, 含当日")] = None,
        as_of: AsOf = None,
        after: After = None,
    ) -> Statistics:
        """统计：登记、办结、按时、迟办, 以及规则包的统计指标；件数太少的不给比率。"""
        await wait_until(store, after)
        first, last, then = day(from_, "from"), day(to, "to"), moment(as_of)
        if first and last and first > last:
            raise reversed_days(first, last)
        begins, ends = _start(first), _start(last + timedelta(days=1) if last else None)

        def ask(sql: Sql) -> Statistics:
            code = known_unit(sql, unit).code if unit else None
            return statistics(sql, size_as_of(sql, then), StatisticsQuery(code, begins, ends))

        return await store.read(ask)


def _start(day_: date | None) -> datetime | None:
    """When a day begins here, in UTC."""
    if day_ is None:
        return None
    return datetime(day_.year, day_.month, day_.day, tzinfo=SHANGHAI).astimezone(UTC)
