"""Routing's door: HTTP to commands."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter
from pydantic import BaseModel

from services.routing.administration import Administration
from services.routing.application import Assigned, Drafted, OfDraft, Routing
from services.routing.appointments import Appointments, Left, OfficerEntry
from services.routing.orders import (
    Adoption,
    Appointment,
    Leaving,
    OfficerId,
    Recognition,
    Repinning,
    Supervision,
    TermOrder,
    TokenLost,
    UnitEntry,
    Withdrawal,
    YearOrder,
)
from services.routing.overview import Overview
from services.routing.rulebook import Rulebook
from services.routing.tables import PackEntry
from shared.acts.routes import add_acts
from shared.clock import Clock
from shared.contracts.catalogue import UtcTime
from shared.copies import matters
from shared.messaging.waiting import wait_until, when_known
from shared.store.requests import Answer
from shared.web import After, Asking, Once, empty_door

Known = Callable[[str, str | None], Awaitable[None]]
"""Waits until a matter, and a position given, are known here."""


class Appointed(BaseModel):
    """The officer's pseudonymous id, and the token, which is shown only now."""

    officer: str
    token: str


def router(
    routing: Routing,
    administration: Administration,
    appointments: Appointments,
    rulebook: Rulebook,
    clock: Clock,
) -> APIRouter:
    """Routing's routes."""
    api = empty_door("/routing", "routing 办理")

    async def known(incident: str, after: str | None) -> None:
        # Only a look is repeated while news is on its way: a command tried in vain would write.
        await wait_until(routing.store, after)
        await when_known(lambda: routing.store.read(lambda sql: matters.find(sql, incident)))

    @api.get("/incidents/{incident}")
    async def overview(incident: str, officer: Asking, after: After = None) -> Overview:
        """办理情况：各单位、文稿、尚待谁审定、哪些前置条件未满足。"""
        await known(incident, after)
        return await routing.overview(incident, officer)

    of_draft = dict.fromkeys(("approve", "reject", "publish"), OfDraft)
    add_acts(api, routing, {"draft": Drafted, "assign": Assigned, **of_draft})
    _add_units(api, administration)
    _add_officers(api, appointments)
    _add_packs(api, rulebook, known, clock)
    _add_dates(api, rulebook)
    return api


def _add_units(api: APIRouter, administration: Administration) -> None:
    @api.post("/units")
    async def establish_unit(order: UnitEntry, officer: Asking, once: Once) -> Answer:
        """登记单位, 或更改其登记。"""
        return await administration.establish_unit(
            order.code, order.name, order.aliases, order.parent, officer, once
        )

    @api.post("/supervisor")
    async def name_supervisor(order: Supervision, officer: Asking, once: Once) -> Answer:
        """指定监督单位：对根单位的裁定、认定、通报和排名由其人员办理。"""
        return await administration.name_supervisor(order.supervisor, order.name, officer, once)

    @api.get("/units")
    async def units(_: Asking) -> list[UnitEntry]:
        """全部单位。"""
        return [
            UnitEntry(code=u.code, name=u.name, aliases=list(u.aliases), parent=u.parent)
            for u in await administration.units()
        ]


def _add_officers(api: APIRouter, appointments: Appointments) -> None:
    @api.post("/officers")
    async def appoint(order: Appointment, officer: Asking, once: Once) -> Appointed:
        """任命人员, 或为现任人员发放新令牌；令牌只在本次应答中出现。"""
        appointed, token = await appointments.appoint(order, officer, once)
        return Appointed(officer=appointed, token=token)

    @api.get("/officers", response_model_exclude_none=True)
    async def officers(officer: Asking, at: UtcTime | None = None) -> list[OfficerEntry]:
        """全部人员；给出 at（带时区）时, 为当时任职的人员（仅系统管理员可看）。"""
        return await appointments.officers(officer, at)

    @api.post("/officers/{appointment}/leave")
    async def leave(appointment: OfficerId, order: Leaving, officer: Asking, once: Once) -> Left:
        """离任：任职、令牌和登录即时终止, 未办结的事件列明并移交。"""
        return await appointments.leave(appointment, order, officer, once)

    @api.post("/officers/{appointment}/withdraw-token")
    async def withdraw_token(
        appointment: OfficerId, order: TokenLost, officer: Asking, once: Once
    ) -> Answer:
        """收回令牌：令牌和登录即时失效, 职务保留。"""
        return await appointments.withdraw_token(appointment, order, officer, once)

    @api.post("/officers/{appointment}/recognise")
    async def recognise(
        appointment: OfficerId, order: Recognition, officer: Asking, once: Once
    ) -> Answer:
        """认定两项任职属同一人：审定与拟稿须由不同的人办理。"""
        return await appointments.recognise(appointment, order, officer, once)


def _add_packs(api: APIRouter, rulebook: Rulebook, known: Known, clock: Clock) -> None:
    @api.post("/packs/adopt")
    async def adopt(order: Adoption, officer: Asking, once: Once) -> Answer:
        """单位采用规则包, 及于其下属单位；应答中的 number 是规则包的标识。"""
        return await rulebook.adopt(order, officer, once)

    @api.post("/packs/withdraw")
    async def withdraw(order: Withdrawal, officer: Asking, once: Once) -> Answer:
        """停用单位自己采用的规则包；已登记的事件不受影响。"""
        return await rulebook.withdraw(order, officer, once)

    @api.get("/packs")
    async def packs(_: Asking, at: UtcTime | None = None) -> list[PackEntry]:
        """各单位采用的规则包；给出 at（带时区）时, 为当时采用的。"""
        return await rulebook.in_force(at or clock())

    @api.post("/incidents/{incident}/repin")
    async def repin(
        incident: str, order: Repinning, officer: Asking, once: Once, after: After = None
    ) -> Answer:
        """让事件改用现行的或曾采用过的规则包；已作出的结论不变。"""
        await known(incident, after)
        return await rulebook.repin(incident, order, officer, once)


def _add_dates(api: APIRouter, rulebook: Rulebook) -> None:
    @api.post("/calendar")
    async def publish_calendar(order: YearOrder, officer: Asking, once: Once) -> Answer:
        """公布一年的放假与调休上班日期。"""
        return await rulebook.publish_calendar(order, officer, once)

    @api.post("/terms")
    async def set_terms(order: TermOrder, officer: Asking, once: Once) -> Answer:
        """设定学期的起止日期。"""
        return await rulebook.set_terms(order, officer, once)
