"""Waiting until everything done so far has been applied everywhere, at the pace of a drill.

It is the system's barrier with a shorter question: a drill asks after every moment, so it looks
into the databases itself. When that takes long, the barrier itself is asked, which knows why.
"""

import asyncio
import time
from collections.abc import Mapping
from functools import partial

from huiyin.host.host import Host
from shared.errors import Untrusted
from shared.messaging.status import read_status
from shared.room import Room
from shared.store.sql import Sql
from shared.store.tracking import all_tracked
from shared.store.transaction import last_position

POLL = 0.002
"""Seconds between looks."""

LOOKS = 20
"""So many times without a commit, and the databases are looked at all the same."""

SOON = 3.0
"""Seconds; what takes longer has probably halted."""


async def settle(system: Host) -> None:
    """Wait until it is quiet; raises Unavailable with the reason when it does not become so."""
    deadline = time.monotonic() + SOON
    while not _quiet(system.rooms):
        if time.monotonic() > deadline:
            await system.settle()
            deadline = time.monotonic() + SOON
        await _something_written(system.rooms)


async def _something_written(rooms: Mapping[str, Room]) -> None:
    """Wait for a commit in any room; without one there is nothing new to look for."""
    before = _written(rooms)
    for _ in range(LOOKS):
        await asyncio.sleep(POLL)
        if _written(rooms) != before:
            return


def _written(rooms: Mapping[str, Room]) -> float:
    return sum(room.store.commits.sizes.total for room in rooms.values())


def check_nothing_parked(system: Host) -> None:
    """Raises Untrusted if an event could not be applied: what a drill shows would be incomplete."""
    for name, room in system.rooms.items():
        for matter in read_status(name, room.store.recorder).parked:
            raise Untrusted(
                code="drill.parked",
                message=f"{name} 搁置了事件 {matter.type}：{matter.reason}",
                remedy="这是程序的错误, 请连同演练脚本一起报告。",
                field=matter.matter,
            )


def _quiet(rooms: Mapping[str, Room]) -> bool:
    before = _ends(rooms)
    return all(_applied(room, before) for room in rooms.values()) and _ends(rooms) == before


def _ends(rooms: Mapping[str, Room]) -> dict[str, int]:
    ends: dict[str, int] = {}
    for name, room in rooms.items():
        ends |= room.store.read_now(partial(_ends_of, room=room, name=name))
    return ends


def _ends_of(sql: Sql, room: Room, name: str) -> dict[str, int]:
    return {name: last_position(sql, room.store.recorder), **(room.ends(sql) if room.ends else {})}


def _applied(room: Room, ends: Mapping[str, int]) -> bool:
    tracked = room.store.read_now(all_tracked)
    followed = {each.upstream for each in room.followers}
    return all(
        (tracked[name].position if name in tracked else 0) >= ends.get(name, 0) for name in followed
    )
