"""What a consumer keeps in its own database: where it stands, and what it had to set aside."""

from collections.abc import Callable
from functools import partial

import pytest

from shared.errors import Refused
from shared.store.store import Store
from shared.store.tracking import (
    START,
    Parked,
    Tracking,
    all_tracked,
    park,
    parked,
    parked_matters,
    track,
    tracked,
    unpark,
)
from shared.store.transaction import Transaction

FIFTH = Tracking("e1", 5, 6, "sha256:05")


def event(position: int, matter: str, reason: str = "", upstream: str = "routing") -> Parked:
    """An event that waits."""
    return Parked(upstream, position, matter, "routing.x.v1", b"\0\xff", reason, 7)


def tracking(at: Tracking, upstream: str = "routing") -> Callable[[Transaction], None]:
    """The piece of work that moves on to there."""
    return lambda tx: track(tx.sql, upstream, at)


def parking(*events: Parked) -> Callable[[Transaction], None]:
    """The piece of work that sets events aside."""
    return lambda tx: park(tx.sql, events)


@pytest.mark.anyio
async def test_a_consumer_begins_before_the_first_event(store: Store) -> None:
    assert await store.read(partial(tracked, upstream="routing")) == START
    assert await store.read(all_tracked) == {}


@pytest.mark.anyio
async def test_every_upstream_has_its_own_place(store: Store) -> None:
    sixth = Tracking("e1", 6, 7, "sha256:06")
    for at in (FIFTH, sixth):
        await store.write(tracking(at))
    await store.write(tracking(FIFTH, "deadlines"))

    assert await store.read(partial(tracked, upstream="routing")) == sixth
    assert await store.read(all_tracked) == {"deadlines": FIFTH, "routing": sixth}


@pytest.mark.anyio
async def test_a_place_is_moved_only_with_the_work_that_belongs_to_it(store: Store) -> None:
    def fail(tx: Transaction) -> None:
        track(tx.sql, "routing", FIFTH)
        raise Refused("test.refused", "不行。")

    with pytest.raises(Refused):
        await store.write(fail)

    assert await store.read(partial(tracked, upstream="routing")) == START


@pytest.mark.anyio
async def test_what_is_set_aside_comes_back_in_order_with_its_bytes(store: Store) -> None:
    waiting = [event(9, "乙", "ValueError: 九"), event(10, "甲", "KeyError: 十"), event(11, "甲")]

    await store.write(parking(waiting[1], waiting[0]))
    await store.write(parking(waiting[2]))

    assert await store.read(parked) == waiting
    assert await store.read(partial(parked, matter="甲")) == waiting[1:]
    assert await store.read(partial(parked_matters, upstream="routing")) == {"甲", "乙"}
    assert await store.read(partial(parked_matters, upstream="deadlines")) == set()


@pytest.mark.anyio
async def test_only_the_matter_and_upstream_that_were_released_go(store: Store) -> None:
    others = [event(9, "乙"), event(10, "甲", upstream="deadlines")]
    await store.write(parking(event(10, "甲"), event(11, "甲"), *others))

    await store.write(lambda tx: unpark(tx.sql, "routing", "甲"))

    assert await store.read(parked) == [others[1], others[0]]
