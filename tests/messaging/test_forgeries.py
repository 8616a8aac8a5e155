"""Who puts something into a stream by hand, or edits our place in it, makes us halt and say so.

A forger who holds the token and imitates the next event in every byte cannot be told from the relay
by a listener; the relay, whose store does not hold that event, halts.
"""

import asyncio
from dataclasses import dataclass

import pytest
from eventsourcing.persistence import Notification
from nats.aio.client import Client

from shared.errors import Untrusted
from shared.messaging.consumer import Consumer
from shared.messaging.server import NatsServer
from shared.messaging.streams import Outgoing, outgoing, provide_stream
from shared.store.store import Store
from shared.store.transaction import Source, Transaction
from tests.messaging.line import (
    Diary,
    heard,
    listening,
    published,
    relaying,
    until_halted,
    until_heard,
    until_published,
)
from tests.support.stores import open_store, saying


def ear(store: Store) -> Consumer:
    """Routing's ear on intake."""
    return Consumer(store, "intake", Diary())


async def say_and_hear(intake: Store, routing: Store, client: Client, url: str) -> None:
    """Intake has said 甲 and 乙, and routing has applied them."""
    async with relaying(intake, client), listening(url, ear(routing)):
        for words in "甲乙":
            await intake.write(saying(words))
        await until_heard(routing, "甲", "乙")


async def publish(client: Client, message: Outgoing) -> None:
    """Put a message into the stream as anybody with the token can."""
    js = client.jetstream()
    await js.publish(message.subject, message.raw, headers=message.headers)


@dataclass(frozen=True)
class Claim:
    """Where a message claims to stand, counted from the last event of its source."""

    ahead: int
    after: int
    epoch: str | None = None


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("claim", "code"),
    [
        (Claim(ahead=7, after=6), "consumer.broken-chain"),
        (Claim(ahead=1, after=0, epoch="another"), "consumer.other-history"),
        (Claim(ahead=0, after=-1), "consumer.other-history"),
    ],
    ids=["behind-a-hole", "of-another-epoch", "at-our-position"],
)
async def test_a_message_that_does_not_continue_what_we_applied_halts_the_consumer(
    intake: Store, routing: Store, client: Client, server: NatsServer, claim: Claim, code: str
) -> None:
    await say_and_hear(intake, routing, client, server.url)
    consumer = ear(routing)
    source = Source("intake", "QINGHE", claim.epoch or intake.source.epoch)
    end = intake.position()
    forged = await _invented(intake, source, end + claim.ahead, end + claim.after)

    async with listening(server.url, consumer):
        await publish(client, forged)
        await until_halted(consumer, code)

    assert await heard(routing) == ["甲", "乙"]


@pytest.mark.anyio
@pytest.mark.parametrize("raw", [b"{}", b"hello", b""], ids=["empty", "words", "nothing"])
async def test_bytes_that_are_no_event_are_not_taken_for_our_next_one(
    intake: Store, routing: Store, client: Client, server: NatsServer, raw: bytes
) -> None:
    await say_and_hear(intake, routing, client, server.url)
    consumer = ear(routing)
    position = intake.position()
    forged = await _invented(intake, intake.source, position + 1, position)

    async with listening(server.url, consumer):
        await publish(client, Outgoing(forged.subject, forged.headers, raw))
        await until_halted(consumer, "event.unreadable")

    assert await heard(routing) == ["甲", "乙"]


@pytest.mark.anyio
async def test_an_event_of_another_store_is_not_taken_for_our_next_one(
    intake: Store, routing: Store, client: Client, server: NatsServer
) -> None:
    """The headers lie about the epoch, and the bytes tell."""
    await say_and_hear(intake, routing, client, server.url)
    consumer = ear(routing)
    position = intake.position()
    forged = await _invented(
        intake, intake.source, position + 1, position, bytes_of="ffffffffffffffff"
    )

    async with listening(server.url, consumer):
        await publish(client, forged)
        await until_halted(consumer, "message.unreadable")

    assert await heard(routing) == ["甲", "乙"]


