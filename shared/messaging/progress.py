"""Waiting until a store has applied what somebody relies on, so that they see their own change."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from shared.errors import Invalid, Unavailable, Unknown
from shared.store.store import Store
from shared.store.tracking import tracked

T = TypeVar("T")

POLL = 0.005
"""Seconds between looks at the tracking row."""


async def wait_until(store: Store, after: str | None, *, within: float = 5.0) -> None:
    """Wait until ``store`` has applied position ``after`` (``service:number``).

    Raises Invalid ``after.malformed``, or Unavailable ``after.not-reached`` after ``within`` s.
    """
    if after is None:
        return
    service, position = parse_position(after)
    deadline = time.monotonic() + within
    while await _applied(store, service) < position:
        if time.monotonic() > deadline:
            raise _not_reached(store.source.service, after)
        await asyncio.sleep(POLL)


async def when_known(attempt: Callable[[], Awaitable[T]], *, within: float = 2.0) -> T:
    """Try again for a while when something is not known here yet: news is on its way.

    Raises the last Unknown when it has not become known.
    """
    deadline = time.monotonic() + within
    while True:
        try:
            return await attempt()
        except Unknown:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.02)


def parse_position(text: str) -> tuple[str, int]:
    """Read ``service:number``; raises Invalid ``after.malformed``."""
    service, _, number = text.partition(":")
    if not number.isdecimal() or service not in ("intake", "routing", "deadlines", "reporting"):
        raise Invalid(
            "after.malformed",
            f"位置“{text}”看不懂。",
            "请原样使用应答中的 position, 例如 intake:42。",
            "after",
        )
    return service, int(number)


async def _applied(store: Store, service: str) -> int:
    if service == store.source.service:
        return await asyncio.to_thread(store.position)
    return (await store.read(lambda sql: tracked(sql, service))).position


def _not_reached(room: str, after: str) -> Unavailable:
    return Unavailable(
        "after.not-reached",
        f"{room} 还没有收到 {after}。",
        "请稍后重试；若一直如此, 请查看 huiyin doctor 中的滞后与停顿。",
        "after",
    )
