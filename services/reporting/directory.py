"""Whose county this is, its units, and which packs bound them when: from routing's events."""

from collections.abc import Sequence
from datetime import datetime

from shared.clock import to_micros
from shared.contracts.routing import PackAdopted, PackWithdrawn
from shared.copies import county, packs, units
from shared.policy.language.pack import Pack
from shared.store.readmodel import Placed, ReadModel, joined
from shared.store.sql import Sql

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


def _bind(sql: Sql, batch: Sequence[Placed]) -> None:
    for position, event in batch:
        fact = event.fact
        assert isinstance(fact, PackAdopted | PackWithdrawn)
        pin = fact.pin if isinstance(fact, PackAdopted) else None
        row = (fact.unit, position - 1, to_micros(event.envelope.recorded_at), pin)
        sql.execute("INSERT INTO bindings VALUES (?, ?, ?, ?)", row)


_BINDINGS = ReadModel(
    {"bindings": ("unit", "leaf")},
    (
        "CREATE TABLE IF NOT EXISTS bindings (unit TEXT, leaf BIGINT, at BIGINT, pin TEXT,"
        " PRIMARY KEY (unit, leaf))",
    ),
    (PackAdopted, PackWithdrawn),
    _bind,
)

MODEL = joined(units.MODEL, county.MODEL, packs.MODEL, _BINDINGS)
