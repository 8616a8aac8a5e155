"""Reporting's questions and its own acts."""

import asyncio
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from services.reporting import ledger_table
from services.reporting.ledger import LedgerRow
from services.reporting.log import leaf_at, size_as_of
from services.reporting.trail import TrailEntry, trail
from services.reporting.wording import reader
from shared.aggregate import answer
from shared.contracts.envelope import decode
from shared.contracts.reporting import IncidentErased
from shared.errors import Invalid, Refused, Unknown
from shared.identity.officers import ADMINISTRATOR, Officer, Officers
from shared.room import SUBJECTS, key_id
from shared.store.events import By, Matter
from shared.store.micros import from_micros
from shared.store.requests import Answer
from shared.store.sql import Sql
from shared.store.store import Store
from shared.store.transaction import Transaction
from shared.vault.vault import Vault


class LedgerEntry(BaseModel):
    """One row of the ledger as people and programs read it; moments are UTC."""

    incident: str
    number: str
    unit: str
    standing: str
    channel: str
    category: str
    title: str
    status: str
    posted_at: datetime | None
    registered_at: datetime
    grade: str | None
    lead: str | None
    co_handling: list[str]
    published_at: datetime | None
    named_unit: str | None
    closed_at: datetime | None
    outcome: str | None
    linked_to: str | None
    duty: str | None
    due: datetime | None
    verdict: str | None
    spare_seconds: int | None
    late_seconds: int | None
    erased: bool


class Reporting:
    """What happened."""

    def __init__(self, store: Store, vault: Vault, officers: Officers) -> None:
        self.store = store
        self._vault = vault
        self._officers = officers

    async def ledger(
        self, as_of: datetime | None, unit: str | None, status: str | None
    ) -> list[LedgerEntry]:
        """One entry per incident, as it stood at ``as_of`` (UTC) or now."""

        def ask(sql: Sql) -> list[LedgerEntry]:
            rows = ledger_table.as_of(sql, size_as_of(sql, as_of), unit, status)
            return [self._entry(sql, row) for row in rows]

        return await self.store.read(ask)

    async def trail(self, name: str, as_of: datetime | None) -> list[TrailEntry]:
        """Everything on record of an incident; raises Unknown ``incident.unknown``."""
        names = await asyncio.to_thread(self._officers.names)

        def ask(sql: Sql) -> list[TrailEntry]:
            row = ledger_table.current(sql, name)
            size = size_as_of(sql, as_of)
            found = trail(sql, row.incident, size, self._vault, names) if row else []
            if not found:
                raise _unknown(name)
            return found

        return await self.store.read(ask)

    async def erase(self, name: str, grounds: str, officer: Officer) -> Answer:
        """Destroy an incident's data keys and record that it was done; repeating it is harmless."""
        if officer.post != ADMINISTRATOR:
            raise _not_competent()
        if not grounds.strip():
            raise Invalid("grounds.missing", "销毁依据不能为空。", "请写明依据的规定。", "grounds")
        row = await self.store.read(lambda sql: ledger_table.current(sql, name))
        if row is None:
            raise _unknown(name)
        keys = await asyncio.to_thread(self._shred, UUID(row.incident))
        matter = Matter("erasure", UUID(row.incident), row.unit or "", UUID(row.incident))

        def work(tx: Transaction) -> Answer:
            facts = [] if tx.load(matter.id) else [IncidentErased(keys=keys, grounds=grounds)]
            appended = tx.append(matter, facts, By(officer.actor, tx.now))
            return answer(tx, appended, matter, row.number)

        return await self.store.write(work)

    def _shred(self, incident: UUID) -> tuple[str, ...]:
        """Destroy the keys of every subject, also those not used yet, so that none comes later."""
        for subject in SUBJECTS:
            with suppress(Refused):  # destroyed before
                self._vault.ensure([key_id(incident, subject)])
        return self._vault.shred(str(incident))

    def _entry(self, sql: Sql, row: LedgerRow) -> LedgerEntry:
        values: dict[str, Any] = asdict(row)
        for moment in ("posted_at", "registered_at", "published_at", "closed_at", "due"):
            values[moment] = from_micros(values[moment]) if values[moment] is not None else None
        values["co_handling"] = [code for code in row.co_handling.split(";") if code]
        values["title"] = self._title(sql, values.pop("title_leaf"))
        return LedgerEntry(**values)

    def _title(self, sql: Sql, leaf: int) -> str:
        found = leaf_at(sql, leaf)
        return reader(self._vault, decode(found.raw))("title") if found else ""


def _unknown(name: str) -> Unknown:
    return Unknown(
        "incident.unknown",
        f"台账里没有编号或标识为“{name}”的事件。",
        "请用 huiyin ledger 查看编号；刚登记的请带上 after 参数。",
        "incident",
    )


def _not_competent() -> Refused:
    return Refused(
        "post.not-competent", "只有系统管理员可以销毁数据密钥。", "请由管理员办理。", "post"
    )
