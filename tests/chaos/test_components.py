"""Writer, relay, consumers and nats-server die at any moment, and nothing is lost or doubled."""

import asyncio
from collections import Counter
from pathlib import Path

import nats
import pytest
from eventsourcing.persistence import Notification

from shared.contracts.envelope import event_hash
from shared.messaging.streams import message_at, stream_name
from shared.store.database import Recorder, open_recorder
from shared.store.tracking import Tracking, tracked
from tests.chaos.components import Fleet
from tests.chaos.conftest import Note
from tests.chaos.worker import CONSUMERS, UPSTREAM, Acknowledged
from tests.support.sizes import sized

EVENTS = sized(500, 20_000)
BROKER_DEATHS = sized(2, 20)
POINTS = {
    "writer.in-transaction",
    "writer.committed",
    "relay.read",
    "relay.publishing",
    "relay.acknowledged",
    "consumer.in-transaction",
    "consumer.committed",
    "consumer.acknowledged",
}
"""Where somebody must have died for the run to mean anything."""


@pytest.fixture(params=["sqlite", "postgres"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where the stores keep their tables."""
    if request.param == "sqlite":
        return str(tmp_path)
    return str(request.getfixturevalue("postgres_url"))


def test_what_was_acknowledged_arrives_everywhere_exactly_once(
    location: str, tmp_path: Path, seed: int, note: Note
) -> None:
    """Whoever dies wherever: stored once, in the stream once and in order, applied once."""
    with Fleet(tmp_path, location, seed) as fleet:
        fleet.tend(lambda: _enough(fleet))
        fleet.calm()
        stores = {name: open_recorder(location, name) for name in (UPSTREAM, *CONSUMERS)}
        drained = fleet.tend(lambda: _drained(stores))
        note("deaths", fleet.died())
        assert drained, (_ends(stores), fleet.said())
        assert fleet.died().keys() >= POINTS
        assert fleet.died()["broker"] >= BROKER_DEATHS
        assert not fleet.odd_exits, fleet.said()
        _check_stored(stores[UPSTREAM], fleet.acknowledged())
        _check_streamed(stores[UPSTREAM], fleet.broker.url)
        for name in CONSUMERS:
            _check_applied(stores[UPSTREAM], stores[name])
        for recorder in stores.values():
            recorder.close()


def _enough(fleet: Fleet) -> bool:
    written = sum(len(each.hashes) for each in fleet.acknowledged())
    return (
        written >= EVENTS
        and fleet.died().keys() >= POINTS
        and fleet.died()["broker"] >= BROKER_DEATHS
    )


def _drained(stores: dict[str, Recorder]) -> bool:
    end, *reached = _ends(stores).values()
    return all(position == end for position in reached)


def _ends(stores: dict[str, Recorder]) -> dict[str, int]:
    """The last position stored, and the last that each consumer applied."""
    reached = {name: _tracked(stores[name]).position for name in CONSUMERS}
    return {UPSTREAM: _stored(stores[UPSTREAM])[-1].id} | reached


def _check_stored(store: Recorder, acknowledged: list[Acknowledged]) -> None:
    stored = Counter(event_hash(event.state) for event in _stored(store))
    promised = Counter(named for each in acknowledged for named in each.hashes)
    assert len(promised) >= EVENTS
    assert set(stored.values()) == {1}
    assert promised <= stored


def _check_streamed(store: Recorder, url: str) -> None:
    in_store = [(event.id, event.state) for event in _stored(store)]
    assert asyncio.run(_streamed(url)) == in_store


async def _streamed(url: str) -> list[tuple[int, bytes]]:
    """Position and bytes of every message in the stream, in its order."""
    client = await nats.connect(url)
    try:
        js = client.jetstream()
        state = (await js.stream_info(stream_name(UPSTREAM))).state
        messages = [await message_at(js, UPSTREAM, n) for n in range(1, state.last_seq + 1)]
        return [(message.position, message.raw) for message in messages if message]
    finally:
        await client.close()


def _check_applied(store: Recorder, consumer: Recorder) -> None:
    events = [(event.id, event_hash(event.state)) for event in _stored(store)]
    with consumer.reading() as sql:
        rows = sql.all("SELECT position, hash FROM applied ORDER BY position")
    assert [(row["position"], row["hash"]) for row in rows] == events
    at = _tracked(consumer)
    assert (at.position, at.hash, at.seq) == (*events[-1], len(events))


def _stored(store: Recorder) -> list[Notification]:
    return list(store.notifications(0, 1_000_000))


def _tracked(consumer: Recorder) -> Tracking:
    with consumer.reading() as sql:
        return tracked(sql, UPSTREAM)
