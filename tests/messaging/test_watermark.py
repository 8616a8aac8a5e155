"""The watermark: "complete up to T" is said only when it is so, and believed only when it is."""

import asyncio
import threading
from collections.abc import Mapping
from datetime import datetime
from functools import partial

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from shared.clock import system_clock
from shared.contracts.envelope import Recorded
from shared.messaging.consumer import Consumer
from shared.messaging.heart import Complete, Heart, watermarks
from shared.messaging.relay import Relay
from shared.messaging.server import NatsServer
from shared.messaging.taking import take
from shared.store.sql import Sql
from shared.store.store import Store
from tests.messaging.line import (
    Diary,
    arriving,
    eventually,
    going_on,
    heard,
    listening,
    relaying,
)
from tests.support.sizes import PATIENCE
from tests.support.stores import events, saying

SUBJECT = "huiyin.watermark.intake"


async def hears(client: Client) -> list[Complete]:
    """A list of what intake says of itself, that grows."""
    said: list[Complete] = []

    async def keep(message: Msg) -> None:
        said.append(Complete.model_validate_json(message.data))

    await client.subscribe(SUBJECT, cb=keep)
    await client.flush()
    return said


async def believed(store: Store) -> datetime | None:
    """Up to when intake is complete in a room's eyes."""
    return (await store.read(watermarks)).get("intake")


def missing(said: Complete, events: list[tuple[int, Recorded]]) -> list[int]:
    """The positions behind the one named that were recorded no later than the time named."""
    return [
        position
        for position, event in events
        if position > said.position and event.envelope.recorded_at <= said.to
    ]


async def placed(store: Store) -> list[tuple[int, Recorded]]:
    """Everything in a store with its position."""
    positions = [int(stored.id) for stored in await store.notifications(0, 1_000_000)]
    return list(zip(positions, await events(store), strict=True))


@pytest.mark.anyio
async def test_a_room_says_how_far_it_is_complete_once_that_is_published(
    intake: Store, client: Client
) -> None:
    said = await hears(client)
    began = system_clock()
    async with (
        relaying(intake, client) as relay,
        going_on(Heart(intake, relay, client, every=0.01).run()),
    ):
        await intake.write(saying("甲"))

        async def is_said() -> bool:
            return bool(said) and said[-1].position == intake.position()

        await eventually(is_said)

    assert said[-1].service == "intake"
    assert said[-1].epoch == intake.source.epoch
    assert began < said[-1].to <= system_clock()


@pytest.mark.anyio
async def test_nothing_is_said_of_what_is_not_published_yet(intake: Store, client: Client) -> None:
    """Whoever believed it would wait in vain for the events, or judge without them."""
    await intake.write(saying("甲"))
    said = await hears(client)
    idle = Relay(intake, client)

    async with going_on(Heart(intake, idle, client, every=0.01).run()):
        await asyncio.sleep(0.2)
    await client.flush()

    assert said == []


@pytest.mark.anyio
async def test_what_is_said_holds_while_others_write(intake: Store, client: Client) -> None:
    said = await hears(client)
    async with (
        relaying(intake, client) as relay,
        going_on(Heart(intake, relay, client, every=0.001).run()),
    ):
        for _ in range(40):
            await asyncio.gather(*(intake.write(saying("甲")) for _ in range(3)))

        async def is_said() -> bool:
            return bool(said) and said[-1].position == intake.position()

        await eventually(is_said)

    stored = await placed(intake)
    assert [missing(each, stored) for each in said] == [[]] * len(said)


@pytest.mark.anyio
async def test_what_is_said_holds_for_work_of_the_same_transaction(
    intake: Store, client: Client
) -> None:
    """A group shares one moment: what comes behind the beat in it is recorded at that moment."""
    said = await hears(client)
    async with relaying(intake, client) as relay:
        go_on = threading.Event()
        held_up = asyncio.create_task(intake.write(lambda _: go_on.wait(PATIENCE)))
        await asyncio.sleep(0)
        async with going_on(Heart(intake, relay, client, every=0).run()):
            await asyncio.sleep(0.05)  # the beat waits for the writer
            late = asyncio.create_task(intake.write(saying("同一事务")))
            await asyncio.sleep(0.05)
            go_on.set()
            await asyncio.gather(held_up, late)

            async def is_said() -> bool:
                return len(said) > 1

            await eventually(is_said)

    stored = await placed(intake)
    assert [missing(each, stored) for each in said] == [[]] * len(said)


