"""The log's root at any size, from tiles that are written as the log grows."""

from pathlib import Path
from uuid import uuid4

import pytest

from services.reporting.log import tiles
from services.reporting.log.log import append, every_leaf
from services.reporting.log.verify import verify
from services.reporting.main import build
from shared.contracts.routing import IncidentGraded
from shared.errors import Refused
from shared.evidence.merkle import EMPTY, leaf_hash, root
from shared.identity.officers import Officers
from shared.messaging.streams import Incoming
from shared.room import Surroundings
from shared.store.database import Recorder, SqliteRecorder, open_tables
from shared.store.sql import Sql
from shared.store.transaction import Transaction
from tests.reporting.world import IN_ONE_DATABASE, Ticking, World

pytestmark = pytest.mark.anyio

GRADED = IncidentGraded(grade="major", grounds="多人反映")


async def told(world: World, *counts: int) -> None:
    """The log takes so many entries, and then so many more."""
    for count in counts:
        await world.say("routing", uuid4(), *[GRADED] * count)
        await world.sequence("routing")


def kept(log: Recorder) -> dict[int, str]:
    """The tiles on record."""
    with log.reading() as sql:
        return tiles.stored(sql)


def hashes(log: Recorder) -> list[bytes]:
    """Every leaf hash, from the entries alone."""
    with log.reading() as sql:
        return [leaf_hash(leaf.raw) for leaf in every_leaf(sql)]


def forget_tiles(sql: Sql) -> None:
    """Make the database what a release before this one left behind."""
    sql.execute("DROP TABLE tiles")


async def test_each_tile_is_written_when_it_is_full(world: World) -> None:
    await told(world, 255)
    assert kept(world.log) == {}

    await told(world, 1)
    first = root(hashes(world.log)).hex()
    assert kept(world.log) == {0: first}

    await told(world, 300, 300)
    leaves = hashes(world.log)
    later = {number: root(leaves[256 * number :][:256]).hex() for number in (1, 2)}
    assert kept(world.log) == {0: first} | later


async def test_the_root_at_every_size_is_that_of_the_leaves_up_to_there(world: World) -> None:
    await told(world, 700)
    leaves = hashes(world.log)

    with world.log.reading() as sql:
        for size in (0, 1, 2, 255, 256, 257, 511, 512, 513, 699, 700):
            assert tiles.root_at(sql, size) == root(leaves[:size]), size
        assert tiles.root_at(sql, 0) == EMPTY


@IN_ONE_DATABASE
async def test_a_size_that_the_log_has_not_reached_has_no_root(world: World) -> None:
    await told(world, 2)

    with world.log.reading() as sql, pytest.raises(AssertionError, match="no 3 leaves"):
        tiles.root_at(sql, 3)


@IN_ONE_DATABASE
async def test_a_transaction_that_fails_leaves_no_tile_behind(world: World) -> None:
    def fail(tx: Transaction) -> None:
        events = [Incoming("e", n, n - 1, n, "x/y/z", "x.y.v1", "c", b"{}") for n in range(1, 301)]
        append(tx, "x", events)
        assert tiles.stored(tx.sql).keys() == {0}
        raise Refused("x.refused", "不行")

    with pytest.raises(Refused):
        await world.room.store.write(fail)

    assert kept(world.log) == {}
    assert hashes(world.log) == []


async def test_a_log_of_an_earlier_release_has_the_same_roots_before_and_after_it_is_opened(
    world: World, location: str
) -> None:
    await told(world, 600)
    before = kept(world.log)
    with world.log.writing() as sql:
        forget_tiles(sql)

    with world.log.reading() as sql:
        found = tiles.root_at(sql, 600)
    assert found == root(hashes(world.log))
    assert verify(world.recorders, world.log).root == found.hex()

    officers = Officers(open_tables(location, "identity"))
    again = build(Surroundings(location, "QINGHE", Ticking(), world.vault, officers))
    try:
        assert kept(world.log) == before
        assert len(before) == 2
    finally:
        await again.store.close()
        officers.close()


@IN_ONE_DATABASE
async def test_a_log_of_an_earlier_release_can_be_read_where_nothing_may_be_written(
    world: World, location: str
) -> None:
    await told(world, 300)
    with world.log.writing() as sql:
        forget_tiles(sql)
    recorder = SqliteRecorder(Path(location) / "reporting.db", read_only=True)

    try:
        with recorder.reading() as sql:
            assert tiles.root_at(sql, 300) == root(hashes(world.log))
    finally:
        recorder.close()


async def test_a_tile_missing_between_others_is_made_again_and_the_others_stay(
    world: World,
) -> None:
    await told(world, 800)
    before = kept(world.log)
    with world.log.writing() as sql:
        sql.execute("DELETE FROM tiles WHERE tile = 1")

    tiles.add_missing(world.log)

    assert kept(world.log) == before
    assert len(before) == 3
