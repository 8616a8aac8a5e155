"""Whose county this is and its units by name: reporting's own copy, kept from routing's events."""

from collections.abc import Sequence

from shared import county, units
from shared.contracts.routing import CountyFounded, UnitEstablished
from shared.store.readmodel import Placed, ReadModel
from shared.store.sql import Sql

SCHEMA = (units.SCHEMA, county.SCHEMA)


def fold(sql: Sql, batch: Sequence[Placed]) -> None:
    """How each fact changes the tables."""
    for _, event in batch:
        match event.fact:
            case CountyFounded() as fact:
                county.learn_county(sql, fact)
            case UnitEstablished() as fact:
                units.learn_unit(sql, fact)


MODEL = ReadModel(
    {"units": ("code",), "county": ("code",)}, SCHEMA, (CountyFounded, UnitEstablished), fold
)
