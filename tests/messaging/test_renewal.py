"""A room whose tables another release made folds them again: nothing is lost, nothing redone."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from shared.contracts.intake import IncidentVoided
from shared.errors import Unavailable, Untrusted
from shared.messaging.renewal import Renewal
from shared.messaging.streams import CORRELATION, STREAM, TYPE, Incoming, outgoing
from shared.messaging.taking import Gap
from shared.store.readmodel import Placed, ReadModel
from shared.store.sql import Sql
from shared.store.store import Store
from shared.store.tracking import START, Parked, Tracking, park, track, tracked
from shared.store.transaction import Transaction
from tests.support.sizes import PATIENCE
from tests.support.stores import open_store, say_all

pytestmark = pytest.mark.anyio


def keep(sql: Sql, events: Sequence[Placed]) -> None:
    """Every word that was said, by whom."""
    for _, event in events:
        assert isinstance(event.fact, IncidentVoided)
        row = (event.envelope.service, event.fact.reason)
        sql.execute("INSERT INTO words VALUES (?, ?) ON CONFLICT DO NOTHING", row)


def model(version: int) -> ReadModel:
    """The words as a release keeps them."""
    schema = ("CREATE TABLE IF NOT EXISTS words (room TEXT, word TEXT, PRIMARY KEY (room, word))",)
    return ReadModel({"words": ("room", "word")}, schema, (IncidentVoided,), keep, version)


class County:
    """A room that hears two others; each of the three says three words."""

    def __init__(self, directory: Path) -> None:
        self.rooms = {
            name: open_store(str(directory), name) for name in ("deadlines", "intake", "routing")
        }
        self.resumed = 0

    @property
    def store(self) -> Store:
        return self.rooms["deadlines"]

    async def lives(self) -> None:
        """A release before this one has heard two words of each, and reacted to them."""
        Renewal(self.store, model(1))
        for name, room in self.rooms.items():
            words = [f"{name} {number}" for number in (1, 2, 3)]
            await room.write(lambda tx, words=words: say_all(tx, words))  # type: ignore[misc]
        for upstream in ("intake", "routing"):
            second = (await self.batch(upstream))[1]
            at = Tracking(second.epoch, second.position, second.seq, second.hash)
            await self.store.write(lambda tx, u=upstream, at=at: track(tx.sql, u, at))  # type: ignore[misc]

    def renewal(self, version: int = 2) -> Renewal:
        """What a release makes of the tables."""

        def resume(_: Sql) -> None:
            self.resumed += 1

        return Renewal(self.store, model(version), resume)

    async def batch(self, upstream: str) -> list[Incoming]:
        """Everything that a room said, as it is delivered."""
        source = self.rooms[upstream]
        stored = await source.notifications(0, 100)
        found: list[Incoming] = []
        for at, event in enumerate(stored):
            after = int(stored[at - 1].id) if at else 0
            sent = outgoing(source.source, event, after).headers
            found.append(
                Incoming(
                    epoch=source.source.epoch,
                    position=int(event.id),
                    after=after,
                    seq=at + 1,
                    stream=sent[STREAM],
                    type=sent[TYPE],
                    correlation=sent[CORRELATION],
                    raw=event.state,
                )
            )
        return found

    async def words(self) -> list[str]:
        rows = await self.store.read(lambda sql: sql.all("SELECT word FROM words ORDER BY word"))
        return [row["word"] for row in rows]

    async def at(self, upstream: str) -> int:
        return (await self.store.read(lambda sql: tracked(sql, upstream))).position


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def county(tmp_path: Path) -> AsyncIterator[County]:
    county = County(tmp_path)
    await county.lives()
    yield county
    for store in county.rooms.values():
        await store.close()


OWN = ["deadlines 1", "deadlines 2", "deadlines 3"]
HEARD = [*OWN, "intake 1", "intake 2", "routing 1", "routing 2"]


async def heard_again(county: County, renewal: Renewal) -> None:
    """Everything is folded again, up to where it had been applied."""
    await renewal.run()
    for upstream in ("intake", "routing"):
        await renewal.hear(upstream, (await county.batch(upstream))[:2])


async def test_a_new_room_is_open_at_once(tmp_path: Path) -> None:
    store = open_store(str(tmp_path), "deadlines")
    renewal = Renewal(store, model(1))

    assert not await renewal.begin()
    await renewal.check()
    await store.close()


async def test_what_this_release_made_stays_as_it_is(county: County) -> None:
    assert not await county.renewal(version=1).begin()
    assert await county.at("intake") == 2


async def test_everything_heard_before_is_folded_again_and_nothing_more(county: County) -> None:
    renewal = county.renewal()

    assert await renewal.begin()
    await heard_again(county, renewal)

    await renewal.check()
    assert await county.words() == HEARD
    assert (await county.at("intake"), await county.at("routing")) == (2, 2)
    assert await county.store.read(lambda sql: tracked(sql, "deadlines")) is START
    assert county.resumed == 1


async def test_tables_that_no_release_keeps_any_more_are_gone(county: County) -> None:
    def make(tx: Transaction) -> None:
        tx.sql.execute("CREATE TABLE early (raw BYTEA)")
        tx.sql.execute("CREATE TABLE whispers (word TEXT)")
        tx.sql.execute("INSERT INTO made_tables VALUES ('whispers')")

    await county.store.write(make)

    await county.renewal().begin()

    def left(sql: Sql) -> list[str]:
        return [name for name in ("early", "whispers", "words") if sql.has_table(name)]

    assert await county.store.read(left) == ["words"]


async def test_until_then_the_door_says_that_it_is_busy(county: County) -> None:
    renewal = county.renewal()
    for step in (renewal.begin(), renewal.run()):
        with pytest.raises(Unavailable, match="重新整理"):
            await renewal.check()
        await step
    with pytest.raises(Unavailable) as refused:
        await renewal.check()

    assert refused.value.code == "read-model.renewing"


async def test_another_process_of_the_room_is_shut_and_opens_with_it(county: County) -> None:
    working, standing_by = county.renewal(), county.renewal()
    await working.begin()

    with pytest.raises(Unavailable):
        await standing_by.check()
    await heard_again(county, working)

    await standing_by.check()


async def test_what_is_new_waits_until_everybody_was_heard_again(county: County) -> None:
    renewal = county.renewal()
    await renewal.begin()
    await renewal.run()
    new = asyncio.create_task(renewal.hear("intake", await county.batch("intake")))
    await asyncio.sleep(0.05)
    assert not new.done()

    await renewal.hear("routing", (await county.batch("routing"))[:2])

    await asyncio.wait_for(new, PATIENCE)
    assert "intake 3" not in await county.words(), "that is for whoever reacts to it"


async def test_it_goes_on_where_it_was_interrupted(county: County) -> None:
    first = county.renewal()
    await first.begin()
    await first.hear("intake", (await county.batch("intake"))[:1])

    second = county.renewal()
    assert not await second.begin()
    await second.run()
    await second.hear("intake", (await county.batch("intake"))[1:2])
    await second.hear("routing", (await county.batch("routing"))[:2])

    await second.check()
    assert await county.words() == HEARD


async def test_a_third_release_in_the_middle_of_it_begins_anew_and_forgets_no_mark(
    county: County,
) -> None:
    second = county.renewal()
    await second.begin()
    await second.run()
    await second.hear("intake", (await county.batch("intake"))[:1])

    third = county.renewal(version=3)
    assert await third.begin()
    await heard_again(county, third)

    await third.check()
    assert await county.words() == HEARD


async def test_what_is_set_aside_stays_aside(county: County) -> None:
    aside = (await county.batch("intake"))[1]
    entry = Parked("intake", 2, aside.correlation, aside.type, aside.raw, "毒", 0)
    await county.store.write(lambda tx: park(tx.sql, [entry]))
    renewal = county.renewal()

    await renewal.begin()
    await heard_again(county, renewal)

    assert "intake 2" not in await county.words()


async def test_a_gap_is_none_of_it(county: County) -> None:
    renewal = county.renewal()
    await renewal.begin()

    with pytest.raises(Gap):
        await renewal.hear("intake", (await county.batch("intake"))[1:2])


async def test_another_history_stops_it(county: County, tmp_path: Path) -> None:
    """The upstream was restored from elsewhere meanwhile."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    other = County(elsewhere)
    renewal = county.renewal()
    await renewal.begin()
    await other.lives()

    with pytest.raises(Untrusted) as stopped:
        await renewal.hear("intake", (await other.batch("intake"))[:2])

    assert stopped.value.code == "consumer.other-history"
    for store in other.rooms.values():
        await store.close()


async def test_what_cannot_be_folded_stops_it_and_is_not_set_aside(county: County) -> None:
    def fail(_: Sql, __: Sequence[Placed]) -> None:
        raise KeyError("unheard of")

    broken = ReadModel({"words": ("room", "word")}, model(2).schema, (IncidentVoided,), fail, 2)
    renewal = Renewal(county.store, broken)
    await renewal.begin()

    with pytest.raises(Untrusted) as stopped:
        await renewal.run()

    assert stopped.value.code == "read-model.not-made"
    assert await county.store.read(lambda sql: sql.all("SELECT * FROM parked")) == []
