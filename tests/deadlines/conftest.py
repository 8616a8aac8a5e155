"""The room over real databases, with its two upstreams beside it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.deadlines.world import World


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=["sqlite", "postgres"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where the rooms keep their tables."""
    if request.param == "sqlite":
        return str(tmp_path)
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
async def world(location: str) -> AsyncIterator[World]:
    """An empty county."""
    world = World(location)
    yield world
    await world.close()
