"""Each kind of database, empty, for every test that needs one."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from shared.store.store import Store
from tests.support.postgres import PostgresServer
from tests.support.stores import HandClock, empty, open_store


@pytest.fixture
def anyio_backend() -> str:
    """The loop that stores need."""
    return "asyncio"


@pytest.fixture(scope="module")
def shared_database(postgres_server: PostgresServer) -> Iterator[str]:
    """One PostgreSQL database for a module's tests: making one for each takes longer than they."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where tables live; nothing is there yet."""
    if request.param == "sqlite":
        return str(tmp_path)
    url = str(request.getfixturevalue("shared_database"))
    empty(url)
    return url


@pytest.fixture
def clock() -> HandClock:
    """The clock of ``store``; it stands still until it is set."""
    return HandClock()


@pytest.fixture
async def store(location: str, clock: HandClock) -> AsyncIterator[Store]:
    """An empty store of intake, with a table of its own."""
    opened = open_store(
        location, clock=clock, schema=("CREATE TABLE IF NOT EXISTS kept (word TEXT PRIMARY KEY)",)
    )
    yield opened
    await opened.close()
