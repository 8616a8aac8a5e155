"""Verification: whatever is changed in a store or in the log, the first difference is named."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from services.reporting.log.log import EMPTY, every_leaf, extend
from services.reporting.log.verify import Verified, verify
from shared.clock import to_micros
from shared.contracts.catalogue import Fact
from shared.contracts.deadlines import DutyCancelled
from shared.contracts.intake import IncidentVoided
from shared.contracts.reporting import IncidentErased
from shared.contracts.routing import IncidentClosed, IncidentGraded
from shared.evidence.merkle import EMPTY as NO_LEAVES
from shared.evidence.merkle import leaf_hash, root
from shared.store.database import Recorder
from shared.store.sql import Sql
from tests.reporting.world import IN_ONE_DATABASE, World
from tests.support.sizes import sized

pytestmark = pytest.mark.anyio

ROOMS = ("intake", "routing", "deadlines", "reporting")
GRADED = IncidentGraded(grade="major", grounds="多人反映")
REGRADED = IncidentGraded(grade="larger", grounds="已查明")
CLOSED = IncidentClosed(outcome="answered", note="")
CANCELLED = DutyCancelled(duty="B.T01", because="voided")
ERASED = IncidentErased(keys=(), grounds="期限届满")


class IncidentAnnotated(Fact):
    """What a newer release writes; this one does not know it."""

    TYPE = "intake.incident-annotated.v9"

    note: str


@pytest.fixture
async def told(world: World) -> World:
    """Three events of each service, all of them in the log (leaves 0 to 11)."""
    incident = await world.registered("QINGHE-2026-000001")
    await world.registered("QINGHE-2026-000002")
    await world.say("intake", incident, IncidentVoided(reason="误登记"))
    await world.say("routing", incident, GRADED, REGRADED, CLOSED)
    await world.say("deadlines", incident, CANCELLED, CANCELLED, CANCELLED)
    await world.say("reporting", incident, ERASED, ERASED, ERASED)
    await world.sequence()
    return world


def verified(world: World) -> Verified:
    """What verification finds."""
    return verify(world.recorders, world.log)


def place_and_code(world: World) -> tuple[str, str]:
    """Where the first difference is, by service and position or log and leaf, and its code."""
    found = verified(world)
    assert found.holds is False
    assert found.difference is not None
    assert found.difference.message
    return found.difference.place.split()[0], found.difference.code


async def test_an_untouched_record_holds(told: World) -> None:
    found = verified(told)

    with told.log.reading() as sql:
        leaves = list(every_leaf(sql))
    running = EMPTY
    for leaf in leaves:
        running = extend(running, leaf.raw, to_micros(leaf.sequenced_at))
    assert found == Verified(
        holds=True,
        events=dict.fromkeys(ROOMS, 3),
        leaves=12,
        pending=dict.fromkeys(ROOMS, 0),
        running=running,
        root=root(leaf_hash(leaf.raw) for leaf in leaves).hex(),
    )


@IN_ONE_DATABASE
async def test_a_record_in_which_nothing_was_said_holds(world: World) -> None:
    found = verified(world)

    assert (found.holds, found.leaves, found.running) == (True, 0, EMPTY)
    assert found.root == NO_LEAVES.hex()


async def test_what_is_stored_and_not_yet_in_the_log_is_counted_and_is_no_difference(
    told: World,
) -> None:
    incident = await told.registered("QINGHE-2026-000003")
    await told.say("routing", incident, GRADED, CLOSED)

    found = verified(told)

    assert found.holds
    assert found.pending == {"intake": 1, "routing": 2, "deadlines": 0, "reporting": 0}
    assert found.leaves == 12


@IN_ONE_DATABASE
async def test_events_of_a_newer_release_are_verified_by_their_bytes(told: World) -> None:
    incident = await told.registered("QINGHE-2026-000003")
    await told.say("intake", incident, IncidentAnnotated(note="新版本才有的内容"))
    await told.sequence("intake")

    assert verified(told).holds


@dataclass(frozen=True)
class Tampering:
    """Statements on one service's events, where ``position`` stands for the column of theirs."""

    does: Callable[[Sql, str], None]
    at: int
    code: str


def changed(sql: Sql, position: str) -> None:
    """One byte of the second event."""
    flipped(sql, position, -3)


def flipped(sql: Sql, position: str, at: int) -> None:
    """One bit of the second event, at a place among its bytes."""
    row = sql.one(f"SELECT state FROM stored_events WHERE {position} = 2")
    assert row is not None
    raw = bytearray(row["state"])
    raw[at] ^= 1
    sql.execute(f"UPDATE stored_events SET state = ? WHERE {position} = 2", (bytes(raw),))


