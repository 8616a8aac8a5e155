"""The operator's questions about the whole county, whatever it consists of."""

from typing import Protocol

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

from huiyin.embedded.doctor import Report
from services.reporting.log.verify import Verified
from services.reporting.rebuild import Compared
from shared.contracts.envelope import Actor
from shared.errors import Refused
from shared.identity.officers import Officer
from shared.identity.posts import ADMINISTRATOR
from shared.web import Asking


class Release(BaseModel):
    """Which room is to let through what it has set aside of a matter (放行)."""

    model_config = ConfigDict(extra="forbid")

    room: str
    matter: str


class Released(BaseModel):
    """How many events were applied."""

    events: int


class Operations(Protocol):
    """What can be asked of a county's rooms together; raises Unavailable when one is silent."""

    async def doctor(self) -> Report:
        """How every room is, what is wrong, and what to do about it."""

    async def settle(self) -> None:
        """Wait until everything up to here has been applied everywhere."""

    async def release(self, room: str, matter: str, actor: Actor) -> int:
        """Let through what a room set aside of a matter; returns how many events."""

    async def verified(self) -> Verified:
        """Whether stores and log hold and agree."""

    async def rebuilt(self) -> list[Compared]:
        """Every read model folded afresh from the log and compared with the live one."""


def add_operations(app: FastAPI, county: Operations) -> None:
    """Add ``/operations``."""

    @app.get("/operations/doctor", tags=["operations 运维"])
    async def doctor(_: Asking) -> Report:
        """各服务的位置、滞后、完整时间、搁置与停顿, 以及该怎么办。"""
        return await county.doctor()

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
        return await county.verified()

    @app.post("/operations/rebuild", tags=["operations 运维"])
    async def rebuild(_: Asking) -> list[Compared]:
        """从日志重建各读模型, 与现有的逐行比较。"""
        await county.settle()
        return await county.rebuilt()


def _check_administrator(officer: Officer) -> None:
    if officer.post != ADMINISTRATOR:
        raise Refused("post.not-competent", "只有系统管理员可以放行。", "请由管理员办理。", "post")
