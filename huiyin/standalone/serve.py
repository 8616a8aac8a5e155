"""Serves one room until it is told to stop."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI

from huiyin.embedded.offline import read_only
from huiyin.embedded.serve import listen, serve_until_stopped
from huiyin.embedded.system import BUILDERS, closed, connected, surroundings
from huiyin.standalone.app import add_county, create_app
from huiyin.standalone.county import FarCounty
from huiyin.standalone.place import Place
from huiyin.standalone.replica import Replica
from huiyin.standalone.waiting import await_reachable
from shared.clock import SteadyClock
from shared.contracts.envelope import decode_envelope
from shared.errors import Invalid
from shared.logs import configure
from shared.messaging.relay import pass_by
from shared.messaging.topology import SERVICES
from shared.room import Room
from shared.settings import Settings


async def serve_one(service: str, settings: Settings, say: Callable[[str], None]) -> None:
    """Run one room by itself; returns after SIGINT or SIGTERM, within about two seconds.

    Waits up to 60 s for database and NATS. Raises Invalid ``settings.*``, Unknown
    ``room.unknown``, Unavailable ``*.unreachable`` or ``http.port-taken``; Untrusted when database
    and streams contradict each other, for going on would lose events silently.
    """
    place = Place.of(service, settings)
    configure(settings.log_level, settings.log_format)
    listener = listen(settings)
    url = f"http://{settings.http_host}:{listener.getsockname()[1]}"
    await await_reachable(place)
    async with _opened(place, settings) as (replica, app):
        announce = partial(say, f"{service} 已启动：{url}/{service}")
        await _first(replica.run(), serve_until_stopped(app, listener, announce))


@asynccontextmanager
async def _opened(place: Place, settings: Settings) -> AsyncIterator[tuple[Replica, FastAPI]]:
    async with AsyncExitStack() as stack:
        around = surroundings(settings, place.county, SteadyClock(), pass_by, stack)
        room = BUILDERS[SERVICES.index(place.service)](around)
        stack.push_async_callback(room.store.close)
        _check_county(room)
        client = await connected(place.nats_url)
        stack.push_async_callback(closed, client)
        replica = Replica(room, place.nats_url, client)
        await replica.check_stream()
        app = create_app(replica, place, settings, around.officers, around.vault)
        if place.service == "reporting":
            recorders = stack.enter_context(read_only(settings))
            add_county(app, FarCounty(client, recorders, settings))
        yield replica, app


async def _first(*works: Coroutine[Any, Any, None]) -> None:
    """Do several things until one of them ends; the others are cancelled, a failure is raised."""
    tasks = [asyncio.create_task(work) for work in works]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    for ended in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(ended, Exception):
            raise ended


def _check_county(room: Room) -> None:
    """Raises Invalid ``settings.county`` when what is on record was recorded for another county."""
    first = room.store.recorder.notifications(0, 1)
    if not first:
        return
    recorded = decode_envelope(first[0].state).source
    if recorded != room.store.source.name:
        raise Invalid(
            "settings.county",
            f"数据库里的事件来自 {recorded}, 与设置的 {room.store.source.name} 不符。",
            "请把 HUIYIN_COUNTY 改为建库时的县域代码, 或检查 HUIYIN_DATABASE。",
            "HUIYIN_COUNTY",
        )