def emptied(sql: Sql, position: str) -> None:
    """All bytes of the second event."""
    sql.execute(f"UPDATE stored_events SET state = ? WHERE {position} = 2", (b"",))


def deleted(number: int) -> Callable[[Sql, str], None]:
    """One event is gone."""

    def do(sql: Sql, position: str) -> None:
        sql.execute(f"DELETE FROM stored_events WHERE {position} = ?", (number,))

    return do


def exchanged(sql: Sql, position: str) -> None:
    """The first two events change places."""
    for old, new in ((1, 99), (2, 1), (99, 2)):
        sql.execute(f"UPDATE stored_events SET {position} = ? WHERE {position} = ?", (new, old))


def renamed(sql: Sql, position: str) -> None:
    """The name in the column is another than the one in the bytes."""
    sql.execute(f"UPDATE stored_events SET topic = 'x.y.v1' WHERE {position} = 2")


def renumbered(sql: Sql, position: str) -> None:
    """The version in the column is another than the one in the bytes."""
    sql.execute(f"UPDATE stored_events SET originator_version = 77 WHERE {position} = 2")


STORE = {
    "a byte changed": Tampering(changed, 2, "bytes.differ"),
    "emptied": Tampering(emptied, 2, "event.unreadable"),
    "the first deleted": Tampering(deleted(1), 1, "store.missing"),
    "one in between deleted": Tampering(deleted(2), 2, "store.missing"),
    "the last deleted": Tampering(deleted(3), 3, "store.missing"),
    "a name changed": Tampering(renamed, 2, "store.columns"),
    "a version changed": Tampering(renumbered, 2, "store.columns"),
}


@IN_ONE_DATABASE
@pytest.mark.parametrize("tampering", STORE.values(), ids=STORE)
async def test_a_changed_store_is_found(told: World, tampering: Tampering) -> None:
    recorder = told.recorders["routing"]

    _alter(recorder, lambda sql: tampering.does(sql, recorder.position_column))

    assert place_and_code(told) == (f"routing:{tampering.at}", tampering.code)


@IN_ONE_DATABASE
async def test_a_bit_changed_anywhere_in_an_event_is_found(told: World) -> None:
    """In some places for each change to the code, in every one for ``make full``."""
    recorder = told.recorders["routing"]
    with recorder.reading() as sql:
        row = sql.one(f"SELECT state FROM stored_events WHERE {recorder.position_column} = 2")
    assert row is not None

    for place in range(0, len(row["state"]), sized(53, 1)):
        flip = partial(flipped, position=recorder.position_column, at=place)
        _alter(recorder, flip)
        assert place_and_code(told)[0] == "routing:2", place
        _alter(recorder, flip)
    assert verified(told).holds


@pytest.mark.parametrize("room", ROOMS)
async def test_every_store_is_looked_at(told: World, room: str) -> None:
    recorder = told.recorders[room]

    _alter(recorder, lambda sql: changed(sql, recorder.position_column))

    assert place_and_code(told) == (f"{room}:2", "bytes.differ")


async def test_events_that_changed_places_are_found(told: World) -> None:
    recorder = told.recorders["routing"]

    _alter(recorder, lambda sql: exchanged(sql, recorder.position_column))

    assert place_and_code(told)[0] == "routing:1"


async def test_an_event_put_into_a_store_behind_the_logs_back_is_found(told: World) -> None:
    with told.recorders["routing"].writing() as sql:
        sql.execute("DELETE FROM stored_events")
    await told.say("routing", (await told.registered("QINGHE-2026-000003")), GRADED)

    found = place_and_code(told)

    assert found[0] == "routing:1"


LOG: dict[str, tuple[str, tuple[Any, ...], str, str]] = {
    "bytes": ("UPDATE log SET raw = ? WHERE leaf = 5", (b"{}",), "log:5", "log.running-hash"),
    "hash": ("UPDATE log SET running = ? WHERE leaf = 5", ("0" * 64,), "log:5", "log.running-hash"),
    "leaf gone": ("DELETE FROM log WHERE leaf = 5", (), "log:5", "log.gap"),
    "first gone": ("DELETE FROM log WHERE leaf = 0", (), "log:0", "log.gap"),
    "last gone": ("DELETE FROM log WHERE leaf = 11", (), "reporting:3", "log.missing"),
    "time back": (
        "UPDATE log SET sequenced_at = 0 WHERE leaf = 5",
        (),
        "log:5",
        "log.running-hash",
    ),
    "source": ("UPDATE log SET source = 'x' WHERE leaf = 5", (), "log:5", "log.columns"),
    "epoch": ("UPDATE log SET epoch = 'x' WHERE leaf = 5", (), "log:5", "log.columns"),
    "stream": ("UPDATE log SET stream = 'x' WHERE leaf = 5", (), "log:5", "log.columns"),
    "type": ("UPDATE log SET type = 'x' WHERE leaf = 5", (), "log:5", "log.columns"),
    "matter": ("UPDATE log SET correlation = 'x' WHERE leaf = 5", (), "log:5", "log.columns"),
    "position": ("UPDATE log SET position = 99 WHERE leaf = 5", (), "routing:3", "log."),
}


