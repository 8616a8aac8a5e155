"""Where a consumer stands in each upstream, in the same transaction as what it did (位置).

Contiguity is checked, not only height: an event is taken when it directly follows the last one.
"""

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


def all_tracked(sql: Sql) -> dict[str, Tracking]:
    """Every upstream's last applied event."""
    rows = sql.all("SELECT * FROM tracking ORDER BY upstream")
    return {r["upstream"]: Tracking(r["epoch"], r["position"], r["seq"], r["hash"]) for r in rows}