@pytest.mark.anyio
async def test_the_relay_never_publishes_behind_a_forged_message(
    intake: Store, routing: Store, client: Client, server: NatsServer
) -> None:
    """However good the forgery is, the store does not hold it."""
    await say_and_hear(intake, routing, client, server.url)
    position = intake.position()
    forged = await _invented(intake, intake.source, position + 1, position)
    await publish(client, forged)

    async with relaying(intake, client) as relay:
        await until_halted(relay, "relay.stream-ahead")
        await intake.write(saying("丙"))
        await asyncio.sleep(0.1)

    assert (await published(client))[-1].raw == forged.raw


@pytest.mark.anyio
async def test_a_message_without_our_headers_halts_the_consumer(
    intake: Store, routing: Store, client: Client, server: NatsServer
) -> None:
    await say_and_hear(intake, routing, client, server.url)
    consumer = ear(routing)

    async with listening(server.url, consumer):
        await client.jetstream().publish("huiyin.intake.QH-YZ.incident.x", b"hello")
        await until_halted(consumer, "message.unreadable")

    assert await heard(routing) == ["甲", "乙"]


@pytest.mark.anyio
async def test_a_place_moved_ahead_by_hand_is_refused_at_the_start(
    intake: Store, routing: Store, client: Client, server: NatsServer
) -> None:
    await say_and_hear(intake, routing, client, server.url)
    await routing.write(_move_ahead)

    with pytest.raises(Untrusted) as refused:
        await ear(routing).prepare(client.jetstream())

    assert refused.value.code == "consumer.other-history"


@pytest.mark.anyio
async def test_a_place_moved_ahead_by_hand_is_found_out_while_running(
    intake: Store, routing: Store, client: Client, server: NatsServer
) -> None:
    """The event that would be skipped is the one that halts it."""
    await say_and_hear(intake, routing, client, server.url)
    consumer = ear(routing)

    async with relaying(intake, client), listening(server.url, consumer):
        await routing.write(_move_ahead)
        await intake.write(saying("丙"))
        await until_halted(consumer, "consumer.other-history")

    assert await heard(routing) == ["甲", "乙"]


@pytest.mark.anyio
async def test_an_upstream_restored_from_elsewhere_is_refused_at_the_start(
    intake: Store, routing: Store, client: Client, server: NatsServer, location: str
) -> None:
    """Its stream was filled from another database than the one we followed."""
    await say_and_hear(intake, routing, client, server.url)
    await client.jetstream().delete_stream("HUIYIN_INTAKE")
    await provide_stream(client.jetstream(), "intake")
    other = await _another_intake(location)

    async with relaying(other, client):
        for words in "甲乙丙":
            await other.write(saying(words))
        await until_published(other, client)
    with pytest.raises(Untrusted) as refused:
        await ear(routing).prepare(client.jetstream())

    assert refused.value.code == "consumer.other-history"
    await other.close()


async def _another_intake(location: str) -> Store:
    """Intake as if made anew: the same service in other tables, with an epoch of its own."""
    other = open_store(location, "intake_anew")
    other.source = Source("intake", other.source.node, other.source.epoch)
    return other


async def _invented(
    intake: Store, source: Source, position: int, after: int, *, bytes_of: str | None = None
) -> Outgoing:
    """An event that never happened, with headers that claim that source and position.

    The bytes name the same source as the headers, unless ``bytes_of`` is another epoch.
    """
    (first,) = await intake.notifications(0, 1)
    epoch = (bytes_of or source.epoch).encode()
    raw = first.state.replace(intake.source.epoch.encode(), epoch).replace("甲".encode(), b"X")
    assert b"X" in raw
    forged = outgoing(
        source, Notification(first.originator_id, 1, first.topic, raw, id=position), after
    )
    # spelled so that the broker does not take it for the one it has
    forged.headers["Nats-Msg-Id"] = f"{source.epoch}:0{position}"
    return forged


def _move_ahead(tx: Transaction) -> None:
    tx.sql.execute("UPDATE tracking SET position = position + 5 WHERE upstream = 'intake'")
