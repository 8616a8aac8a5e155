"""The HTTP door of a host: its rooms, the operator's questions, and how it is.

That is for whoever watches it: that it answers, and whether to send requests here.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from fastapi import FastAPI, Response
from pydantic import BaseModel, ConfigDict

from huiyin.host.contracts import add_contracts
from huiyin.host.doctor import (
    LATE_WATERMARK,
    Examined,
    Report,
    examine,
    late_watermarks,
    look_around,
)
from huiyin.host.far import FarRooms
from huiyin.host.host import Host
from huiyin.host.metrics import add_metrics
from huiyin.host.offline import rebuilt, verified
from services.reporting.log.verify import Verified
from services.reporting.rebuild import Compared
from shared import VERSION
from shared.clock import system_clock
from shared.errors import Refused, Unavailable
from shared.messaging.status import RoomStatus
from shared.settings import Settings
from shared.web import RESPONSES, Asking, prepare, take_in
from shared.words import ADMINISTRATOR


class Health(BaseModel):
    """Whether the process serves."""

    status: str
    county: str


class RoomHealth(BaseModel):
    """That the process serves, and whether it also does the room's own work or stands by."""

    status: str
    service: str
    county: str
    role: Literal["active", "standby"]


class Reason(BaseModel):
    """Why not: where, and a stable code."""

    place: str
    code: str


class Readiness(BaseModel):
    """Whether requests should be sent here."""

    ready: bool
    reasons: list[Reason]


class Life(BaseModel):
    """That the process answers."""

    status: str


def create_app(host: Host, county: str, settings: Settings) -> FastAPI:
    """The door; of a room by itself everything stands under its prefix too, as a proxy routes.

    ``county`` is what the process calls it when it is asked how it is.
    """
    [*_, last] = host.rooms
    app = FastAPI(
        title="回音 Huiyin" if host.whole else f"回音 Huiyin · {last}",
        version=VERSION,
        summary="舆情事件的登记、交办、时限、台账与审计",
        docs_url=None,
        redoc_url=None,
        responses=RESPONSES,
    )
    prefixes = ("",) if host.whole else ("", f"/{last}")
    prepare(app, host.officers, host.vault)
    take_in(app.router, *(room.router for room in host.rooms.values()))
    if rooms := host.far or (host if host.whole else None):
        add_operations(app, host, rooms, settings)
    _add_health(app, host, county, prefixes)
    add_metrics(app, host, settings, prefixes)
    add_contracts(app, lambda: host.nats_address)
    return app


def _add_health(app: FastAPI, host: Host, county: str, prefixes: Sequence[str]) -> None:
    """Add ``/health``, ``/health/live`` and ``/health/ready`` under each prefix; they hold no data.

    The proxy routes by prefix, a supervisor asks the process itself.
    """
    if host.whole:

        @app.get("/health", tags=["operations 运维"])
        async def health() -> Health:
            """本进程是否在服务。"""
            return Health(status="ok", county=county)

    for prefix in prefixes:
        if not host.whole:
            _add_room(app, host, county, prefix)
        _add_readiness(app, host, prefix)


def _add_room(app: FastAPI, host: Host, county: str, prefix: str) -> None:
    [service] = host.rooms

    @app.get(f"{prefix}/health", tags=["operations 运维"], include_in_schema=not prefix)
    async def health() -> RoomHealth:
        """本进程是否在服务；值守（active）还是待命（standby）。"""
        role: Literal["active", "standby"] = "active" if host.work else "standby"
        return RoomHealth(status="ok", service=service, county=county, role=role)

    if prefix:

        @app.get(f"{prefix}/openapi.json", include_in_schema=False)
        async def described() -> dict[str, Any]:
            return app.openapi()


