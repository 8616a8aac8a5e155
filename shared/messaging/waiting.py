"""Waiting for what was appended: in one store (``wait_until``), or in all of them (屏障).

Whoever would otherwise sleep and hope (drills, backups, tests, rebuilds, a command line that is
about to end) waits for this instead.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from shared.errors import Invalid, Unavailable, Unknown
from shared.messaging.status import RoomStatus
from shared.messaging.streams import SERVICES
from shared.store.store import Store
from shared.store.tracking import tracked

AskAll = Callable[[], Awaitable[Sequence[RoomStatus]]]
"""Returns the status of every room."""


LONGEST_CHAIN = 4
"""Rooms that one event can run through: intake, routing, deadlines, reporting."""

SHORTEST_PAUSE, LONGEST_PAUSE = 0.005, 0.05
"""Seconds between two looks: who waits long looks seldom, for every look costs the rooms time."""

T = TypeVar("T")

POLL = 0.005
"""Seconds between looks at the tracking row."""


async def barrier(ask_all: AskAll, *, within: float = 30.0) -> None:
    """Wait until every room has applied what there is now, and what follows from it.

    Each round takes the present ends and waits until they are reached; what the rooms answered
    with meanwhile is waited for in the next. New commands from elsewhere do not prolong it.
    Raises Unavailable ``barrier.not-reached`` after ``within`` seconds, naming who is behind, or at
    once with the reason of somebody who is behind and has halted.
    """
    deadline = time.monotonic() + within
    for _ in range(LONGEST_CHAIN):
        ends, pause = positions(await ask_all()), SHORTEST_PAUSE
        while behind := lagging(rooms := await ask_all(), ends):
            _check_halts(rooms)
            if time.monotonic() > deadline:
                raise _not_reached(behind)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)


def positions(rooms: Sequence[RoomStatus]) -> dict[str, int]:
    """How far every sequence goes: each room's events, and those kept by one room alone."""
    ends = {room.service: room.position for room in rooms}
    for room in rooms:
        ends |= room.ends
    return ends


def lagging(rooms: Sequence[RoomStatus], ends: Mapping[str, int] | None = None) -> dict[str, int]:
    """How many positions each ``room<upstream`` is behind ``ends``; only those that are."""
    ends = positions(rooms) if ends is None else ends
    lags = {
        f"{room.service}<{name}": ends.get(name, 0) - at.position
        for room in rooms
        for name, at in room.upstreams.items()
    }
    return {name: lag for name, lag in lags.items() if lag > 0}


def _check_halts(rooms: Sequence[RoomStatus]) -> None:
    """Raises Unavailable with the reason of whoever has stopped: waiting would be in vain."""
    for room in rooms:
        for halt in room.halts:
            raise Unavailable(halt.code, halt.message, halt.remedy, f"{room.service} {halt.part}")


def _not_reached(behind: dict[str, int]) -> Unavailable:
    said = "、".join(f"{name} 落后 {lag} 条" for name, lag in behind.items())
    remedy = "请用 huiyin doctor 查看停顿或搁置的原因。"
    return Unavailable("barrier.not-reached", f"等待各服务处理完毕超时（{said}）。", remedy)


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
            said = f"{store.source.service} 还没有收到 {after}。"
            remedy = "请稍后重试；若一直如此, 请查看 huiyin doctor 中的滞后与停顿。"
            raise Unavailable("after.not-reached", said, remedy, "after")
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
    if not number.isdecimal() or service not in SERVICES:
        remedy = "请原样使用应答中的 position, 例如 intake:42。"
        raise Invalid("after.malformed", f"位置“{text}”看不懂。", remedy, "after")
    return service, int(number)


async def _applied(store: Store, service: str) -> int:
    if service == store.source.service:
        return await asyncio.to_thread(store.position)
    return (await store.read(lambda sql: tracked(sql, service))).position
