"""Verification and rebuild over the databases of all rooms."""

import asyncio
from collections.abc import Mapping

from services.reporting.log.verify import Verified, verify
from services.reporting.rebuild import Compared, compare
from shared.room import Room


async def verified(rooms: Mapping[str, Room]) -> Verified:
    """Whether stores and log hold and agree."""
    recorders = {name: room.store.recorder for name, room in rooms.items()}
    return await asyncio.to_thread(verify, recorders, recorders["reporting"])


async def rebuilt(rooms: Mapping[str, Room]) -> list[Compared]:
    """Every read model folded afresh from the log and compared with the live one."""
    recorders = {name: room.store.recorder for name, room in rooms.items()}
    models = {name: room.model for name, room in rooms.items()}
    return await asyncio.to_thread(compare, models, recorders, recorders["reporting"])