@IN_ONE_DATABASE
@pytest.mark.parametrize(("statement", "params", "place", "code"), LOG.values(), ids=LOG)
async def test_a_changed_log_is_found(
    told: World, statement: str, params: tuple[Any, ...], place: str, code: str
) -> None:
    _alter(told.log, lambda sql: sql.execute(statement, params))

    found = place_and_code(told)

    assert found[0] == place
    assert found[1].startswith(code)


async def test_a_forger_who_mends_the_running_hashes_is_found_by_the_store(told: World) -> None:
    _alter(told.log, lambda sql: _rewrite(sql, 4, lambda raw: raw.replace(b"larger", b"medium")))

    assert place_and_code(told) == ("routing:2", "bytes.differ")


async def test_a_forger_who_changes_store_and_log_alike_is_found_by_the_chain(told: World) -> None:
    def forge(raw: bytes) -> bytes:
        return raw.replace(b"larger", b"medium")

    _rewrite_store(told.recorders["routing"], 2, forge)
    _alter(told.log, lambda sql: _rewrite(sql, 4, forge))

    assert place_and_code(told) == ("routing:3", "chain.prev")


async def test_a_forger_who_also_spares_the_chain_is_found_by_the_tile_or_by_a_printed_root(
    told: World,
) -> None:
    """The last event of its stream is changed, in store and log, and all running hashes mended."""

    def forge(raw: bytes) -> bytes:
        return raw.replace(b"answered", b"answerer")

    await told.say("routing", uuid4(), *[GRADED] * 300)
    await told.sequence("routing")
    printed = verified(told).root

    _rewrite_store(told.recorders["routing"], 3, forge)
    _alter(told.log, lambda sql: _rewrite(sql, 5, forge))
    assert place_and_code(told) == ("tile:0", "log.tile")

    _alter(told.log, lambda sql: sql.execute("DELETE FROM tiles"))
    assert verified(told).holds
    assert verified(told).root != printed


TILES = {
    "changed": ("UPDATE tiles SET root = ? WHERE tile = 1", "tile:1"),
    "the first changed": ("UPDATE tiles SET root = ? WHERE tile = 0", "tile:0"),
    "ahead of the log": ("INSERT INTO tiles VALUES (7, ?)", "tile:7"),
}


@pytest.mark.parametrize(("statement", "place"), TILES.values(), ids=TILES)
async def test_a_changed_tile_is_found(told: World, statement: str, place: str) -> None:
    await told.say("routing", uuid4(), *[GRADED] * 600)
    await told.sequence("routing")

    _alter(told.log, lambda sql: sql.execute(statement, ("0" * 64,)))

    assert place_and_code(told) == (place, "log.tile")


@IN_ONE_DATABASE
async def test_a_missing_tile_is_no_difference_for_the_leaves_are_the_record(told: World) -> None:
    await told.say("routing", uuid4(), *[GRADED] * 600)
    await told.sequence("routing")
    before = verified(told)

    _alter(told.log, lambda sql: sql.execute("DELETE FROM tiles WHERE tile = 1"))

    assert before.holds
    assert verified(told) == before


def _alter(recorder: Recorder, work: Callable[[Sql], None]) -> None:
    with recorder.writing() as sql:
        work(sql)


def _rewrite(sql: Sql, number: int, forge: Callable[[bytes], bytes]) -> None:
    """Change a leaf's bytes and every running hash from there on, as a careful forger would."""
    running = EMPTY
    for leaf in list(every_leaf(sql)):
        raw = forge(leaf.raw) if leaf.leaf == number else leaf.raw
        assert raw != leaf.raw or leaf.leaf != number
        running = extend(running, raw, to_micros(leaf.sequenced_at))
        sql.execute("UPDATE log SET raw = ?, running = ? WHERE leaf = ?", (raw, running, leaf.leaf))


def _rewrite_store(recorder: Recorder, number: int, forge: Callable[[bytes], bytes]) -> None:
    """Change the bytes of one event of a service."""
    where = f"WHERE {recorder.position_column} = ?"
    with recorder.writing() as sql:
        row = sql.one(f"SELECT state FROM stored_events {where}", (number,))
        assert row is not None
        raw = bytes(row["state"])
        assert forge(raw) != raw
        sql.execute(f"UPDATE stored_events SET state = ? {where}", (forge(raw), number))
