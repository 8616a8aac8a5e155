"""A line between two rooms: intake speaks, routing listens and writes down what it heard."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import nats
from eventsourcing.persistence import Notification
from faststream.nats import NatsBroker
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from shared.clock import Clock, system_clock
from shared.contracts.envelope import decode
from shared.messaging import client as nats_client
from shared.messaging.consumer import Consumer
from shared.messaging.relay import Checkpoint, Relay, pass_by
from shared.messaging.server import NatsServer
from shared.messaging.streams import Incoming, message_at, stream_name
from shared.store.sql import Sql
from shared.store.store import Store
from shared.store.transaction import Transaction
from tests.support.sizes import PATIENCE
from tests.support.stores import open_store, say, words_of


class Diary:
    """What a listener does with what it hears: a row, and an event of its own, for each."""

    SCHEMA = ("CREATE TABLE IF NOT EXISTS diary (position BIGINT, words TEXT)",)

    understands_all = False

    def __init__(self, *, answers: bool = True) -> None:
        self.cannot: set[str] = set()
        self.turns = 0
        self._answers = answers

    def apply(self, tx: Transaction, events: Sequence[Incoming]) -> None:
        """Write events down; raises ValueError for words that it cannot write."""
        self.turns += 1
        for event in events:
            words = words_of(decode(event.raw))
            tx.sql.execute("INSERT INTO diary VALUES (?, ?)", (event.position, words))
            if self._answers:
                say(tx, f"听到{words}")
            if words in self.cannot:
                raise ValueError(f"写不下{words}")


def listener(location: str, service: str = "routing", *, clock: Clock = system_clock) -> Store:
    """A store with a diary."""
    return open_store(location, service, clock=clock, schema=Diary.SCHEMA)


async def heard(store: Store) -> list[str]:
    """What the diary says, in the order in which it was written."""
    return await store.read(_heard)


def _heard(sql: Sql) -> list[str]:
    rows = sql.all("SELECT words FROM diary ORDER BY position")
    return [row["words"] for row in rows]


async def connected(url: str) -> Client:
    """A client that comes back by itself."""
    return await nats.connect(
        url, max_reconnect_attempts=-1, reconnect_time_wait=0.02, error_cb=_pass
    )


async def arriving(
    upstream: Store, *, after: int = 0, named: Callable[[Notification], str] = lambda e: e.topic
) -> list[Incoming]:
    """What a store holds behind a position, as it would be delivered; ``named`` gives the type."""
    stored = await upstream.notifications(0, 1_000_000)
    before = [0, *(int(event.id) for event in stored)]
    return [
        Incoming(
            epoch=upstream.source.epoch,
            position=int(event.id),
            after=previous,
            seq=seq,
            stream=f"intake/incident/{event.originator_id}",
            type=named(event),
            correlation=str(decode(event.state).envelope.correlation),
            raw=event.state,
        )
        for seq, (event, previous) in enumerate(zip(stored, before, strict=False), 1)
        if event.id > after
    ]


@asynccontextmanager
async def relaying(
    store: Store, client: Client, *, poll: float = 0.02, checkpoint: Checkpoint = pass_by
) -> AsyncIterator[Relay]:
    """A relay at work."""
    relay = Relay(store, client, poll=poll, checkpoint=checkpoint)
    async with going_on(relay.run()):
        yield relay


@asynccontextmanager
async def listening(url: str, *consumers: Consumer) -> AsyncIterator[None]:
    """Consumers at work, as one process would have them."""
    nats_client.install()
    client = await connected(url)
    broker = NatsBroker(
        url,
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.02,  # type: ignore[arg-type]  # nats-py takes fractions
        error_cb=_pass,
        logger=None,
    )
    for consumer in consumers:
        consumer.subscribe(broker)
    try:
        for consumer in consumers:
            await consumer.prepare(client.jetstream())
        await broker.start()
        async with going_on(*(consumer.watch(every=0.05) for consumer in consumers)):
            yield
    finally:
        await broker.stop()
        await client.close()


@asynccontextmanager
async def going_on(*work: Awaitable[None]) -> AsyncIterator[None]:
    """Things that run beside the test until it has seen enough."""
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        yield
    finally:
        for task in tasks:
            await _ended(task)


async def _ended(task: "asyncio.Future[None]") -> None:
    """Cancel until it ends: the client's requests can swallow a cancellation (Python 3.11)."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=0.5)
    if not task.cancelled() and (problem := task.exception()):
        raise problem


async def published(client: Client, service: str = "intake") -> list[Incoming]:
    """Everything in a service's stream, in order."""
    js = client.jetstream()
    state = (await js.stream_info(stream_name(service))).state
    places = range(state.first_seq, state.last_seq + 1) if state.messages else ()
    found = [await message_at(js, service, place) for place in places]
    return [message for message in found if message is not None]


async def eventually(holds: Callable[[], Awaitable[bool]], *, within: float = PATIENCE) -> None:
    """Wait until something holds; fails after so many seconds."""
    deadline = time.monotonic() + within
    while not await holds():
        assert time.monotonic() < deadline, "it did not come about"
        await asyncio.sleep(0.005)


async def until_published(store: Store, client: Client, *, within: float = PATIENCE) -> None:
    """Wait until the store's stream holds as many messages as the store holds events."""
    many = len(await store.notifications(0, 1_000_000))

    async def holds() -> bool:
        return await _length(client, store.source.service) == many

    await eventually(holds, within=within)


async def _length(client: Client, service: str) -> int:
    try:
        info = await client.jetstream(timeout=0.5).stream_info(stream_name(service))
    except (NotFoundError, TimeoutError):
        return 0
    return info.state.messages


async def until_heard(store: Store, *words: str) -> None:
    """Wait until the diary holds that."""

    async def holds() -> bool:
        return await heard(store) == list(words)

    try:
        await eventually(holds)
    except AssertionError:
        assert await heard(store) == list(words)  # shows the difference


async def until_halted(part: Relay | Consumer, code: str, *, within: float = PATIENCE) -> None:
    """Wait until it has stopped itself, for that reason."""

    async def holds() -> bool:
        return part.halted is not None

    await eventually(holds, within=within)
    assert part.halted is not None
    assert part.halted.code == code


def wipe(server: NatsServer) -> None:
    """The broker loses its disk and comes back at the same place."""
    server.stop()
    shutil.rmtree(server.directory / "jetstream")
    server.start()


async def _pass(_: Exception) -> None:
    """Connection errors show in what fails because of them."""
