"""The embedded surroundings: all rooms in one process, with a nats-server of their own.

It is started and stopped in a thread that lives as long as the host: the kernel ends the server
together with the thread that started it, and a start must not hold up the event loop. Whenever it
has ended or takes nothing any more, it is started anew.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass

import structlog

from huiyin.host.directory import County, DataDirectory
from huiyin.host.host import Announce, Host, at_work, built
from shared.clock import Clock, SteadyClock
from shared.contracts.envelope import event_hash
from shared.errors import Unavailable
from shared.messaging.relay import Checkpoint, pass_by
from shared.messaging.running import RunningRoom
from shared.messaging.server import NatsServer
from shared.messaging.streams import SERVICES
from shared.messaging.taking import other_history
from shared.room import Room
from shared.settings import Settings
from shared.store.tracking import tracked

PATIENCE = 5.0
"""Seconds for which relays may fail before the nats-server is started anew."""

MoveTo = Callable[[str], None]
"""Tells our clients the address at which the server answers from now on."""

log = structlog.get_logger("keeper")


@dataclass(frozen=True, slots=True)
class Embedded:
    """The county of one data directory; ``ready`` is told where it answers once it does.

    It raises Refused ``data.empty``, Unavailable ``data.in-use``; Untrusted as ``booted`` does.
    """

    settings: Settings
    ready: Callable[[str, County], None]
    checkpoint: Checkpoint = pass_by

    @property
    def county(self) -> str:
        return self._directory.county().name

    @property
    def _directory(self) -> DataDirectory:
        return DataDirectory(self.settings.data)

    @contextmanager
    def held(self) -> Iterator[Announce]:
        """Hold the data directory, and let others know where its holder answers."""
        county = self._directory.county()
        with self._directory.held() as says:

            def announce(url: str) -> None:
                says(url)
                self.ready(url, county)

            yield announce

    def opened(self) -> AbstractAsyncContextManager[Host]:
        """All rooms, at work."""
        code = self._directory.county().code
        return booted(self.settings, code, checkpoint=self.checkpoint)


@asynccontextmanager
async def booted(
    settings: Settings,
    node: str,
    *,
    clock: Clock | None = None,
    checkpoint: Checkpoint = pass_by,
) -> AsyncIterator[Host]:
    """All rooms at work while the block lasts; the caller holds the data directory.

    Raises Untrusted when a database and its stream or followers contradict each other: an older
    backup was restored, and going on would lose events silently.
    """
    clock = clock or SteadyClock()
    async with built(SERVICES, settings, node, clock, checkpoint) as (around, rooms):
        check_histories(rooms)
        async with (
            _kept(NatsServer(DataDirectory(settings.data).nats)) as keeper,
            at_work(rooms.values(), keeper.server.url) as work,
        ):
            server = keeper.server
            host = Host(rooms, around, work.client, lambda: server.url, server, work)
            host.tasks.begin("nats-server", keeper.keep_up(work.running, work.move_to))
            try:
                yield host
            finally:
                await host.tasks.stop()


def check_histories(rooms: Mapping[str, Room]) -> None:
    """Raises Untrusted if a room has applied what its upstream's database does not hold."""
    for room in rooms.values():
        for consumer in room.consumers:
            _check_history(room, rooms[consumer.upstream])


def _check_history(room: Room, upstream: Room) -> None:
    at = room.store.read_now(lambda sql: tracked(sql, upstream.name))
    if at.position == 0:
        return
    rows = upstream.store.recorder.notifications(at.position - 1, 1)
    same = rows and rows[0].id == at.position and event_hash(rows[0].state) == at.hash
    if not same or upstream.store.source.epoch != at.epoch:
        raise other_history(
            at.position, f"（{room.name} 已接收）在 {upstream.name} 的数据库里没有同一条记录"
        )


class Keeper:
    """Starts, watches and stops one nats-server."""

    def __init__(self, server: NatsServer, thread: ThreadPoolExecutor) -> None:
        self.server = server
        self._thread = thread

    async def do(self, work: Callable[[], None]) -> None:
        """Start or stop it, after what the thread is doing now; raises Unavailable ``nats.*``."""
        await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def keep_up(self, running: Sequence[RunningRoom], move_to: MoveTo) -> None:
        """Start it again whenever it has ended, or takes nothing any more; until cancelled.

        After a full disk it keeps its streams shut until it is started anew.
        """
        while True:
            await asyncio.sleep(0.1)
            failing = [each.relay.failing_since for each in running if each.relay.failing_since]
            takes_nothing = failing and time.monotonic() - min(failing) > PATIENCE
            if self.server.running and not takes_nothing:
                continue
            await self._restart(move_to)
            for each in running:
                each.relay.failing_since = None
            await asyncio.sleep(1.0)

    async def _restart(self, move_to: MoveTo) -> None:
        log.warning("nats-server is started again")
        before = self.server.url
        try:
            await self.do(self.server.stop)
            await self.do(self.server.start)
        except (Unavailable, OSError) as problem:  # a full disk has no room for its files either
            log.error("nats-server not started", problem=problem)  # noqa: TRY400 -- told whole
            return
        if self.server.url != before:
            log.error("nats-server had to move", moved_from=self.server.moved_from)
            move_to(self.server.url)


@asynccontextmanager
async def _kept(server: NatsServer) -> AsyncIterator[Keeper]:
    """The server, up while the block lasts; raises Unavailable ``nats.*``."""
    with ThreadPoolExecutor(1, "nats-server") as thread:
        keeper = Keeper(server, thread)
        try:
            await keeper.do(server.start)
            yield keeper
        finally:
            await keeper.do(server.stop)