@pytest.mark.anyio
async def test_it_is_believed_when_everything_up_to_there_is_applied(
    intake: Store, routing: Store, client: Client, server: NatsServer
) -> None:
    consumer = Consumer(routing, "intake", Diary())
    async with (
        relaying(intake, client) as relay,
        relaying(routing, client) as routings,
        listening(server.url, consumer),
    ):
        listens = Heart(routing, routings, client, every=0.005)
        await listens.listen()
        async with going_on(Heart(intake, relay, client, every=0.005).run(), listens.run()):
            for number in range(40):
                await intake.write(saying(str(number)))
                await _never_ahead(intake, routing)

            async def all_is_believed() -> bool:
                last = (await events(intake))[-1].envelope.recorded_at
                until = await believed(routing)
                return until is not None and until > last

            await eventually(all_is_believed)

    assert await heard(routing) == [str(number) for number in range(40)]


@pytest.mark.anyio
async def test_it_is_not_believed_before(intake: Store, routing: Store, client: Client) -> None:
    await intake.write(saying("甲"))
    (event,) = await arriving(intake)
    moment = system_clock()
    heart = Heart(routing, Relay(routing, client), client, every=0.005)
    await heart.listen()

    async with going_on(heart.run()):
        await _say(client, intake, moment, event.position)
        await asyncio.sleep(0.1)
        before = await believed(routing)
        await routing.write(
            partial(take, upstream="intake", batch=[event], handler=Diary(), last_try=False)
        )

        async def is_believed() -> bool:
            return await believed(routing) == moment

        await eventually(is_believed)

    assert before is None


@pytest.mark.anyio
async def test_it_is_not_believed_of_another_store_than_the_one_followed(
    intake: Store, routing: Store, client: Client
) -> None:
    await intake.write(saying("甲"))
    batch = await arriving(intake)
    await routing.write(
        partial(take, upstream="intake", batch=batch, handler=Diary(), last_try=False)
    )
    heart = Heart(routing, Relay(routing, client), client, every=0.005)
    await heart.listen()

    async with going_on(heart.run()):
        strange = Complete(service="intake", epoch="another", position=0, to=system_clock())
        await client.publish(SUBJECT, strange.model_dump_json().encode())
        await asyncio.sleep(0.1)

    assert await believed(routing) is None


@pytest.mark.anyio
async def test_a_heart_goes_on_after_the_broker_was_away(
    intake: Store, client: Client, server: NatsServer
) -> None:
    async with (
        relaying(intake, client) as relay,
        going_on(Heart(intake, relay, client, every=0.01).run()),
    ):
        server.kill()
        await asyncio.sleep(0.1)
        server.start()
        await eventually(lambda: _is_connected(client))
        said = await hears(client)

        async def is_said() -> bool:
            return bool(said)

        await eventually(is_said)


async def _is_connected(client: Client) -> bool:
    return client.is_connected


async def _say(client: Client, intake: Store, to: datetime, position: int) -> None:
    complete = Complete(service="intake", epoch=intake.source.epoch, position=position, to=to)
    await client.publish(SUBJECT, complete.model_dump_json().encode())
    await client.flush()


async def _never_ahead(intake: Store, routing: Store) -> None:
    """What routing believes complete, and what it has applied, as one view shows them."""
    until, positions = await routing.read(_belief)
    if until is None:
        return
    for position, event in await placed(intake):
        if event.envelope.recorded_at <= until:
            assert position in positions


def _belief(sql: Sql) -> tuple[datetime | None, set[int]]:
    known: Mapping[str, datetime] = watermarks(sql)
    rows = sql.all("SELECT position FROM diary")
    return known.get("intake"), {row["position"] for row in rows}
