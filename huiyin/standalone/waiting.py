"""Waiting for what the room rests on: machines start in any order."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import nats
import nats.errors
import psycopg
import structlog

from huiyin.standalone.place import Place
from shared.errors import Unavailable

PAUSE = 1.0
"""Seconds between attempts."""

Probe = Callable[[], Awaitable[None]]

log = structlog.get_logger("waiting")


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
