"""The operator's questions about the whole county, whatever it consists of."""

import asyncio

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

from huiyin.host.doctor import Examined, Report, examine
from huiyin.host.far import FarRooms
from huiyin.host.host import Host
from huiyin.host.offline import rebuilt, verified
from huiyin.host.premises import look_around
from services.reporting.log.verify import Verified
from services.reporting.rebuild import Compared
from shared.errors import Refused
from shared.identity.officers import Officer
from shared.settings import Settings
from shared.web import Asking
from shared.words import ADMINISTRATOR


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
        _check_administrator(officer)
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


def _check_administrator(officer: Officer) -> None:
    if officer.post != ADMINISTRATOR:
        raise Refused("post.not-competent", "只有系统管理员可以放行。", "请由管理员办理。", "post")


async def _seen(host: Host, county: Rooms, settings: Settings) -> Examined:
    return Examined(
        await county.examined(),
        # A disk that PostgreSQL writes to is for its own machine to watch: this is the process's.
        await asyncio.to_thread(look_around, settings),
        running=True,
        broker=await host.broker(),
        halts=host.halts,
        moved_from=host.server.moved_from if host.server else None,
    )
