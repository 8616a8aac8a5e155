"""The console's county, in each kind of database unless a test says otherwise."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from tests.reporting.console.desk import Desk
from tests.reporting.world import World


@pytest.fixture
async def desk(world: World) -> Desk:
    """A console over a county in which nothing was said."""
    return Desk(world)


@pytest.fixture
async def browser(desk: Desk) -> AsyncIterator[httpx2.AsyncClient]:
    """A reader who has signed in to a county with three incidents."""
    await desk.story()
    async with desk.signed_in() as signed_in:
        yield signed_in
