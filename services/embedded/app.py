"""The one HTTP door: every room under its prefix, and the operator's questions."""

from dataclasses import dataclass

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from services.embedded.directory import County
from services.embedded.doctor import Report, examine
from services.embedded.evidence import rebuilt, verified
from services.embedded.front import front_page
from services.embedded.system import System
from services.operations import add_operations
from services.reporting.rebuild import Compared
from services.reporting.verify import Verified
from shared.contracts.envelope import Actor
from shared.errors import Unknown
from shared.settings import Settings
from shared.web import RESPONSES, prepare


@dataclass(frozen=True, slots=True)
class _Here:
    """The county in this process, as the operator asks it."""

    system: System
    settings: Settings

    async def doctor(self) -> Report:
        statuses = await self.system.statuses()
        key = self.settings.wrapping_key
        return examine(statuses, self.settings.data, running=True, wrapping_key=key)

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
        version="0.1.0",
        summary="舆情事件的登记、交办、时限、台账与审计",
        docs_url=None,
        redoc_url=None,
        responses=RESPONSES,
    )
    prepare(app, system.officers, system.vault)
    for room in system.rooms.values():
        app.include_router(room.router)
    add_operations(app, _Here(system, settings))
    _add_front(app, system, county)
    return app


def _add_front(app: FastAPI, system: System, county: County) -> None:
    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def front() -> str:
        return await front_page(system.rooms["reporting"].store, county)

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
