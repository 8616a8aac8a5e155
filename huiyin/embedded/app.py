"""The one HTTP door: every room under its prefix, and the operator's questions."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import FastAPI
from pydantic import BaseModel

from huiyin.embedded.directory import County
from huiyin.embedded.doctor import Report, Seen, examine
from huiyin.embedded.evidence import rebuilt, verified
from huiyin.embedded.premises import look_around
from huiyin.embedded.system import System
from huiyin.host.contracts import add_contracts
from huiyin.host.metrics import add_metrics
from huiyin.host.operations import add_operations
from huiyin.host.vitals import add_health
from services.reporting.log.verify import Verified
from services.reporting.rebuild import Compared
from shared.contracts.envelope import Actor
from shared.errors import Unknown
from shared.messaging.status import Halt, RoomStatus
from shared.release import VERSION
from shared.room import Room
from shared.settings import Settings
from shared.web import RESPONSES, prepare, take_in


@dataclass(frozen=True, slots=True)
class _Here:
    """The county in this process, as the operator asks it."""

    system: System
    settings: Settings

    async def doctor(self) -> Report:
        system = self.system
        seen = Seen(
            await system.statuses(),
            await asyncio.to_thread(look_around, self.settings),
            running=True,
            broker=await system.broker(),
            halts=system.halts,
            moved_from=system.server.moved_from,
        )
        return examine(seen)

    whole = working = True

    @property
    def rooms(self) -> Mapping[str, Room]:
        return self.system.rooms

    @property
    def connected(self) -> bool:
        return self.system.work.client.is_connected

    @property
    def halts(self) -> Sequence[Halt]:
        return self.system.halts

    def heard(self) -> Mapping[str, int]:
        return {}  # every room is here, and says itself how far it is

    async def statuses(self) -> Sequence[RoomStatus]:
        return await self.system.statuses()

    async def settle(self) -> None:
        await self.system.settle()

    async def release(self, room: str, matter: str, actor: Actor) -> int:
        running = {each.room.name: each for each in self.system.running}
        if room not in running:
            raise _no_room(room)
        return await running[room].release(matter, actor)

    async def verified(self) -> Verified:
        return await verified(self.system.rooms)

    async def rebuilt(self) -> list[Compared]:
        return await rebuilt(self.system.rooms)


class Health(BaseModel):
    """Whether the process serves."""

    status: str
    county: str


def create_app(system: System, county: County, settings: Settings) -> FastAPI:
    """Mount the rooms and the operator's routes."""
    app = FastAPI(
        title="回音 Huiyin",
        version=VERSION,
        summary="舆情事件的登记、交办、时限、台账与审计",
        docs_url=None,
        redoc_url=None,
        responses=RESPONSES,
    )
    prepare(app, system.officers, system.vault)
    take_in(app.router, *(room.router for room in system.rooms.values()))
    here = _Here(system, settings)
    add_operations(app, here)
    add_health(app, here)
    add_metrics(app, here, settings)
    add_contracts(app, lambda: system.nats_address)
    _add_health(app, county)
    return app


def _add_health(app: FastAPI, county: County) -> None:
    @app.get("/health", tags=["operations 运维"])
    async def health() -> Health:
        """本进程是否在服务。"""
        return Health(status="ok", county=county.name)


def _no_room(name: str) -> Unknown:
    return Unknown(
        "room.unknown",
        f"没有名为“{name}”的服务。",
        "可用：intake、routing、deadlines、reporting。",
        "room",
    )
