"""Server-sent events: how long the log is, and nothing else."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import suppress

from services.reporting.projector import UPSTREAM
from shared.errors import Unavailable
from shared.store.sql import Sql
from shared.store.store import Store
from shared.store.tracking import tracked

POLL = 0.5
"""Seconds between looks at the store, however many listen."""

QUIET = 15.0
"""Seconds without news after which a comment shows that the line still stands."""

LONGEST = 300.0
"""Seconds until a listener must come through the door again."""


class Growth:
    """The number of leaves that the pages show, as it grows."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = asyncio.Lock()
        self._size = 0
        self._looked = -POLL

    async def follow(self, stopping: asyncio.Event, within: float = LONGEST) -> AsyncGenerator[str]:
        """The stream for one listener; ends when the server stops or after ``within`` seconds."""
        end, last, spoke_at = time.monotonic() + within, -1, time.monotonic()
        yield "retry: 2000\n\n"
        while not stopping.is_set() and time.monotonic() < end:
            try:
                size = await self._now()
            except Unavailable:  # the listener comes back by itself
                return
            if size != last:
                yield f"event: size\ndata: {size}\n\n"
            elif time.monotonic() - spoke_at > QUIET:
                yield ": \n\n"
            if size != last or time.monotonic() - spoke_at > QUIET:
                last, spoke_at = size, time.monotonic()
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), POLL)

    async def _now(self) -> int:
        async with self._lock:
            if time.monotonic() - self._looked >= POLL:
                self._size = await self._store.read(folded)
                self._looked = time.monotonic()
            return self._size


def folded(sql: Sql) -> int:
    """How many leaves the read models hold."""
    return tracked(sql, UPSTREAM).position
