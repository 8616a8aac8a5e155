"""The consumer: every published event is applied once, in order, or it says why not."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import pytest
from nats.aio.client import Client

from shared.messaging.consumer import BATCH, Consumer
from shared.messaging.relay import Checkpoint, pass_by
from shared.messaging.server import NatsServer
from shared.messaging.streams import stream_name
from shared.store.store import Store
from shared.store.tracking import parked, tracked
from tests.messaging.line import (
    Diary,
    connected,
    eventually,
    heard,
    listener,
    listening,
    relaying,
    until_halted,
    until_heard,
    until_published,
    wipe,
)
from tests.support.sizes import PATIENCE
from tests.support.stores import CLERK, matter, said, say_all, saying

STREAM = stream_name("intake")


class Died(Exception):
    """The work broke off here."""


def ear(store: Store, checkpoint: Checkpoint = pass_by) -> Consumer:
    """Routing's ear on intake."""
    return Consumer(store, "intake", Diary(), checkpoint=checkpoint)


@pytest.fixture
async def relayed(intake: Store, client: Client) -> AsyncIterator[Store]:
    """Intake, with its relay at work."""
    async with relaying(intake, client):
        yield intake


async def say_each(store: Store, *words: str) -> None:
    """Several events, each in a transaction of its own."""
    for each in words:
        await store.write(saying(each))


async def say_together(store: Store, *words: str) -> None:
    """Several events in one transaction, and so in one page of the relay."""
    await store.write(partial(say_all, words=words))


async def check(store: Store, *words: str) -> None:
    """Each was applied once: the row and the event that belong to it, and the place."""
    assert await heard(store) == list(words)
    assert await said(store) == [f"听到{each}" for each in words]


@pytest.mark.anyio
async def test_every_event_is_applied_once_in_order(
    relayed: Store, routing: Store, server: NatsServer
) -> None:
    async with listening(server.url, ear(routing)):
        await say_each(relayed, "甲", "乙")
        await say_together(relayed, *"丙丁戊")
        await until_heard(routing, *"甲乙丙丁戊")

    last = (await relayed.notifications(4, 1))[0]
    at = await routing.read(partial(tracked, upstream="intake"))
    assert (at.position, at.seq, at.epoch) == (last.id, 5, relayed.source.epoch)
    await check(routing, *"甲乙丙丁戊")


@pytest.mark.anyio
async def test_a_backlog_is_taken_in_large_transactions(
    relayed: Store, routing: Store, server: NatsServer
) -> None:
    words = [f"{number:04}" for number in range(2 * BATCH + 1)]
    await say_together(relayed, *words)
    handler = Diary(answers=False)

    async with listening(server.url, Consumer(routing, "intake", handler)):
        await until_heard(routing, *words)

    assert handler.turns < len(words) / 10


@pytest.mark.anyio
@pytest.mark.parametrize("place", ["consumer.in-transaction", "consumer.committed"])
async def test_work_that_broke_off_is_taken_up_by_the_next_process(
    relayed: Store, routing: Store, server: NatsServer, place: str
) -> None:
    """Before the commit nothing was done; after it the same events come again."""
    reached = asyncio.Event()
    loop = asyncio.get_running_loop()

    def die(at: str) -> None:
        if at == place:
            loop.call_soon_threadsafe(reached.set)
            raise Died

    async with listening(server.url, ear(routing, die)):
        await say_together(relayed, "甲", "乙")
        await asyncio.wait_for(reached.wait(), PATIENCE)
    async with listening(server.url, ear(routing)):
        await say_each(relayed, "丙")
        await until_heard(routing, *"甲乙丙")

    await check(routing, *"甲乙丙")


@pytest.mark.anyio
@pytest.mark.parametrize("place", ["consumer.in-transaction", "consumer.committed"])
async def test_work_that_broke_off_is_taken_up_with_the_next_event(
    relayed: Store, routing: Store, server: NatsServer, place: str
) -> None:
    broken: list[str] = []

    def break_off_once(at: str) -> None:
        if at == place and not broken:
            broken.append(at)
            raise Died

    async def broke_off() -> bool:
        return bool(broken)

    async with listening(server.url, ear(routing, break_off_once)):
        await say_each(relayed, "甲")
        await eventually(broke_off)
        await say_each(relayed, "乙", "丙")
        await until_heard(routing, *"甲乙丙")

    await check(routing, *"甲乙丙")


@pytest.mark.anyio
async def test_a_gap_is_healed_by_reading_again(
    relayed: Store, routing: Store, server: NatsServer, client: Client
) -> None:
    """The broker's consumer was moved past events that we have not applied."""
    consumer = ear(routing)
    async with listening(server.url, consumer):
        await say_each(relayed, "甲")
        await until_heard(routing, "甲")
        await client.jetstream().reset_consumer(STREAM, consumer.durable, seq=4)
        await say_each(relayed, "乙", "丙", "丁", "戊")
        await until_heard(routing, *"甲乙丙丁戊")

    assert consumer.halted is None
    await check(routing, *"甲乙丙丁戊")


@pytest.mark.anyio
async def test_an_event_missing_from_the_stream_halts_loudly(
    relayed: Store, routing: Store, server: NatsServer, client: Client
) -> None:
    """Reading again does not heal it; nothing behind the hole may be applied."""
    await say_together(relayed, *"甲乙丙丁")
    await until_published(relayed, client)
    await client.jetstream().delete_msg(STREAM, 3)
    consumer = ear(routing)

    async with listening(server.url, consumer):
        await until_halted(consumer, "consumer.broken-chain")
        await say_each(relayed, "戊")

    assert "丁" not in await heard(routing)
    assert (await routing.read(partial(tracked, upstream="intake"))).position <= 2


