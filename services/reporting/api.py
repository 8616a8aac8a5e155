"""Reporting's door: questions about what happened, and erasure."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from services.reporting.application import LedgerEntry, Reporting
from services.reporting.trail import TrailEntry
from shared.clock import read_moment
from shared.errors import Invalid
from shared.messaging.progress import wait_until
from shared.store.requests import Answer
from shared.web import RESPONSES, After, Asking
from shared.words import STATUSES

AsOf = Annotated[
    str | None,
    Query(description="当时所见：2026-03-02 14:10（北京时间）或 ISO 8601；只写日期指当日 24:00"),
]


class Erasure(BaseModel):
    """On which grounds an incident's words are made unreadable for good (销毁依据)."""

    model_config = ConfigDict(extra="forbid")

    grounds: str = Field(max_length=2000)


def router(reporting: Reporting) -> APIRouter:
    """Reporting's routes."""
    api = APIRouter(prefix="/reporting", tags=["reporting 台账与审计"], responses=RESPONSES)
    store = reporting.store

    @api.get("/ledger")
    async def ledger(
        _: Asking,
        as_of: AsOf = None,
        unit: str | None = None,
        status: str | None = None,
        after: After = None,
    ) -> list[LedgerEntry]:
        """归档台账：每个事件一行, 可看当时的样子。"""
        await wait_until(store, after)
        return await reporting.ledger(_moment(as_of), unit, _status(status))

    @api.get("/incidents/{incident}/trail")
    async def trail(
        incident: str, _: Asking, as_of: AsOf = None, after: After = None
    ) -> list[TrailEntry]:
        """一个事件的审计轨迹。"""
        await wait_until(store, after)
        return await reporting.trail(incident, _moment(as_of))

    @api.post("/incidents/{incident}/erase")
    async def erase(incident: str, order: Erasure, officer: Asking, after: After = None) -> Answer:
        """销毁一个事件的数据密钥, 其文字从此不可读；记录与证明不受影响。"""
        await wait_until(store, after)
        return await reporting.erase(incident, order.grounds, officer)

    return api


def _moment(as_of: str | None) -> datetime | None:
    return read_moment(as_of, field="as_of") if as_of else None


def _status(status: str | None) -> str | None:
    if status is None or status in STATUSES:
        return status
    for code, words in STATUSES.items():
        if status == words:
            return code
    raise Invalid(
        "status.unknown",
        f"没有“{status}”这种状态。",
        "可用：" + "、".join(f"{code}（{words}）" for code, words in STATUSES.items()),
        "status",
    )
