"""The one HTTP door: every room under its prefix, and the operator's questions."""

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict

from services.embedded.directory import County
from services.embedded.doctor import Report, examine
from services.embedded.evidence import rebuilt, verified
from services.embedded.front import front_page
from services.embedded.system import System
from services.reporting.rebuild import Compared
from services.reporting.verify import Verified
from shared.errors import Refused, Unknown
from shared.identity.officers import ADMINISTRATOR, Officer
from shared.settings import Settings
from shared.web import RESPONSES, Asking, prepare


class Release(BaseModel):
    """Which room is to let through what it has set aside of a matter (放行)."""

    model_config = ConfigDict(extra="forbid")

    room: str
    matter: str


class Released(BaseModel):
    """How many events were applied."""

    events: int


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
    _add_operations(app, system, settings)
    _add_front(app, system, county)
    return app


def _add_operations(app: FastAPI, system: System, settings: Settings) -> None:
    @app.get("/operations/doctor", tags=["operations 运维"])
    async def doctor(_: Asking) -> Report:
        """各服务的位置、滞后、完整时间、搁置与停顿, 以及该怎么办。"""
        statuses = await system.statuses()
        return examine(statuses, settings.data, running=True, wrapping_key=settings.wrapping_key)

    @app.post("/operations/settle", status_code=204, tags=["operations 运维"])
    async def settle(_: Asking) -> None:
        """等到此前的一切都已处理完毕。"""
        await system.settle()

    @app.post("/operations/release", tags=["operations 运维"])
    async def release(order: Release, officer: Asking) -> Released:
        """放行搁置的事件。"""
        _check_administrator(officer)
        running = {each.room.name: each for each in system.running}
        if order.room not in running:
            raise _no_room(order.room)
        events = await running[order.room].release(order.matter, officer.actor)
        return Released(events=events)

    @app.post("/operations/verify", tags=["operations 运维"])
    async def verify(_: Asking) -> Verified:
        """核验：各序列的散列链, 以及数据库与日志逐字节一致。"""
        return await verified(system.rooms)

    @app.post("/operations/rebuild", tags=["operations 运维"])
    async def rebuild(_: Asking) -> list[Compared]:
        """从日志重建各读模型, 与现有的逐行比较。"""
        await system.settle()
        return await rebuilt(system.rooms)


def _add_front(app: FastAPI, system: System, county: County) -> None:
    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def front() -> str:
        return await front_page(system.rooms["reporting"].store, county)

    @app.get("/health", tags=["operations 运维"])
    async def health() -> Health:
        """本进程是否在服务。"""
        return Health(status="ok", county=county.name)


def _check_administrator(officer: Officer) -> None:
    if officer.post != ADMINISTRATOR:
        raise Refused("post.not-competent", "只有系统管理员可以放行。", "请由管理员办理。", "post")


def _no_room(name: str) -> Unknown:
    return Unknown(
        "room.unknown",
        f"没有名为“{name}”的服务。",
        "可用：intake、routing、deadlines、reporting。",
        "room",
    )
