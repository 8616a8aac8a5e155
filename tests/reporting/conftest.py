"""The reporting room in each kind of database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.reporting.world import World


@pytest.fixture
def anyio_backend() -> str:
    """The loop that the stores need."""
    return "asyncio"


@pytest.fixture(params=["sqlite", "postgres"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where the services keep their tables."""
    if request.param == "sqlite":
        return str(tmp_path)
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
async def world(location: str) -> AsyncIterator[World]:
    """A county in which nothing was said."""
    made = World(location)
    try:
        yield made
    finally:
        await made.close()
