"""Intake's door: HTTP to commands, and what requests other than acts may say (请求内容)."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.intake.accepted import OldMessage
from services.intake.application import Intake
from services.intake.imports import FieldMaps, Imported, Imports
from shared.acts.body import Order
from shared.acts.routes import add_acts
from shared.contracts.catalogue import UtcTime
from shared.contracts.intake import Column, ImportField, Provenance
from shared.messaging.waiting import wait_until, when_known
from shared.store.requests import Answer
from shared.web import After, Asking, Once, Problem, empty_door

LARGEST_IMPORT = 500
"""Rows in one request."""

Words = Annotated[str, Field(max_length=100_000)]
"""Words from a file: how many of them are too many is for the rules to say, row by row."""


class MessageOrder(Order):
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
    messages: list[MessageOrder] = Field(max_length=LARGEST_IMPORT)


class FieldMapOrder(Order):
    """What the headings in a unit's files mean: heading to field."""

    columns: dict[str, ImportField] = Field(max_length=100)


class FieldMapShown(BaseModel):
    """A unit's field map (列名对照): heading to field, in the order given."""

    unit: str
    columns: dict[str, ImportField]


class MessageOutcome(BaseModel):
    """What became of one message, in the order given, and what is strange about it."""

    outcome: str
    number: str | None = None
    problem: Problem | None = None
    remarks: tuple[str, ...] = ()


class Outcomes(BaseModel):
    """What became of each message, and the position behind all of them."""

    outcomes: list[MessageOutcome]
    position: str


def router(intake: Intake, imports: Imports, field_maps: FieldMaps) -> APIRouter:
    """Intake's routes."""
    api = empty_door("/intake", "intake 登记")
    add_acts(api, intake, {}, hears=False)
    _add_imports(api, intake, imports)
    _add_field_maps(api, intake, field_maps)
    return api


def _add_imports(api: APIRouter, intake: Intake, imports: Imports) -> None:
    store = intake.store

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


def _add_field_maps(api: APIRouter, intake: Intake, field_maps: FieldMaps) -> None:
    store = intake.store

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


def _message(message: MessageOrder, order: ImportOrder) -> OldMessage:
    told = message.model_dump(exclude={"row"})
    told |= {"body": message.body or None, "reply": message.reply or None}
    provenance = Provenance(file=order.file, row=message.row)
    return OldMessage(**told, left_open=order.left_open, provenance=provenance)


def _outcome(done: Imported) -> MessageOutcome:
    problem = Problem.of(done.problem) if done.problem else None
    return MessageOutcome(
        outcome=done.outcome, number=done.number, problem=problem, remarks=done.remarks
    )
