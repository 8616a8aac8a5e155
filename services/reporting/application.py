"""Reporting's questions and its own acts."""

import asyncio
from contextlib import suppress
from datetime import datetime
from functools import partial
from uuid import UUID

import structlog

from services.reporting.history.review import Review, review_imported
from services.reporting.ledger import table as ledger_table
from services.reporting.ledger.entry import LedgerEntry, entries
from services.reporting.ledger.export import Filters, LedgerExport, export
from services.reporting.log.log import size_as_of
from services.reporting.trail.trail import TrailEntry, trail
from shared.contracts.reporting import IncidentErased
from shared.copies.matters import unknown_incident
from shared.errors import Invalid, Refused
from shared.identity.officers import Officer, Officers
from shared.policy import Pack
from shared.room import SUBJECTS, key_id
from shared.store.requests import Answer, answer
from shared.store.sql import Sql
from shared.store.store import Store
from shared.store.transaction import By, Stream, Transaction
from shared.vault.vault import Vault
from shared.words import ADMINISTRATOR

logger = structlog.get_logger("reporting")


class Reporting:
    """What happened."""

    def __init__(self, store: Store, vault: Vault, officers: Officers) -> None:
        self.store = store
        self._vault = vault
        self._officers = officers

    async def ledger(self, filters: Filters, as_of: datetime | None) -> list[LedgerEntry]:
        """One entry per incident, as it stood at ``as_of`` (UTC) or now."""

        def ask(sql: Sql) -> list[LedgerEntry]:
            size = size_as_of(sql, as_of)
            return entries(sql, self._vault, filters.rows(sql, size), size)

        return await self.store.read(ask)

    async def export(
        self, filters: Filters, as_of: datetime | None, format_: str, officer: Officer
    ) -> LedgerExport:
        """The ledger as it stood at ``as_of`` (UTC) or now, with what it rests on.

        That it left the house is noted in the logs: who took it, of which size of the log.
        Raises Invalid ``unit.unknown`` or Unavailable ``ledger.behind``.
        """
        made_at = self.store.clock()
        found = await self.store.read(lambda sql: export(sql, self._vault, filters, as_of, made_at))
        logger.info(
            "ledger exported",
            officer=officer.id,
            format=format_,
            as_of=as_of.isoformat() if as_of else None,
            filters=found.filters,
            rows=len(found.rows),
            log_size=found.log.size,
            log_root=found.log.root,
        )
        return found

    async def trail(self, name: str, as_of: datetime | None) -> list[TrailEntry]:
        """Everything on record of an incident; raises Unknown ``incident.unknown``."""
        names = await asyncio.to_thread(self._officers.names)

        def ask(sql: Sql) -> list[TrailEntry]:
            row = ledger_table.current(sql, name)
            size = size_as_of(sql, as_of)
            found = trail(sql, row.incident, size, self._vault, names) if row else []
            if not found:
                raise unknown_incident(sql, name)
            return found

        return await self.store.read(ask)

    async def review(self, pack: Pack, as_of: datetime | None, unit: str | None) -> Review:
        """What a pack would have said of imported history, as it stood at ``as_of`` (UTC) or now.

        Raises Invalid ``pack.no-reply-duty`` and Unknown ``review.unit-unknown``.
        """

        def ask(sql: Sql) -> Review:
            return review_imported(sql, self._vault, pack, size_as_of(sql, as_of), unit)

        return await self.store.read(ask)

    async def erase(self, name: str, grounds: str, officer: Officer) -> Answer:
        """Destroy an incident's data keys and record that it was done; repeating it is harmless."""
        if officer.post != ADMINISTRATOR:
            raise _not_competent()
        if not grounds.strip():
            raise Invalid("grounds.missing", "销毁依据不能为空。", "请写明依据的规定。", "grounds")
        row = await self.store.read(partial(ledger_table.known, name=name))
        keys = await asyncio.to_thread(self._shred, UUID(row.incident))
        matter = Stream("erasure", UUID(row.incident), row.unit or "", UUID(row.incident))

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


def _not_competent() -> Refused:
    return Refused(
        "post.not-competent", "只有系统管理员可以销毁数据密钥。", "请由管理员办理。", "post"
    )
