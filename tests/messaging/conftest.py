"""Two rooms on each kind of database, and a real broker between them."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from nats.aio.client import Client

from shared.messaging.server import NatsServer
from shared.store.store import Store
from tests.messaging.line import connected, listener
from tests.support.postgres import PostgresServer
from tests.support.stores import empty, open_store


@pytest.fixture
def anyio_backend() -> str:
    """The loop that stores and clients need."""
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
def server(tmp_path: Path) -> Iterator[NatsServer]:
    """A broker of the test's own; it does not wait for the disk, for no test cuts the power."""
    with NatsServer(tmp_path / "nats", sync_always=False) as running:
        yield running


@pytest.fixture
async def client(server: NatsServer) -> AsyncIterator[Client]:
    """A connection that comes back by itself."""
    client = await connected(server.url)
    yield client
    await client.close()


@pytest.fixture
async def intake(location: str) -> AsyncIterator[Store]:
    """The room that speaks."""
    store = open_store(location)
    yield store
    await store.close()


@pytest.fixture
async def routing(location: str) -> AsyncIterator[Store]:
    """The room that listens."""
    store = listener(location)
    yield store
    await store.close()
