"""Whose county this is, its units and their packs: reporting's own copy, from routing's events."""

from collections.abc import Sequence
from datetime import datetime

from shared.contracts.routing import CountyFounded, PackAdopted, PackWithdrawn, UnitEstablished
from shared.copies import county, packs, units
from shared.policy.language.pack import Pack
from shared.store.micros import to_micros
from shared.store.readmodel import Placed, ReadModel
from shared.store.sql import Sql

SCHEMA = (
    units.SCHEMA,
    county.SCHEMA,
    *packs.SCHEMA,
    "CREATE TABLE IF NOT EXISTS bindings (unit TEXT, leaf BIGINT, at BIGINT, pin TEXT,"
    " PRIMARY KEY (unit, leaf))",
)

END_OF_TIME = 2**62
"""Microseconds; later than anything that was recorded."""


def pack_as_of(sql: Sql, unit: str, size: int, ends: datetime | None) -> Pack:
    """The pack that bound a unit before a moment, as the first ``size`` leaves tell it.

    It is the unit's own, or that of the nearest unit above it.
    """
    before = END_OF_TIME if ends is None else to_micros(ends)
    for each in units.upwards(sql, unit):
        row = sql.one(
            "SELECT pin FROM bindings WHERE unit = ? AND leaf < ? AND at < ?"
            " ORDER BY leaf DESC LIMIT 1",
            (each, size, before),
        )
        if row is not None and row["pin"] is not None:
            return packs.pack_by_pin(sql, row["pin"])
    return packs.baseline()


def fold(sql: Sql, batch: Sequence[Placed]) -> None:
    """How each fact changes the tables."""
    for position, event in batch:
        match event.fact:
            case CountyFounded() as fact:
                county.learn_county(sql, fact)
            case UnitEstablished() as fact:
                units.learn_unit(sql, fact)
            case PackAdopted() | PackWithdrawn() as fact:
                packs.learn_pack(sql, fact)
                pin = fact.pin if isinstance(fact, PackAdopted) else None
                at = to_micros(event.envelope.recorded_at)
                row = (fact.unit, position - 1, at, pin)
                sql.execute("INSERT INTO bindings VALUES (?, ?, ?, ?)", row)


MODEL = ReadModel(
    {"units": ("code",), "county": ("code",), "bindings": ("unit", "leaf"), **packs.TABLES},
    SCHEMA,
    (CountyFounded, UnitEstablished, *packs.FACTS),
    fold,
)
