"""A room at work says how it is, and stops when it is told to."""

import asyncio
from contextlib import suppress

import pytest
from nats.aio.client import Client

from shared.messaging.consumer import Consumer
from shared.messaging.server import NatsServer
from shared.messaging.status import RoomStatus, status_subject
from shared.store.store import Store
from tests.messaging.line import Diary, eventually, heard, published
from tests.messaging.rooms import plain_room, running
from tests.support.sizes import SOON
from tests.support.stores import CLERK, matter, saying


async def deaf_once() -> None:
    """A chore in which a cancellation is lost, as in ``asyncio.wait_for`` of Python 3.11."""
    with suppress(asyncio.CancelledError):
        await asyncio.sleep(3600)
    await asyncio.sleep(3600)


@pytest.mark.anyio
async def test_a_room_stops_though_a_cancellation_was_lost(
    intake: Store, client: Client, server: NatsServer
) -> None:
    """Whatever its chores and the client inside them make of it: a process must end."""
    room = plain_room(intake, chores=[deaf_once])
    async with running(server.url, client, room) as (at_work,):
        await asyncio.sleep(0)
        stopping = asyncio.create_task(at_work.stop())
        await asyncio.wait([stopping], timeout=SOON)
        stopped = stopping.done()
        stopping.cancel()  # ends the chore, in case it still waits for it

    assert stopped


@pytest.mark.anyio
async def test_a_room_told_to_stop_just_after_a_command_stops_and_has_it_on_record(
    intake: Store, client: Client, server: NatsServer
) -> None:
    async with running(server.url, client, plain_room(intake)) as (at_work,):
        await asyncio.sleep(0.1)
        await intake.write(saying("甲"))
        stopping = asyncio.create_task(at_work.stop())
        await asyncio.wait([stopping], timeout=SOON)
        stopped = stopping.done()
        stopping.cancel()

    assert stopped
    assert intake.position() == 1
    assert len(await published(client)) <= 1


@pytest.mark.anyio
async def test_a_room_answers_how_it_is(
    intake: Store, routing: Store, client: Client, server: NatsServer
) -> None:
    diary, about = Diary(answers=False), matter()
    diary.cannot = {"坏"}
    rooms = plain_room(intake), plain_room(routing, Consumer(routing, "intake", diary))

    async with running(server.url, client, *rooms) as at_work:
        for words in ("甲", "坏", "之后"):
            await intake.write(saying(words, about))

        async def both_are_parked() -> bool:
            return [each.events for each in (await _asked(client, "routing")).parked] == [2]

        await eventually(both_are_parked)
        answer = await _asked(client, "routing")
        (parked,) = answer.parked
        assert (parked.upstream, parked.matter) == ("intake", str(about.correlation))
        assert parked.reason == "ValueError: 写不下坏"
        assert answer.upstreams["intake"].position == intake.position()
        assert answer.halts == ()
        diary.cannot = set()
        assert await at_work[1].release(str(about.correlation), CLERK) == 2

    assert await heard(routing) == ["甲", "坏", "之后"]


@pytest.mark.anyio
async def test_what_halted_shows_in_the_status_with_what_to_do(
    intake: Store, routing: Store, client: Client, server: NatsServer
) -> None:
    rooms = plain_room(intake), plain_room(routing, Consumer(routing, "intake", Diary()))
    async with running(server.url, client, *rooms):
        await client.jetstream().publish("huiyin.intake.QH-YZ.incident.x", b"hello")
        await intake.write(saying("甲"))

        async def both_halted() -> bool:
            answers = [await _asked(client, service) for service in ("intake", "routing")]
            return all(answer.halts for answer in answers)

        await eventually(both_halted)
        relay, follower = [
            (await _asked(client, service)).halts[0] for service in ("intake", "routing")
        ]

    assert (relay.part, follower.part) == ("relay", "follows intake")
    assert {relay.code, follower.code} == {"message.unreadable"}
    assert relay.message
    assert relay.remedy


async def _asked(client: Client, service: str) -> RoomStatus:
    answer = await client.request(status_subject(service), b"", timeout=SOON)
    return RoomStatus.model_validate_json(answer.data)
