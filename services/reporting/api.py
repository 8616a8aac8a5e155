"""Reporting's door: questions about what happened, and its own acts."""

import asyncio
from contextlib import suppress
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from services.reporting.findings.computed import Finding
from services.reporting.findings.review import findings
from services.reporting.findings.statistics import Statistics, StatisticsQuery, statistics
from services.reporting.findings.taking import RecordActs
from services.reporting.history.files import add_reviews
from services.reporting.ledger import table as ledger_table
from services.reporting.ledger.files import add_ledger
from services.reporting.log.feed import add_feed
from services.reporting.parameters import AsOf, as_it_stood, days
from services.reporting.reach import check_seen
from services.reporting.trail.trail import TrailEntry
from services.reporting.trail.trail import trail as trail_of
from shared.acts.routes import add_acts
from shared.calendar.days import end_of, start_of
from shared.contracts.reporting import IncidentErased
from shared.copies.matters import unknown_incident
from shared.copies.reach import Reach, reach_of
from shared.copies.units import known_unit
from shared.errors import Invalid, Refused
from shared.identity.officer import Officer
from shared.identity.officers import Officers
from shared.messaging.waiting import wait_until
from shared.room import SUBJECTS, key_id
from shared.store.requests import Answer, answer
from shared.store.sql import Sql
from shared.store.store import Store
from shared.store.transaction import By, Stream, Transaction
from shared.vault.vault import Vault
from shared.web import After, Asking, empty_door
from shared.words import ADMINISTRATOR

Unit = Annotated[str | None, Query(description="单位代码：本单位和下级单位")]


class Erasure(BaseModel):
    """On which grounds an incident's words are made unreadable for good (销毁依据)."""

    model_config = ConfigDict(extra="forbid")

    grounds: str = Field(max_length=2000)


def router(acts: RecordActs, officers: Officers) -> APIRouter:
    """Reporting's routes."""
    api = empty_door("/reporting", "reporting 台账与审计")
    store, vault = acts.store, acts.vault
    add_ledger(api, store, vault)
    add_feed(api, store)
    _add_trail(api, store, vault, officers)
    add_reviews(api, store, vault)
    _add_findings(api, store)
    _add_statistics(api, store)
    add_acts(api, acts, {}, hears=False)

    @api.post("/incidents/{incident}/erase")
    async def erase(incident: str, order: Erasure, officer: Asking, after: After = None) -> Answer:
        """销毁一个事件的数据密钥, 其文字从此不可读；记录与证明不受影响。"""
        await wait_until(store, after)
        return await shred_words(store, vault, incident, order.grounds, officer)

    return api


def _add_trail(api: APIRouter, store: Store, vault: Vault, officers: Officers) -> None:
    @api.get("/incidents/{incident}/trail")
    async def trail(
        incident: str, officer: Asking, as_of: AsOf = None, after: After = None
    ) -> list[TrailEntry]:
        """一个事件的审计轨迹；已不参与的单位看到离开时为止。"""
        await wait_until(store, after)
        names = await asyncio.to_thread(officers.names)

        def ask(sql: Sql, size: int) -> list[TrailEntry]:
            row = ledger_table.known(sql, incident)
            upto = min(size, check_seen(sql, reach_of(sql, officer), row, incident))
            if found := trail_of(sql, row.incident, upto, vault, names):
                return found
            raise unknown_incident(sql, incident)

        return await store.read(as_it_stood(as_of, ask))


def _add_findings(api: APIRouter, store: Store) -> None:
    @api.get("/findings")
    async def list_findings(
        officer: Asking,
        unit: Unit = None,
        incident: Annotated[str | None, Query(description="事件编号或标识")] = None,
        as_of: AsOf = None,
        after: After = None,
    ) -> list[Finding]:
        """追责情形：由事件得出的迟办、逾期和违规, 以及人的认定。"""
        await wait_until(store, after)

        def ask(sql: Sql, size: int) -> list[Finding]:
            reach = reach_of(sql, officer)
            matter = ledger_table.registered(sql, incident) if incident else None
            if matter is not None:
                check_seen(sql, reach, matter, matter.incident)
            code = _own(sql, unit, reach)
            return findings(sql, size, reach, code, matter.incident if matter else None)

        return await store.read(as_it_stood(as_of, ask))


def _add_statistics(api: APIRouter, store: Store) -> None:
    @api.get("/statistics")
    async def show_statistics(
        officer: Asking,
        unit: Unit = None,
        from_: Annotated[str | None, Query(alias="from", description="起日, 含当日")] = None,
        to: Annotated[str | None, Query(description="止日, 含当日")] = None,
        as_of: AsOf = None,
        after: After = None,
    ) -> Statistics:
        """统计：登记、办结、按时、迟办, 以及规则包的统计指标；件数太少的不给比率。"""
        await wait_until(store, after)
        first, last = days(from_, to)
        begins = start_of(first) if first else None
        ends = end_of(last) if last else None

        def ask(sql: Sql, size: int) -> Statistics:
            reach = reach_of(sql, officer)
            code = _own(sql, unit, reach) or (reach.unit if reach.units else None)
            return statistics(sql, size, StatisticsQuery(code, begins, ends))

        return await store.read(as_it_stood(as_of, ask))


def _own(sql: Sql, unit: str | None, reach: Reach) -> str | None:
    """The unit asked for, if any; raises Invalid ``unit.unknown``, Refused ``unit.not-yours``."""
    if not unit:
        return None
    reach.check_unit(known_unit(sql, unit).code)
    return unit


async def shred_words(
    store: Store, vault: Vault, name: str, grounds: str, officer: Officer
) -> Answer:
    """Destroy an incident's data keys and record that it was done; repeating it is harmless."""
    if officer.post != ADMINISTRATOR:
        message = "只有系统管理员可以销毁数据密钥。"
        raise Refused("post.not-competent", message, "请由管理员办理。", "post")
    if not grounds.strip():
        raise Invalid("grounds.missing", "销毁依据不能为空。", "请写明依据的规定。", "grounds")
    row = await store.read(lambda sql: ledger_table.known(sql, name))
    incident = UUID(row.incident)
    keys = await asyncio.to_thread(_shred, vault, incident)
    matter = Stream("erasure", incident, row.unit or "", incident)

    def work(tx: Transaction) -> Answer:
        facts = [] if tx.load(matter.id) else [IncidentErased(keys=keys, grounds=grounds)]
        appended = tx.append(matter, facts, By(officer.actor, tx.now))
        return answer(tx, appended, matter, row.number)

    return await store.write(work)


def _shred(vault: Vault, incident: UUID) -> tuple[str, ...]:
    """Destroy the keys of every subject, also those not used yet, so that none comes later."""
    for subject in SUBJECTS:
        with suppress(Refused):  # destroyed before
            vault.ensure([key_id(incident, subject)])
    return vault.shred(str(incident))
