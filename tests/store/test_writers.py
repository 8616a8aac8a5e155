"""Many writers: no gap, no fork, and a log whose order is the order of commits."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from shared.store.store import Store
from shared.store.transaction import Stream, Transaction
from tests.store.test_appending import chained, loading
from tests.support.sizes import sized
from tests.support.stores import HandClock, events, matter, open_store, said, say, saying

EACH = sized(40, 1000)


@pytest.fixture
async def rivals(location: str) -> AsyncIterator[tuple[Store, Store]]:
    """Two stores on one database, as two processes would have them."""
    both = open_store(location), open_store(location)
    yield both
    for store in both:
        await store.close()


def count(tx: Transaction, about: Stream) -> None:
    """Say how many were there before: wrong if somebody else got in between."""
    say(tx, str(len(tx.load(about.id))), about)


def say_twice(tx: Transaction, words: str) -> None:
    """Two events in one transaction."""
    say(tx, words)
    say(tx, words)


@pytest.mark.anyio
async def test_two_writers_of_one_stream_make_one_chain_and_decide_on_what_is_there(
    rivals: tuple[Store, Store],
) -> None:
    about = matter()

    await asyncio.gather(
        *(store.write(lambda tx: count(tx, about)) for _ in range(EACH) for store in rivals)
    )

    stream = await rivals[0].write(loading(about))
    assert await said(rivals[1]) == [str(n) for n in range(2 * EACH)]
    assert len(stream) == 2 * EACH
    assert chained(stream)


@pytest.mark.anyio
async def test_who_reads_on_behind_the_last_position_misses_nothing_while_others_write(
    rivals: tuple[Store, Store],
) -> None:
    """This is how the relay reads: a position that showed up late would be lost."""

    async def write_slowly(store: Store, name: str) -> None:
        for n in range(EACH):
            await store.write(partial(say_twice, words=f"{name}{n}"))

    writing = asyncio.gather(*(write_slowly(s, n) for s, n in zip(rivals, "甲乙", strict=True)))
    seen: list[int] = []
    while not writing.done() or len(seen) < rivals[0].position():
        page = await rivals[0].notifications(seen[-1] if seen else 0, 7)
        seen += [stored.id for stored in page]
    await writing

    assert seen == [stored.id for stored in await rivals[1].notifications(0, 10_000)]
    assert len(seen) == 4 * EACH


@pytest.mark.anyio
async def test_recorded_times_rise_with_every_transaction_of_every_writer(
    location: str,
) -> None:
    clock = HandClock()  # stands still, as two transactions within a microsecond would see it
    rivals = open_store(location, clock=clock), open_store(location, clock=clock)

    for _ in range(5):
        for store in rivals:
            await store.write(saying("甲"))

    times = [event.envelope.recorded_at for event in await events(rivals[0])]
    assert times == sorted(set(times))
    for store in rivals:
        await store.close()


@pytest.mark.anyio
async def test_a_new_store_may_be_opened_by_several_at_once_and_has_one_epoch(
    location: str,
) -> None:
    with ThreadPoolExecutor(4) as threads:
        opened = list(threads.map(lambda _: open_store(location), range(4)))

    assert len({store.source.epoch for store in opened}) == 1
    for store in opened:
        await store.close()
