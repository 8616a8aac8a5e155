"""Routing's door: HTTP to commands."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.routing.administration import Administration
from services.routing.application import Drafted, Routing
from shared.contracts.catalogue import UtcTime
from shared.messaging.progress import wait_until, when_known
from shared.store.requests import Answer
from shared.web import RESPONSES, After, Asking, Once

Code = Annotated[str, Field(min_length=1, max_length=32)]
Name = Annotated[str, Field(min_length=1, max_length=120)]
Note = Annotated[str, Field(max_length=2000)]
Text = Annotated[str, Field(max_length=40_000)]
Grade = Literal["especially_major", "major", "larger", "ordinary"]
ReplyKind = Literal["interim", "result"]
OfficerId = Annotated[str, Field(pattern=r"^o-[0-9a-z-]{1,40}$")]
"""Pseudonymous: a name must never slip in here, for it could not be erased."""


class Order(BaseModel):
    """Base of request bodies: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Act(Order):
    """Something done to an incident, now or at ``occurred_at`` (with an offset)."""

    occurred_at: UtcTime | None = None


class Grading(Act):
    """How severe the incident is, and why (定级)."""

    grade: Grade
    grounds: Note


class Assignment(Act):
    """Which units must handle the incident, by code (交办)."""

    lead: Code
    co_handling: list[Code] = Field(default_factory=list, max_length=100)
    instruction: Note = ""


class Drafting(Act):
    """A reply (拟稿)."""

    kind: ReplyKind
    text: Text


class Approval(Act):
    """Which draft is approved (审定); the latest when left out."""

    draft: UUID | None = None


class Publication(Act):
    """What was given to the public where (发布); the draft approved last, and its own text."""

    channel: str = Field(max_length=60)
    draft: UUID | None = None
    text: Text | None = None


class Closing(Act):
    """With what remark the handling ends (办结)."""

    note: Note = ""


class UnitEntry(Order):
    """A unit (单位); without ``parent`` it stands directly under the root."""

    code: Code
    name: Name
    aliases: list[Name] = Field(default_factory=list, max_length=50)
    parent: Code | None = None


class Appointment(Order):
    """Who holds which post where (任命); with ``officer`` somebody known gets another one."""

    name: Name
    unit: Code
    post: str = Field(max_length=60)
    officer: OfficerId | None = None


class Appointed(BaseModel):
    """The officer's pseudonymous id, and the token, which is shown only now."""

    officer: str
    token: str


class OfficerEntry(BaseModel):
    """An officer as the directory has them."""

    id: str
    name: str
    unit: str
    post: str


def router(routing: Routing, administration: Administration) -> APIRouter:
    """Routing's routes."""
    api = APIRouter(prefix="/routing", tags=["routing 办理"], responses=RESPONSES)
    _add_acts(api, routing)
    _add_administration(api, administration)
    return api


def _add_acts(api: APIRouter, routing: Routing) -> None:
    async def known(incident: str, after: str | None) -> None:
        # Only a look is repeated while news is on its way: a command tried in vain would write.
        await wait_until(routing.store, after)
        await when_known(lambda: routing.find(incident))

    @api.post("/incidents/{incident}/grade")
    async def grade(
        incident: str, order: Grading, officer: Asking, once: Once, after: After = None
    ) -> Answer:
        """给事件定级, 或重新定级。"""
        await known(incident, after)
        return await routing.grade(
            incident, order.grade, order.grounds, officer, order.occurred_at, once
        )

    @api.post("/incidents/{incident}/assign")
    async def assign(
        incident: str, order: Assignment, officer: Asking, once: Once, after: After = None
    ) -> Answer:
        """交办给牵头单位和协办单位。"""
        await known(incident, after)
        return await routing.assign(
            incident,
            order.lead,
            order.co_handling,
            order.instruction,
            officer,
            order.occurred_at,
            once,
        )

    @api.post("/incidents/{incident}/draft")
    async def draft(
        incident: str, order: Drafting, officer: Asking, once: Once, after: After = None
    ) -> Drafted:
        """拟一份答复；应答中的 draft 用于审定和发布。"""
        await known(incident, after)
        return await routing.draft(
            incident, order.kind, order.text, officer, order.occurred_at, once
        )

    @api.post("/incidents/{incident}/approve")
    async def approve(
        incident: str, order: Approval, officer: Asking, once: Once, after: After = None
    ) -> Answer:
        """审定一份答复；写过同样内容的人不能审定。"""
        await known(incident, after)
        return await routing.approve(incident, order.draft, officer, order.occurred_at, once)

    @api.post("/incidents/{incident}/publish")
    async def publish(
        incident: str, order: Publication, officer: Asking, once: Once, after: After = None
    ) -> Answer:
        """以牵头单位的名义发布经审定的答复。"""
        await known(incident, after)
        return await routing.publish(
            incident, order.draft, order.text, order.channel, officer, order.occurred_at, once
        )

    @api.post("/incidents/{incident}/close")
    async def close(
        incident: str, order: Closing, officer: Asking, once: Once, after: After = None
    ) -> Answer:
        """办结。"""
        await known(incident, after)
        return await routing.close(incident, order.note, officer, order.occurred_at, once)


def _add_administration(api: APIRouter, administration: Administration) -> None:
    @api.post("/units")
    async def establish_unit(order: UnitEntry, officer: Asking, once: Once) -> Answer:
        """登记单位, 或更改其登记。"""
        return await administration.establish_unit(
            order.code, order.name, order.aliases, order.parent, officer, once
        )

    @api.get("/units")
    async def units(_: Asking) -> list[UnitEntry]:
        """全部单位。"""
        return [
            UnitEntry(code=u.code, name=u.name, aliases=list(u.aliases), parent=u.parent)
            for u in await administration.units()
        ]

    @api.post("/officers")
    async def appoint(order: Appointment, officer: Asking, once: Once) -> Appointed:
        """任命人员；令牌只在本次应答中出现。"""
        appointed, token = await administration.appoint(
            order.name, order.unit, order.post, officer, order.officer, once
        )
        return Appointed(officer=appointed, token=token)

    @api.get("/officers")
    async def officers(officer: Asking) -> list[OfficerEntry]:
        """全部人员（仅系统管理员可看）。"""
        return [
            OfficerEntry(id=each.id, name=each.name, unit=each.unit, post=each.post)
            for each in await administration.officers(officer)
        ]
