"""Intake's commands on matters: load, decide, append."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from services.intake import tables
from services.intake.acts import deed_of, known_of
from services.intake.commands import (
    Corrections,
    CorrectRegistration,
    Heard,
    LinkIncident,
    Particulars,
    RegisterIncident,
    TakeAct,
    VoidIncident,
)
from services.intake.filing import Filed, Said, registering
from services.intake.incident import INCIDENT
from shared.acts.check import Told
from shared.aggregate import answer
from shared.clock import SHANGHAI
from shared.copies import incidents
from shared.copies.incidents import KnownIncident
from shared.copies.units import check_within, known_unit
from shared.identity.officers import Officer
from shared.room import key_id
from shared.store.events import By, Matter
from shared.store.requests import Answer, Request, once
from shared.store.sql import Sql
from shared.store.store import Store
from shared.store.transaction import Transaction
from shared.vault.vault import Vault


class Intake:
    """What was heard.

    Matters are named by number or id. Every command on one raises Unknown ``incident.unknown``,
    Refused ``unit.not-yours`` and what ``incident.py`` says.
    """

    def __init__(self, store: Store, vault: Vault) -> None:
        self.store = store
        self._vault = vault

    async def find(self, name: str) -> KnownIncident:
        """The matter as known here; raises Unknown ``incident.unknown``."""
        return await self.store.read(lambda sql: incidents.find(sql, name))

    async def register(
        self,
        heard: Heard,
        unit: str,
        officer: Officer,
        occurred_at: datetime | None,
        request: Request | None,
        fields: Mapping[str, str] | None = None,
    ) -> Answer:
        """Enter a matter for a unit, under the rules in force for it.

        The number is given in the same transaction.
        """
        incident = uuid4()
        await self._provide_keys(incident, ["matter", "contact"] if heard.contact else ["matter"])

        def work(tx: Transaction) -> Answer:
            known_unit(tx.sql, unit)
            check_within(tx.sql, unit, officer.unit)
            by = By(officer.actor, occurred_at or tx.now)
            return self._enter(tx, incident, unit, heard, by, Told(fields=fields or {}))

        return await self.store.write(lambda tx: once(tx, request, work))

    async def take(self, name: str, act: str, told: Told, more: Particulars, said: Said) -> Answer:
        """An act on a matter in the words of its pack: note it down, inspect, rehearse, conduct."""
        if told.text or told.fields:
            await self._provide_keys((await self.find(name)).id, ["matter"])

        def work(tx: Transaction) -> Answer:
            filed, by = Filed(tx, incidents.find(tx.sql, name)), said.by(tx)
            unit = filed.acting_unit(said.officer)
            known = known_of(act, more, known_unit(tx.sql, unit).name)
            asked = filed.asked(by, act, told, unit, known, **deed_of(act, more))
            return filed.act(TakeAct(asked, more), by, unit)

        return await self.store.write(lambda tx: once(tx, said.request, work))

    async def correct(
        self, name: str, corrections: Corrections, grounds: str, said: Said
    ) -> Answer:
        """Put the registration right (更正)."""

        def work(tx: Transaction) -> Answer:
            filed, by = self._own(tx, name, said.officer), said.by(tx)
            asked = filed.asked(by, "correct", sets=corrections.sets)
            return filed.act(CorrectRegistration(corrections, grounds, asked), by)

        return await self.store.write(lambda tx: once(tx, said.request, work))

    async def link(
        self, name: str, to: str, grounds: str, officer: Officer, request: Request | None
    ) -> Answer:
        """Join a duplicate (并案)."""
        said = Said(officer, request=request)

        def work(tx: Transaction) -> Answer:
            filed, by = self._own(tx, name, officer), said.by(tx)
            entry, target = filed.entry, incidents.find(tx.sql, to)
            open_, asked = target.standing == "open", filed.asked(by, "link")
            command = LinkIncident(entry.id, target.id, target.number, open_, grounds, asked)
            return filed.act(command, by)

        return await self.store.write(lambda tx: once(tx, request, work))

    async def void(
        self, name: str, reason: str, officer: Officer, request: Request | None
    ) -> Answer:
        """Take back a registration made in error (作废)."""
        said = Said(officer, request=request)

        def work(tx: Transaction) -> Answer:
            filed, by = self._own(tx, name, officer), said.by(tx)
            asked = filed.asked(by, "void")
            return filed.act(VoidIncident(reason, filed.entry.answered, asked), by)

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
        told: Told,
    ) -> Answer:
        year = tx.now.astimezone(SHANGHAI).year
        number = tables.next_numbers(tx.sql, tx.source.node, year).next
        asked, pin = registering(tx, unit, heard, by, told)
        matter = Matter("incident", incident, unit, incident, pin)
        appended = INCIDENT.handle(tx, matter, RegisterIncident(number, heard, asked), by)
        tables.MODEL.note(tx.sql, appended.events)
        return answer(tx, appended, matter, number)

    def _own(self, tx: Transaction, name: str, officer: Officer) -> Filed:
        """The matter, if the officer's unit covers the one that registered it."""
        entry = incidents.find(tx.sql, name)
        check_within(tx.sql, entry.unit, officer.unit)
        return Filed(tx, entry)

    async def _provide_keys(self, incident: UUID, subjects: Sequence[str]) -> None:
        ids = [key_id(incident, subject) for subject in subjects]
        await asyncio.to_thread(self._vault.ensure, ids)
