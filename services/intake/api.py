"""Intake's door: HTTP to commands."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter
from pydantic import BaseModel

from services.intake import commands
from services.intake.application import Intake
from services.intake.days import Days
from services.intake.fieldmaps import FieldMaps
from services.intake.filing import Said
from services.intake.imports import Imported, Imports
from services.intake.orders import (
    ON_DAY,
    ON_MATTER,
    ActOrder,
    Correcting,
    FieldMapOrder,
    ImportOrder,
    Linking,
    OldMessage,
    Registration,
    Voiding,
)
from shared.acts.vocabulary import ACTS as VOCABULARY
from shared.contracts.intake import Column, ImportField, Provenance
from shared.messaging.progress import wait_until, when_known
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


MINE = "mine"
"""Stands for the unit of whoever asks; no unit's code is in small letters."""

Known = Callable[[str, str | None], Awaitable[None]]
"""Waits until a position given is known here, and sees whether the matter is."""


def router(intake: Intake, days: Days, imports: Imports, field_maps: FieldMaps) -> APIRouter:
    """Intake's routes."""
    api = empty_door("/intake", "intake 登记")

    async def known(incident: str, after: str | None) -> None:
        await wait_until(intake.store, after)
        await intake.find(incident)

    _add_incidents(api, intake)
    for act, body in ON_MATTER.items():
        _add_act(api, intake, known, act, body)
    for act, body in ON_DAY.items():
        _add_day(api, days, act, body)
    _add_imports(api, intake, imports)
    _add_field_maps(api, intake, field_maps)
    return api


def _add_incidents(api: APIRouter, intake: Intake) -> None:
    store = intake.store

    @api.post("/incidents", status_code=201)
    async def register(
        order: Registration, officer: Asking, once: Once, after: After = None
    ) -> Answer:
        """登记一个舆情事件或其他事项。"""
        await wait_until(store, after)
        unit = order.unit or officer.unit
        return await intake.register(
            order.heard(), unit, officer, order.occurred_at, once, order.fields
        )

    @api.post("/incidents/{incident}/correct")
    async def correct(
        incident: str, order: Correcting, officer: Asking, once: Once, after: After = None
    ) -> Answer:
        """更正登记的时间或分类；原记录保留。"""
        await wait_until(store, after)
        said = Said(officer, request=once)
        return await intake.correct(incident, order.corrections(), order.grounds, said)

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


def _add_act(api: APIRouter, intake: Intake, known: Known, act: str, body: type[ActOrder]) -> None:
    """A route for one act on a matter; its body says what only this act says."""

    async def take(
        incident: str, order: ActOrder, officer: Asking, once: Once, after: After = None
    ) -> Answer:
        await known(incident, after)
        told, more = order.told(), order.particulars()
        return await intake.take(incident, act, told, more, Said(officer, order.occurred_at, once))

    take.__annotations__["order"] = body
    take.__name__ = act
    title = VOCABULARY[act].title
    api.post(f"/incidents/{{incident}}/acts/{act}", description=f"在事件上{title}。")(take)


def _add_day(api: APIRouter, days: Days, act: str, body: type[ActOrder]) -> None:
    """A route for one act of a unit's day."""

    async def take(
        code: str, order: ActOrder, officer: Asking, once: Once, after: After = None
    ) -> Answer:
        await wait_until(days.store, after)
        said = Said(officer, order.occurred_at, once)
        unit = officer.unit if code == MINE else code
        return await days.take(unit, act, order.told(), order.particulars(), said, order.named())

    take.__annotations__["order"] = body
    take.__name__ = f"{act}_of_unit"
    title = VOCABULARY[act].title
    what = f"单位日常：{title}；本单位可写 {MINE}。"
    api.post(f"/units/{{code}}/acts/{act}", description=what)(take)


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
