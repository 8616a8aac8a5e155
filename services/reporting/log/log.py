"""The audit log (审计日志): every event of every service, as bytes, in one order.

The order is a fact of its own and cannot be derived again, so the log is a store of record. Bytes
go in before anybody reads them, and nothing is skipped.

Tile roots (树片) are the tree hash of every 256 leaves, so that any root of the log is found fast.
They are made from the leaves and can be made again. A tile is written in the transaction that fills
it and never changes. A leaf of the tree is the event's exact bytes
(docs/decisions/0014-merkle-root.md).
"""

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog

from shared.clock import from_micros, to_micros
from shared.contracts.catalogue import Fact, names, newest
from shared.evidence.merkle import Tree, leaf_hash, root
from shared.messaging.streams import Incoming
from shared.store.database import Recorder
from shared.store.sql import Row, Sql
from shared.store.transaction import Transaction

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS log (leaf BIGINT PRIMARY KEY, source TEXT, epoch TEXT,"
    " position BIGINT, stream TEXT, type TEXT, correlation TEXT, sequenced_at BIGINT,"
    " running TEXT, raw BYTEA)",
    "CREATE INDEX IF NOT EXISTS log_by_matter ON log (correlation, leaf)",
    "CREATE UNIQUE INDEX IF NOT EXISTS log_by_position ON log (source, epoch, position)",
    "CREATE TABLE IF NOT EXISTS tiles (tile BIGINT PRIMARY KEY, root TEXT)",
)

EMPTY = hashlib.sha256(b"").hexdigest()
"""The running hash of a log with nothing in it."""


HEIGHT = 8
TILE = 1 << HEIGHT
"""Leaves in a tile."""

_INSERT = "INSERT INTO tiles VALUES (?, ?) ON CONFLICT (tile) DO NOTHING"

logger = structlog.get_logger("tiles")


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
        about = event.stream, event.type, event.correlation
        rows.append(
            (leaf, source, event.epoch, event.position, *about, taken_at, running, event.raw)
        )
        entries.append(_entry(leaf, *about, event.raw))
    tx.sql.executemany("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    _add_filled(tx.sql, size, size + len(rows))
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
    size, _ = head(sql)
    if moment is None:
        return size
    # The moments never decrease, so that halving finds the place.
    return bisect_right(range(size), to_micros(moment), key=partial(_sequenced_at, sql))


def leaves(sql: Sql, start: int, limit: int) -> list[Leaf]:
    """Entries from index ``start`` on."""
    return _leaves(sql, "leaf >= ? ORDER BY leaf LIMIT ?", start, limit)


def every_leaf(sql: Sql, page: int = 2000) -> Iterator[Leaf]:
    """The whole log in order, read page by page."""
    start = 0
    while found := leaves(sql, start, page):
        yield from found
        start = found[-1].leaf + 1


def leaves_of_source(sql: Sql, source: str, after: int, limit: int) -> list[Leaf]:
    """Entries of one service behind a position, in the service's own order."""
    condition = "source = ? AND position > ? ORDER BY position LIMIT ?"
    return _leaves(sql, condition, source, after, limit)


def leaves_of_matter(sql: Sql, correlation: str, size: int, type_: str | None = None) -> list[Leaf]:
    """Entries of one incident within the first ``size`` leaves; of one type, where it is named."""
    only, params = (" AND type = ?", (type_,)) if type_ else ("", ())
    condition = f"correlation = ? AND leaf < ?{only} ORDER BY leaf"
    return _leaves(sql, condition, correlation, size, *params)


def leaves_of_facts(
    sql: Sql, facts: Iterable[type[Fact]], size: int, page: int = 500, start: int = 0
) -> Iterator[Leaf]:
    """Entries that say so, whatever their version, from ``start`` on within the first ``size``
    leaves, page by page.
    """
    present = {fact.TYPE for fact in facts}
    types = [name for name in names() if newest(name) in present]
    marks = ", ".join("?" * len(types))
    condition = f"leaf >= ? AND leaf < ? AND type IN ({marks}) ORDER BY leaf LIMIT ?"
    while types and (found := _leaves(sql, condition, start, size, *types, page)):
        yield from found
        start = found[-1].leaf + 1


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


def _leaves(sql: Sql, condition: str, *params: str | int) -> list[Leaf]:
    rows = sql.all(f"SELECT * FROM log WHERE {condition}", params)
    return [_leaf(row) for row in rows]


def _leaf(row: Row) -> Leaf:
    taken_at = from_micros(row["sequenced_at"])
    return Leaf(**dict(row) | {"sequenced_at": taken_at, "raw": bytes(row["raw"])})


def _add_filled(sql: Sql, before: int, after: int) -> None:
    """Add the tiles that the log filled when it grew from ``before`` to ``after`` leaves."""
    filled = range(before // TILE, after // TILE)
    if filled:
        sql.executemany(_INSERT, [(tile, _tile_root(sql, tile).hex()) for tile in filled])


def add_missing_tiles(log: Recorder) -> None:
    """Add the tiles of leaves that an earlier release took, which made none."""
    with log.reading() as sql:
        known = stored_tiles(sql)
        missing = [tile for tile in range(head(sql)[0] // TILE) if tile not in known]
        rows = [(tile, _tile_root(sql, tile).hex()) for tile in missing]
    if rows:
        with log.writing() as sql:
            sql.executemany(_INSERT, rows)
        logger.info("tiles made of an older log", tiles=len(rows))


def root_at(sql: Sql, size: int) -> bytes:
    """The root over the first ``size`` leaves; the log must have as many."""
    tree = Tree()
    known = stored_tiles(sql)
    for tile in range(size // TILE):
        on_record = known.get(tile)
        tree.add(bytes.fromhex(on_record) if on_record else _tile_root(sql, tile), HEIGHT)
    for leaf in _hashes(sql, tree.size, size):
        tree.add(leaf)
    assert tree.size == size, f"the log has no {size} leaves"
    return tree.root()


def stored_tiles(sql: Sql) -> dict[int, str]:
    """The tiles on record with their roots (hex); none in a database of an earlier release."""
    if not sql.has_table("tiles"):
        return {}
    return {row["tile"]: row["root"] for row in sql.all("SELECT tile, root FROM tiles")}


def _tile_root(sql: Sql, tile: int) -> bytes:
    return root(_hashes(sql, tile * TILE, (tile + 1) * TILE))


def _hashes(sql: Sql, start: int, end: int) -> Iterator[bytes]:
    rows = sql.all("SELECT raw FROM log WHERE leaf >= ? AND leaf < ? ORDER BY leaf", (start, end))
    return (leaf_hash(bytes(row["raw"])) for row in rows)
