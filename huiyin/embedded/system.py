"""Boots and stops the embedded system in the running event loop.

One loop carries NATS, HTTP and all four rooms; one thread writes all four databases in turn, so
that the interpreter is shared by two threads and not by five.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from dataclasses import dataclass
from typing import Any

import nats
from faststream.nats import NatsBroker
from nats.aio.client import Client

from huiyin.embedded.directory import DataDirectory
from huiyin.embedded.keeper import Keeper
from services.deadlines import main as deadlines
from services.intake import main as intake
from services.reporting import main as reporting
from services.routing import main as routing
from shared.clock import Clock, SteadyClock
from shared.contracts.envelope import event_hash
from shared.errors import Unavailable
from shared.identity.officers import Officers
from shared.messaging import broker as brokers
from shared.messaging import headers, pull
from shared.messaging.barrier import barrier
from shared.messaging.relay import Checkpoint, pass_by
from shared.messaging.running import RunningRoom
from shared.messaging.server import NatsServer
from shared.messaging.status import Halt, RoomStatus
from shared.messaging.taking import other_history
from shared.messaging.tasks import Tasks
from shared.room import Room, Surroundings
from shared.settings import Settings
from shared.store.tables import open_tables
from shared.store.tracking import tracked
from shared.vault import Vault, load_or_create_wrapping_key, open_vault

BUILDERS: tuple[Callable[[Surroundings], Room], ...] = (
    intake.build,
    routing.build,
    deadlines.build,
    reporting.build,
)


@dataclass(frozen=True, slots=True)
class System:
    """The running county."""

    directory: DataDirectory
    rooms: dict[str, Room]
    running: Sequence[RunningRoom]
    officers: Officers
    vault: Vault
    clock: Clock
    server: NatsServer
    work: "AtWork"
    tasks: Tasks

    @property
    def halts(self) -> list[Halt]:
        """What of the process itself, not of a room, goes on no more."""
        return self.tasks.halts()

    @property
    def nats_address(self) -> str:
        """Where NATS answers, host and port."""
        return brokers.address_of(self.server.url)

    async def broker(self) -> brokers.Broker:
        """How the nats-server is."""
        return await brokers.examined(self.work.client, self.nats_address)

    async def statuses(self) -> list[RoomStatus]:
        """How every room is."""
        return list(await asyncio.gather(*(each.status() for each in self.running)))

    async def settle(self, within: float = 30.0) -> None:
        """Wait until everything up to here has been applied everywhere."""
        await barrier(self.statuses, within=within)


@asynccontextmanager
async def booted(
    settings: Settings,
    node: str,
    *,
    clock: Clock | None = None,
    checkpoint: Checkpoint = pass_by,
) -> AsyncIterator[System]:
    """The system, up while the block lasts; the caller holds the data directory.

    Raises Untrusted when a database and its stream or followers contradict each other: an older
    backup was restored, and going on would lose events silently.
    """
    async with AsyncExitStack() as stack:
        directory = DataDirectory(settings.data)
        clock = clock or SteadyClock()
        around = surroundings(settings, node, clock, checkpoint, stack)
        rooms = [build(around) for build in BUILDERS]
        for room in rooms:
            stack.push_async_callback(room.store.close)
        check_histories(rooms)
        server = NatsServer(directory.nats)
        keeper = Keeper(server, stack.enter_context(ThreadPoolExecutor(1, "nats-server")))
        stack.push_async_callback(keeper.stop)
        await keeper.start()
        work = await stack.enter_async_context(at_work(rooms, server.url))
        tasks = Tasks("system")
        tasks.begin("nats-server", keeper.keep_up(work.running, work.move_to))
        stack.push_async_callback(tasks.stop)
        by_name = {room.name: room for room in rooms}
        yield System(
            directory,
            by_name,
            work.running,
            around.officers,
            around.vault,
            clock,
            server,
            work,
            tasks,
        )


@dataclass(frozen=True, slots=True)
class AtWork:
    """Rooms that do what they do, and the connections on which they do it."""

    running: list[RunningRoom]
    client: Client
    broker: NatsBroker

    def move_to(self, nats_url: str) -> None:
        """Find NATS at another address from the next attempt on."""
        for client in (self.client, self.broker._connection):
            if client is not None:
                client.set_server_pool([nats_url])


@asynccontextmanager
async def at_work(
    rooms: Sequence[Room], nats_url: str, *, poll: float = 0.5
) -> AsyncIterator[AtWork]:
    """Rooms connected to NATS and doing what they do by themselves."""
    pull.install()
    headers.install()
    client = await connected(nats_url)
    broker = NatsBroker(
        nats_url,
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.1,  # type: ignore[arg-type]  # nats-py takes fractions
        error_cb=_pass,
        logger=None,
    )
    running = [RunningRoom(room, client, broker, poll=poll) for room in rooms]
    try:
        for each in running:
            await each.prepare()
        await broker.start()
        for each in running:
            await each.start()
        yield AtWork(running, client, broker)
    finally:
        for each in running:
            await each.stop()
        await _closed(broker, client)


async def _closed(broker: NatsBroker, client: Client) -> None:
    connection = broker._connection
    with suppress(nats.errors.Error):  # a connection that is away cannot be drained
        await broker.stop()
    if connection is not None:
        await closed(connection)
    await closed(client)


async def closed(client: Client) -> None:
    """Close a connection, also while the broker is away; harmless when it is closed."""
    with suppress(nats.errors.Error, OSError, RuntimeError):  # uvloop: the transport has gone
        await client.close()


async def connected(url: str) -> Client:
    """A client that comes back by itself; raises Unavailable ``nats.unreachable``."""
    try:
        return await nats.connect(
            url, max_reconnect_attempts=-1, reconnect_time_wait=0.1, error_cb=_pass
        )
    except (OSError, nats.errors.Error, TimeoutError) as problem:
        raise Unavailable(
            "nats.unreachable", "连不上 NATS 服务。", "请检查 HUIYIN_NATS_URL 与网络后重试。"
        ) from problem


def check_histories(rooms: Sequence[Room]) -> None:
    """Raises Untrusted if a room has applied what its upstream's database does not hold."""
    by_name = {room.name: room for room in rooms}
    for room in rooms:
        for consumer in room.consumers:
            _check_history(room, by_name[consumer.upstream])


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


def surroundings(
    settings: Settings, node: str, clock: Clock, checkpoint: Checkpoint, stack: AsyncExitStack
) -> Surroundings:
    """What every room is given, closed with ``stack``; makes a wrapping key if there is none."""
    location = settings.database or str(settings.data)
    settings.wrapping_key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    wrapping_key = load_or_create_wrapping_key(settings.wrapping_key)
    vault = open_vault(settings.database or str(settings.data / "vault.db"), wrapping_key)
    stack.callback(vault.close)
    officers = stack.enter_context(closing(Officers(open_tables(location, "identity"))))
    return Surroundings(
        location,
        node,
        clock,
        vault,
        officers,
        writer=stack.enter_context(ThreadPoolExecutor(1, "writer")),
        checkpoint=checkpoint,
    )


async def _pass(_: Any) -> None:
    """Connection errors show in doctor and in what fails because of them."""
