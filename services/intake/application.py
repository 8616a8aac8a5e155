"""Intake's commands on incidents: load, decide, append."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from services.intake import tables
from services.intake.commands import Heard, LinkIncident, RegisterIncident, VoidIncident
from services.intake.incident import INCIDENT
from services.intake.tables import Entry
from shared.aggregate import answer
from shared.clock import SHANGHAI
from shared.identity.officers import Officer
from shared.room import key_id
from shared.store.events import By, Matter
from shared.store.requests import Answer, Request, once
from shared.store.sql import Sql
from shared.store.store import Store
from shared.store.transaction import Transaction
from shared.units import check_within, known_unit
from shared.vault.vault import Vault


class Intake:
    """What was heard."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self.store = store
        self._vault = vault

    async def register(
        self,
        heard: Heard,
        unit: str,
        officer: Officer,
        occurred_at: datetime | None,
        request: Request | None,
    ) -> Answer:
        """Enter an incident for a unit; the number is given in the same transaction."""
        incident = uuid4()
        await self._provide_keys([incident], ["matter", "contact"] if heard.contact else ["matter"])

        def work(tx: Transaction) -> Answer:
            known_unit(tx.sql, unit)
            check_within(tx.sql, unit, officer.unit)
            by = By(officer.actor, occurred_at or tx.now)
            return self._enter(tx, incident, unit, heard, by)

        return await self.store.write(lambda tx: once(tx, request, work))

    async def link(
        self, name: str, to: str, grounds: str, officer: Officer, request: Request | None
    ) -> Answer:
        """Join a duplicate (并案)."""

        def work(tx: Transaction) -> Answer:
            entry, target = tables.find(tx.sql, name), tables.find(tx.sql, to)
            open_ = target.standing == "open"
            command = LinkIncident(entry.id, target.id, target.number, open_, grounds)
            return self._act(tx, entry, command, officer)

        return await self.store.write(lambda tx: once(tx, request, work))

    async def void(
        self, name: str, reason: str, officer: Officer, request: Request | None
    ) -> Answer:
        """Take back a registration made in error (作废)."""

        def work(tx: Transaction) -> Answer:
            entry = tables.find(tx.sql, name)
            return self._act(tx, entry, VoidIncident(reason, entry.answered), officer)

        return await self.store.write(lambda tx: once(tx, request, work))

    async def check_unit(self, unit: str, officer: Officer) -> None:
        """Raises Invalid ``unit.unknown`` or Refused ``unit.not-yours``."""

        def ask(sql: Sql) -> None:
            known_unit(sql, unit)
            check_within(sql, unit, officer.unit)

        await self.store.read(ask)

    async def position(self) -> int:
        """The position of the last event."""
        return await asyncio.to_thread(self.store.position)

    def _enter(
        self,
        tx: Transaction,
        incident: UUID,
        unit: str,
        heard: Heard,
        by: By,
    ) -> Answer:
        year = tx.now.astimezone(SHANGHAI).year
        number = tables.next_numbers(tx.sql, tx.source.node, year).next
        matter = Matter("incident", incident, unit, incident)
        appended = INCIDENT.handle(tx, matter, RegisterIncident(number, heard, tx.now), by)
        tables.MODEL.note(tx.sql, appended.events)
        return answer(tx, appended, matter, number)

    def _act(
        self,
        tx: Transaction,
        entry: Entry,
        command: LinkIncident | VoidIncident,
        officer: Officer,
    ) -> Answer:
        check_within(tx.sql, entry.unit, officer.unit)
        matter = Matter("incident", entry.id, entry.unit, entry.id)
        appended = INCIDENT.handle(tx, matter, command, By(officer.actor, tx.now))
        tables.MODEL.note(tx.sql, appended.events)
        return answer(tx, appended, matter, entry.number)

    async def _provide_keys(self, incidents: Sequence[UUID], subjects: Sequence[str]) -> None:
        ids = [key_id(incident, subject) for incident in incidents for subject in subjects]
        if ids:
            await asyncio.to_thread(self._vault.ensure, ids)
