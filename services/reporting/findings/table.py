"""Where to look for blame (违规与认定): log entries of broken gates and of human findings."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.contracts.catalogue import Fact, facts
from shared.contracts.reporting import FindingMade
from shared.store.readmodel import Placed, ReadModel
from shared.store.sql import Sql

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS breaches (leaf BIGINT, gate TEXT, incident TEXT,"
    " PRIMARY KEY (leaf, gate))",
    "CREATE TABLE IF NOT EXISTS made_findings (leaf BIGINT PRIMARY KEY, incident TEXT)",
)

CAN_BREACH: tuple[type[Fact], ...] = tuple(
    fact for fact in facts().values() if "breaches" in fact.__pydantic_fields__
)
"""The acts that can break a gate."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A gate that was closed to an act which had happened all the same."""

    leaf: int
    gate: str
    incident: str


def _apply(sql: Sql, batch: Sequence[Placed]) -> None:
    for position, event in batch:
        for gate in dict.fromkeys(event.fact.breaches):  # type: ignore[attr-defined]
            row = (position - 1, gate, str(event.envelope.correlation))
            sql.execute("INSERT INTO breaches VALUES (?, ?, ?)", row)
        if isinstance(event.fact, FindingMade):
            made = (position - 1, str(event.envelope.correlation))
            sql.execute("INSERT INTO made_findings VALUES (?, ?)", made)


MODEL = ReadModel(
    {"breaches": ("leaf", "gate"), "made_findings": ("leaf",)}, SCHEMA, CAN_BREACH, _apply
)


def broken(sql: Sql, size: int) -> list[Broken]:
    """The breaches within the first ``size`` leaves."""
    rows = sql.all("SELECT * FROM breaches WHERE leaf < ? ORDER BY leaf, gate", (size,))
    return [Broken(row["leaf"], row["gate"], row["incident"]) for row in rows]


def made(sql: Sql, size: int) -> list[int]:
    """The log entries of human findings within the first ``size`` leaves."""
    rows = sql.all("SELECT leaf FROM made_findings WHERE leaf < ? ORDER BY leaf", (size,))
    return [row["leaf"] for row in rows]
