"""What a store can be asked about itself: its commits, its totals, and what it lies in."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared import VERSION
from shared.store.figures import Histogram, Totals, about
from shared.store.store import Store
from tests.support.stores import open_store, saying

TYPE = "intake.incident-voided.v2"


@pytest.fixture
def anyio_backend() -> str:
    """The loop that the stores need."""
    return "asyncio"


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store of either kind."""
    sqlite = request.param == "sqlite"
    opened = open_store(str(tmp_path) if sqlite else request.getfixturevalue("postgres_url"))
    yield opened
    opened.recorder.close()


def test_a_value_is_counted_at_its_bound_and_above_the_last_one() -> None:
    histogram = Histogram((1, 5))

    for value in (1, 2, 5, 6):
        histogram.note(value)

    assert histogram.counts == [1, 2, 1]
    assert histogram.total == 14


@pytest.mark.anyio
async def test_every_commit_is_noted_with_what_it_held(store: Store) -> None:
    await store.write(saying("甲"))
    await store.write(saying("乙"))

    assert sum(store.commits.sizes.counts) == 2
    assert store.commits.sizes.total == 2
    assert sum(store.commits.seconds.counts) == 2
    assert store.commits.seconds.total > 0


@pytest.mark.anyio
async def test_totals_count_on_from_where_they_ended(store: Store) -> None:
    totals = Totals(store.recorder)
    empty = totals.read()
    await store.write(saying("甲"))
    one = totals.read()
    await store.write(saying("乙"))

    assert empty == {}
    assert one == {TYPE: 1}
    assert totals.read() == {TYPE: 2}
    assert Totals(store.recorder).read() == {TYPE: 2}


@pytest.mark.anyio
async def test_a_store_says_what_it_lies_in(store: Store) -> None:
    lies_in = store.read_now(lambda sql: about(sql, store.recorder))

    assert lies_in.database.split(" ")[0] in ("SQLite", "PostgreSQL")
    assert lies_in.database.split(" ")[1][0].isdigit()
    assert lies_in.bytes > 0


def test_the_release_is_the_one_that_is_packaged() -> None:
    packaged = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))

    assert packaged["project"]["version"] == VERSION
