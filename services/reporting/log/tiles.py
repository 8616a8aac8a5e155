"""Tile roots (树片): the tree hash of every 256 leaves, so that any root of the log is found fast.

They are made from the leaves and can be made again; the leaves are the record. A tile is written
in the transaction that fills it and never changes. The leaf is the event's exact bytes
(docs/decisions/0014-merkle-root.md).
"""

from collections.abc import Iterator

import structlog

from shared.evidence.merkle import Tree, leaf_hash, root
from shared.store.database import Recorder
from shared.store.sql import Sql

HEIGHT = 8
TILE = 1 << HEIGHT
"""Leaves in a tile."""

SCHEMA = ("CREATE TABLE IF NOT EXISTS tiles (tile BIGINT PRIMARY KEY, root TEXT)",)

_INSERT = "INSERT INTO tiles VALUES (?, ?) ON CONFLICT (tile) DO NOTHING"

logger = structlog.get_logger("tiles")


def add_filled(sql: Sql, before: int, after: int) -> None:
    """Add the tiles that the log filled when it grew from ``before`` to ``after`` leaves."""
    filled = range(before // TILE, after // TILE)
    if filled:
        sql.executemany(_INSERT, [(tile, _made(sql, tile).hex()) for tile in filled])


def add_missing(log: Recorder) -> None:
    """Add the tiles of leaves that an earlier release took, which made none."""
    with log.reading() as sql:
        known = stored(sql)
        missing = [tile for tile in range(_leaves(sql) // TILE) if tile not in known]
        rows = [(tile, _made(sql, tile).hex()) for tile in missing]
    if rows:
        with log.writing() as sql:
            sql.executemany(_INSERT, rows)
        logger.info("tiles made of an older log", tiles=len(rows))


def root_at(sql: Sql, size: int) -> bytes:
    """The root over the first ``size`` leaves; the log must have as many."""
    tree = Tree()
    known = stored(sql)
    for tile in range(size // TILE):
        on_record = known.get(tile)
        tree.add(bytes.fromhex(on_record) if on_record else _made(sql, tile), HEIGHT)
    for leaf in _hashes(sql, tree.size, size):
        tree.add(leaf)
    assert tree.size == size, f"the log has no {size} leaves"
    return tree.root()


def stored(sql: Sql) -> dict[int, str]:
    """The tiles on record with their roots (hex); none in a database of an earlier release."""
    if not sql.has_table("tiles"):
        return {}
    return {row["tile"]: row["root"] for row in sql.all("SELECT tile, root FROM tiles")}


def _made(sql: Sql, tile: int) -> bytes:
    return root(_hashes(sql, tile * TILE, (tile + 1) * TILE))


def _hashes(sql: Sql, start: int, end: int) -> Iterator[bytes]:
    rows = sql.all("SELECT raw FROM log WHERE leaf >= ? AND leaf < ? ORDER BY leaf", (start, end))
    return (leaf_hash(bytes(row["raw"])) for row in rows)


def _leaves(sql: Sql) -> int:
    row = sql.one("SELECT MAX(leaf) AS last FROM log")
    return row["last"] + 1 if row and row["last"] is not None else 0
