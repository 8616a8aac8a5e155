"""The lease: one of several processes works, and another goes on when it does not."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from shared.clock import system_clock
from shared.errors import Unavailable, Untrusted
from shared.store.lease import EVERY, TTL, Lease, while_held
from shared.store.store import Store
from shared.store.transaction import Transaction
from tests.support.stores import HandClock, open_store

pytestmark = pytest.mark.anyio

ALMOST = TTL - timedelta(milliseconds=10)
SOON = EVERY + 0.5
"""Seconds in which a round of renewal has surely passed."""


@pytest.fixture
def anyio_backend() -> str:
    """The loop that stores need."""
    return "asyncio"


@pytest.fixture(params=["sqlite", "postgres"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where tables live."""
    if request.param == "sqlite":
        return str(tmp_path)
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def clock() -> HandClock:
    """The clock of both processes."""
    return HandClock()


@pytest.fixture
async def first(location: str, clock: HandClock) -> AsyncIterator[Store]:
    """The room's store as one process has it."""
    store = open_store(location, clock=clock)
    yield store
    await store.close()


@pytest.fixture
async def second(location: str, clock: HandClock) -> AsyncIterator[Store]:
    """The same store as another process has it."""
    store = open_store(location, clock=clock)
    yield store
    await store.close()


async def test_who_comes_first_has_it_and_may_take_it_again(first: Store, second: Store) -> None:
    one, two = Lease(first, "room", "one"), Lease(second, "room", "two")

    assert await one.take()
    assert not await two.take()
    assert await one.take()


async def test_renewed_in_time_it_lasts(first: Store, second: Store, clock: HandClock) -> None:
    one, two = Lease(first, "room", "one"), Lease(second, "room", "two")
    assert await one.take()

    for _ in range(3):
        clock.now += ALMOST
        assert not await two.take()
        assert await one.take()


async def test_not_renewed_in_time_it_goes_to_another(
    first: Store, second: Store, clock: HandClock
) -> None:
    one, two = Lease(first, "room", "one"), Lease(second, "room", "two")
    assert await one.take()

    clock.now += TTL
    assert await two.take()

    assert not await one.take()
    assert await two.take()


async def test_given_up_it_is_anothers_at_once_and_only_its_holder_gives_it_up(
    first: Store, second: Store
) -> None:
    one, two = Lease(first, "room", "one"), Lease(second, "room", "two")
    assert await one.take()

    await two.give_up()
    assert not await two.take()

    await one.give_up()
    assert await two.take()


async def test_leases_of_different_names_do_not_meet(first: Store, second: Store) -> None:
    assert await Lease(first, "room", "one").take()
    assert await Lease(second, "another", "two").take()


async def test_of_many_who_ask_at_once_one_has_it(first: Store, second: Store) -> None:
    for name in ("a", "b", "c", "d", "e"):
        asking = [Lease(store, name, f"{n}") for n, store in enumerate([first, second] * 5)]
        assert sum(await asyncio.gather(*(lease.take() for lease in asking))) == 1


class Work:
    """What a holder does; counts how often it was begun and whether it goes on."""

    def __init__(self, problem: Exception | None = None) -> None:
        self.begun = 0
        self.going_on = False
        self._problem = problem

    async def __call__(self) -> None:
        self.begun += 1
        self.going_on = True
        try:
            if self._problem and self.begun == 1:
                raise self._problem
            await asyncio.Event().wait()
        finally:
            self.going_on = False


class Unsteady:
    """The wall clock, until it is said to fail; a store whose clock fails cannot write."""

    failing = False

    def __call__(self) -> datetime:
        if self.failing:
            raise Unavailable("clock.jumped", "本机时钟突然变动。")
        return system_clock()


@pytest.fixture
def unsteady() -> Unsteady:
    """The clock of ``store``."""
    return Unsteady()


@pytest.fixture
async def store(tmp_path: Path, unsteady: Unsteady) -> AsyncIterator[Store]:
    """A store on a real clock: these tests are about a process and take a second or more."""
    opened = open_store(str(tmp_path), clock=unsteady)
    yield opened
    await opened.close()


@contextmanager
def held(store: Store, work: Work) -> Iterator["asyncio.Task[None]"]:
    """Work while the lease is held, as a process would."""
    task = asyncio.create_task(while_held(store, "room", "one", work))
    try:
        yield task
    finally:
        task.cancel()


async def ended(task: "asyncio.Task[None]") -> BaseException | None:
    """Wait until the task is over; returns what it raised."""
    [result] = await asyncio.gather(task, return_exceptions=True)
    return result


async def test_work_begins_with_the_lease_and_ends_with_the_process(store: Store) -> None:
    work = Work()
    with held(store, work) as task:
        await asyncio.sleep(SOON)
        assert (work.begun, work.going_on) == (1, True)
        assert not await Lease(store, "room", "two").take()

    assert isinstance(await ended(task), asyncio.CancelledError)
    assert not work.going_on
    assert await Lease(store, "room", "two").take()


async def test_work_ends_when_another_has_the_lease_and_begins_again_after_it(
    store: Store,
) -> None:
    work = Work()
    with held(store, work) as task:
        await asyncio.sleep(0.2)
        await store.write(_robbed)
        await asyncio.sleep(SOON)
        assert (work.begun, work.going_on) == (1, False)

        await Lease(store, "room", "robber").give_up()
        await asyncio.sleep(SOON)
        assert (work.begun, work.going_on) == (2, True)
    await ended(task)


async def test_while_the_store_cannot_answer_work_goes_on_until_the_lease_has_run_out(
    store: Store, unsteady: Unsteady
) -> None:
    work = Work()
    with held(store, work) as task:
        await asyncio.sleep(0.2)
        unsteady.failing = True
        await asyncio.sleep(SOON)
        assert work.going_on

        await asyncio.sleep(TTL.total_seconds())
        assert not work.going_on

        unsteady.failing = False
        await asyncio.sleep(SOON)
        assert (work.begun, work.going_on) == (2, True)
    await ended(task)


async def test_work_that_could_not_go_on_is_begun_again(store: Store) -> None:
    work = Work(Unavailable("nats.unreachable", "与 NATS 的联系中断。"))
    with held(store, work) as task:
        await asyncio.sleep(SOON)
        assert (work.begun, work.going_on) == (2, True)
    await ended(task)


async def test_a_contradiction_found_by_work_is_passed_on_and_the_lease_given_up(
    store: Store,
) -> None:
    contradiction = Untrusted("relay.stream-ahead", "消息流与数据库矛盾。")
    with held(store, Work(contradiction)) as task:
        assert await ended(task) is contradiction

    assert await Lease(store, "room", "two").take()


def _robbed(tx: Transaction) -> None:
    tx.sql.execute("UPDATE leases SET holder = 'robber', until = until + 60000000")
