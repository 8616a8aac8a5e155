"""Deadlines' door: which duties there are, and how they stand."""

from datetime import datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from services.deadlines import tables
from services.deadlines.tables import Entry
from shared.contracts.catalogue import UtcTime
from shared.contracts.deadlines import State
from shared.contracts.envelope import Standing
from shared.duties import DutyRow
from shared.messaging.progress import wait_until
from shared.store.micros import from_micros
from shared.store.store import Store
from shared.web import RESPONSES, After, Asking

LARGEST_PAGE = 1000


class DutyShown(BaseModel):
    """A duty of an incident. ``unit`` registered it; ``lead`` must handle it, once assigned.

    ``overdue`` says that it still runs though its limit has passed.
    """

    incident: str
    number: str
    duty: str
    title: str
    clause: str
    party: str
    unit: str
    lead: str | None
    policy: str | None
    standing: Standing
    start: UtcTime
    due: UtcTime
    state: State
    overdue: bool
    done_at: UtcTime | None
    spare_seconds: int | None
    late_seconds: int | None
    because: str | None


class Duties(BaseModel):
    """Duties, earliest due first; ``more`` says that the limit left some out."""

    duties: list[DutyShown]
    more: bool


def router(store: Store) -> APIRouter:
    """Deadlines' routes."""
    api = APIRouter(prefix="/deadlines", tags=["deadlines 时限"], responses=RESPONSES)

    @api.get("/duties")
    async def duties(
        _: Asking,
        state: State | None = None,
        unit: Annotated[
            str | None, Query(description="负有义务的单位：已交办的为牵头单位, 未交办的为登记单位")
        ] = None,
        limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 200,
        after: After = None,
    ) -> Duties:
        """列出时限义务, 先到期的在前。"""
        await wait_until(store, after)
        ask = partial(tables.duties, state=state, unit=unit, limit=limit + 1)
        found, now = await store.read(ask), store.clock()
        shown = [_shown(row, entry, now) for row, entry in found[:limit]]
        return Duties(duties=shown, more=len(found) > limit)

    return api


def _shown(row: DutyRow, entry: Entry, now: datetime) -> DutyShown:
    due = from_micros(row.due)
    return DutyShown(
        incident=row.incident,
        number=entry.number,
        duty=row.duty,
        title=row.title,
        clause=row.clause,
        party=row.party,
        unit=row.unit,
        lead=entry.lead,
        policy=row.policy,
        standing=row.standing,
        start=from_micros(row.start),
        due=due,
        state=row.state,
        overdue=row.state == "running" and now > due,
        done_at=None if row.done_at is None else from_micros(row.done_at),
        spare_seconds=row.spare_seconds,
        late_seconds=row.late_seconds,
        because=row.because,
    )
