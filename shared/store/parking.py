"""Events set aside because one of them cannot be applied (搁置), and everything behind it.

A parked event waits in the consumer's own database, put there by the transaction that moved on
past it. Later events of the same matter (its incident) park behind it; no other matter waits.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.store.sql import Sql


@dataclass(frozen=True, slots=True)
class Parked:
    """One event that waits: where it came from, the bytes, and why (for the first of a matter)."""

    upstream: str
    position: int
    matter: str
    type: str
    raw: bytes
    reason: str
    parked_at: int


def park(sql: Sql, events: Iterable[Parked]) -> None:
    """Set events aside."""
    sql.executemany(
        "INSERT INTO parked VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(e.upstream, e.position, e.matter, e.type, e.raw, e.reason, e.parked_at) for e in events],
    )


def parked_matters(sql: Sql, upstream: str) -> set[str]:
    """The matters of an upstream that have something set aside."""
    rows = sql.all("SELECT DISTINCT matter FROM parked WHERE upstream = ?", (upstream,))
    return {row["matter"] for row in rows}


def parked(sql: Sql, matter: str | None = None) -> list[Parked]:
    """What is set aside, in order; of one matter or of all."""
    where, params = ("WHERE matter = ?", (matter,)) if matter else ("", ())
    rows = sql.all(f"SELECT * FROM parked {where} ORDER BY upstream, position", params)
    return [
        Parked(
            row["upstream"],
            row["position"],
            row["matter"],
            row["type"],
            bytes(row["raw"]),
            row["reason"],
            row["parked_at"],
        )
        for row in rows
    ]


def unpark(sql: Sql, upstream: str, matter: str) -> None:
    """Let a matter's events go, after they have been applied."""
    sql.execute("DELETE FROM parked WHERE upstream = ? AND matter = ?", (upstream, matter))
