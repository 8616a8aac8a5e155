"""Pages follow the log: listeners are told its size, only that, and are let go when it stops."""

import asyncio
from datetime import timedelta

import pytest

from services.reporting.console import frame
from services.reporting.console.frame import Growth
from tests.reporting.console.desk import FIRST, Desk
from tests.reporting.world import IN_ONE_DATABASE, START
from tests.support.sizes import PATIENCE

pytestmark = [pytest.mark.anyio, IN_ONE_DATABASE]


async def test_a_listener_is_told_the_size_now_and_whenever_it_grows(desk: Desk) -> None:
    await desk.found()
    told = Growth(desk.world.room.store).follow(asyncio.Event())

    assert await anext(told) == "retry: 2000\n\n"
    assert await anext(told) == "event: size\ndata: 4\n\n"
    await desk.register(FIRST, due=START + timedelta(days=2))
    async with asyncio.timeout(PATIENCE):
        assert await anext(told) == "event: size\ndata: 6\n\n"
    await told.aclose()


async def test_a_listener_is_let_go_at_once_when_the_server_stops(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not wait for its next look at the store."""
    monkeypatch.setattr(frame, "POLL", 10 * PATIENCE)
    stopping = asyncio.Event()
    told = Growth(desk.world.room.store).follow(stopping)
    await anext(told)
    await anext(told)
    asyncio.get_running_loop().call_later(0.05, stopping.set)

    async with asyncio.timeout(PATIENCE):
        assert [line async for line in told] == []


async def test_a_listener_must_come_through_the_door_again_after_a_while(desk: Desk) -> None:
    told = Growth(desk.world.room.store).follow(asyncio.Event(), within=0.0)

    assert [line async for line in told] == ["retry: 2000\n\n"]


async def test_the_stream_needs_the_pages_session_and_is_never_kept(desk: Desk) -> None:
    await desk.story()
    desk.app.state.stopping.set()  # the stream ends by itself
    async with desk.signed_in() as browser, desk.browser() as stranger:
        answer = await browser.get("/live")
        assert (await stranger.get("/live")).status_code == 401

    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert answer.headers["Cache-Control"] == "no-store"
