"""A routing room over a real database, and an intake store that it hears of incidents from."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from services.routing.administration import Administration
from services.routing.application import Routing
from services.routing.appointments import Appointments
from services.routing.main import build
from services.routing.orders import Appointment
from shared.acts.vocabulary import Act
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Actor, Recorded, Standing, decode, decode_envelope
from shared.contracts.intake import HistoryRecorded, IncidentRegistered
from shared.contracts.routing import CountyFounded, ReplyDrafted
from shared.contracts.sealed import Sealed
from shared.copies import matters
from shared.identity.officer import Officer
from shared.identity.officers import Officers
from shared.messaging.streams import Incoming
from shared.messaging.taking import Taken, take
from shared.room import Surroundings
from shared.store.database import open_tables
from shared.store.requests import Answer, Request
from shared.store.tracking import tracked
from shared.store.transaction import Appended, By, Stream
from shared.vault.vault import open_vault
from tests.acts.doing import do

START = datetime(2026, 3, 2, 6, 10, tzinfo=UTC)
POSTED = datetime(2025, 9, 1, 1, 0, tzinfo=UTC)
REPLIED = datetime(2025, 9, 3, 8, 30, tzinfo=UTC)

COUNTY = CountyFounded(code="QINGHE", name="青禾县", root="QH-JYJ", demonstration=True)
ADMIN = Officer("o-admin", "示例·甲", "QH-JYJ", "administrator")
BUREAU = Officer("o-bureau", "甲一", "QH-JYJ", "info_officer")
LI = Officer("o-li", "己六", "QH-YZ", "info_officer")
WU = Officer("o-wu", "庚七", "QH-YZ", "principal_leader")
TOWN = Officer("o-town", "示例·寅", "QH-LX", "liaison")
CLERK = Actor(officer="o-clerk", post="info_officer")


def stopped_clock() -> datetime:
    """A clock that stands still."""
    return START


class World:
    """The room, wired as it runs, apart from the network."""

    def __init__(self, location: str) -> None:
        self._location = location
        in_postgres = location.startswith("postgresql://")
        self.vault = open_vault(location if in_postgres else f"{location}/vault.db", b"k" * 32)
        self.officers = Officers(open_tables(location, "identity"), stopped_clock)
        around = Surroundings(location, "QINGHE", stopped_clock, self.vault, self.officers)
        self.upstream = around.open_store("intake", ())
        self.room = build(around)
        self.routing = Routing(self.room.store, self.vault)
        self.administration = Administration(self.room.store)
        self.appointments = Appointments(self.room.store, self.officers, self.vault)

    async def found(self) -> None:
        """The county with its bureau, a school and a town office."""
        await self.administration.found_county(COUNTY, "青禾县教育局", ADMIN)
        for code, name in (("QH-YZ", "青禾县第一中学"), ("QH-LX", "柳溪镇教育办")):
            await self.administration.establish_unit(code, name, (), None, ADMIN)

    async def appoint(
        self,
        name: str,
        unit: str,
        post: str,
        by: Officer = ADMIN,
        request: Request | None = None,
        **more: Any,
    ) -> tuple[str, str]:
        """Somebody who now holds that post: the appointment's id, and the token."""
        order = Appointment.model_validate({"name": name, "unit": unit, "post": post} | more)
        return await self.appointments.appoint(order, by, request)

    async def registered(self, number: str = "QINGHE-2026-000001", unit: str = "QH-YZ") -> UUID:
        """An incident that intake registered and this room heard of."""
        incident = await self.register(number, unit)
        await self.deliver()
        return incident

    async def register(self, number: str, unit: str) -> UUID:
        """An incident that intake registered; nobody has heard of it yet."""
        incident = uuid4()
        await asyncio.to_thread(self.vault.ensure, [f"{incident}/matter", f"{incident}/reply"])
        await self.say(incident, unit, _registration(number), START)
        return incident

    async def act(
        self,
        officer: Officer,
        act: str | Act,
        name: str,
        /,
        request: Request | None = None,
        **said: Any,
    ) -> Answer:
        """An officer takes an act on a matter, or on whatever the act given is done on.

        What is done with a draft is done with the latest unless another, or none, is named.
        """
        if act in ("approve", "reject", "publish") and "draft" not in said:
            said["draft"] = await self.latest_draft(name)
        return await do(self.routing, officer, act, name, request, **said)

    async def latest_draft(self, name: str) -> UUID | None:
        """The draft of an incident that was made last, or none."""
        incident = (await self.room.store.read(lambda sql: matters.find(sql, name))).id
        facts = [event.fact for event in await self.case(incident)]
        drafts = [fact.draft for fact in facts if isinstance(fact, ReplyDrafted)]
        return drafts[-1] if drafts else None

    async def say(
        self,
        incident: UUID,
        unit: str,
        fact: Fact,
        at: datetime = START,
        standing: Standing = "live",
    ) -> Recorded:
        """An event of intake."""
        matter = Stream("incident", incident, unit, incident)
        by = By(CLERK, at, standing=standing)
        said: Appended = await self.upstream.write(lambda tx: tx.append(matter, [fact], by))
        return said.events[0]

    async def deliver(self, *, last_try: bool = False) -> Taken:
        """Everything intake said that this room has not taken yet."""
        return await self.take(await self.incoming(), last_try=last_try)

    async def take(self, batch: list[Incoming], *, last_try: bool = False) -> Taken:
        """A batch as it was delivered, perhaps not for the first time."""
        handler = self.room.consumers[0].handler
        return await self.room.store.write(
            lambda tx: take(tx, "intake", batch, handler, last_try=last_try)
        )

    async def incoming(self) -> list[Incoming]:
        """What intake said since this room last took something."""
        last = await self.room.store.read(lambda sql: tracked(sql, "intake"))
        events, after = [], last.position
        for stored in await self.upstream.notifications(last.position, 1000):
            events.append(_incoming(self.upstream.source.epoch, stored.id, after, stored.state))
            after = stored.id
        return events

    async def case(self, incident: UUID) -> list[Recorded]:
        """The events of an incident's case."""
        stored = [decode(n.state) for n in await self.room.store.notifications(0, 1000)]
        return [event for event in stored if event.envelope.correlation == incident]

    async def types(self, incident: UUID) -> list[str]:
        """What the events of an incident's case are, in short."""
        return [event.envelope.type.split(".")[1] for event in await self.case(incident)]

    async def ticks(self) -> int:
        """A figure that grows with every transaction that writes into the room's store."""
        row = await self.room.store.read(lambda sql: sql.one("SELECT recorded_until FROM store"))
        assert row is not None
        return int(row["recorded_until"])

    def break_directory(self) -> None:
        """Take the directory's table away, as a database out of order would."""
        self._rename("officers", "officers_away")

    def mend_directory(self) -> None:
        """Put the directory's table back."""
        self._rename("officers_away", "officers")

    async def close(self) -> None:
        """Give everything back."""
        await self.room.store.close()
        await self.upstream.close()
        self.officers.close()
        self.vault.close()

    def _rename(self, table: str, to: str) -> None:
        tables = open_tables(self._location, "identity")
        with tables.writing() as sql:
            sql.execute(f"ALTER TABLE {table} RENAME TO {to}")
        tables.close()


def history(
    number: str,
    *,
    reply: str | None = None,
    named: str = "",
    unit: str = "QH-LX",
    left_open: bool = False,
) -> HistoryRecorded:
    """What an imported message's file says."""
    return HistoryRecorded(
        number=number,
        posted_at=POSTED,
        unit=unit,
        named=named,
        reply=Sealed.of(reply, subject="reply") if reply else None,
        replied_at=REPLIED if reply else None,
        left_open=left_open,
    )


def later(days: float) -> datetime:
    """So many days after the start."""
    return START + timedelta(days=days)


def _registration(number: str) -> IncidentRegistered:
    return IncidentRegistered(
        number=number,
        channel="message_board",
        category="inquiry_demand",
        title=Sealed.of("课本还差两本没有发", subject="matter"),
        body=None,
        contact=None,
        link=None,
        posted_at=None,
        discovered_at=START,
        message_id=None,
    )


def _incoming(epoch: str, position: int, after: int, raw: bytes) -> Incoming:
    envelope = decode_envelope(raw)
    return Incoming(
        epoch,
        position,
        after,
        position,
        envelope.stream,
        envelope.type,
        str(envelope.correlation),
        raw,
    )
