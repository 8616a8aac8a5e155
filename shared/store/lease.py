"""The lease (租约): which of a room's processes does the room's own work just now.

It only keeps things quiet. Two that both believe to hold it do no harm: consumers move on by
compare-and-set, relays publish behind the message they saw last, duties are decided by version.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import timedelta
from typing import Any

import structlog

from shared.clock import to_micros
from shared.errors import Unavailable
from shared.store.store import Store
from shared.store.transaction import Transaction

TTL = timedelta(seconds=3)
"""How long a lease lasts that is not renewed: its holder may have died."""

EVERY = 1.0
"""Seconds between renewals, and between attempts to take a lease that somebody else holds."""

_TAKE = (
    "INSERT INTO leases VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE"
    " SET holder = excluded.holder, until = excluded.until"
    " WHERE leases.holder = excluded.holder OR leases.until <= ? RETURNING holder"
)

Work = Callable[[], Coroutine[Any, Any, None]]
"""Something that goes on until cancelled."""

log = structlog.get_logger("lease")


class Lease:
    """One holder's claim to a lease in a store; time is the store's own, which never goes back."""

    def __init__(self, store: Store, name: str, holder: str) -> None:
        self.name = name
        self.holder = holder
        self._store = store
        self._ours_until = 0.0

    async def take(self) -> bool:
        """Take the lease, or renew it; false while another's lasts.

        While the store cannot answer, a lease that we took stays ours until it has run out.
        """
        asked = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(EVERY):
                taken = await self._store.write(self._take)
        except (Unavailable, TimeoutError) as problem:
            log.warning("lease not renewed", lease=self.name, problem=problem)
            return asked < self._ours_until
        self._ours_until = asked + TTL.total_seconds() if taken else 0.0
        return taken

    async def give_up(self) -> None:
        """Let another have it at once. Harmless when it is not ours."""
        with suppress(Unavailable, TimeoutError):
            async with asyncio.timeout(EVERY):
                await self._store.write(self._delete)

    def _take(self, tx: Transaction) -> bool:
        now, until = to_micros(tx.now), to_micros(tx.now + TTL)
        return tx.sql.one(_TAKE, (self.name, self.holder, until, now)) is not None

    def _delete(self, tx: Transaction) -> None:
        tx.sql.execute("DELETE FROM leases WHERE name = ? AND holder = ?", (self.name, self.holder))


async def while_held(store: Store, name: str, holder: str, work: Work) -> None:
    """Do ``work`` whenever the lease is ours and end it when it is not; until cancelled.

    Work that raises Unavailable is begun again, here or by another holder. Anything else it raises
    is passed on.
    """
    lease = Lease(store, name, holder)
    try:
        while True:
            if await lease.take():
                await _work_while_held(lease, work)
                await lease.give_up()
            await asyncio.sleep(EVERY)
    finally:
        await lease.give_up()


async def _work_while_held(lease: Lease, work: Work) -> None:
    log.info("lease taken", lease=lease.name, holder=lease.holder)
    doing = asyncio.create_task(work())
    try:
        while not doing.done() and await lease.take():
            await asyncio.wait([doing], timeout=EVERY)
    finally:
        doing.cancel()
        await _ended(doing)
        log.info("lease ended", lease=lease.name, holder=lease.holder)


async def _ended(doing: "asyncio.Task[None]") -> None:
    try:
        await doing
    except asyncio.CancelledError:
        return
    except Unavailable as problem:
        log.warning("work broke off", problem=problem)
