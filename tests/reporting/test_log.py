"""The audit log: every byte in one order, with a hash over all of it, and its size at a moment."""

import hashlib
from datetime import timedelta
from uuid import uuid4

import pytest

from services.reporting.log.log import (
    EMPTY,
    Leaf,
    every_leaf,
    extend,
    head,
    leaf_at,
    leaves,
    leaves_of_matter,
    leaves_of_source,
    size_as_of,
)
from shared.clock import to_micros
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import event_hash
from shared.contracts.intake import IncidentVoided
from shared.contracts.reporting import IncidentErased
from shared.contracts.routing import IncidentClosed, IncidentGraded
from shared.store.tracking import tracked
from tests.reporting.world import IN_ONE_DATABASE, World

pytestmark = pytest.mark.anyio

GRADED = IncidentGraded(grade="major", grounds="多人反映")
CLOSED = IncidentClosed(outcome="answered", note="")
ERASED = IncidentErased(keys=(), grounds="期限届满")


class IncidentAnnotated(Fact):
    """What a newer release writes; this one does not know it."""

    TYPE = "intake.incident-annotated.v9"

    note: str


async def whole(world: World) -> list[Leaf]:
    """The log from its beginning."""
    return await world.room.store.read(lambda sql: list(every_leaf(sql)))


async def test_the_log_takes_the_very_bytes_of_every_service_in_turn(world: World) -> None:
    incident = await world.registered("QINGHE-2026-000001")
    await world.say("routing", incident, GRADED, CLOSED)
    await world.say("reporting", incident, ERASED)

    await world.sequence("routing", "intake", "reporting")

    taken = await whole(world)
    assert [(leaf.leaf, leaf.source, leaf.position) for leaf in taken] == [
        (0, "routing", 1),
        (1, "routing", 2),
        (2, "intake", 1),
        (3, "reporting", 1),
    ]
    for leaf in taken:
        store = world.stores[leaf.source]
        [stored] = await store.notifications(leaf.position - 1, 1)
        assert (leaf.raw, leaf.epoch) == (stored.state, store.source.epoch)
        assert leaf.correlation == str(incident)


@IN_ONE_DATABASE
async def test_delivered_again_it_takes_nothing_twice(world: World) -> None:
    await world.registered("QINGHE-2026-000001")
    await world.sequence("intake")
    await world.registered("QINGHE-2026-000002")

    await world.sequence("intake")
    await world.sequence("intake")

    assert [leaf.position for leaf in await whole(world)] == [1, 2]


async def test_the_running_hash_covers_every_event_before(world: World) -> None:
    incident = await world.registered("QINGHE-2026-000001")
    await world.say("routing", incident, GRADED)
    await world.sequence("intake", "routing")

    first, second = await whole(world)
    size, running = await world.room.store.read(head)

    at = [to_micros(leaf.sequenced_at).to_bytes(8, "big") for leaf in (first, second)]
    one = hashlib.sha256(hashlib.sha256(b"").digest() + hashlib.sha256(first.raw).digest() + at[0])
    two = hashlib.sha256(one.digest() + hashlib.sha256(second.raw).digest() + at[1])
    assert (first.running, second.running) == (one.hexdigest(), two.hexdigest())
    assert (size, running) == (2, two.hexdigest())
    assert extend(one.hexdigest(), second.raw, int.from_bytes(at[1], "big")) == two.hexdigest()
    assert event_hash(first.raw) == f"sha256:{hashlib.sha256(first.raw).hexdigest()}"


@IN_ONE_DATABASE
async def test_an_empty_log_has_a_size_and_a_hash_too(world: World) -> None:
    assert await world.room.store.read(head) == (0, EMPTY)
    assert await whole(world) == []
    assert await world.room.store.read(lambda sql: size_as_of(sql, None)) == 0


async def test_the_size_at_a_moment_is_the_prefix_taken_until_then(world: World) -> None:
    for number in (1, 2, 3):
        await world.registered(f"QINGHE-2026-00000{number}")
        await world.sequence("intake")
    moments = [leaf.sequenced_at for leaf in await whole(world)]
    instant = timedelta(microseconds=1)

    sizes = await world.room.store.read(
        lambda sql: [
            (size_as_of(sql, moment - instant), size_as_of(sql, moment)) for moment in moments
        ]
    )

    assert moments == sorted(set(moments))
    assert sizes == [(0, 1), (1, 2), (2, 3)]
    later = moments[-1] + timedelta(days=365)
    assert await world.room.store.read(lambda sql: size_as_of(sql, later)) == 3
    assert await world.room.store.read(lambda sql: size_as_of(sql, None)) == 3


@IN_ONE_DATABASE
async def test_what_was_taken_together_was_taken_at_one_moment(world: World) -> None:
    incident = await world.registered("QINGHE-2026-000001")
    await world.say("routing", incident, GRADED, CLOSED)
    await world.sequence("routing")

    first, second = await whole(world)

    assert first.sequenced_at == second.sequenced_at
    size = await world.room.store.read(lambda sql: size_as_of(sql, first.sequenced_at))
    assert size == 2


async def test_the_log_is_read_by_page_by_source_by_incident_and_by_leaf(world: World) -> None:
    one, two = [await world.registered(f"QINGHE-2026-00000{number}") for number in (1, 2)]
    await world.say("routing", one, GRADED)
    await world.say("intake", two, IncidentVoided(reason="误登记"))
    await world.sequence("intake", "routing")

    with world.log.reading() as sql:
        assert [leaf.leaf for leaf in leaves(sql, 1, 2)] == [1, 2]
        assert [leaf.leaf for leaf in every_leaf(sql, page=1)] == [0, 1, 2, 3]
        assert [leaf.position for leaf in leaves_of_source(sql, "intake", 1, 10)] == [2, 3]
        assert [leaf.position for leaf in leaves_of_source(sql, "intake", 0, 1)] == [1]
        assert [leaf.leaf for leaf in leaves_of_matter(sql, str(one), 4)] == [0, 3]
        assert [leaf.leaf for leaf in leaves_of_matter(sql, str(one), 3)] == [0]
        assert leaves_of_matter(sql, str(uuid4()), 4) == []
        found = leaf_at(sql, 3)
        assert found is not None
        assert found.type == IncidentGraded.TYPE
        assert leaf_at(sql, 4) is None


async def test_what_this_release_does_not_know_is_taken_all_the_same(world: World) -> None:
    incident = await world.registered("QINGHE-2026-000001")
    await world.say("intake", incident, IncidentAnnotated(note="新版本才有的内容"))
    await world.registered("QINGHE-2026-000002")

    await world.sequence("intake")

    assert [leaf.type for leaf in await whole(world)][1] == IncidentAnnotated.TYPE
    assert len(await whole(world)) == 3
    assert [row.number for row in await world.ledger()] == ["QINGHE-2026-000001"]
    done = await world.room.store.read(lambda sql: tracked(sql, "intake").position)
    assert done == 3
