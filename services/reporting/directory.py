"""Whose county this is, its units and their packs: reporting's own copy, from routing's events."""

from collections.abc import Sequence

from shared import county, packs, units
from shared.contracts.routing import CountyFounded, PackAdopted, PackWithdrawn, UnitEstablished
from shared.store.readmodel import Placed, ReadModel
from shared.store.sql import Sql

SCHEMA = (
    units.SCHEMA,
    county.SCHEMA,
    *packs.SCHEMA,
)


def fold(sql: Sql, batch: Sequence[Placed]) -> None:
    """How each fact changes the tables."""
    for _, event in batch:
        match event.fact:
            case CountyFounded() as fact:
                county.learn_county(sql, fact)
            case UnitEstablished() as fact:
                units.learn_unit(sql, fact)
            case PackAdopted() | PackWithdrawn() as fact:
                packs.learn_pack(sql, fact)


MODEL = ReadModel(
    {"units": ("code",), "county": ("code",), **packs.TABLES},
    SCHEMA,
    (CountyFounded, UnitEstablished, *packs.FACTS),
    fold,
)