@pytest.mark.anyio
async def test_two_consumers_at_once_on_one_database_apply_everything_once(
    relayed: Store, routing: Store, location: str, server: NatsServer
) -> None:
    """A stand-by that believes it is its turn does no harm."""
    other = listener(location)
    both = ear(routing), ear(other)
    words = [str(number) for number in range(300)]

    async with listening(server.url, both[0]), listening(server.url, both[1]):
        for at in range(0, 300, 10):
            await say_together(relayed, *words[at : at + 10])
        await until_heard(routing, *words)

    await check(routing, *words)
    assert [consumer.halted for consumer in both] == [None, None]
    await other.close()


@pytest.mark.anyio
async def test_a_durable_deleted_under_a_running_consumer_comes_back(
    relayed: Store, routing: Store, server: NatsServer, client: Client
) -> None:
    consumer = ear(routing)
    async with listening(server.url, consumer):
        await say_each(relayed, "甲")
        await until_heard(routing, "甲")
        await client.jetstream().delete_consumer(STREAM, consumer.durable)
        await say_each(relayed, "乙")
        await until_heard(routing, "甲", "乙")

    assert consumer.halted is None
    await check(routing, "甲", "乙")


@pytest.mark.anyio
async def test_a_durable_comes_back_after_the_broker_was_away(
    relayed: Store, routing: Store, server: NatsServer, client: Client
) -> None:
    """What watches over it must survive the broker's absence."""
    consumer = ear(routing)
    async with listening(server.url, consumer):
        await say_each(relayed, "甲")
        await until_heard(routing, "甲")
        server.kill()
        await asyncio.sleep(0.3)
        server.start()
        await say_each(relayed, "乙")
        await until_heard(routing, "甲", "乙")
        await client.jetstream().delete_consumer(STREAM, consumer.durable)
        await say_each(relayed, "丙")
        await until_heard(routing, *"甲乙丙")

    await check(routing, *"甲乙丙")


@pytest.mark.anyio
async def test_a_running_consumer_keeps_its_place_when_the_broker_loses_its_disk(
    relayed: Store, routing: Store, server: NatsServer
) -> None:
    consumer = ear(routing)
    async with listening(server.url, consumer):
        await say_together(relayed, *"甲乙丙")
        await until_heard(routing, *"甲乙丙")
        wipe(server)
        await say_each(relayed, "丁")
        await until_heard(routing, *"甲乙丙丁")

    assert consumer.halted is None
    await check(routing, *"甲乙丙丁")


@pytest.mark.anyio
async def test_a_consumer_that_was_behind_when_the_broker_lost_its_disk_misses_nothing(
    intake: Store, routing: Store, server: NatsServer, client: Client
) -> None:
    async with relaying(intake, client):
        await say_together(intake, *"甲乙丙")
        async with listening(server.url, ear(routing)):
            await until_heard(routing, *"甲乙丙")
        await say_together(intake, *"丁戊")
        await until_published(intake, client)
    wipe(server)

    consumer = ear(routing)
    fresh = await connected(server.url)
    async with listening(server.url, consumer), relaying(intake, fresh):
        await say_each(intake, "己")
        await until_heard(routing, *"甲乙丙丁戊己")

    assert consumer.halted is None
    await check(routing, *"甲乙丙丁戊己")
    await fresh.close()


@pytest.mark.anyio
async def test_what_cannot_be_applied_is_set_aside_and_nobody_else_waits(
    relayed: Store, routing: Store, server: NatsServer
) -> None:
    consumer = ear(routing)
    assert isinstance(consumer.handler, Diary)
    consumer.handler.cannot = {"坏"}
    bad, good = matter(), matter()

    async with listening(server.url, consumer):
        for words, about in (("甲", good), ("坏", bad), ("乙", good), ("坏之后", bad)):
            await relayed.write(saying(words, about))
        await until_heard(routing, "甲", "乙")
        await eventually(partial(_are_parked, routing, 2))
        consumer.handler.cannot = set()
        released = await consumer.release(str(bad.correlation), CLERK)
        await say_each(relayed, "丙")
        await until_heard(routing, *("甲", "坏", "乙", "坏之后", "丙"))

    assert released == 2
    assert await routing.read(parked) == []
    assert consumer.halted is None


@pytest.mark.anyio
async def test_a_row_that_is_there_already_is_set_aside_like_any_other_problem(
    relayed: Store, location: str, server: NatsServer
) -> None:
    """A constraint of the room's own tables is no failure of the database: trying for ever stalls
    everything behind it, and never tells anybody."""
    store = listener(location)
    with store.recorder.writing() as sql:
        sql.execute("CREATE UNIQUE INDEX once ON diary (words)")
    consumer = ear(store)
    twice = matter()

    async with listening(server.url, consumer):
        await relayed.write(saying("甲", twice))
        await relayed.write(saying("甲", twice))
        await say_each(relayed, "乙")
        await until_heard(store, "甲", "乙")
        await eventually(partial(_are_parked, store, 1))

    await store.close()


async def _are_parked(store: Store, many: int) -> bool:
    return len(await store.read(parked)) == many
