"""What units do in their days (单位日常): browse, sum up, report nothing, be on duty, inspect…"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time
from uuid import UUID

from services.intake import acts, tables
from services.intake.commands import Particulars, TakeAct
from services.intake.filing import Said, ids_of, of_day
from shared.acting import Told
from shared.aggregate import answer
from shared.clock import SHANGHAI
from shared.room import key_id
from shared.store.micros import to_micros
from shared.store.requests import Answer, once
from shared.store.sql import Sql
from shared.store.store import Store
from shared.store.transaction import Transaction
from shared.units import Unit, check_within, known_unit, unit_id
from shared.vault.vault import Vault


class Days:
    """A stream for each unit, of what it did apart from any matter."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self.store = store
        self._vault = vault

    async def take(
        self,
        code: str,
        act: str,
        told: Told,
        more: Particulars,
        said: Said,
        items: Sequence[str] | None = None,
    ) -> Answer:
        """Put an act of a unit's day on record, by the pack in force for the unit.

        ``items`` are the numbers or ids of the matters that a summary tells of; without them it
        tells of what the unit registered since its last summary of that kind, or on that day if
        there was none before. Raises Invalid ``unit.unknown`` and what ``acts.py`` says, Refused
        ``unit.not-yours``, Unknown ``incident.unknown``.
        """
        if told.text or told.fields:
            await self.store.read(lambda sql: _own(sql, code, said))  # else keys for anything
            await asyncio.to_thread(self._vault.ensure, [key_id(unit_id(code), "matter")])

        def work(tx: Transaction) -> Answer:
            unit = _own(tx.sql, code, said)
            by = said.by(tx)
            particulars = more
            if act == "summarise":
                told_of = _items(tx.sql, code, told.kind, by.occurred_at, items)
                particulars = replace(more, items=told_of)
            known = acts.known_of(act, more, unit.name)
            asked, matter = of_day(tx, code, by, act, told, known, **acts.deed_of(act, more))
            appended = tx.append(matter, acts.take(TakeAct(asked, particulars)), by)
            tables.MODEL.note(tx.sql, appended.events)
            return answer(tx, appended, matter, code).model_copy(update={"incident": None})

        return await self.store.write(lambda tx: once(tx, said.request, work))


def _own(sql: Sql, code: str, said: Said) -> Unit:
    """The unit, if the officer's covers it."""
    unit = known_unit(sql, code)
    check_within(sql, code, said.officer.unit)
    return unit


def _items(
    sql: Sql, unit: str, kind: str | None, at: datetime, given: Sequence[str] | None
) -> tuple[UUID, ...]:
    if given is not None:
        return ids_of(sql, given)
    last = tables.last_summary(sql, unit, kind, at)
    if last is None:
        midnight = datetime.combine(at.astimezone(SHANGHAI), time(), SHANGHAI)
        last = to_micros(midnight) - 1
    return tables.registered(sql, unit, last, at)
