"""The relay: every stored event stands in the stream once, in order, whatever happens between."""

import asyncio
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from nats.aio.client import Client

from shared.errors import Refused, Untrusted
from shared.messaging.relay import PAGE, Checkpoint, Relay
from shared.messaging.server import NatsServer
from shared.messaging.streams import Incoming
from shared.store.store import Store
from shared.store.transaction import Transaction
from tests.messaging.line import (
    connected,
    eventually,
    published,
    relaying,
    until_halted,
    until_published,
    wipe,
)
from tests.support.sizes import PATIENCE
from tests.support.stores import copied, open_store, say, say_all, saying


class Died(Exception):
    """The process is gone."""


def dying_at(place: str) -> Checkpoint:
    """A checkpoint that ends the relay the first time it comes there."""
    left = [place]

    def checkpoint(at: str) -> None:
        if left == [at]:
            left.clear()
            raise Died

    return checkpoint


async def say_many(store: Store, many: int) -> None:
    """So many events in one transaction."""
    await store.write(partial(say_all, words=[str(number) for number in range(many)]))


async def until_relayed(store: Store, relay: Relay) -> None:
    """Wait until the relay has published everything."""

    async def holds() -> bool:
        return relay.position == store.position()

    await eventually(holds)


async def check(store: Store, client: Client) -> None:
    """The stream is the store: every event once, in order, each naming the one before it."""
    stream = await published(client)
    stored = await store.notifications(0, 1_000_000)
    assert [(m.position, m.raw) for m in stream] == [(s.id, s.state) for s in stored]
    assert follows(stream)
    assert {message.epoch for message in stream} <= {store.source.epoch}


def follows(stream: Sequence[Incoming]) -> bool:
    """Whether each message names the position of the one before it."""
    return [b.after for a, b in pairwise(stream)] == [a.position for a in stream[:-1]]


@pytest.mark.anyio
async def test_events_are_published_one_by_one_as_they_come(intake: Store, client: Client) -> None:
    async with relaying(intake, client) as relay:
        for number in range(5):
            await intake.write(saying(str(number)))
            await until_relayed(intake, relay)

    await check(intake, client)
    assert len(await published(client)) == 5


@pytest.mark.anyio
async def test_many_events_go_in_whole_pages(intake: Store, client: Client) -> None:
    many = 2 * PAGE + 1  # two atomic batches and a single message
    await say_many(intake, many)

    async with relaying(intake, client) as relay:
        await until_relayed(intake, relay)

    await check(intake, client)
    assert len(await published(client)) == many


@pytest.mark.anyio
async def test_the_chain_goes_over_positions_that_refused_work_used_up(
    intake: Store, client: Client
) -> None:
    """PostgreSQL hands such positions out once and never again."""

    def refused(tx: Transaction) -> None:
        say(tx, "不该留下")
        raise Refused("test.refused", "不行。")

    await intake.write(saying("甲"))
    with pytest.raises(Refused):
        await intake.write(refused)
    await intake.write(saying("乙"))

    async with relaying(intake, client) as relay:
        await until_relayed(intake, relay)

    await check(intake, client)
    assert len(await published(client)) == 2


@pytest.mark.anyio
@pytest.mark.parametrize("place", ["relay.read", "relay.publishing", "relay.acknowledged"])
@pytest.mark.parametrize("many", [1, 20], ids=["single", "batch"])
async def test_a_relay_that_died_is_followed_by_one_that_goes_on(
    intake: Store, client: Client, place: str, many: int
) -> None:
    await intake.write(saying("先前"))
    first = Relay(intake, client, poll=0.01)
    await first.resync()
    await say_many(intake, many)
    with pytest.raises(Died):
        await Relay(intake, client, poll=0.01, checkpoint=dying_at(place)).run()

    async with relaying(intake, client) as relay:
        await until_relayed(intake, relay)

    await check(intake, client)


@pytest.mark.anyio
async def test_two_relays_at_once_publish_everything_once(
    location: str, server: NatsServer
) -> None:
    stores = open_store(location), open_store(location)
    clients = [await connected(server.url) for _ in stores]

    async with relaying(stores[0], clients[0]) as one, relaying(stores[1], clients[1]) as other:
        for number in range(60):
            await stores[number % 2].write(saying(str(number)))
        await asyncio.gather(*(say_many(store, 100) for store in stores))
        await until_published(stores[0], clients[0])
        await until_relayed(stores[0], one)
        await until_relayed(stores[0], other)

    await check(stores[0], clients[0])
    assert (one.halted, other.halted) == (None, None)
    for store, client in zip(stores, clients, strict=True):
        await store.close()
        await client.close()


