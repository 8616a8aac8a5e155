"""How the rooms of one process are, for whoever watches it: readiness and figures."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from fastapi import FastAPI, Response
from pydantic import BaseModel

from huiyin.embedded.findings import LATE_WATERMARK, late_watermarks
from shared.clock import system_clock
from shared.errors import Unavailable
from shared.messaging.status import Halt, RoomStatus
from shared.room import Room


class Vitals(Protocol):
    """What a process can say of itself.

    ``whole`` is whether all rooms are here, ``working`` whether this process does their work just
    now or stands by.
    """

    @property
    def rooms(self) -> Mapping[str, Room]: ...

    @property
    def whole(self) -> bool: ...

    @property
    def working(self) -> bool: ...

    @property
    def connected(self) -> bool:
        """Whether NATS is there."""

    @property
    def halts(self) -> Sequence[Halt]:
        """What of the process itself goes on no more."""

    def heard(self) -> Mapping[str, int]:
        """How far other services' events go, as they said lately."""

    async def statuses(self) -> Sequence[RoomStatus]:
        """How each room is; raises Unavailable when a store cannot be read."""


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


def add_health(app: FastAPI, vitals: Vitals, prefix: str = "") -> None:
    """Add ``/health/live`` and ``/health/ready`` under a prefix; they hold no data."""

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
        reasons = await reasons_against(vitals, system_clock())
        response.status_code = 503 if reasons else 200
        return Readiness(ready=not reasons, reasons=reasons)


async def reasons_against(vitals: Vitals, now: datetime) -> list[Reason]:
    """Why requests should not be sent here just now; none if they should."""
    try:
        statuses = await vitals.statuses()
    except Unavailable as problem:
        return [Reason(place="store", code=problem.code)]
    found = [] if vitals.connected else [Reason(place="nats", code="nats.unreachable")]
    found += [Reason(place=f"process {halt.part}", code=halt.code) for halt in vitals.halts]
    for room in statuses:
        found += [Reason(place=f"{room.service} {h.part}", code=h.code) for h in room.halts]
    if vitals.working:
        found += [
            Reason(place=place, code="watermark.late") for place in _late(vitals, statuses, now)
        ]
    return found


def _late(vitals: Vitals, statuses: Sequence[RoomStatus], now: datetime) -> list[str]:
    """Whose news is overdue. A room by itself answers for its own heartbeat alone: another
    service's silence is no reason to send people away from this one.
    """
    if vitals.whole:
        return [f"{room}<{upstream}" for room, upstream in late_watermarks(statuses, now)]
    beats = {room.service: room.recorded_until for room in statuses}
    return [name for name, at in beats.items() if at is None or now - at > LATE_WATERMARK]
