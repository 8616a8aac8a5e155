"""Where a consumer stands in each upstream (位置), and what it set aside there (搁置).

Both are kept in the transaction that did it. Contiguity is checked, not only height: an event is
taken when it directly follows the last one. One that cannot be applied waits in the consumer's own
database; later events of the same matter (its incident) park behind it, and no other matter waits.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.store.sql import Sql


@dataclass(frozen=True, slots=True)
class Tracking:
    """The last event applied of an upstream: its epoch, position, stream sequence and hash."""

    epoch: str
    position: int
    seq: int
    hash: str


START = Tracking("", 0, 0, "")
"""Before the first event of an upstream."""


def tracked(sql: Sql, upstream: str) -> Tracking:
    """The last event applied of an upstream."""
    row = sql.one("SELECT * FROM tracking WHERE upstream = ?", (upstream,))
    if row is None:
        return START
    return Tracking(row["epoch"], row["position"], row["seq"], row["hash"])


def track(sql: Sql, upstream: str, last: Tracking) -> None:
    """Move on to ``last``; to be called in the transaction that applies it."""
    sql.execute(
        "INSERT INTO tracking VALUES (?, ?, ?, ?, ?) ON CONFLICT (upstream) DO UPDATE SET"
        " epoch = excluded.epoch, position = excluded.position, seq = excluded.seq,"
        " hash = excluded.hash",
        (upstream, last.epoch, last.position, last.seq, last.hash),
    )


def all_tracked(sql: Sql, table: str = "tracking") -> dict[str, Tracking]:
    """Every upstream's last applied event, or up to where ``renewing`` says to fold again."""
    rows = sql.all(f"SELECT * FROM {table} ORDER BY upstream")
    return {r["upstream"]: Tracking(r["epoch"], r["position"], r["seq"], r["hash"]) for r in rows}


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
    return [Parked(**{**row, "raw": bytes(row["raw"])}) for row in rows]


def unpark(sql: Sql, upstream: str, matter: str) -> None:
    """Let a matter's events go, after they have been applied."""
    sql.execute("DELETE FROM parked WHERE upstream = ? AND matter = ?", (upstream, matter))
