"""Rooms as they run: relay, ears and heart, without anything of their own."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import APIRouter
from faststream.nats import NatsBroker
from nats.aio.client import Client

from shared.messaging import client as nats_client
from shared.messaging.consumer import Consumer
from shared.messaging.running import RunningRoom
from shared.room import Chore, Room
from shared.store.readmodel import ReadModel
from shared.store.store import Store


def plain_room(store: Store, *ears: Consumer, chores: Sequence[Chore] = ()) -> Room:
    """A room with nothing but ears and chores."""
    return Room(store, ears, APIRouter(), chores, ReadModel({}, (), (), lambda _, __: None))


@asynccontextmanager
async def running(url: str, client: Client, *rooms: Room) -> AsyncIterator[list[RunningRoom]]:
    """Rooms at work, as one process would have them."""
    nats_client.install()
    broker = NatsBroker(url, logger=None)
    at_work = [RunningRoom(room, client, broker, poll=0.02) for room in rooms]
    for each in at_work:
        await each.prepare()
    await broker.start()
    for each in at_work:
        await each.start()
    try:
        yield at_work
    finally:
        for each in at_work:
            await each.stop()
        await broker.stop()
