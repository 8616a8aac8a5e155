"""A host: the rooms that run in one process, all four or one, and the connections they work on.

One loop carries NATS, HTTP and the rooms; one thread writes their databases in turn, so that the
interpreter is shared by two threads and not by five.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from typing import Any

import nats
from faststream.nats import NatsBroker
from nats.aio.client import Client

from huiyin.host.far import FarRooms, no_room
from services.deadlines import main as deadlines
from services.intake import main as intake
from services.reporting import main as reporting
from services.routing import main as routing
from shared.clock import Clock
from shared.contracts.envelope import Actor
from shared.errors import Unavailable
from shared.identity.officers import Officers
from shared.messaging import client as nats_client
from shared.messaging.relay import Checkpoint
from shared.messaging.running import RunningRoom
from shared.messaging.server import NatsServer
from shared.messaging.status import Broker, RoomStatus, address_of, examined, read_status
from shared.messaging.streams import SERVICES
from shared.messaging.tasks import Tasks
from shared.messaging.waiting import barrier
from shared.room import Room, Surroundings
from shared.settings import Settings
from shared.store.database import Recorder, open_tables
from shared.store.failures import translated
from shared.vault.keys import load_or_create_wrapping_key
from shared.vault.vault import Vault, open_vault

Announce = Callable[[str], None]
"""Told where a host answers, once it does."""

Beside = Callable[[], Coroutine[Any, Any, None]]
"""What goes on beside the door until cancelled; the process ends when it fails."""

BUILDERS: dict[str, Callable[[Surroundings], Room]] = {
    "intake": intake.build,
    "routing": routing.build,
    "deadlines": deadlines.build,
    "reporting": reporting.build,
}


@dataclass(slots=True)
class Host:
    """The rooms of this process, and what they have in common.

    ``server`` is the nats-server that is a child of this process, none where NATS is elsewhere.
    ``work`` is none while the rooms stand by. ``far`` reaches the rooms of all processes. ``tasks``
    are the process's own, not a room's.
    """

    rooms: Mapping[str, Room]
    around: Surroundings
    client: Client
    nats_url: Callable[[], str]
    server: NatsServer | None = None
    work: "AtWork | None" = None
    far: FarRooms | None = None
    beside: Sequence[Beside] = ()
    tasks: Tasks = field(default_factory=lambda: Tasks("system"))

    @property
    def whole(self) -> bool:
        """Whether all rooms are here."""
        return len(self.rooms) == len(SERVICES)

    @property
    def officers(self) -> Officers:
        return self.around.officers

    @property
    def vault(self) -> Vault:
        return self.around.vault

    @property
    def recorders(self) -> dict[str, Recorder]:
        """The database of each room."""
        return {name: room.store.recorder for name, room in self.rooms.items()}

    @property
    def nats_address(self) -> str:
        """Where NATS answers now, host and port."""
        return address_of(self.nats_url())

    async def broker(self) -> Broker:
        """How NATS is."""
        return await examined(self.client, self.nats_address)

    def heard(self) -> dict[str, int]:
        """How far other services' events go, as they said lately; who stands by hears nothing."""
        running = self.work.running if self.work else ()
        return {name: end for each in running for name, end in each.heard.items()}

    async def statuses(self) -> list[RoomStatus]:
        """How each room is: as it works here, or as its database has it.

        Raises Unavailable when a store cannot be read.
        """
        if self.work:
            return list(await asyncio.gather(*(each.status() for each in self.work.running)))
        return [await asyncio.to_thread(_standing_by, room) for room in self.rooms.values()]

    async def settle(self, within: float = 30.0) -> None:
        """Wait until everything up to here has been applied everywhere."""
        await barrier(self.statuses, within=within)

    async def release(self, room: str, matter: str, actor: Actor) -> int:
        """Let through what a room of this process set aside of a matter; how many events."""
        running = {each.room.name: each for each in self.work.running} if self.work else {}
        if room not in running:
            raise no_room(room)
        return await running[room].release(matter, actor)


def _standing_by(room: Room) -> RoomStatus:
    store = room.store
    with translated():
        return read_status(room.name, store.recorder, ends=room.ends, clock=store.clock)


@asynccontextmanager
async def built(
    names: Iterable[str], settings: Settings, node: str, clock: Clock, checkpoint: Checkpoint
) -> AsyncIterator[tuple[Surroundings, dict[str, Room]]]:
    """Rooms over their databases, and what they share; makes a wrapping key if there is none."""
    async with AsyncExitStack() as stack:
        around = _surroundings(settings, node, clock, checkpoint, stack)
        rooms = {name: BUILDERS[name](around) for name in names}
        for room in rooms.values():
            stack.push_async_callback(room.store.close)
        yield around, rooms


def _surroundings(
    settings: Settings, node: str, clock: Clock, checkpoint: Checkpoint, stack: AsyncExitStack
) -> Surroundings:
    location = settings.database or str(settings.data)
    settings.wrapping_key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    wrapping_key = load_or_create_wrapping_key(settings.wrapping_key)
    vault = open_vault(settings.database or str(settings.data / "vault.db"), wrapping_key)
    stack.callback(vault.close)
    officers = stack.enter_context(closing(Officers(open_tables(location, "identity"), clock)))
    return Surroundings(
        location,
        node,
        clock,
        vault,
        officers,
        writer=stack.enter_context(ThreadPoolExecutor(1, "writer")),
        checkpoint=checkpoint,
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
    rooms: Iterable[Room], nats_url: str, *, poll: float = 0.5
) -> AsyncIterator[AtWork]:
    """Rooms connected to NATS and doing what they do by themselves."""
    nats_client.install()
    client = await connected(nats_url)
    broker = NatsBroker(
        nats_url,
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.1,  # type: ignore[arg-type]  # nats-py takes fractions
        error_cb=pass_over,
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


async def connected(url: str) -> Client:
    """A client that comes back by itself; raises Unavailable ``nats.unreachable``."""
    try:
        return await nats.connect(
            url, max_reconnect_attempts=-1, reconnect_time_wait=0.1, error_cb=pass_over
        )
    except (OSError, nats.errors.Error, TimeoutError) as problem:
        raise Unavailable(
            "nats.unreachable", "连不上 NATS 服务。", "请检查 HUIYIN_NATS_URL 与网络后重试。"
        ) from problem


async def closed(client: Client) -> None:
    """Close a connection, also while the broker is away; harmless when it is closed."""
    with suppress(nats.errors.Error, OSError, RuntimeError):  # uvloop: the transport has gone
        await client.close()


async def _closed(broker: NatsBroker, client: Client) -> None:
    connection = broker._connection
    with suppress(nats.errors.Error):  # a connection that is away cannot be drained
        await broker.stop()
    if connection is not None:
        await closed(connection)
    await closed(client)


async def pass_over(_: Any) -> None:
    """Connection errors show in doctor and in what fails because of them."""
