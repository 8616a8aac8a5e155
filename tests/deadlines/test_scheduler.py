"""The scheduler misses nothing, says nothing twice, and nothing too early."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from services.deadlines import scheduler, tables
from services.deadlines.scheduler import BATCH, Observed, observe_due
from services.deadlines.tables import FIRST, Overdue
from shared.clock import Clock, to_micros
from shared.contracts.deadlines import DutyMissed
from shared.errors import Unavailable
from shared.room import Room
from shared.store.store import Store
from tests.deadlines.world import World, at
from tests.support.sizes import PATIENCE

pytestmark = pytest.mark.anyio

DUE = at(5)
MICROSECOND = timedelta(microseconds=1)


async def observe(store: Store, now: datetime) -> Observed[Overdue]:
    return await store.write(lambda tx: observe_due(tx, now))


@asynccontextmanager
async def at_work(room: Room, clock: Clock | None = None) -> AsyncIterator[None]:
    """The room's scheduler runs meanwhile, perhaps by another clock."""
    work = scheduler.run(room.store, clock) if clock else room.chores[0]()
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until_missed(world: World, incident: UUID) -> None:
    """Wait until a miss is on record."""
    async with asyncio.timeout(PATIENCE):
        while "missed" not in await world.said(incident):
            await asyncio.sleep(0.01)


async def spoil(world: World, incident: UUID) -> None:
    """Damage a docket's stored bytes."""
    spelled = world.store.recorder.spell_id(incident)
    statement = "UPDATE stored_events SET state = ? WHERE originator_id = ?"
    await world.store.write(lambda tx: tx.sql.execute(statement, (b"{}", spelled)))


def failing_first(clock: Clock, times: int) -> Callable[[], datetime]:
    """A clock that cannot be trusted so many times."""
    left = iter(range(times))

    def now() -> datetime:
        if next(left, None) is not None:
            raise Unavailable("clock.jumped", "本机时钟突然变动。")
        return clock()

    return now


async def test_a_limit_that_passed_is_missed_and_the_moment_of_looking_is_kept(
    world: World,
) -> None:
    incident = await world.registered(posted=at(1))
    await world.deliver("intake")
    world.clock.now = DUE + MICROSECOND

    await observe(world.store, world.clock())

    missed = (await world.events(incident))[-1]
    assert missed.fact == DutyMissed(duty="B.T01", due=DUE, observed_at=DUE + MICROSECOND)
    assert missed.envelope.cause is None


async def test_at_exactly_the_limit_nothing_is_missed(world: World) -> None:
    incident = await world.registered(posted=at(1))
    await world.deliver("intake")

    await observe(world.store, DUE)

    assert await world.said(incident) == ["started"]


async def test_it_is_missed_once(world: World) -> None:
    incident = await world.registered(posted=at(1))
    await world.deliver("intake")

    await observe(world.store, at(6))
    await observe(world.store, at(7))

    assert await world.said(incident) == ["started", "missed"]


async def test_imported_history_is_never_observed_and_runs_on_when_left_open(
    world: World,
) -> None:
    incident = await world.registered(posted=at(1) - timedelta(days=900), standing="imported")
    await world.deliver("intake")

    batch = await observe(world.store, at(6))

    assert batch.seen == []
    assert await world.said(incident) == ["started"]


async def test_what_has_a_verdict_is_not_looked_at(world: World) -> None:
    answered, voided = await world.registered(posted=at(1)), await world.registered(posted=at(1))
    await world.published(answered)
    await world.voided(voided)
    await world.deliver("intake", "routing")

    assert (await observe(world.store, at(6))).seen == []


async def test_many_due_at_once_are_taken_in_batches_earliest_first(world: World) -> None:
    days = [at(1) + timedelta(minutes=n % 3 * 24 * 60) for n in range(BATCH + 50)]
    await world.many_registered(days)
    await world.deliver("intake")
    world.clock.now = at(9)

    first = await observe(world.store, at(9))
    second = await observe(world.store, at(9))

    assert (first.missed, second.missed) == (BATCH, 50)
    dues = [place.due for place in [*first.seen, *second.seen]]
    assert dues == sorted(dues)
    assert {row.state for row in (await world.rows()).values()} == {"missed"}


