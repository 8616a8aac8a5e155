"""Intake's door: HTTP to commands."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.intake import commands
from services.intake.application import Imported, Intake
from services.intake.commands import Heard
from shared.contracts.catalogue import UtcTime
from shared.contracts.intake import Channel
from shared.messaging.progress import wait_until, when_known
from shared.store.requests import Answer
from shared.web import RESPONSES, After, Asking, Once, Problem

LARGEST_IMPORT = 500
"""Rows in one request."""

Title = Annotated[str, Field(min_length=1, max_length=500)]
Text = Annotated[str, Field(max_length=40_000)]


class Order(BaseModel):
    """Base of request bodies: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Registration(Order):
    """An incident to enter (登记). Times carry an offset; ``unit`` is yours when left out."""

    channel: Channel
    category: str = Field(min_length=1, max_length=60)
    title: Title
    body: Text | None = None
    contact: str | None = Field(
        None, max_length=500, description="仅在对方要求答复时填写, 加密保存"
    )
    link: str | None = Field(None, max_length=2000)
    unit: str | None = None
    posted_at: UtcTime | None = None
    discovered_at: UtcTime | None = None
    occurred_at: UtcTime | None = None
    state_secret: bool = False


class Linking(Order):
    """Into which incident a duplicate is joined (并案)."""

    to: str
    grounds: str = Field(max_length=2000)


class Voiding(Order):
    """Why a registration was made in error (作废)."""

    reason: str = Field(max_length=2000)


class OldMessage(Order):
    """A message from before this system, with its answer if there was one."""

    message_id: str = Field(min_length=1, max_length=200)
    category: str = Field("", max_length=60)
    title: str
    posted_at: UtcTime
    body: str = ""
    replied_at: UtcTime | None = None
    reply: str = ""
    unit: str
    named: str = ""


class ImportOrder(Order):
    """Messages to import for a unit; unanswered ones are closed unless ``left_open``."""

    unit: str
    left_open: bool = False
    messages: list[OldMessage] = Field(max_length=LARGEST_IMPORT)


class Outcome(BaseModel):
    """What became of one message, in the order given."""

    outcome: str
    number: str | None = None
    problem: Problem | None = None


class Outcomes(BaseModel):
    """What became of each message, and the position behind all of them."""

    outcomes: list[Outcome]
    position: str


def router(intake: Intake) -> APIRouter:
    """Intake's routes."""
    api = APIRouter(prefix="/intake", tags=["intake 登记"], responses=RESPONSES)
    store = intake.store

    @api.post("/incidents", status_code=201)
    async def register(
        order: Registration, officer: Asking, once: Once, after: After = None
    ) -> Answer:
        """登记一个舆情事件。"""
        await wait_until(store, after)
        unit = order.unit or officer.unit
        return await intake.register(_heard(order), unit, officer, order.occurred_at, once)

    @api.post("/incidents/{incident}/link")
    async def link(
        incident: str, order: Linking, officer: Asking, once: Once, after: After = None
    ) -> Answer:
        """把重复事件并入另一事件。"""
        await wait_until(store, after)
        return await intake.link(incident, order.to, order.grounds, officer, once)

    @api.post("/incidents/{incident}/void")
    async def void(
        incident: str, order: Voiding, officer: Asking, once: Once, after: After = None
    ) -> Answer:
        """作废误登记的事件。"""
        await wait_until(store, after)
        return await intake.void(incident, order.reason, officer, once)

    @api.post("/imports")
    async def import_messages(order: ImportOrder, officer: Asking, after: After = None) -> Outcomes:
        """导入历史留言；重复导入不增加任何内容。"""
        await wait_until(store, after)
        await when_known(lambda: intake.check_unit(order.unit, officer))
        messages = [_message(message, left_open=order.left_open) for message in order.messages]
        done = await intake.import_messages(order.unit, messages, officer.actor)
        position = f"intake:{await intake.position()}"
        return Outcomes(outcomes=[_outcome(each) for each in done], position=position)

    return api


def _heard(order: Registration) -> Heard:
    return Heard(
        channel=order.channel,
        category=order.category,
        title=order.title,
        body=order.body,
        contact=order.contact,
        link=order.link,
        posted_at=order.posted_at,
        discovered_at=order.discovered_at,
        state_secret=order.state_secret,
    )


def _message(message: OldMessage, *, left_open: bool) -> commands.OldMessage:
    return commands.OldMessage(
        message_id=message.message_id,
        category=message.category,
        title=message.title,
        body=message.body or None,
        posted_at=message.posted_at,
        unit=message.unit,
        named=message.named,
        reply=message.reply or None,
        replied_at=message.replied_at,
        left_open=left_open,
    )


def _outcome(done: Imported) -> Outcome:
    problem = Problem.of(done.problem) if done.problem else None
    return Outcome(outcome=done.outcome, number=done.number, problem=problem)
