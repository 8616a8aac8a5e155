"""Reporting's door: questions about what happened, and its own acts."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.reporting.application import Reporting
from services.reporting.findings.api import add_accounts
from services.reporting.findings.taking import RecordActs
from services.reporting.history.files import add_reviews
from services.reporting.ledger.files import add_ledger
from services.reporting.log.feed import add_feed
from services.reporting.parameters import AsOf, moment
from services.reporting.trail.trail import TrailEntry
from shared.acts.routes import add_acts
from shared.messaging.waiting import wait_until
from shared.store.requests import Answer
from shared.web import After, Asking, empty_door


class Erasure(BaseModel):
    """On which grounds an incident's words are made unreadable for good (销毁依据)."""

    model_config = ConfigDict(extra="forbid")

    grounds: str = Field(max_length=2000)


def router(reporting: Reporting, acts: RecordActs) -> APIRouter:
    """Reporting's routes."""
    api = empty_door("/reporting", "reporting 台账与审计")
    store = reporting.store

    add_ledger(api, reporting)
    add_feed(api, store)

    @api.get("/incidents/{incident}/trail")
    async def trail(
        incident: str, _: Asking, as_of: AsOf = None, after: After = None
    ) -> list[TrailEntry]:
        """一个事件的审计轨迹。"""
        await wait_until(store, after)
        return await reporting.trail(incident, moment(as_of))

    add_reviews(api, reporting)
    add_accounts(api, acts)
    add_acts(api, acts, {}, hears=False)

    @api.post("/incidents/{incident}/erase")
    async def erase(incident: str, order: Erasure, officer: Asking, after: After = None) -> Answer:
        """销毁一个事件的数据密钥, 其文字从此不可读；记录与证明不受影响。"""
        await wait_until(store, after)
        return await reporting.erase(incident, order.grounds, officer)

    return api
