"""Keeping and telling what the headings of a unit's files mean (列名对照)."""

from uuid import UUID, uuid5

from services.intake import tables
from services.intake.fieldmap import Columns, save
from shared.copies.units import check_within, known_unit
from shared.identity.officers import Officer
from shared.store.requests import Answer, Request, answer, once
from shared.store.store import Store
from shared.store.transaction import By, Stream, Transaction

FIELD_MAPS = UUID("0f4a2c7d-93b1-5e6a-8d35-64c1e2b7a908")
"""Namespace from which a unit's field map gets its id."""


class FieldMaps:
    """One map for each unit."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def read(self, unit: str) -> Columns:
        """What is kept for the unit, in the order in which it was given."""
        return await self.store.read(lambda sql: tables.field_map(sql, unit))

    async def save(
        self, unit: str, columns: Columns, officer: Officer, request: Request | None
    ) -> Answer:
        """Keep these instead of what was kept before.

        Raises Invalid ``unit.unknown`` or ``field-map.*``, Refused ``unit.not-yours``.
        """
        stream = uuid5(FIELD_MAPS, f"{self.store.source.node}/{unit}")
        matter = Stream("field-map", stream, unit, stream)

        def work(tx: Transaction) -> Answer:
            known_unit(tx.sql, unit)
            check_within(tx.sql, unit, officer.unit)
            by = By(officer.actor, tx.now)
            appended = tx.append(matter, save(tables.field_map(tx.sql, unit), columns), by)
            tables.MODEL.note(tx.sql, appended.events)
            return answer(tx, appended, matter, None)

        return await self.store.write(lambda tx: once(tx, request, work))