@pytest.mark.anyio
async def test_the_relay_waits_out_a_broker_that_is_away(
    intake: Store, client: Client, server: NatsServer
) -> None:
    async with relaying(intake, client) as relay:
        await intake.write(saying("甲"))
        await until_relayed(intake, relay)
        server.kill()
        await intake.write(saying("乙"))
        server.start()
        await intake.write(saying("丙"))
        await until_relayed(intake, relay)

    await check(intake, client)
    assert relay.halted is None


@pytest.mark.anyio
async def test_a_stream_that_was_wiped_is_filled_again_with_the_next_event(
    intake: Store, client: Client, server: NatsServer
) -> None:
    async with relaying(intake, client) as relay:
        await say_many(intake, 3)
        await until_relayed(intake, relay)
        wipe(server)
        await intake.write(saying("之后"))
        await until_relayed(intake, relay)

    await check(intake, client)
    assert len(await published(client)) == 4


@pytest.mark.anyio
async def test_a_stream_that_was_wiped_is_filled_again_though_nothing_new_happens(
    intake: Store, client: Client, server: NatsServer
) -> None:
    """A listener that was behind would otherwise wait for the next event, perhaps for days."""
    async with relaying(intake, client) as relay:
        await say_many(intake, 3)
        await until_relayed(intake, relay)
        wipe(server)
        await until_published(intake, client)

    await check(intake, client)


@pytest.mark.anyio
async def test_a_relay_started_on_a_wiped_stream_fills_it(
    intake: Store, client: Client, server: NatsServer
) -> None:
    async with relaying(intake, client) as relay:
        await say_many(intake, 3)
        await until_relayed(intake, relay)
    wipe(server)

    async with relaying(intake, client) as relay:
        await until_relayed(intake, relay)

    await check(intake, client)


@pytest.mark.anyio
@pytest.mark.parametrize("since", [0, 1, 3], ids=["idle", "less", "more"])
async def test_a_store_older_than_its_stream_is_refused(
    location: str, client: Client, tmp_path: Path, since: int
) -> None:
    """However much happened since: its events would take positions that the stream has used."""
    store = open_store(location)
    await say_many(store, 2)
    await store.close()
    with copied(location, tmp_path / "backup") as backup:
        store = open_store(location)
        await say_many(store, 2)
        async with relaying(store, client) as relay:
            await until_relayed(store, relay)
        before = await published(client)
        await store.close()

        restored = open_store(backup)
        await say_many(restored, since)
        late = Relay(restored, client)
        await late.run()
        with pytest.raises(Untrusted) as refused:
            await Relay(restored, client).resync()

        assert late.halted is not None
        assert late.halted.code == refused.value.code == "relay.stream-ahead"
        assert await published(client) == before
        await restored.close()


@pytest.mark.anyio
async def test_the_stream_of_another_store_is_refused(
    location: str, client: Client, tmp_path: Path
) -> None:
    """A store made anew has another epoch, even if it came to the same positions."""
    old = open_store(location)
    await say_many(old, 2)
    async with relaying(old, client) as relay:
        await until_relayed(old, relay)
    (tmp_path / "anew").mkdir()
    new = open_store(str(tmp_path / "anew"))
    await say_many(new, 2)

    late = Relay(new, client)
    await late.run()

    assert late.halted is not None
    assert late.halted.code == "relay.stream-ahead"
    await check(old, client)
    await old.close()
    await new.close()


@pytest.mark.anyio
async def test_a_message_that_no_relay_wrote_halts_the_relay(intake: Store, client: Client) -> None:
    async with relaying(intake, client) as relay:
        await intake.write(saying("甲"))
        await until_relayed(intake, relay)
        await client.jetstream().publish("huiyin.intake.QH-YZ.incident.x", b"hello")
        await intake.write(saying("乙"))
        await until_halted(relay, "message.unreadable")

    state = (await client.jetstream().stream_info("HUIYIN_INTAKE")).state
    assert state.messages == 2  # the first event and the stranger


@pytest.mark.anyio
async def test_a_relay_told_to_stop_just_when_something_was_appended_stops(
    intake: Store, client: Client
) -> None:
    """Python 3.11's ``wait_for`` swallows a cancellation that meets a result; whoever then awaits
    the task, as a room that is stopping does, would wait for ever."""
    task = asyncio.create_task(Relay(intake, client, poll=10 * PATIENCE).run())
    await asyncio.sleep(0.2)  # it waits for something to do

    await intake.write(saying("甲"))
    task.cancel()
    await asyncio.wait([task], timeout=PATIENCE)

    stopped = task.done()
    task.cancel()
    await asyncio.wait([task], timeout=PATIENCE)
    assert stopped
