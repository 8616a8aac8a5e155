"""Time on record only goes forward, and a clock that cannot be trusted stops the writing."""

from datetime import datetime, timedelta

import pytest

from shared.clock import SteadyClock
from shared.errors import Unavailable
from shared.store.store import Store
from tests.store.groups import together
from tests.support.stores import MORNING, HandClock, events, open_store, said, saying


class Machine:
    """A machine's two clocks: one that can be set, and the time since boot, which cannot."""

    def __init__(self) -> None:
        self.wall = MORNING
        self.boot = 1000.0

    def passes(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.boot += seconds

    def clock(self) -> SteadyClock:
        return SteadyClock(lambda: self.wall, lambda: self.boot)


async def recorded(store: Store) -> list[datetime]:
    """When everything in the store was recorded."""
    return [event.envelope.recorded_at for event in await events(store)]


@pytest.mark.anyio
async def test_recorded_times_rise_though_the_clock_stands_still(store: Store) -> None:
    for _ in range(3):
        await store.write(saying("甲"))

    micro = timedelta(microseconds=1)
    assert await recorded(store) == [MORNING, MORNING + micro, MORNING + 2 * micro]


@pytest.mark.anyio
async def test_a_small_step_back_is_bridged(store: Store, clock: HandClock) -> None:
    await store.write(saying("甲"))
    clock.now -= timedelta(seconds=1.9)
    await store.write(saying("乙"))

    first, second = await recorded(store)
    assert first < second < first + timedelta(seconds=1)


@pytest.mark.anyio
async def test_a_clock_behind_the_record_is_refused_until_it_is_right_again(
    store: Store, clock: HandClock
) -> None:
    await store.write(saying("甲"))
    clock.now -= timedelta(seconds=2.1)

    results = await together(store, saying("乙"), saying("丙"))
    clock.now += timedelta(seconds=2.2)
    await store.write(saying("丁"))

    assert [getattr(result, "code", result) for result in results] == ["clock.behind"] * 2
    assert await said(store) == ["甲", "丁"]
    assert await recorded(store) == [MORNING, MORNING + timedelta(seconds=0.1)]


@pytest.mark.anyio
async def test_a_refused_clock_moves_nothing(store: Store, clock: HandClock) -> None:
    """Asking in vain must not push the time on record forward."""
    await store.write(saying("甲"))
    clock.now -= timedelta(hours=1)
    for _ in range(3):
        with pytest.raises(Unavailable):
            await store.write(saying("乙"))

    clock.now = MORNING
    await store.write(saying("丙"))

    assert (await recorded(store))[1] == MORNING + timedelta(microseconds=1)


@pytest.mark.anyio
async def test_the_time_on_record_outlives_the_process(store: Store, location: str) -> None:
    await store.write(saying("甲"))
    yesterday = open_store(location, clock=HandClock(MORNING - timedelta(days=1)))

    with pytest.raises(Unavailable) as refused:
        await yesterday.write(saying("乙"))

    assert refused.value.code == "clock.behind"
    assert "2026-03-02 09:00:00" in refused.value.message  # as people here read it
    await yesterday.close()


@pytest.mark.parametrize("seconds", [-3600.0, -61.0, 61.0, 86400.0])
def test_a_wall_clock_that_jumps_is_refused_from_then_on(seconds: float) -> None:
    machine = Machine()
    clock = machine.clock()
    machine.passes(10)
    assert clock() == machine.wall

    machine.wall += timedelta(seconds=seconds)
    with pytest.raises(Unavailable) as refused:
        clock()
    machine.wall -= timedelta(seconds=seconds)  # set right again: what happened meanwhile?
    with pytest.raises(Unavailable):
        clock()

    assert refused.value.code == "clock.jumped"


@pytest.mark.parametrize("seconds", [-59.0, 59.0])
def test_a_wall_clock_that_is_set_right_by_less_than_a_minute_goes_on(seconds: float) -> None:
    machine = Machine()
    clock = machine.clock()

    machine.wall += timedelta(seconds=seconds)
    machine.passes(3600)

    assert clock() == machine.wall


def test_a_machine_that_slept_has_not_jumped() -> None:
    machine = Machine()
    clock = machine.clock()

    machine.passes(14 * 3600)

    assert clock() == machine.wall


def test_the_real_clocks_agree() -> None:
    clock = SteadyClock()

    assert clock() <= clock()
    assert clock().utcoffset() == timedelta(0)


@pytest.mark.anyio
async def test_a_jump_stops_the_writing_and_not_the_reading(location: str) -> None:
    machine = Machine()
    store = open_store(location, clock=machine.clock())
    await store.write(saying("甲"))

    machine.wall += timedelta(hours=8)
    results = await together(store, saying("乙"), saying("丙"))

    assert [getattr(result, "code", result) for result in results] == ["clock.jumped"] * 2
    assert await said(store) == ["甲"]
    await store.close()
