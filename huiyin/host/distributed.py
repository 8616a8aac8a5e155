"""The distributed surroundings: one room, beside the others on other machines.

It rests on PostgreSQL and a NATS that all share. Any number of processes may serve the same room.
Every one answers HTTP; one of them, the holder of the room's lease, also relays, follows the others
and keeps time. The others stand by. Machines start in any order: what is away is waited for.
"""

import asyncio
import os
import secrets
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial

import nats
import nats.errors
import psycopg
import structlog

from huiyin.host.far import FarRooms, no_room, obeying
from huiyin.host.host import Announce, AtWork, Host, at_work, built, closed, connected, pass_over
from huiyin.host.offline import read_only
from shared.clock import SteadyClock
from shared.contracts.envelope import decode_envelope
from shared.errors import Invalid, Unavailable
from shared.messaging.relay import Relay, pass_by
from shared.messaging.streams import SERVICES
from shared.room import Room
from shared.settings import Settings
from shared.store.lease import while_held

LEASE = "room"
"""The lease under which one process relays, follows and keeps time."""

POLL = 0.1
"""Seconds between looks for events that another process of the room appended."""

PAUSE = 1.0
"""Seconds between attempts to reach database and NATS."""

BROKER_AWAY = (nats.errors.Error, TimeoutError, OSError)

Probe = Callable[[], Awaitable[None]]

log = structlog.get_logger("replica")


@dataclass(frozen=True, slots=True)
class RoomSettings:
    """Which room runs here, for which county (the node of its events), and on what it rests."""

    service: str
    county: str
    database: str
    nats_url: str

    @classmethod
    def of(cls, service: str, settings: Settings) -> "RoomSettings":
        """Read it from the settings.

        Raises Unknown ``room.unknown``, Invalid ``settings.missing`` or ``settings.database``. The
        wrapping key must be there: only founding a county makes one. A key made here would open
        nothing, and in a container it would be gone with the container.
        """
        if service not in SERVICES:
            raise no_room(service)
        if not settings.wrapping_key.exists():
            raise _missing("HUIYIN_WRAPPING_KEY", "huiyin init 所生成的主密钥文件的路径")
        return cls(
            service,
            _given("HUIYIN_COUNTY", settings.county, "建库时的县域代码, 例如 QINGHE"),
            _postgres(_given("HUIYIN_DATABASE", settings.database, "postgresql:// 地址")),
            _given("HUIYIN_NATS_URL", settings.nats_url, "NATS 地址, 例如 nats://令牌@主机:4222"),
        )


@dataclass(frozen=True, slots=True)
class Distributed:
    """One room at a place; ``say`` is told where it answers once it does."""

    place: RoomSettings
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
            room = host.rooms[self.place.service]
            try:  # before the door is opened: was the room's stream filled from this database?
                await Relay(room.store, host.client).resync()
            except BROKER_AWAY as problem:
                raise _broker_away(problem) from problem
            if self.place.service == "reporting":
                recorders = stack.enter_context(read_only(self.settings))
                host.far = FarRooms(host.client, recorders)
            holder = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"
            work = partial(_work, host)  # standing by and working in turn
            host.beside = (partial(while_held, room.store, LEASE, holder, work),)
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


async def _work(host: Host) -> None:
    """Work until cancelled; raises Untrusted when database and streams contradict each other."""
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


def _given(variable: str, value: str | None, what: str) -> str:
    if value is None:
        raise _missing(variable, what)
    return value


def _postgres(url: str) -> str:
    if url.startswith("postgresql://"):
        return url
    raise Invalid(
        "settings.database",
        "单独运行的服务需要 PostgreSQL 数据库。",
        "请把环境变量 HUIYIN_DATABASE 设为 postgresql://用户:口令@主机:5432/库名。",
        "HUIYIN_DATABASE",
    )


def _missing(variable: str, what: str) -> Invalid:
    return Invalid(
        "settings.missing",
        f"单独运行一个服务需要环境变量 {variable}, 现在没有设置, 或所指的文件不存在。",
        f"请把 {variable} 设为{what}；在一台机器上全部运行请用 huiyin up。",
        variable,
    )


async def await_reachable(place: RoomSettings, *, within: float = 60.0) -> None:
    """Return once database and NATS answer; both get ``within`` seconds.

    Raises Unavailable ``database.unreachable`` or ``nats.unreachable`` with the cause.
    """
    await asyncio.gather(
        _await("database", lambda: _ask_database(place.database), "HUIYIN_DATABASE", within),
        _await("nats", lambda: _ask_nats(place.nats_url), "HUIYIN_NATS_URL", within),
    )


async def _await(what: str, probe: Probe, variable: str, within: float) -> None:
    deadline, waiting = time.monotonic() + within, False
    while True:
        try:
            return await probe()
        except (OSError, TimeoutError, psycopg.Error, nats.errors.Error) as problem:
            if time.monotonic() > deadline:
                raise _unreachable(what, variable, within, problem) from problem
            if not waiting:
                log.warning("waiting", waiting_for=what, problem=problem)
                waiting = True
        await asyncio.sleep(PAUSE)


async def _ask_database(url: str) -> None:
    await (await psycopg.AsyncConnection.connect(url, connect_timeout=2)).close()


async def _ask_nats(url: str) -> None:
    """That JetStream answers too. The client would try a minute or two by itself, in silence."""
    client = await nats.connect(
        url,
        allow_reconnect=False,
        max_reconnect_attempts=1,
        reconnect_time_wait=0,
        connect_timeout=2,
        error_cb=pass_over,
    )
    try:
        await client.jetstream(timeout=2).account_info()
    finally:
        await client.close()


def _unreachable(name: str, variable: str, within: float, problem: Exception) -> Unavailable:
    what = {"database": "数据库", "nats": "NATS 服务"}[name]
    cause = (str(problem).strip() or type(problem).__name__)[:200]
    return Unavailable(
        f"{name}.unreachable",
        f"等了 {within:.0f} 秒仍连不上{what}（{cause}）。",
        f"请检查它是否在运行, 以及环境变量 {variable} 中的地址与口令。",
        variable,
    )
