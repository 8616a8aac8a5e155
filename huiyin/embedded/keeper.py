"""Keeps the embedded nats-server up: started anew whenever it has ended or takes nothing.

It is started and stopped in a thread that lives as long as the system: the kernel ends the server
together with the thread that started it, and a start must not hold up the event loop.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog

from shared.errors import Unavailable
from shared.messaging.running import RunningRoom
from shared.messaging.server import NatsServer

PATIENCE = 5.0
"""Seconds for which relays may fail before the nats-server is started anew."""

MoveTo = Callable[[str], None]
"""Tells our clients the address at which the server answers from now on."""

log = structlog.get_logger("keeper")


class Keeper:
    """Starts, watches and stops one nats-server."""

    def __init__(self, server: NatsServer, thread: ThreadPoolExecutor) -> None:
        self.server = server
        self._thread = thread

    async def start(self) -> None:
        """Start it; raises Unavailable ``nats.*``."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self.server.start)

    async def stop(self) -> None:
        """End it in order, after what the thread is doing just now."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self.server.stop)

    async def keep_up(self, running: Sequence[RunningRoom], move_to: MoveTo) -> None:
        """Start it again whenever it has ended, or takes nothing any more; until cancelled.

        After a full disk it keeps its streams shut until it is started anew.
        """
        while True:
            await asyncio.sleep(0.1)
            if self.server.running and not _takes_nothing(running):
                continue
            await self._restart(move_to)
            for each in running:
                each.relay.failing_since = None
            await asyncio.sleep(1.0)

    async def _restart(self, move_to: MoveTo) -> None:
        log.warning("nats-server is started again")
        before = self.server.url
        try:
            await self.stop()
            await self.start()
        except (Unavailable, OSError) as problem:  # a full disk has no room for its files either
            log.error("nats-server not started", problem=problem)  # noqa: TRY400 -- told whole
            return
        if self.server.url != before:
            log.error("nats-server had to move", moved_from=self.server.moved_from)
            move_to(self.server.url)


def _takes_nothing(running: Sequence[RunningRoom]) -> bool:
    since = [each.relay.failing_since for each in running if each.relay.failing_since]
    return bool(since) and time.monotonic() - min(since) > PATIENCE
