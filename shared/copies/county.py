"""A room's own copy of whose county this is (县), kept from routing's events."""

from shared.contracts.routing import CountyFounded
from shared.store.readmodel import ReadModel, each
from shared.store.sql import Sql


def _learn(sql: Sql, fact: CountyFounded) -> None:
    """Keep what an event says of the county."""
    sql.execute(
        "INSERT INTO county VALUES (?, ?, ?, ?) ON CONFLICT (code) DO UPDATE SET"
        " name = excluded.name, root = excluded.root, demonstration = excluded.demonstration",
        (fact.code, fact.name, fact.root, int(fact.demonstration)),
    )


MODEL = ReadModel(
    {"county": ("code",)},
    (
        "CREATE TABLE IF NOT EXISTS county (code TEXT PRIMARY KEY, name TEXT, root TEXT,"
        " demonstration BIGINT)",
    ),
    (CountyFounded,),
    each(_learn),
)


def founded_county(sql: Sql) -> CountyFounded | None:
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
