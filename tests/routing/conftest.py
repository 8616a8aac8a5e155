"""A founded county in each kind of database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.routing.world import World


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The loop that the stores need."""
    return "asyncio"


@pytest.fixture(params=["sqlite", "postgres"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where the tables live."""
    if request.param == "sqlite":
        return str(tmp_path)
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
async def world(location: str) -> AsyncIterator[World]:
    """A county with three units, in which nothing has happened."""
    made = World(location)
    try:
        await made.found()
        yield made
    finally:
        await made.close()
