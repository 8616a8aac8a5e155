"""The watermark (完整至): each service says "complete up to T", and keeps what others say.

Once a second a room records its own clock, after which nothing earlier can be stored there, and
tells the others up to which position that holds. A room believes it of an upstream when it has
applied everything up to that position, and has set nothing of it aside.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

from shared.clock import from_micros, to_micros
from shared.contracts.catalogue import Contract, UtcTime
from shared.errors import Unavailable
from shared.messaging.relay import Relay
from shared.store.sql import Sql
from shared.store.store import Store
from shared.store.tracking import parked_matters, tracked
from shared.store.transaction import Transaction

log = structlog.get_logger("heart")

MOMENT = timedelta(microseconds=1)
"""Work of the same transaction is recorded at its moment; what is complete ends just before."""


class Complete(Contract):
    """Everything recorded by ``service`` up to ``to`` is at or before ``position``."""

    service: str
    epoch: str
    position: int
    to: UtcTime


class Heart:
    """One room's heartbeat, ``every`` so many seconds."""

    def __init__(self, store: Store, relay: Relay, client: Client, *, every: float = 1.0) -> None:
        self.store = store
        self._relay = relay
        self._client = client
        self._every = every
        self._heard: dict[str, Complete] = {}
        self._unsaid: Complete | None = None

    async def listen(self) -> None:
        """Hear what every service says of itself."""
        await self._client.subscribe("huiyin.watermark.*", cb=self._hear)

    @property
    def heard(self) -> dict[str, int]:
        """The position that each service last said of itself."""
        return {name: said.position for name, said in self._heard.items()}

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            await asyncio.sleep(self._every)
            try:
                await self._beat()
            except (Unavailable, nats.errors.Error, OSError) as problem:
                log.warning("no beat", room=self.store.source.service, problem=problem)

    async def _beat(self) -> None:
        own = await self.store.write(self._mark)
        # Under steady writing the relay is always a little behind: wait for the oldest mark.
        self._unsaid = self._unsaid or own
        for mark in (own, self._unsaid):
            if self._relay.position >= mark.position:
                await self._say(mark)
                self._unsaid = None
                return

    async def _say(self, mark: Complete) -> None:
        subject = f"huiyin.watermark.{mark.service}"
        await self._client.publish(subject, mark.model_dump_json().encode())

    def _mark(self, tx: Transaction) -> Complete:
        for complete in list(self._heard.values()):  # the loop goes on hearing meanwhile
            if _is_applied(tx.sql, complete):
                _keep(tx.sql, complete)
        source = tx.source
        return Complete(
            service=source.service, epoch=source.epoch, position=tx.position(), to=tx.now - MOMENT
        )

    async def _hear(self, message: Msg) -> None:
        complete = Complete.model_validate_json(message.data)
        self._heard[complete.service] = complete


def watermarks(sql: Sql) -> Mapping[str, datetime]:
    """Up to when each upstream is complete here (UTC)."""
    rows = sql.all("SELECT upstream, complete_to FROM watermarks")
    return {row["upstream"]: from_micros(row["complete_to"]) for row in rows}


def _is_applied(sql: Sql, complete: Complete) -> bool:
    at = tracked(sql, complete.service)
    reached = at.position >= complete.position and at.epoch in ("", complete.epoch)
    return reached and not parked_matters(sql, complete.service)


def _keep(sql: Sql, complete: Complete) -> None:
    sql.execute(
        "INSERT INTO watermarks VALUES (?, ?, ?) ON CONFLICT (upstream) DO UPDATE SET"
        " complete_to = excluded.complete_to, position = excluded.position",
        (complete.service, to_micros(complete.to), complete.position),
    )
