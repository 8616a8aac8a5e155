"""A room at work: relay, ears, heartbeat and chores as tasks of one event loop."""

import asyncio
import time
from collections.abc import Sequence
from functools import partial

from faststream.nats import NatsBroker
from nats.aio.client import Client

from shared.contracts.envelope import Actor
from shared.errors import HuiyinError, Refused, Untrusted
from shared.logs import told
from shared.messaging.heart import Heart
from shared.messaging.relay import Relay
from shared.messaging.status import Relaying, RoomStatus, read_status, status_subject
from shared.messaging.tasks import Halt, Tasks, ended, halt
from shared.room import Chore, Room
from shared.store.figures import About, about

LEAVE_WITHIN = 0.05
"""Seconds for taking leave of JetStream when a room stops."""

ABOUT_LASTS = 5.0
"""Seconds after which the database is asked again how large it is."""


class RunningRoom:
    """Starts and stops what a room does by itself; its HTTP door is served elsewhere."""

    def __init__(self, room: Room, client: Client, broker: NatsBroker, *, poll: float) -> None:
        self.room = room
        self.relay = Relay(room.store, client, poll=poll, checkpoint=room.checkpoint)
        self._heart = Heart(room.store, self.relay, client)
        self._client = client
        self._tasks = Tasks(room.name)
        self._about = About("", 0)
        self._about_until = 0.0
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
        if self.room.renewal and await self.room.renewal.begin():
            for consumer in self.room.consumers:
                await consumer.prepare(js)  # they are heard from their beginning again

    async def start(self) -> None:
        """Begin; call after the broker has started."""
        await self._heart.listen()
        self._tasks.begin("relay", self.relay.run())
        self._tasks.begin("heart", self._heart.run())
        for consumer in self.room.consumers:
            self._tasks.begin(f"watch {consumer.upstream}", consumer.watch())
        if self.room.renewal:
            self._tasks.begin("renewal", self.room.renewal.run())
        for chore in self.room.chores:
            self._tasks.begin(_name(chore), self._in_its_time(chore))

    async def stop(self) -> None:
        """End the tasks; what is being written is finished."""
        await self._tasks.stop()
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
            said = f"事件仍然不能处理（{type(problem).__name__}: {problem}）, 继续搁置。"
            remedy = "请先修复原因（通常是升级程序或更正数据）, 再放行。"
            raise Refused("release.still-poison", said, remedy, "matter") from problem

    @property
    def heard(self) -> dict[str, int]:
        """How far each service said lately that its events go."""
        return self._heart.heard

    async def status(self) -> RoomStatus:
        """How the room is."""
        return await asyncio.to_thread(self._status)

    def _status(self) -> RoomStatus:
        problem = self.relay.problem
        return read_status(
            self.room.name,
            self.room.store.recorder,
            ends=self.room.ends,
            relaying=Relaying(self.relay.position, told(problem) if problem else None),
            clock=self.room.store.clock,
            halts=self._halts(),
            lies_in=self._lies_in(),
        )

    def _lies_in(self) -> About:
        """As it was a moment ago: whoever waits asks many times a second."""
        if time.monotonic() > self._about_until:
            recorder = self.room.store.recorder
            self._about = self.room.store.read_now(lambda sql: about(sql, recorder))
            self._about_until = time.monotonic() + ABOUT_LASTS
        return self._about

    async def _in_its_time(self, chore: Chore) -> None:
        """What a room does by itself rests on its tables."""
        if self.room.renewal:
            await self.room.renewal.finished()
        await chore()

    def _halts(self) -> Sequence[Halt]:
        parts: list[tuple[str, Untrusted | None]] = [("relay", self.relay.halted)]
        parts += [(f"follows {each.upstream}", each.halted) for each in self.room.followers]
        said = [halt(part, problem) for part, problem in parts if problem]
        deaf = [ended(f"follows {each.upstream}") for each in self.room.consumers if each.deaf]
        return [*said, *self._tasks.halts(), *deaf]


def _name(chore: Chore) -> str:
    """A chore is called by the file that it comes from: scheduler, projector."""
    work = chore.func if isinstance(chore, partial) else chore
    return str(getattr(work, "__module__", "chore")).rpartition(".")[2]
