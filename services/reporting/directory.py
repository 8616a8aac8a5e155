"""Whose county this is, its units and their packs: reporting's own copy, from routing's events."""

from collections.abc import Sequence

from shared import packs, units
from shared.contracts.routing import CountyFounded, PackAdopted, PackWithdrawn, UnitEstablished
from shared.store.readmodel import Placed, ReadModel
from shared.store.sql import Sql

SCHEMA = (
    units.SCHEMA,
    "CREATE TABLE IF NOT EXISTS county (code TEXT PRIMARY KEY, name TEXT, root TEXT,"
    " demonstration BIGINT)",
    *packs.SCHEMA,
)


def fold(sql: Sql, batch: Sequence[Placed]) -> None:
    """How each fact changes the tables."""
    for _, event in batch:
        match event.fact:
            case CountyFounded() as fact:
                _keep_county(sql, fact)
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


def founded(sql: Sql) -> CountyFounded | None:
    """What was said when the county was founded, or none before that is heard."""
    row = sql.one("SELECT * FROM county")
    if row is None:
        return None
    return CountyFounded(
        code=row["code"],
        name=row["name"],
        root=row["root"],
        demonstration=bool(row["demonstration"]),
    )


def _keep_county(sql: Sql, fact: CountyFounded) -> None:
    sql.execute(
        "INSERT INTO county VALUES (?, ?, ?, ?) ON CONFLICT (code) DO UPDATE SET"
        " name = excluded.name, root = excluded.root, demonstration = excluded.demonstration",
        (fact.code, fact.name, fact.root, int(fact.demonstration)),
    )
