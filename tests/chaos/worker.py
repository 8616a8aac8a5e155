"""One process of the kill harness: it writes, relays or consumes until its fate strikes."""

import asyncio
import os
import sys
from collections.abc import Sequence
from functools import partial
from itertools import count
from pathlib import Path
from typing import Literal
from uuid import UUID, uuid4

import nats.errors
from fastapi import APIRouter
from pydantic import BaseModel

from huiyin.host.host import at_work
from shared.clock import system_clock
from shared.contracts.envelope import Actor, event_hash
from shared.contracts.intake import IncidentLinked, IncidentRegistered, IncidentVoided
from shared.contracts.sealed import Sealed
from shared.errors import Unavailable
from shared.identity.officers import Officers
from shared.messaging.consumer import Consumer
from shared.messaging.streams import Incoming
from shared.room import Room, Surroundings, key_id
from shared.store.database import open_tables
from shared.store.readmodel import ReadModel
from shared.store.store import Store
from shared.store.transaction import Appended, By, Stream, Transaction
from shared.vault.vault import open_vault
from tests.chaos.fate import Fate

WORKER = "tests.chaos.worker:main"
"""The program; its argument is an ``Order`` as JSON."""

Role = Literal["writer", "relay", "routing", "deadlines"]

UPSTREAM = "intake"
CONSUMERS: tuple[Role, ...] = ("routing", "deadlines")
APPLIED = "CREATE TABLE IF NOT EXISTS applied (position BIGINT, hash TEXT)"
"""A row per event and no constraint: what is applied twice shows twice."""

PAUSE = 0.01
"""Seconds between two incidents of one clerk: many small pages give fate more to choose from."""

CLERKS = 4
"""Who write at the same time, so that several share a commit."""

BROKER_AWAY = 75
"""Exit status of a worker that could not begin for want of its nats-server: try again."""

NOTHING = ReadModel({}, (), (), lambda _sql, _events: None)


class Order(BaseModel):
    """What a worker is to do, with which databases, and how it may die."""

    role: Role
    location: str
    nats: str
    seed: str
    probability: float
    struck: Path


class Acknowledged(BaseModel):
    """An incident that the writer was told is stored, with the hashes of its events."""

    incident: UUID
    hashes: list[str]


class Counting:
    """Writes down every event that it is given."""

    understands_all = True

    def apply(self, tx: Transaction, events: Sequence[Incoming]) -> None:
        """Add a row per event."""
        rows = [(event.position, event.hash) for event in events]
        tx.sql.executemany("INSERT INTO applied VALUES (?, ?)", rows)


async def work(order: Order) -> None:
    """Do it until killed."""
    fate = Fate(order.seed, order.probability, order.struck)
    around = _surroundings(order, fate)
    if order.role == "writer":
        await _write(around, fate)
    elif order.role == "relay":
        await _run(_room(around.open_store(UPSTREAM, ()), fate), order)
    else:
        store = around.open_store(order.role, (APPLIED,))
        ear = Consumer(store, UPSTREAM, Counting(), checkpoint=fate)
        await _run(_room(store, fate, ear), order)


def _surroundings(order: Order, fate: Fate) -> Surroundings:
    in_postgres = order.location.startswith("postgresql://")
    vault = open_vault(order.location if in_postgres else f"{order.location}/vault.db", b"k" * 32)
    officers = Officers(open_tables(order.location, "identity"))
    return Surroundings(order.location, "QINGHE", system_clock, vault, officers, checkpoint=fate)


def _room(store: Store, fate: Fate, *ears: Consumer) -> Room:
    return Room(store, ears, APIRouter(), (), NOTHING, checkpoint=fate)


async def _run(room: Room, order: Order) -> None:
    try:
        async with at_work([room], order.nats, poll=0.01):
            await asyncio.Event().wait()
    except (nats.errors.Error, TimeoutError, Unavailable):
        sys.exit(BROKER_AWAY)


async def _write(around: Surroundings, fate: Fate) -> None:
    store = around.open_store(UPSTREAM, ())
    await asyncio.gather(*(_clerk(around, store, fate) for _ in range(CLERKS)))


async def _clerk(around: Surroundings, store: Store, fate: Fate) -> None:
    for number in count(1):
        incident = uuid4()
        await asyncio.to_thread(around.vault.ensure, [key_id(incident, "matter")])
        done = await store.write(partial(_enter, incident=incident, number=number, fate=fate))
        fate("writer.committed")
        _acknowledge(incident, done)
        await asyncio.sleep(PAUSE)


def _enter(tx: Transaction, *, incident: UUID, number: int, fate: Fate) -> Appended:
    """Registered, linked and taken back: the rules of intake do not matter here."""
    facts = [
        _registration(number),
        IncidentLinked(to=uuid4(), to_number="QINGHE-2026-000001", grounds="同一事件"),
        IncidentVoided(reason="误登"),
    ]
    by = By(Actor(officer="o-clerk", post="info_officer"), tx.now)
    appended = tx.append(Stream("incident", incident, "QH-YZ", incident), facts, by)
    fate("writer.in-transaction")
    return appended


def _registration(number: int) -> IncidentRegistered:
    return IncidentRegistered(
        number=f"QINGHE-2026-{number:06d}",
        channel="message_board",
        category="伙食",
        title=Sealed.of("食堂饭菜不热", subject="matter"),
        body=None,
        contact=None,
        link=None,
        posted_at=None,
        discovered_at=None,
        message_id=None,
    )


def _acknowledge(incident: UUID, done: Appended) -> None:
    """One line in one system call: it is there whole or not at all."""
    hashes = [event_hash(event.raw) for event in done.events]
    said = Acknowledged(incident=incident, hashes=hashes).model_dump_json()
    os.write(sys.stdout.fileno(), f"{said}\n".encode())


def main() -> None:
    """Work as ordered."""
    asyncio.run(work(Order.model_validate_json(sys.argv[1])))
