"""What is appended stands in the store for ever, in order, each event naming the one before."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from shared.contracts.envelope import Recorded, decode, event_hash
from shared.contracts.intake import IncidentLinked, IncidentVoided
from shared.errors import Invalid
from shared.store.store import Store
from shared.store.transaction import By, Stream, Transaction
from tests.support.stores import (
    CLERK,
    MORNING,
    events,
    matter,
    open_store,
    said,
    say,
    saying,
    words_of,
)


def chained(stream: list[Recorded]) -> bool:
    """Whether every event is the next and names the hash of the one before."""
    before = [None, *(event_hash(event.raw) for event in stream)]
    return [(e.envelope.seq, e.envelope.prev) for e in stream] == list(
        zip(range(1, len(stream) + 1), before, strict=False)
    )


def loading(about: Stream) -> Callable[[Transaction], list[Recorded]]:
    """The piece of work that reads a stream."""
    return lambda tx: tx.load(about.id)


@pytest.mark.anyio
async def test_what_was_appended_is_loaded_byte_for_byte(store: Store) -> None:
    about = matter()

    appended = [await store.write(saying(f"第{n}次", about)) for n in range(3)]
    loaded = await store.write(loading(about))

    assert [event for each in appended for event in each.events] == loaded
    assert [words_of(event) for event in loaded] == ["第0次", "第1次", "第2次"]
    assert [each.position for each in appended] == [1, 2, 3]


@pytest.mark.anyio
async def test_every_event_names_the_one_before_in_its_stream(store: Store) -> None:
    one, other = matter(), matter()

    def work(tx: Transaction) -> None:
        for about in (one, other, one):
            facts = [IncidentVoided(reason="甲"), IncidentVoided(reason="乙")]
            tx.append(about, facts, By(CLERK, MORNING))

    await store.write(work)
    await store.write(saying("丙", one))

    streams = [await store.write(loading(about)) for about in (one, other)]
    assert [len(stream) for stream in streams] == [5, 2]
    assert all(chained(stream) for stream in streams)


@pytest.mark.anyio
async def test_the_envelope_says_who_where_and_when(store: Store) -> None:
    incident, stream, cause = uuid4(), uuid4(), uuid4()
    by = By(CLERK, MORNING, cause, "imported")

    def work(tx: Transaction) -> Recorded:
        facts = [IncidentLinked(to=incident, to_number="1", grounds="")]
        return tx.append(matter(incident, stream), facts, by).events[0]

    envelope = (await store.write(work)).envelope

    assert envelope.type == "intake.incident-linked.v2"
    assert envelope.source == "intake@QINGHE"
    assert envelope.epoch == store.source.epoch
    assert envelope.stream == f"intake/incident/{stream}"
    assert (envelope.unit, envelope.actor) == ("QH-YZ", CLERK)
    assert (envelope.occurred_at, envelope.recorded_at) == (MORNING, MORNING)
    assert (envelope.cause, envelope.correlation, envelope.standing) == (
        cause,
        incident,
        "imported",
    )


@pytest.mark.anyio
async def test_the_log_gives_back_the_bytes_in_order_from_any_position(store: Store) -> None:
    for n in range(5):
        await store.write(saying(str(n)))

    whole = await store.notifications(0, 100)
    tail = await store.notifications(2, 2)

    assert [decode(stored.state).raw for stored in whole] == [e.raw for e in await events(store)]
    assert [stored.id for stored in tail] == [3, 4]
    assert [stored.state for stored in tail] == [stored.state for stored in whole[2:4]]
    assert all(stored.topic == "intake.incident-voided.v2" for stored in whole)


@pytest.mark.anyio
async def test_nothing_to_append_leaves_everything_as_it_is(store: Store) -> None:
    await store.write(saying("甲"))

    appended = await store.write(lambda tx: tx.append(matter(), [], By(CLERK, tx.now)))

    assert (appended.events, appended.position) == ((), 1)
    assert await said(store) == ["甲"]


@pytest.mark.anyio
async def test_an_event_above_the_limit_is_refused_and_nothing_of_its_work_is_done(
    store: Store,
) -> None:
    def work(tx: Transaction) -> None:
        say(tx, "甲")
        say(tx, "x" * 65_536)

    with pytest.raises(Invalid) as refused:
        await store.write(work)

    assert refused.value.code == "event.too-large"
    assert await said(store) == []


@pytest.mark.anyio
async def test_a_store_opened_again_is_the_same_and_a_new_one_is_another(
    store: Store, location: str
) -> None:
    about = matter()
    await store.write(saying("甲", about))
    again = open_store(location, clock=store.clock)
    other = open_store(location, "routing")

    await again.write(saying("乙", about))

    assert again.source == store.source
    assert other.source.epoch != store.source.epoch
    assert chained(await store.write(loading(about)))
    assert await said(store) == ["甲", "乙"]
    assert await said(other) == []
    await again.close()
    await other.close()


@pytest.mark.anyio
async def test_listeners_hear_of_events_once_they_are_durable_and_of_nothing_else(
    store: Store,
) -> None:
    heard: list[int] = []
    store.on_append(lambda: heard.append(store.position()))

    await store.write(lambda tx: tx.load(UUID(int=1)))
    await store.write(lambda tx: tx.sql.execute("INSERT INTO kept VALUES ('甲')"))
    await store.write(saying("甲"))
    await store.write(lambda _: None)  # the listener is called before the next answer

    assert heard == [1]
