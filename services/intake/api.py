"""Intake's door: HTTP to commands."""

from fastapi import APIRouter
from pydantic import BaseModel

from services.intake.accepted import OldMessage
from services.intake.application import Intake
from services.intake.fieldmaps import FieldMaps
from services.intake.imports import Imported, Imports
from services.intake.orders import FieldMapOrder, ImportOrder, MessageOrder
from shared.acts.routes import add_acts
from shared.contracts.intake import Column, ImportField, Provenance
from shared.messaging.waiting import wait_until, when_known
from shared.store.requests import Answer
from shared.web import After, Asking, Once, Problem, empty_door


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
    return OldMessage(
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
