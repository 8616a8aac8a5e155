"""Deadlines' door: which duties there are, how they stand, and what is done about delays."""

from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from services.deadlines import tables
from services.deadlines.application import Delays
from services.deadlines.periods import as_it_stands
from shared.acts.routes import add_acts
from shared.clock import nearest
from shared.contracts.catalogue import UtcTime
from shared.contracts.deadlines import State
from shared.contracts.envelope import Standing
from shared.copies import matters
from shared.copies.reach import not_your_matter, reach_of
from shared.duties import DutyRow
from shared.messaging.waiting import wait_until
from shared.store.sql import Sql
from shared.store.store import Store
from shared.web import After, Asking, empty_door

LARGEST_PAGE = 1000


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


def router(delays: Delays) -> APIRouter:
    """Deadlines' routes."""
    api = empty_door("/deadlines", "deadlines 时限")
    _add_listing(api, delays.store)
    add_acts(api, delays, {})
    return api


def _add_listing(api: APIRouter, store: Store) -> None:
    @api.get("/duties")
    async def duties(
        officer: Asking,
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
        """列出时限义务, 先到期的在前：本单位和下级单位的, 及其参与的事件的。"""
        await wait_until(store, after)
        ask = partial(tables.duties, state=state, unit=unit, limit=limit + 1, period=period)
        now = store.clock()

        def look(sql: Sql) -> list[DutyShown]:
            reach = reach_of(sql, officer)
            matter = matters.find(sql, incident) if incident else None
            found = ask(sql, reach, incident=str(matter.id) if matter else None)
            if matter and not found and not reach.has(*matter.involved.parties):
                raise not_your_matter()
            return [_shown(sql, *each, now) for each in found]

        shown = await store.read(look)
        return Duties(duties=shown[:limit], more=len(shown) > limit)


def _shown(sql: Sql, row: DutyRow, number: str, lead: str | None, now: datetime) -> DutyShown:
    told = asdict(as_it_stands(sql, row))
    moments = {name: told[name] for name in ("start", "due", "done_at")}
    known = {name: nearest(moment) for name, moment in moments.items() if moment is not None}
    late = row.state == "running" and "due" in known and now > known["due"]
    incident = None if row.period else row.incident
    more = {"incident": incident, "number": number, "lead": lead, "overdue": late}
    return DutyShown(**told | known | more)
