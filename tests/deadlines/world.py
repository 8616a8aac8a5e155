"""A county for tests: intake and routing as stores that say things, and the deadlines room.

Nothing travels by itself: a test delivers what an upstream said, when and as far as it likes.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Literal
from uuid import UUID, uuid4

from eventsourcing.persistence import Notification

from services.deadlines import scheduler, tables
from services.deadlines.main import build
from services.deadlines.tables import Key
from shared.clock import SHANGHAI
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Actor, Recorded, Standing, decode
from shared.contracts.intake import IncidentLinked, IncidentRegistered, IncidentVoided
from shared.contracts.routing import (
    IncidentAssigned,
    IncidentClosed,
    PackAdopted,
    ReplyPublished,
    StateDeclared,
    UnitEstablished,
)
from shared.contracts.sealed import Sealed
from shared.copies.units import unit_id
from shared.duties import DutyRow
from shared.identity.officers import Officers
from shared.messaging.streams import CORRELATION, STREAM, TYPE, Incoming, outgoing
from shared.messaging.taking import Handler, Taken, take
from shared.policy import Pack
from shared.room import Room, Surroundings, key_id
from shared.store.database import open_tables
from shared.store.store import Store
from shared.store.tracking import tracked
from shared.store.transaction import By, Stream, Transaction
from shared.vault.vault import open_vault

OFFICER = Actor(officer="o-1", post="liaison")

Upstream = Literal["intake", "routing", "reporting"]


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """A moment of March 2026 in Shanghai, as UTC."""
    return datetime(2026, 3, day, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)


class HandClock:
    """A clock that a test moves by hand."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class World:
    """The room, what stands around it, and what is said to it; it begins on 2026-03-02 09:00."""

    def __init__(self, location: str) -> None:
        self.clock = HandClock(at(2, 9))
        postgres = location.startswith("postgresql://")
        vault = open_vault(location if postgres else str(Path(location) / "vault.db"), bytes(32))
        officers = Officers(open_tables(location, "identity"))
        self.around = Surroundings(location, "QH", self.clock, vault, officers)
        self.upstreams = {
            "intake": self.around.open_store("intake", ()),
            "routing": self.around.open_store("routing", ()),
            "reporting": self.around.open_store("reporting", ()),
        }
        self.room = build(self.around)
        self._rooms = [self.room]

    async def close(self) -> None:
        """Give everything back."""
        for store in [*self.upstreams.values(), *(room.store for room in self._rooms)]:
            await store.close()
        self.around.officers.close()
        self.around.vault.close()

    def open_another(self) -> Room:
        """The same room once more, as another process would have it."""
        self._rooms.append(build(self.around))
        return self._rooms[-1]

    @property
    def store(self) -> Store:
        return self.room.store

    async def registered(
        self,
        *,
        posted: datetime | None = None,
        discovered: datetime | None = None,
        standing: Standing = "live",
        incident: UUID | None = None,
        pack: Pack | None = None,
    ) -> UUID:
        """Intake registers an incident of 第一中学, under a pack if it says which."""
        incident = incident or uuid4()
        fact = self._registration(incident, posted, discovered)
        pin = pack.pin if pack else None
        await self.says("intake", incident, fact, occurred=posted, standing=standing, policy=pin)
        return incident

    async def established(self, code: str, parent: str | None = None) -> None:
        """Routing says that a unit takes part."""
        fact = UnitEstablished(code=code, name=code, aliases=(), parent=parent)
        await self.says("routing", uuid4(), fact)

    async def did(
        self,
        unit: str,
        fact: Fact,
        *,
        occurred: datetime | None = None,
        upstream: Upstream = "intake",
    ) -> None:
        """Something done on a unit's own day, or declared for it."""
        by = By(OFFICER, occurred or self.clock())
        day = Stream("unit-day", unit_id(unit), unit, unit_id(unit))
        await self.upstreams[upstream].write(lambda tx: tx.append(day, [fact], by))

    async def declared(self, unit: str, state: str, *, on: bool = True, at: datetime) -> None:
        """Routing says that a state begins or ends for a unit."""
        fact = StateDeclared(state=state, on=on)
        await self.did(unit, fact, occurred=at, upstream="routing")

    async def passes(self, until: datetime) -> None:
        """The clock goes on to a moment, and the scheduler does all that is to be done by then."""
        self.clock.now = until
        await scheduler.look(self.store, self.clock)

    async def verdicts(self, rule: str, unit: str | None = None) -> dict[str, str]:
        """How the periods of a rule stand, by their name."""
        rows = sorted((await self.rows()).values(), key=lambda row: row.start)
        return {
            row.period: row.state
            for row in rows
            if row.period and row.rule == rule and unit in (None, row.unit)
        }

    async def adopted(self, pack: Pack, unit: str = "QH") -> None:
        """Routing says that the county, or a unit, adopts a pack."""
        fact = PackAdopted(
            unit=unit,
            pack=pack.id,
            version=pack.version,
            pin=pack.pin,
            texts=pack.texts,
            params=dict(pack.chosen),
            reason="试行",
        )
        await self.says("routing", uuid4(), fact)

    async def many_registered(self, posted: Sequence[datetime]) -> list[UUID]:
        """Intake registers an incident for each time of posting, all in one transaction."""
        facts = {(new := uuid4()): self._registration(new, moment, None) for moment in posted}

        def work(tx: Transaction) -> None:
            for incident, fact in facts.items():
                _append(tx, incident, fact, By(OFFICER, self.clock()))

        await self.upstreams["intake"].write(work)
        return list(facts)

    async def linked(self, incident: UUID) -> None:
        """Intake joins it to another."""
        fact = IncidentLinked(to=uuid4(), to_number="QH-2026-000009", grounds="同一事件")
        await self.says("intake", incident, fact)

    async def voided(self, incident: UUID) -> None:
        """Intake takes it back."""
        await self.says("intake", incident, IncidentVoided(reason="误登"))

    async def assigned(self, incident: UUID, lead: str) -> None:
        """Routing makes a unit responsible."""
        await self.says(
            "routing", incident, IncidentAssigned(lead=lead, co_handling=(), instruction="请核实")
        )

    async def published(
        self,
        incident: UUID,
        *,
        done: datetime | None = None,
        kind: str = "result",
        standing: Standing = "live",
    ) -> None:
        """Routing publishes a reply."""
        fact = ReplyPublished(
            draft=uuid4(),
            kind=kind,
            channel="留言板",
            named_unit="青禾县第一中学",
            text=Sealed.of("已整改", subject="reply"),
            content="hmac-sha256:00",
        )
        await self.says("routing", incident, fact, occurred=done, standing=standing)

    async def closed(self, incident: UUID, outcome: Literal["answered", "history"]) -> None:
        """Routing ends the handling."""
        await self.says("routing", incident, IncidentClosed(outcome=outcome, note=""))

    async def says(
        self,
        upstream: Upstream,
        incident: UUID,
        fact: Fact,
        *,
        occurred: datetime | None = None,
        standing: Standing = "live",
        policy: str | None = None,
    ) -> None:
        """An upstream stores a fact of an incident."""
        by = By(OFFICER, occurred or self.clock(), None, standing)
        await self.upstreams[upstream].write(lambda tx: _append(tx, incident, fact, by, policy))

    async def deliver(self, *upstreams: Upstream, count: int = 10_000, again: int = 0) -> None:
        """Bring up to ``count`` new events of each, and ``again`` of those brought before."""
        for upstream in upstreams:
            batch = await self._batch(upstream, count, again)
            handler = next(c.handler for c in self.room.consumers if c.upstream == upstream)
            work = partial(_take, upstream=upstream, batch=batch, handler=handler)
            assert (await self.store.write(work)).stop is None

    async def events(self, incident: UUID | None = None) -> list[Recorded]:
        """What the room said, of one incident or of all."""
        stored = await self.store.notifications(0, 10_000)
        events = [_decoded(event) for event in stored]
        return [e for e in events if incident in (None, e.envelope.correlation)]

    async def said(self, incident: UUID) -> list[str]:
        """The names of what the room said of an incident: ``started``, ``met``, …"""
        events = await self.events(incident)
        return [e.envelope.type.split(".")[1].removeprefix("duty-") for e in events]

    async def heard(self, *facts: type[Fact]) -> list[Recorded]:
        """What the upstreams said, of those kinds."""
        stored = [e for store in self.upstreams.values() for e in await store.notifications(0, 999)]
        return [e for e in map(_decoded, stored) if isinstance(e.fact, facts)]

    async def rows(self) -> dict[Key, DutyRow]:
        """The table of duties."""
        return await self.store.read(tables.all_duties)

    async def row(self, incident: UUID) -> DutyRow:
        """How the baseline's duty stands."""
        return (await self.rows())[str(incident), "B.T01"]

    def _registration(
        self, incident: UUID, posted: datetime | None, discovered: datetime | None
    ) -> IncidentRegistered:
        self.around.vault.ensure([key_id(incident, "matter"), key_id(incident, "reply")])
        return IncidentRegistered(
            number=f"QH-2026-{incident.hex[:6]}",
            channel="message_board",
            category="伙食",
            title=Sealed.of("食堂饭菜不热", subject="matter"),
            body=None,
            contact=None,
            link=None,
            posted_at=posted,
            discovered_at=discovered,
            message_id=None,
        )

    async def _batch(self, upstream: Upstream, count: int, again: int) -> Sequence[Incoming]:
        source = self.upstreams[upstream]
        last = await self.store.read(lambda sql: tracked(sql, upstream))
        stored = await source.notifications(0, 10_000)
        everything = [_incoming(source, at, stored) for at in range(len(stored))]
        known = sum(event.position <= last.position for event in everything)
        return everything[max(known - again, 0) : known + count]


def _append(tx: Transaction, incident: UUID, fact: Fact, by: By, policy: str | None = None) -> None:
    tx.append(Stream("case", incident, "QH-YZ", incident, policy), [fact], by)


def _decoded(stored: Notification) -> Recorded:
    return decode(stored.state)


def _take(
    tx: Transaction, *, upstream: Upstream, batch: Sequence[Incoming], handler: Handler
) -> Taken:
    return take(tx, upstream, batch, handler, last_try=False)


def _incoming(source: Store, at: int, stored: Sequence[Notification]) -> Incoming:
    """The event with that index as the relay would send it and a consumer receive it."""
    position, after = int(stored[at].id), int(stored[at - 1].id) if at else 0
    sent = outgoing(source.source, stored[at], after).headers
    return Incoming(
        epoch=source.source.epoch,
        position=position,
        after=after,
        seq=at + 1,
        stream=sent[STREAM],
        type=sent[TYPE],
        correlation=sent[CORRELATION],
        raw=stored[at].state,
    )