def _add_readiness(app: FastAPI, host: Host, prefix: str) -> None:
    @app.get(f"{prefix}/health/live", tags=["operations 运维"], include_in_schema=not prefix)
    async def live() -> Life:
        """本进程在应答。"""
        return Life(status="ok")

    @app.get(
        f"{prefix}/health/ready",
        tags=["operations 运维"],
        include_in_schema=not prefix,
        responses={503: {"model": Readiness, "description": "暂时不要把请求送到这里"}},
    )
    async def ready(response: Response) -> Readiness:
        """可以把请求送到这里：数据库可读, NATS 相连, 没有停下的部分, 完整时间是新的。"""
        reasons = await reasons_against(host, system_clock())
        response.status_code = 503 if reasons else 200
        return Readiness(ready=not reasons, reasons=reasons)


async def reasons_against(host: Host, now: datetime) -> list[Reason]:
    """Why requests should not be sent here just now; none if they should."""
    try:
        statuses = await host.statuses()
    except Unavailable as problem:
        return [Reason(place="store", code=problem.code)]
    found = [] if host.client.is_connected else [Reason(place="nats", code="nats.unreachable")]
    found += [Reason(place=f"process {h.part}", code=h.code) for h in host.tasks.halts()]
    for room in statuses:
        found += [Reason(place=f"{room.service} {h.part}", code=h.code) for h in room.halts]
    if host.work:
        found += [
            Reason(place=place, code="watermark.late") for place in _late(host, statuses, now)
        ]
    return found


def _late(host: Host, statuses: Sequence[RoomStatus], now: datetime) -> list[str]:
    """Whose news is overdue. A room by itself answers for its own heartbeat alone: another
    service's silence is no reason to send people away from this one.
    """
    if host.whole:
        return [f"{room}<{upstream}" for room, upstream in late_watermarks(statuses, now)]
    beats = {room.service: room.recorded_until for room in statuses}
    return [name for name, at in beats.items() if at is None or now - at > LATE_WATERMARK]


class Release(BaseModel):
    """Which room is to let through what it has set aside of a matter (放行)."""

    model_config = ConfigDict(extra="forbid")

    room: str
    matter: str


class Released(BaseModel):
    """How many events were applied."""

    events: int


Rooms = Host | FarRooms
"""All rooms of the county, in this process or wherever they run."""


NOT_COMPETENT = ("post.not-competent", "只有系统管理员可以放行。", "请由管理员办理。", "post")


def add_operations(app: FastAPI, host: Host, county: Rooms, settings: Settings) -> None:
    """Add ``/operations``."""

    @app.get("/operations/doctor", tags=["operations 运维"])
    async def doctor(_: Asking) -> Report:
        """各服务的位置、滞后、完整时间、搁置与停顿, 以及该怎么办。"""
        return examine(await _seen(host, county, settings))

    @app.post("/operations/settle", status_code=204, tags=["operations 运维"])
    async def settle(_: Asking) -> None:
        """等到此前的一切都已处理完毕。"""
        await county.settle()

    @app.post("/operations/release", tags=["operations 运维"])
    async def release(order: Release, officer: Asking) -> Released:
        """放行搁置的事件。"""
        if officer.post != ADMINISTRATOR:
            raise Refused(*NOT_COMPETENT)
        return Released(events=await county.release(order.room, order.matter, officer.actor))

    @app.post("/operations/verify", tags=["operations 运维"])
    async def verify(_: Asking) -> Verified:
        """核验：各序列的散列链, 以及数据库与日志逐字节一致。"""
        return await asyncio.to_thread(verified, county.recorders)

    @app.post("/operations/rebuild", tags=["operations 运维"])
    async def rebuild(_: Asking) -> list[Compared]:
        """从日志重建各读模型, 与现有的逐行比较。"""
        await county.settle()
        return await asyncio.to_thread(rebuilt, county.recorders)


async def _seen(host: Host, county: Rooms, settings: Settings) -> Examined:
    return Examined(
        await county.statuses(),
        # A disk that PostgreSQL writes to is for its own machine to watch: this is the process's.
        await asyncio.to_thread(look_around, settings),
        running=True,
        broker=await host.broker(),
        halts=host.tasks.halts(),
        moved_from=host.server.moved_from if host.server else None,
    )
