"""A room at work: relay, ears, heartbeat and chores as tasks of one event loop."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

import structlog
from faststream.nats import NatsBroker
from nats.aio.client import Client

from shared.contracts.envelope import Actor
from shared.errors import HuiyinError, Refused, Untrusted
from shared.messaging.heart import Heart
from shared.messaging.relay import Relay
from shared.messaging.status import Halt, RoomStatus, halt, read_status, status_subject
from shared.room import Room

LEAVE_WITHIN = 0.05
"""Seconds for taking leave of JetStream when a room stops."""

log = structlog.get_logger("room")


class RunningRoom:
    """Starts and stops what a room does by itself; its HTTP door is served elsewhere."""

    def __init__(self, room: Room, client: Client, broker: NatsBroker, *, poll: float) -> None:
        self.room = room
        self.relay = Relay(room.store, client, poll=poll, checkpoint=room.checkpoint)
        self._heart = Heart(room.store, self.relay, client)
        self._client = client
        self._tasks: list[asyncio.Task[None]] = []
        for consumer in room.consumers:
            consumer.subscribe(broker)
        broker.subscriber(status_subject(room.name), title=f"{room.name} status")(self.status)

    async def prepare(self) -> None:
        """Compare stream and store, and set the ears to our positions; before the broker starts.

        Raises Untrusted when the stream is not this store's, or an upstream not the one followed.
        """
        await self.relay.resync()
        js = self._client.jetstream()
        for consumer in self.room.consumers:
            await consumer.prepare(js)

    async def start(self) -> None:
        """Begin; call after the broker has started."""
        await self._heart.listen()
        self._begin("relay", self.relay.run())
        self._begin("heart", self._heart.run())
        for consumer in self.room.consumers:
            self._begin(f"watch {consumer.upstream}", consumer.watch())
        for chore in self.room.chores:
            self._begin("chore", chore())

    async def stop(self) -> None:
        """End the tasks; what is being written is finished."""
        while left := [task for task in self._tasks if not task.done()]:
            for task in left:
                task.cancel()  # again: before Python 3.12 ``wait_for`` may swallow one
            await asyncio.wait(left, timeout=0.1)
        if self._client.is_connected and self.room.consumers:
            leaving = [asyncio.create_task(each.leave()) for each in self.room.consumers]
            _, late = await asyncio.wait(leaving, timeout=LEAVE_WITHIN)
            for task in late:
                task.cancel()

    async def release(self, matter: str, actor: Actor) -> int:
        """Let through what is set aside of a matter, wherever in the room; returns how many.

        Raises Refused ``release.still-poison`` when an event still cannot be applied.
        """
        try:
            return sum([await each.release(matter, actor) for each in self.room.followers])
        except HuiyinError:
            raise
        except Exception as problem:
            raise _still_poison(problem) from problem

    async def status(self) -> RoomStatus:
        """How the room is."""
        return await asyncio.to_thread(
            read_status,
            self.room.name,
            self.room.store.recorder,
            ends=self.room.ends,
            relayed=self.relay.position,
            clock=self.room.store.clock,
            halts=self._halts(),
        )

    def _halts(self) -> Sequence[Halt]:
        parts: list[tuple[str, Untrusted | None]] = [("relay", self.relay.halted)]
        parts += [(f"follows {each.upstream}", each.halted) for each in self.room.followers]
        return [halt(part, problem) for part, problem in parts if problem]

    def _begin(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=f"{self.room.name} {name}")
        task.add_done_callback(_report)
        self._tasks.append(task)


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (problem := task.exception()):
        log.error("task ended", task=task.get_name(), problem=repr(problem))


def _still_poison(problem: Exception) -> Refused:
    return Refused(
        "release.still-poison",
        f"事件仍然不能处理（{type(problem).__name__}: {problem}）, 继续搁置。",
        "请先修复原因（通常是升级程序或更正数据）, 再放行。",
        "matter",
    )
