"""The reporting room over a real database, and the services whose events it is told.

Nothing travels by itself: a test delivers what was said, when and as far as it likes.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from services.reporting.ledger import table as ledger_table
from services.reporting.ledger.row import LedgerRow
from services.reporting.log.log import every_leaf
from services.reporting.main import build
from services.reporting.projector import UPSTREAM
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Actor, Recorded, decode_envelope
from shared.contracts.intake import IncidentRegistered
from shared.contracts.sealed import Sealed
from shared.identity.officers import Officers
from shared.messaging.streams import Incoming
from shared.messaging.taking import take
from shared.room import Surroundings, key_id
from shared.store.database import Recorder, open_tables
from shared.store.sql import Sql
from shared.store.store import Store
from shared.store.tracking import tracked
from shared.store.transaction import Appended, By, Stream
from shared.vault.vault import open_vault
from tests.support.sizes import PATIENCE

IN_ONE_DATABASE = pytest.mark.parametrize("location", ["sqlite"], indirect=True)
"""For what does not depend on the kind of database; all else is tested in both."""

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
CLERK = Actor(officer="o-clerk", post="info_officer")
KINDS = {"intake": "incident", "routing": "case", "deadlines": "docket", "reporting": "erasure"}
"""What each service calls its stream of an incident."""


class Ticking:
    """A clock that is a second later each time it is read."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


class World:
    """The room, wired as it runs apart from the network, and four stores that say things."""

    def __init__(self, location: str) -> None:
        in_postgres = location.startswith("postgresql://")
        self.vault = open_vault(
            location if in_postgres else str(Path(location) / "vault.db"), b"k" * 32
        )
        self.officers = Officers(open_tables(location, "identity"))
        self.clock = Ticking()
        around = Surroundings(location, "QINGHE", self.clock, self.vault, self.officers)
        self.room = build(around)
        self.stores: dict[str, Store] = {
            name: around.open_store(name, ()) for name in ("intake", "routing", "deadlines")
        } | {"reporting": self.room.store}

    @property
    def recorders(self) -> Mapping[str, Recorder]:
        """Every service's database, as verification asks for them."""
        return {name: store.recorder for name, store in self.stores.items()}

    @property
    def log(self) -> Recorder:
        """The database that holds the log."""
        return self.room.store.recorder

    async def registered(self, number: str, **changes: str) -> UUID:
        """Intake registers an incident; nobody has heard of it yet."""
        incident = uuid4()
        keys = [key_id(incident, subject) for subject in ("matter", "reply")]
        await asyncio.to_thread(self.vault.ensure, keys)
        await self.say("intake", incident, registration(number, **changes))
        return incident

    async def say(
        self,
        service: str,
        incident: UUID,
        *facts: Fact,
        policy: str | None = None,
        at: datetime = START,
        unit: str = "QH-YZ",
        kind: str | None = None,
        post: str = CLERK.post,
    ) -> Sequence[Recorded]:
        """Events of a service about an incident, all in one transaction."""
        matter = Stream(kind or KINDS[service], _stream(service, incident), unit, incident, policy)
        by = By(Actor(officer=CLERK.officer, post=post), at)
        said: Appended = await self.stores[service].write(lambda tx: tx.append(matter, facts, by))
        return said.events

    async def sequence(self, *services: str) -> None:
        """The log takes what these services said (all of them, when none is named), in turn."""
        for service in services or tuple(self.stores):
            await self._sequence(service)

    async def folded(self) -> None:
        """The ledger catches up with the log as it does by itself."""
        [chore] = self.room.chores
        running = asyncio.ensure_future(chore())
        try:
            async with asyncio.timeout(PATIENCE):
                while await self.room.store.read(_is_behind):
                    await asyncio.sleep(0.01)
        finally:
            running.cancel()
            await self.room.store.write(lambda _: None)  # what it had begun to write is written

    async def ledger(self) -> list[LedgerRow]:
        """The ledger now."""
        return await self.room.store.read(
            lambda sql: ledger_table.as_of(sql, ledger_table.NOW, None, None)
        )

    async def close(self) -> None:
        """Give everything back."""
        for store in self.stores.values():
            await store.close()
        self.officers.close()
        self.vault.close()

    async def _sequence(self, service: str) -> None:
        [handler] = [each.handler for each in self.room.consumers if each.upstream == service]
        store, room = self.stores[service], self.room.store
        done = (await room.read(lambda sql: tracked(sql, service))).position
        batch, after = [], done
        for stored in await store.notifications(done, 1000):
            batch.append(_incoming(store.source.epoch, stored.id, after, stored.state))
            after = stored.id
        work = partial(take, upstream=service, batch=batch, handler=handler, last_try=True)
        await room.write(work)


def registration(number: str, *, category: str = "inquiry_demand") -> IncidentRegistered:
    """What intake says of an incident."""
    return IncidentRegistered(
        number=number,
        channel="message_board",
        category=category,
        title=Sealed.of("课本还差两本没有发", subject="matter"),
        body=None,
        contact=None,
        link=None,
        posted_at=START - timedelta(days=1),
        discovered_at=START,
        message_id=None,
    )


def _is_behind(sql: Sql) -> bool:
    return tracked(sql, UPSTREAM).position < sum(1 for _ in every_leaf(sql))


def _stream(service: str, incident: UUID) -> UUID:
    # Each service has its own stream of an incident; reporting's erasures bear another id.
    return incident if service != "reporting" else UUID(int=incident.int ^ 1)


def _incoming(epoch: str, position: int, after: int, raw: bytes) -> Incoming:
    told = decode_envelope(raw)
    correlation = str(told.correlation)
    return Incoming(epoch, position, after, position, told.stream, told.type, correlation, raw)
