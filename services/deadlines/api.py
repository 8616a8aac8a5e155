"""Deadlines' door: which duties there are, how they stand, and what is done about delays."""

from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel

from services.deadlines import tables
from services.deadlines.acts import Acts
from services.deadlines.delays import DelayParticulars, SettleLateRecord
from services.deadlines.periods import as_it_stands
from shared.acts.body import ActOrder, Name, Note, Order
from shared.contracts.catalogue import UtcTime
from shared.contracts.deadlines import State
from shared.contracts.envelope import Standing
from shared.copies import incidents
from shared.duties import DutyRow
from shared.messaging.progress import wait_until, when_known
from shared.store.micros import from_micros
from shared.store.requests import Answer
from shared.store.sql import Sql
from shared.store.store import Store
from shared.web import After, Asking, Once, empty_door

LARGEST_PAGE = 1000

ActName = Literal["extend", "explain", "urge", "supervise", "circulate"]


class DutyShown(BaseModel):
    """A duty of an incident, or of a unit's ``period``.

    ``unit`` registered the incident; ``lead`` must handle it, once assigned. ``overdue`` says that
    it still runs though its limit has passed. A period that was missed says how often something was
    to be done and was, or for how many seconds nobody was on duty, or no leader.
    """

    incident: str | None
    number: str
    duty: str
    rule: str
    toward: str
    title: str
    clause: str
    party: str
    stop: str
    clock: str
    unit: str
    lead: str | None
    policy: str | None
    standing: Standing
    start: UtcTime
    due: UtcTime | None
    provisional: bool
    state: State
    overdue: bool
    done_at: UtcTime | None
    spare_seconds: int | None
    late_seconds: int | None
    took_seconds: int | None
    because: str | None
    period: str | None
    count_wanted: int | None
    count_done: int | None
    gap_seconds: int | None
    leaderless_seconds: int | None


class Duties(BaseModel):
    """Duties, earliest due first; ``more`` says that the limit left some out."""

    duties: list[DutyShown]
    more: bool


class DelayOrder(ActOrder):
    """Something done about a delay.

    ``duty`` or ``rule`` says which; ``to`` are parties of the pack or units by their code. More
    time is given ``until`` a moment, or as much as the rule allows, by the ``approver``.
    """

    duty: Name | None = None
    rule: Name | None = None
    until: UtcTime | None = None
    approver: Name | None = None


class Settlement(Order):
    """Whether what was recorded late had been done in time, and on what grounds (裁定)."""

    duty: Name
    in_time: bool
    grounds: Note


def router(acts: Acts) -> APIRouter:
    """Deadlines' routes."""
    api = empty_door("/deadlines", "deadlines 时限")
    _add_listing(api, acts.store)
    _add_acts(api, acts)
    _add_acts_on_units(api, acts)
    return api


def _add_acts(api: APIRouter, acts: Acts) -> None:
    async def known(incident: str, after: str | None) -> None:
        # Only a look is repeated while news is on its way: a command tried in vain would write.
        await wait_until(acts.store, after)
        await when_known(lambda: acts.find(incident))

    @api.post("/incidents/{incident}/acts/{act}")
    async def take(
        incident: str,
        act: ActName,
        order: DelayOrder,
        officer: Asking,
        once: Once,
        after: After = None,
    ) -> Answer:
        """延期、说明、催办、督办、通报。"""
        await known(incident, after)
        return await acts.take(incident, act, _said(order), officer, once)

    @api.post("/incidents/{incident}/settle")
    async def settle(
        incident: str, order: Settlement, officer: Asking, once: Once, after: After = None
    ) -> Answer:
        """裁定迟录的事项是否按时办理。"""
        await known(incident, after)
        return await acts.settle(incident, _settled(order), officer, once)


def _add_acts_on_units(api: APIRouter, acts: Acts) -> None:
    @api.post("/units/{code}/acts/{act}")
    async def take_of_unit(
        code: str,
        act: ActName,
        order: DelayOrder,
        officer: Asking,
        once: Once,
        after: After = None,
    ) -> Answer:
        """对单位定期事项或值班的说明、催办、督办、通报。"""
        await wait_until(acts.store, after)
        return await acts.take_of_unit(code, act, _said(order), officer, once)

    @api.post("/units/{code}/settle")
    async def settle_of_unit(
        code: str, order: Settlement, officer: Asking, once: Once, after: After = None
    ) -> Answer:
        """裁定单位定期事项或值班的迟录。"""
        await wait_until(acts.store, after)
        return await acts.settle_of_unit(code, _settled(order), officer, once)


def _said(order: DelayOrder) -> DelayParticulars:
    return DelayParticulars(
        order.told(), order.duty, order.rule, order.until, order.approver, order.occurred_at
    )


def _settled(order: Settlement) -> SettleLateRecord:
    return SettleLateRecord(order.duty, order.in_time, order.grounds)


def _add_listing(api: APIRouter, store: Store) -> None:

    @api.get("/duties")
    async def duties(
        _: Asking,
        state: State | None = None,
        unit: Annotated[
            str | None, Query(description="负有义务的单位：已交办的为牵头单位, 未交办的为登记单位")
        ] = None,
        incident: Annotated[str | None, Query(description="某一事件的, 编号或标识")] = None,
        period: Annotated[
            str | None, Query(description="某一期的, 如 2026-03-02、2026-W10、2026-03")
        ] = None,
        limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 200,
        after: After = None,
    ) -> Duties:
        """列出时限义务, 先到期的在前。"""
        await wait_until(store, after)
        ask = partial(
            tables.duties,
            state=state,
            unit=unit,
            limit=limit + 1,
            period=period,
            incident=str((await store.read(partial(incidents.find, name=incident))).id)
            if incident
            else None,
        )
        now = store.clock()
        shown = await store.read(lambda sql: [_shown(sql, *each, now) for each in ask(sql)])
        return Duties(duties=shown[:limit], more=len(shown) > limit)


def _shown(sql: Sql, row: DutyRow, number: str, lead: str | None, now: datetime) -> DutyShown:
    told = asdict(as_it_stands(sql, row))
    moments = {name: told[name] for name in ("start", "due", "done_at")}
    known = {name: from_micros(moment) for name, moment in moments.items() if moment is not None}
    late = row.state == "running" and "due" in known and now > known["due"]
    incident = None if row.period else row.incident
    more = {"incident": incident, "number": number, "lead": lead, "overdue": late}
    return DutyShown(**told | known | more)
