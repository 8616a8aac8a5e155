"""What a room by itself is told, and waits for: machines start in any order."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import nats
import nats.errors
import psycopg
import structlog

from huiyin.host.far import no_room
from shared.errors import Invalid, Unavailable
from shared.messaging.streams import SERVICES
from shared.settings import Settings

PAUSE = 1.0
"""Seconds between attempts."""

Probe = Callable[[], Awaitable[None]]

log = structlog.get_logger("waiting")


@dataclass(frozen=True, slots=True)
class Place:
    """Which room runs here, for which county (the node of its events), and on what it rests."""

    service: str
    county: str
    database: str
    nats_url: str

    @classmethod
    def of(cls, service: str, settings: Settings) -> "Place":
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


async def await_reachable(place: Place, *, within: float = 60.0) -> None:
    """Return once database and NATS answer; both get ``within`` seconds.

    Raises Unavailable ``database.unreachable`` or ``nats.unreachable`` with the cause.
    """
    await asyncio.gather(
        _await("database", lambda: _ask_database(place.database), "HUIYIN_DATABASE", within),
        _await("nats", lambda: _ask_nats(place.nats_url), "HUIYIN_NATS_URL", within),
    )


async def _await(name: str, probe: Probe, variable: str, within: float) -> None:
    deadline = time.monotonic() + within
    said = False
    while problem := await _failure(probe):
        if time.monotonic() > deadline:
            raise _unreachable(name, variable, within, problem) from problem
        if not said:
            log.warning("waiting", waiting_for=name, problem=problem)
            said = True
        await asyncio.sleep(PAUSE)


async def _failure(probe: Probe) -> Exception | None:
    try:
        await probe()
    except (OSError, TimeoutError, psycopg.Error, nats.errors.Error) as problem:
        return problem
    return None


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
        error_cb=_pass,
    )
    try:
        await client.jetstream(timeout=2).account_info()
    finally:
        await client.close()


async def _pass(_: Any) -> None:
    """The failure itself is raised as well."""


def _cause(problem: Exception) -> str:
    return (str(problem).strip() or type(problem).__name__)[:200]


def _unreachable(name: str, variable: str, within: float, problem: Exception) -> Unavailable:
    what = {"database": "数据库", "nats": "NATS 服务"}[name]
    return Unavailable(
        f"{name}.unreachable",
        f"等了 {within:.0f} 秒仍连不上{what}（{_cause(problem)}）。",
        f"请检查它是否在运行, 以及环境变量 {variable} 中的地址与口令。",
        variable,
    )
