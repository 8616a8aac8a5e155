"""The county's rooms as reached over NATS: how they are, and the orders they take.

A room answers through the one of its processes that is at work; with none there is no answer.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from huiyin.host.offline import on_record
from shared.contracts.catalogue import Contract
from shared.contracts.envelope import Actor
from shared.errors import HuiyinError, Invalid, Refused, Unavailable, Unknown, Untrusted
from shared.messaging.running import RunningRoom
from shared.messaging.status import RoomStatus, status_subject
from shared.messaging.streams import SERVICES
from shared.messaging.tasks import halt
from shared.messaging.waiting import barrier
from shared.store.database import Recorder

ANSWER_WITHIN = 2.0
"""Seconds to wait for a room's answer."""

RELEASE_WITHIN = 60.0
"""Seconds to wait until a room has applied what was set aside."""

TAKEOVER_WITHIN = 10.0
"""Seconds in which a stand-by has surely taken over, so that a room answers again."""

_KINDS = {kind.__name__: kind for kind in (Refused, Invalid, Unknown, Unavailable, Untrusted)}


class ReleaseOrder(Contract):
    """Let through what is set aside of a matter, on whose order (放行)."""

    matter: str
    actor: Actor


class ReleaseOutcome(Contract):
    """How many events were applied, or the kind of error and what it says."""

    events: int = 0
    kind: str | None = None
    problem: tuple[str, str, str, str | None] | None = None

    def result(self) -> int:
        """How many events; raises the error."""
        if self.kind is not None and self.problem is not None:
            raise _KINDS[self.kind](*self.problem)
        return self.events


class FarRooms:
    """All rooms: what only a running one knows is asked, the rest is read in its database."""

    def __init__(self, client: Client, recorders: Mapping[str, Recorder]) -> None:
        self.recorders = recorders
        self._client = client

    async def statuses(self) -> Sequence[RoomStatus]:
        """How every room is; of a silent one, what its database says."""
        return await asyncio.gather(*map(self._examined, SERVICES))

    async def settle(self) -> None:
        """Wait until everything up to here has been applied everywhere."""
        await barrier(self._answered)

    async def release(self, room: str, matter: str, actor: Actor) -> int:
        """Have a room let through what it set aside of a matter; returns how many events.

        Raises Unknown ``room.unknown``, Unavailable ``room.silent`` or the room's own error.
        """
        if room not in SERVICES:
            raise no_room(room)
        order = ReleaseOrder(matter=matter, actor=actor).model_dump_json().encode()
        answer = await _ask(self._client, room, release_subject(room), order, RELEASE_WITHIN)
        return ReleaseOutcome.model_validate_json(answer).result()

    async def _answered(self) -> Sequence[RoomStatus]:
        return await asyncio.gather(
            *(_status(self._client, service, within=TAKEOVER_WITHIN) for service in SERVICES)
        )

    async def _examined(self, service: str) -> RoomStatus:
        try:
            return await _status(self._client, service)
        except Unavailable as problem:
            halts = [halt("process", problem)]
            return await asyncio.to_thread(on_record, service, self.recorders[service], halts)


def no_room(name: str) -> Unknown:
    """The error for a room that does not exist."""
    return Unknown(
        "room.unknown", f"没有名为“{name}”的服务。", f"可用：{'、'.join(SERVICES)}。", "room"
    )


def release_subject(service: str) -> str:
    """Where a room takes the order to let through what is set aside."""
    return f"huiyin.control.{service}.release"


async def _status(client: Client, service: str, *, within: float = 0.0) -> RoomStatus:
    """How a room is, asked again for ``within`` seconds while nobody answers.

    Raises Unavailable ``room.silent``.
    """
    deadline = time.monotonic() + within
    while True:
        try:
            answer = await _ask(client, service, status_subject(service), b"", ANSWER_WITHIN)
            return RoomStatus.model_validate_json(answer)
        except Unavailable:
            if time.monotonic() >= deadline:
                raise
            await asyncio.sleep(0.1)


@asynccontextmanager
async def obeying(client: Client, running: RunningRoom) -> AsyncIterator[None]:
    """Take orders for a room while the block lasts."""

    async def obey(message: Msg) -> None:
        outcome = await _released(running, ReleaseOrder.model_validate_json(message.data))
        await message.respond(outcome.model_dump_json().encode())

    subscription = await client.subscribe(release_subject(running.room.name), cb=obey)
    try:
        yield
    finally:
        with suppress(nats.errors.Error, OSError):
            await subscription.unsubscribe()


async def _released(running: RunningRoom, order: ReleaseOrder) -> ReleaseOutcome:
    try:
        return ReleaseOutcome(events=await running.release(order.matter, order.actor))
    except HuiyinError as problem:
        said = (problem.code, problem.message, problem.remedy, problem.field)
        return ReleaseOutcome(kind=type(problem).__name__, problem=said)


async def _ask(client: Client, service: str, subject: str, data: bytes, within: float) -> bytes:
    try:
        return (await client.request(subject, data, timeout=within)).data
    except (nats.errors.Error, TimeoutError, OSError) as problem:
        raise Unavailable(
            "room.silent",
            f"服务 {service} 没有应答。",
            f"请检查 NATS, 以及 {service} 是否至少有一个进程在运行（huiyin serve {service}）。",
            "room",
        ) from problem
