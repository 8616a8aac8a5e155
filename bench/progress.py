"""How far the rooms are, asked so seldom and so cheaply that the measurement is not disturbed."""

import asyncio

from huiyin.host.host import Host
from shared.messaging.streams import FOLLOWS
from shared.store.tracking import tracked

EVERY = 0.01
"""Seconds between looks, and so the accuracy of a round's duration."""


async def folded(system: Host) -> int:
    """Wait until every event there is, reactions included, is in log and ledger; their number."""
    while True:
        ends = _ends(system)
        if _caught_up(system, ends) and _ends(system) == ends:
            return sum(ends.values())
        await asyncio.sleep(EVERY)


def _ends(system: Host) -> dict[str, int]:
    return {name: room.store.position() for name, room in system.rooms.items()}


def _caught_up(system: Host, ends: dict[str, int]) -> bool:
    if _tracked(system, "reporting", "log") != sum(ends.values()):
        return False
    return all(
        _tracked(system, room, upstream) == ends[upstream]
        for room, upstreams in FOLLOWS.items()
        for upstream in upstreams
    )


def _tracked(system: Host, room: str, upstream: str) -> int:
    store = system.rooms[room].store
    return store.read_now(lambda sql: tracked(sql, upstream)).position
