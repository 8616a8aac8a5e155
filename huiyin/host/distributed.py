"""The distributed surroundings: one room, beside the others on other machines.

It rests on PostgreSQL and a NATS that all share. Any number of processes may serve the same room.
Every one answers HTTP; one of them, the holder of the room's lease, also relays, follows the others
and keeps time. The others stand by.
"""

import asyncio
import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial

import nats.errors
import structlog

from huiyin.host.far import FarRooms, obeying
from huiyin.host.host import Announce, AtWork, Host, at_work, built, closed, connected
from huiyin.host.offline import read_only
from huiyin.host.place import Place, await_reachable
from shared.clock import SteadyClock
from shared.contracts.envelope import decode_envelope
from shared.errors import Invalid, Unavailable
from shared.messaging.relay import Relay, pass_by
from shared.room import Room
from shared.settings import Settings
from shared.store.lease import while_held

LEASE = "room"
"""The lease under which one process relays, follows and keeps time."""

POLL = 0.1
"""Seconds between looks for events that another process of the room appended."""

BROKER_AWAY = (nats.errors.Error, TimeoutError, OSError)

log = structlog.get_logger("replica")


@dataclass(frozen=True, slots=True)
class Distributed:
    """One room at a place; ``say`` is told where it answers once it does."""

    place: Place
    settings: Settings
    say: Callable[[str], None]

    @property
    def county(self) -> str:
        return self.place.county

    @contextmanager
    def held(self) -> Iterator[Announce]:
        """Nothing is held: other processes may serve the same room."""
        service = self.place.service
        yield lambda url: self.say(f"{service} 已启动：{url}/{service}")

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Host]:
        """The room, standing by; beside its door it works whenever the lease is its own.

        Waits up to 60 s for database and NATS. Raises Unavailable ``*.unreachable``, Invalid
        ``settings.county``; Untrusted ``relay.stream-ahead`` when the room's stream was not filled
        from this database.
        """
        await await_reachable(self.place)
        async with AsyncExitStack() as stack:
            host = await self._host(stack)
            await _check_stream(host)
            if self.place.service == "reporting":
                recorders = stack.enter_context(read_only(self.settings))
                host.far = FarRooms(host.client, recorders)
            host.beside = (partial(_work_in_turns, host),)
            yield host

    async def _host(self, stack: AsyncExitStack) -> Host:
        place = self.place
        around, rooms = await stack.enter_async_context(
            built([place.service], self.settings, place.county, SteadyClock(), pass_by)
        )
        _check_county(rooms[place.service])
        client = await connected(place.nats_url)
        stack.push_async_callback(closed, client)
        return Host(rooms, around, client, lambda: place.nats_url)


async def _work_in_turns(host: Host) -> None:
    """Stand by and work in turn, until cancelled.

    Raises Untrusted when database and streams contradict each other.
    """
    [room] = host.rooms.values()
    holder = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"
    await while_held(room.store, LEASE, holder, partial(_work, host))


async def _work(host: Host) -> None:
    try:
        async with (
            at_work(host.rooms.values(), host.nats_url(), poll=POLL) as work,
            obeying(host.client, work.running[0]),
        ):
            _become(host, work)
            await asyncio.Event().wait()
    except BROKER_AWAY as problem:
        raise _broker_away(problem) from problem
    finally:
        _become(host, None)


def _become(host: Host, work: AtWork | None) -> None:
    if (host.work is None) != (work is None):
        log.info("room active" if work else "room passive", room=next(iter(host.rooms)))
    host.work = work


async def _check_stream(host: Host) -> None:
    """Look before the door is opened whether the room's stream was filled from this database."""
    [room] = host.rooms.values()
    try:
        await Relay(room.store, host.client).resync()
    except BROKER_AWAY as problem:
        raise _broker_away(problem) from problem


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


def _broker_away(problem: Exception) -> Unavailable:
    return Unavailable(
        "nats.unreachable",
        f"与 NATS 的联系中断（{problem!r}）。",
        "将自动重试；若一直如此, 请检查 HUIYIN_NATS_URL 与网络。",
    )
