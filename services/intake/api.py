"""Intake's door: HTTP to commands."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.intake import commands
from services.intake.application import Intake
from services.intake.commands import Heard
from services.intake.fieldmaps import FieldMaps
from services.intake.imports import Imported, Imports
from shared.contracts.catalogue import UtcTime
from shared.contracts.intake import Column, ImportField, Provenance
from shared.messaging.progress import wait_until, when_known
from shared.store.requests import Answer
from shared.web import RESPONSES, After, Asking, Once, Problem

LARGEST_IMPORT = 500
"""Rows in one request."""

Title = Annotated[str, Field(min_length=1, max_length=500)]
Text = Annotated[str, Field(max_length=40_000)]
Words = Annotated[str, Field(max_length=100_000)]
"""Words from a file: how many of them are too many is for the rules to say, row by row."""


class Order(BaseModel):
    """Base of request bodies: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Registration(Order):
    """An incident to enter (登记). Times carry an offset; ``unit`` is yours when left out."""

    channel: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
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
    """A message from before this system, with its answer if there was one.

    ``row`` is its row in the file (the heading is row 1); ``days_only`` names the times of which
    the file has only the day.
    """

    row: int = Field(ge=1)
    message_id: Words
    category: Words = ""
    title: Words
    posted_at: UtcTime
    body: Words = ""
    replied_at: UtcTime | None = None
    reply: Words = ""
    unit: str
    named: Words = ""
    days_only: tuple[Literal["posted_at", "replied_at"], ...] = ()


class ImportOrder(Order):
    """Messages to import for a unit; unanswered ones are closed unless ``left_open``.

    ``dry`` stores nothing and answers what would become of them.
    """

    unit: str
    file: str = Field(pattern=r"^sha256:[0-9a-f]{64}$", description="文件的 SHA-256")
    left_open: bool = False
    dry: bool = False
    messages: list[OldMessage] = Field(max_length=LARGEST_IMPORT)


class FieldMapOrder(Order):
    """What the headings in a unit's files mean: heading to field."""

    columns: dict[str, ImportField] = Field(max_length=100)


class FieldMapShown(BaseModel):
    """A unit's field map (列名对照): heading to field, in the order given."""

    unit: str
    columns: dict[str, ImportField]


class Outcome(BaseModel):
    """What became of one message, in the order given."""

    outcome: str
    number: str | None = None
    problem: Problem | None = None


class Outcomes(BaseModel):
    """What became of each message, and the position behind all of them."""

    outcomes: list[Outcome]
    position: str


def router(intake: Intake, imports: Imports, field_maps: FieldMaps) -> APIRouter:
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
        """导入历史留言；重复导入不增加任何内容, dry 只预览。"""
        await wait_until(store, after)
        await when_known(lambda: intake.check_unit(order.unit, officer))
        messages = [_message(message, order) for message in order.messages]
        if order.dry:
            done = await imports.preview(order.unit, messages)
        else:
            done = await imports.take(order.unit, messages, officer.actor)
        position = f"intake:{await intake.position()}"
        return Outcomes(outcomes=[_outcome(each) for each in done], position=position)

    @api.get("/field-maps/{unit}")
    async def show_field_map(unit: str, officer: Asking, after: After = None) -> FieldMapShown:
        """查看一个单位的列名对照。"""
        await wait_until(store, after)
        await when_known(lambda: intake.check_unit(unit, officer))
        columns = await field_maps.read(unit)
        return FieldMapShown(unit=unit, columns={each.heading: each.field for each in columns})

    @api.put("/field-maps/{unit}")
    async def save_field_map(
        unit: str, order: FieldMapOrder, officer: Asking, once: Once, after: After = None
    ) -> Answer:
        """保存一个单位的列名对照, 代替原有的。"""
        await wait_until(store, after)
        await when_known(lambda: intake.check_unit(unit, officer))
        columns = tuple(Column(heading=h, field=f) for h, f in order.columns.items())
        return await field_maps.save(unit, columns, officer, once)

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


def _message(message: OldMessage, order: ImportOrder) -> commands.OldMessage:
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
        left_open=order.left_open,
        days_only=message.days_only,
        provenance=Provenance(file=order.file, row=message.row),
    )


def _outcome(done: Imported) -> Outcome:
    problem = Problem.of(done.problem) if done.problem else None
    return Outcome(outcome=done.outcome, number=done.number, problem=problem)
