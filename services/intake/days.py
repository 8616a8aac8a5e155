"""What units do in their days (单位日常): browse, sum up, report nothing, be on duty, inspect…"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

from services.intake import acts, tables
from services.intake.commands import Asked, Particulars, TakeAct
from services.intake.filing import Said, ids_of, of_day
from shared.acts.check import Told
from shared.aggregate import answer
from shared.calendar.days import day_of, start_of
from shared.copies.units import Unit, check_within, known_unit, unit_id
from shared.policy.engine.deeds import Deed
from shared.policy.engine.periods import tells_of_the_day_before
from shared.room import key_id
from shared.store.micros import to_micros
from shared.store.requests import Answer, once
from shared.store.sql import Sql
from shared.store.store import Store
from shared.store.transaction import Transaction
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
        there was none before. A daily report on the day before tells of that day, or of the one
        that it names. Raises Invalid ``unit.unknown`` and what ``acts.py`` says, Refused
        ``unit.not-yours``, Unknown ``incident.unknown``.
        """
        if told.text or told.fields:
            await self.store.read(lambda sql: _own(sql, code, said))  # else keys for anything
            await asyncio.to_thread(self._vault.ensure, [key_id(unit_id(code), "matter")])

        def work(tx: Transaction) -> Answer:
            unit = _own(tx.sql, code, said)
            by = said.by(tx)
            particulars = more
            known = acts.known_of(act, more, unit.name)
            asked, matter = of_day(tx, code, by, act, told, known, **acts.deed_of(act, more))
            if act == "summarise":
                particulars = replace(more, items=_items(tx.sql, asked, items))
            appended = tx.append(matter, acts.take(TakeAct(asked, particulars)), by)
            tables.MODEL.note(tx.sql, appended.events)
            return answer(tx, appended, matter, code).model_copy(update={"incident": None})

        return await self.store.write(lambda tx: once(tx, said.request, work))


def _own(sql: Sql, code: str, said: Said) -> Unit:
    """The unit, if the officer's covers it."""
    unit = known_unit(sql, code)
    check_within(sql, code, said.officer.unit)
    return unit


def _items(sql: Sql, asked: Asked, given: Sequence[str] | None) -> tuple[UUID, ...]:
    deed = asked.attempted
    if given is not None:
        return ids_of(sql, given)
    if tells_of_the_day_before(asked.record.pack, deed):
        midnight = _day_told_of(deed)
        ends = midnight + timedelta(days=1, microseconds=-1)
        return tables.registered(sql, deed.unit, to_micros(midnight) - 1, ends)
    last = tables.last_summary(sql, deed.unit, deed.kind, deed.at)
    if last is None:
        last = to_micros(start_of(day_of(deed.at))) - 1
    return tables.registered(sql, deed.unit, last, deed.at)


def _day_told_of(deed: Deed) -> datetime:
    """When the day begins that a report names, or else the day before it."""
    try:
        return start_of(date.fromisoformat(deed.period or ""))
    except ValueError:
        return start_of(day_of(deed.at)) - timedelta(days=1)