async def test_two_schedulers_at_once_give_one_verdict(world: World) -> None:
    incidents = await world.many_registered([at(1)] * 20)
    await world.deliver("intake")
    other = world.open_another()
    world.clock.now = at(9)

    await asyncio.gather(observe(world.store, at(9)), observe(other.store, at(9)))

    for incident in incidents:
        assert await world.said(incident) == ["started", "missed"]


async def test_a_docket_that_cannot_be_read_stops_no_other(world: World) -> None:
    broken, sound = await world.registered(posted=at(1)), await world.registered(posted=at(2))
    await world.deliver("intake")
    await spoil(world, broken)

    batch = await observe(world.store, at(9))

    assert [place.incident for place in batch.seen] == [str(broken), str(sound)]
    assert (await world.row(sound)).state == "missed"
    assert (await world.row(broken)).state == "running"
    [problem] = batch.problems
    assert str(broken) in problem
    assert "event.unreadable" in problem


async def test_behind_a_place_only_what_falls_due_later_is_looked_at(world: World) -> None:
    await world.many_registered([at(1), at(2)])
    await world.deliver("intake")
    first = await world.store.read(lambda sql: tables.overdue(sql, at(9), FIRST, 1))

    batch = await world.store.write(lambda tx: observe_due(tx, at(9), first[0]))

    assert [place.due for place in batch.seen] == [to_micros(at(6))]


async def test_at_work_it_catches_up_after_a_restart_and_logs_each_batch(world: World) -> None:
    incidents = await world.many_registered([at(1)] * (BATCH + 10))
    await world.deliver("intake")
    world.clock.now = at(5, 0, 1)

    with capture_logs() as logs:
        async with at_work(world.open_another()):
            for incident in incidents:
                await until_missed(world, incident)

    lines = [line for line in logs if line["event"] == "duties observed"]
    assert [line["missed"] for line in lines] == [BATCH, 10]
    assert all(line["late_seconds"] == 60 for line in lines)


async def test_at_work_it_wakes_when_a_duty_falls_due(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "LONGEST_REST", 3600.0)
    incident = await world.registered(posted=at(1))
    await world.deliver("intake")
    started = time.monotonic()

    def running() -> datetime:
        return DUE - timedelta(seconds=0.3) + timedelta(seconds=time.monotonic() - started)

    async with at_work(world.room, running):
        await until_missed(world, incident)

    observed = (await world.events(incident))[-1].fact.model_dump()["observed_at"]
    assert observed > DUE


async def test_at_work_it_wakes_when_a_duty_is_born_overdue(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "LONGEST_REST", 3600.0)
    world.clock.now = at(9)
    async with at_work(world.room):
        await asyncio.sleep(0.2)  # it rests by now, for an hour
        incident = await world.registered(posted=at(1))

        await world.deliver("intake")

        await until_missed(world, incident)


async def test_at_work_it_looks_again_within_a_second_by_whatever_clock(world: World) -> None:
    incident = await world.registered(posted=at(1))
    await world.deliver("intake")
    async with at_work(world.room):
        await asyncio.sleep(0.1)

        world.clock.now = at(9)

        await until_missed(world, incident)


async def test_at_work_it_outlives_a_clock_that_cannot_be_trusted(world: World) -> None:
    incident = await world.registered(posted=at(1))
    await world.deliver("intake")
    world.clock.now = at(9)

    with capture_logs() as logs:
        async with at_work(world.room, failing_first(world.clock, 2)):
            await until_missed(world, incident)

    assert {"event": "observation put off", "code": "clock.jumped", "log_level": "warning"} in logs


async def test_at_work_it_tells_what_it_could_not_read_and_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "BATCH", 1)  # the broken one fills a batch by itself
    broken, sound = await world.registered(posted=at(1)), await world.registered(posted=at(2))
    await world.deliver("intake")
    await spoil(world, broken)
    world.clock.now = at(9)

    with capture_logs() as logs:
        async with at_work(world.room):
            async with asyncio.timeout(PATIENCE):
                while (await world.row(sound)).state == "running":
                    await asyncio.sleep(0.01)

    assert (await world.row(broken)).state == "running"
    assert "error" in {line["log_level"] for line in logs}
