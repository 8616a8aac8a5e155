"""A batch is taken whole in one transaction: applied once, set aside, or not at all."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial

import pytest
from eventsourcing.persistence import Notification

from shared.clock import to_micros
from shared.contracts.envelope import decode
from shared.contracts.operations import ParkedReleased
from shared.errors import Unavailable
from shared.messaging.streams import Incoming
from shared.messaging.taking import Gap, Handler, Poison, Taken, release, take
from shared.store.store import Store
from shared.store.tracking import Parked, Tracking, parked, tracked
from shared.store.transaction import Stream, Transaction
from tests.messaging.line import Diary, arriving, heard, listener
from tests.support.stores import CLERK, matter, said, saying

BAD, GOOD = matter(), matter()


class Archive:
    """Takes events as bytes, whatever they are."""

    understands_all = True

    def apply(self, tx: Transaction, events: Sequence[Incoming]) -> None:
        for event in events:
            tx.sql.execute("INSERT INTO diary VALUES (?, ?)", (event.position, event.type))


def taking(
    batch: Sequence[Incoming], handler: Handler, *, last_try: bool = False
) -> Callable[[Transaction], Taken]:
    """The piece of work that takes a batch from intake."""
    return partial(take, upstream="intake", batch=batch, handler=handler, last_try=last_try)


def releasing(about: Stream, handler: Handler) -> Callable[[Transaction], int]:
    """The piece of work that lets a matter of intake through."""
    return partial(
        release, upstream="intake", handler=handler, matter=str(about.correlation), actor=CLERK
    )


async def place(store: Store) -> Tracking:
    """Where routing stands in intake."""
    return await store.read(partial(tracked, upstream="intake"))


async def say_of(intake: Store, *words_and_matters: tuple[str, Stream]) -> list[Incoming]:
    """Intake says so; everything it ever said, as it is delivered."""
    for words, about in words_and_matters:
        await intake.write(saying(words, about))
    return await arriving(intake)


async def waiting(store: Store) -> list[tuple[int, str]]:
    """The positions set aside, and why."""
    return [(event.position, event.reason) for event in await store.read(parked)]


@pytest.mark.anyio
async def test_a_batch_is_applied_in_order_and_the_place_moved(
    intake: Store, routing: Store
) -> None:
    batch = await say_of(intake, ("甲", GOOD), ("乙", BAD), ("丙", GOOD))

    taken = await routing.write(taking(batch, Diary()))

    last = batch[-1]
    assert taken == Taken(Tracking(last.epoch, last.position, last.seq, last.hash))
    assert await place(routing) == taken.last
    assert await heard(routing) == ["甲", "乙", "丙"]
    assert await said(routing) == ["听到甲", "听到乙", "听到丙"]


@pytest.mark.anyio
async def test_what_comes_again_is_left_out(intake: Store, routing: Store) -> None:
    batch = await say_of(intake, ("甲", GOOD), ("乙", GOOD), ("丙", GOOD))

    for delivery in (batch[:2], batch[:2], batch, batch[1:], batch):
        await routing.write(taking(delivery, Diary()))

    assert await heard(routing) == ["甲", "乙", "丙"]
    assert (await place(routing)).position == batch[-1].position


@pytest.mark.anyio
async def test_two_processes_with_the_same_batch_apply_it_once(
    intake: Store, routing: Store, location: str
) -> None:
    batch = await say_of(intake, *((str(number), GOOD) for number in range(20)))
    other = listener(location)

    deliveries = [batch[:end] for end in (5, 5, 10, 20, 15, 20)]
    await asyncio.gather(
        *(
            (routing, other)[number % 2].write(taking(delivery, Diary()))
            for number, delivery in enumerate(deliveries)
        ),
        return_exceptions=True,  # one may see a gap until the other has committed
    )
    await routing.write(taking(batch, Diary()))

    assert await heard(routing) == [str(number) for number in range(20)]
    await other.close()


@pytest.mark.anyio
async def test_a_gap_before_a_batch_leaves_everything_as_it_was(
    intake: Store, routing: Store
) -> None:
    batch = await say_of(intake, ("甲", GOOD), ("乙", GOOD), ("丙", GOOD))

    with pytest.raises(Gap):
        await routing.write(taking(batch[1:], Diary(), last_try=True))

    assert await heard(routing) == []
    assert (await place(routing)).position == 0


@pytest.mark.anyio
async def test_nothing_behind_a_gap_within_a_batch_is_applied(
    intake: Store, routing: Store
) -> None:
    """What stands before it may be applied at once, or when it comes again."""
    batch = await say_of(intake, ("甲", GOOD), ("乙", GOOD), ("丙", GOOD))

    with suppress(Gap):
        await routing.write(taking([batch[0], batch[2]], Diary(), last_try=True))

    assert "丙" not in await heard(routing)
    assert (await place(routing)).position <= batch[0].position
    await routing.write(taking(batch, Diary()))
    assert await heard(routing) == ["甲", "乙", "丙"]


@pytest.mark.anyio
async def test_what_cannot_be_applied_is_tried_again_before_anything_is_done(
    intake: Store, routing: Store
) -> None:
    batch = await say_of(intake, ("甲", GOOD), ("坏", BAD), ("乙", GOOD))
    diary = Diary()
    diary.cannot = {"坏"}

    with pytest.raises(Poison, match="写不下坏"):
        await routing.write(taking(batch, diary))
    nothing = await heard(routing), await said(routing), (await place(routing)).position
    diary.cannot = set()
    await routing.write(taking(batch, diary))

    assert nothing == ([], [], 0)
    assert await heard(routing) == ["甲", "坏", "乙"]


@pytest.mark.anyio
async def test_on_the_last_try_it_is_set_aside_with_its_followers_and_others_go_on(
    intake: Store, routing: Store
) -> None:
    batch = await say_of(intake, ("甲", GOOD), ("坏", BAD), ("乙", GOOD), ("坏之后", BAD))
    diary = Diary()
    diary.cannot = {"坏"}

    taken = await routing.write(taking(batch, diary, last_try=True))

    assert len(taken.aside) == 2
    assert await heard(routing) == ["甲", "乙"]
    assert await said(routing) == ["听到甲", "听到乙"]  # nothing of what failed
    assert await waiting(routing) == [
        (batch[1].position, "ValueError: 写不下坏"),
        (batch[3].position, ""),
    ]
    assert (await place(routing)).position == batch[3].position


@pytest.mark.anyio
async def test_later_events_of_that_matter_wait_behind_it(intake: Store, routing: Store) -> None:
    diary = Diary()
    diary.cannot = {"坏"}
    await routing.write(taking(await say_of(intake, ("坏", BAD)), diary, last_try=True))

    batch = await say_of(intake, ("坏之后", BAD), ("甲", GOOD))
    taken = await routing.write(taking(batch, diary))  # the first try: waiting is no failure

    assert len(taken.aside) == 1
    assert await heard(routing) == ["甲"]
    assert [position for position, _ in await waiting(routing)] == [
        batch[0].position,
        batch[1].position,
    ]


@pytest.mark.anyio
async def test_release_applies_what_waited_in_order_and_records_who_did_it(
    intake: Store, routing: Store
) -> None:
    diary, other = Diary(), matter()
    diary.cannot = {"坏", "另一个坏"}
    batch = await say_of(
        intake, ("坏", BAD), ("另一个坏", other), ("坏之后", BAD), ("再之后", BAD), ("甲", GOOD)
    )
    await routing.write(taking(batch, diary, last_try=True))
    before = routing.position()
    diary.cannot = {"另一个坏"}

    released = await routing.write(releasing(BAD, diary))

    assert released == 3
    assert await heard(routing) == ["坏", "坏之后", "再之后", "甲"]
    assert [position for position, _ in await waiting(routing)] == [batch[1].position]
    *answers, record = [decode(e.state) for e in await routing.notifications(before, 100)]
    assert len(answers) == 3
    assert record.fact == ParkedReleased(upstream="intake", matter=str(BAD.correlation), events=3)
    assert record.envelope.actor == CLERK
    assert (record.envelope.correlation, record.envelope.unit) == (BAD.correlation, "QH-YZ")


@pytest.mark.anyio
async def test_a_released_matter_is_followed_again(intake: Store, routing: Store) -> None:
    diary = Diary()
    diary.cannot = {"坏"}
    await routing.write(taking(await say_of(intake, ("坏", BAD)), diary, last_try=True))
    diary.cannot = set()
    await routing.write(releasing(BAD, diary))

    await routing.write(taking(await say_of(intake, ("好了", BAD)), diary))

    assert await heard(routing) == ["坏", "好了"]
    assert await waiting(routing) == []


@pytest.mark.anyio
async def test_a_release_that_fails_half_way_changes_nothing(intake: Store, routing: Store) -> None:
    diary = Diary()
    diary.cannot = {"坏"}
    batch = await say_of(intake, ("坏", BAD), ("更坏", BAD))
    await routing.write(taking(batch, diary, last_try=True))
    diary.cannot = {"更坏"}

    with pytest.raises(ValueError, match="写不下更坏"):
        await routing.write(releasing(BAD, diary))

    assert await heard(routing) == []
    assert await said(routing) == []
    assert len(await waiting(routing)) == 2


@pytest.mark.anyio
async def test_nothing_is_released_where_nothing_waits(intake: Store, routing: Store) -> None:
    await routing.write(taking(await say_of(intake, ("甲", GOOD)), Diary()))

    assert await routing.write(releasing(GOOD, Diary())) == 0
    assert await said(routing) == ["听到甲"]


@pytest.mark.anyio
async def test_an_unknown_type_stops_with_everything_before_it_and_nothing_behind(
    intake: Store, routing: Store
) -> None:
    await say_of(intake, ("甲", GOOD), ("乙", GOOD), ("新", GOOD), ("丙", GOOD))
    batch = await arriving(intake, named=_of_tomorrow)

    taken = await routing.write(taking(batch, Diary(), last_try=True))
    again = await routing.write(taking(batch, Diary(), last_try=True))

    assert taken.stop is not None
    assert (taken.stop.code, taken.stop.field) == ("event.unknown-type", "intake.of-tomorrow.v1")
    assert taken.last == again.last == await place(routing)
    assert taken.last.position == batch[1].position
    assert await heard(routing) == ["甲", "乙"]
    assert await waiting(routing) == []
    assert again.stop is not None


@pytest.mark.anyio
async def test_after_an_upgrade_it_goes_on_where_it_stopped(intake: Store, routing: Store) -> None:
    await say_of(intake, ("甲", GOOD), ("新", GOOD), ("丙", GOOD))
    await routing.write(taking(await arriving(intake, named=_of_tomorrow), Diary()))

    await routing.write(taking(await arriving(intake), Diary()))

    assert await heard(routing) == ["甲", "新", "丙"]


@pytest.mark.anyio
async def test_who_takes_bytes_takes_unknown_types_too(intake: Store, routing: Store) -> None:
    await say_of(intake, ("甲", GOOD), ("新", GOOD))
    batch = await arriving(intake, named=_of_tomorrow)

    taken = await routing.write(taking(batch, Archive()))

    assert taken.stop is None
    assert await heard(routing) == ["intake.incident-voided.v2", "intake.of-tomorrow.v1"]


@pytest.mark.anyio
async def test_a_database_that_fails_sets_nothing_aside(intake: Store, postgres_url: str) -> None:
    """The events are not to blame; they come again when it is back."""
    routing = listener(postgres_url)
    batch = await say_of(intake, ("甲", GOOD))

    class Unlucky(Diary):
        def apply(self, tx: Transaction, events: Sequence[Incoming]) -> None:
            super().apply(tx, events)
            tx.sql.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(Unavailable):
        await routing.write(taking(batch, Unlucky(), last_try=True))
    await routing.write(taking(batch, Diary()))

    assert await waiting(routing) == []
    assert await heard(routing) == ["甲"]
    await routing.close()


@pytest.mark.anyio
async def test_what_waits_keeps_its_bytes_and_the_moment(intake: Store, routing: Store) -> None:
    diary = Diary()
    diary.cannot = {"坏"}
    (event,) = await say_of(intake, ("坏", BAD))

    def work(tx: Transaction) -> datetime:
        taking([event], diary, last_try=True)(tx)
        return tx.now

    moment = await routing.write(work)

    (kept,) = await routing.read(parked)
    expected = Parked(
        "intake",
        event.position,
        str(BAD.correlation),
        "intake.incident-voided.v2",
        event.raw,
        "ValueError: 写不下坏",
        to_micros(moment),
    )
    assert kept == expected


def _of_tomorrow(event: Notification) -> str:
    """The type of an event: those that say "新" are of a kind that this release does not know."""
    return "intake.of-tomorrow.v1" if "新".encode() in event.state else event.topic
