"""The audit log (审计日志): every event of every service, as bytes, in one order.

The order is a fact of its own and cannot be derived again, so the log is a store of record. Bytes
go in before anybody reads them, and nothing is skipped.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.reporting.log import tiles
from shared.clock import from_micros, to_micros
from shared.messaging.streams import Incoming
from shared.store.sql import Row, Sql
from shared.store.transaction import Transaction

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS log (leaf BIGINT PRIMARY KEY, source TEXT, epoch TEXT,"
    " position BIGINT, stream TEXT, type TEXT, correlation TEXT, sequenced_at BIGINT,"
    " running TEXT, raw BYTEA)",
    "CREATE INDEX IF NOT EXISTS log_by_matter ON log (correlation, leaf)",
    "CREATE UNIQUE INDEX IF NOT EXISTS log_by_position ON log (source, epoch, position)",
    *tiles.SCHEMA,
)

EMPTY = hashlib.sha256(b"").hexdigest()
"""The running hash of a log with nothing in it."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One entry of the log: its index, where it came from, when it was taken, and the bytes."""

    leaf: int
    source: str
    epoch: str
    position: int
    stream: str
    type: str
    correlation: str
    sequenced_at: datetime
    running: str
    raw: bytes

    def entry(self) -> Incoming:
        """This leaf as an entry to fold."""
        return _entry(self.leaf, self.stream, self.type, self.correlation, self.raw)


def append(tx: Transaction, source: str, events: Sequence[Incoming]) -> list[Incoming]:
    """Give events of a service their place at the end of the log; ``sequenced_at`` is ``tx.now``.

    Returns them as entries to fold: their position is the size of the log up to them.
    """
    size, running = head(tx.sql)
    rows, entries, taken_at = [], [], to_micros(tx.now)
    for leaf, event in enumerate(events, size):
        running = extend(running, event.raw, taken_at)
        rows.append((leaf, source, *_columns(event), taken_at, running, event.raw))
        entries.append(_entry(leaf, event.stream, event.type, event.correlation, event.raw))
    tx.sql.executemany("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    tiles.add_filled(tx.sql, size, size + len(rows))
    return entries


def extend(running: str, raw: bytes, sequenced_at: int) -> str:
    """The running hash after one more event.

    SHA-256 over the one before (32 bytes), the event's hash (32 bytes) and the moment it was
    taken (microseconds since 1970, 8 bytes, big-endian).
    """
    link = bytes.fromhex(running) + hashlib.sha256(raw).digest() + sequenced_at.to_bytes(8, "big")
    return hashlib.sha256(link).hexdigest()


def head(sql: Sql) -> tuple[int, str]:
    """The size of the log and its running hash."""
    row = sql.one("SELECT leaf, running FROM log ORDER BY leaf DESC LIMIT 1")
    return (row["leaf"] + 1, row["running"]) if row else (0, EMPTY)


def ends(sql: Sql) -> dict[str, int]:
    """How long the log is, for those who ask how far its readers are."""
    return {"log": head(sql)[0]}


def size_as_of(sql: Sql, moment: datetime | None) -> int:
    """How many leaves there were at a moment (UTC): the prefix that ``as of`` means."""
    low, (size, _) = 0, head(sql)
    if moment is None:
        return size
    while low < size:  # the moments never decrease, so that halving finds the place
        middle = (low + size) // 2
        if _sequenced_at(sql, middle) <= to_micros(moment):
            low = middle + 1
        else:
            size = middle
    return low


def leaves(sql: Sql, start: int, limit: int) -> list[Leaf]:
    """Entries from index ``start`` on."""
    rows = sql.all("SELECT * FROM log WHERE leaf >= ? ORDER BY leaf LIMIT ?", (start, limit))
    return [_leaf(row) for row in rows]


def every_leaf(sql: Sql, page: int = 2000) -> Iterator[Leaf]:
    """The whole log in order, read page by page."""
    start = 0
    while found := leaves(sql, start, page):
        yield from found
        start = found[-1].leaf + 1


def leaves_of_source(sql: Sql, source: str, after: int, limit: int) -> list[Leaf]:
    """Entries of one service behind a position, in the service's own order."""
    rows = sql.all(
        "SELECT * FROM log WHERE source = ? AND position > ? ORDER BY position LIMIT ?",
        (source, after, limit),
    )
    return [_leaf(row) for row in rows]


def leaves_of_matter(sql: Sql, correlation: str, size: int, type_: str | None = None) -> list[Leaf]:
    """Entries of one incident within the first ``size`` leaves; of one type, where it is named."""
    only, params = (" AND type = ?", (type_,)) if type_ else ("", ())
    rows = sql.all(
        f"SELECT * FROM log WHERE correlation = ? AND leaf < ?{only} ORDER BY leaf",
        (correlation, size, *params),
    )
    return [_leaf(row) for row in rows]


def leaves_of_types(
    sql: Sql, types: Sequence[str], size: int, page: int = 500, start: int = 0
) -> Iterator[Leaf]:
    """Entries of those types from ``start`` on within the first ``size`` leaves, page by page."""
    marks = ", ".join("?" * len(types))
    statement = (
        f"SELECT * FROM log WHERE leaf >= ? AND leaf < ? AND type IN ({marks})"
        " ORDER BY leaf LIMIT ?"
    )
    while rows := sql.all(statement, (start, size, *types, page)):
        yield from map(_leaf, rows)
        start = rows[-1]["leaf"] + 1


def leaf_at(sql: Sql, leaf: int) -> Leaf | None:
    """One entry by its index."""
    found = leaves(sql, leaf, 1)
    return found[0] if found and found[0].leaf == leaf else None


def _sequenced_at(sql: Sql, leaf: int) -> int:
    row = sql.one("SELECT sequenced_at FROM log WHERE leaf = ?", (leaf,))
    assert row is not None  # leaves are numbered without a gap
    return int(row["sequenced_at"])


def _entry(leaf: int, stream: str, type_: str, correlation: str, raw: bytes) -> Incoming:
    return Incoming("log", leaf + 1, leaf, 0, stream, type_, correlation, raw)


def _columns(event: Incoming) -> tuple[str, int, str, str, str]:
    return event.epoch, event.position, event.stream, event.type, event.correlation


def _leaf(row: Row) -> Leaf:
    return Leaf(
        row["leaf"],
        row["source"],
        row["epoch"],
        row["position"],
        row["stream"],
        row["type"],
        row["correlation"],
        from_micros(row["sequenced_at"]),
        row["running"],
        bytes(row["raw"]),
    )
