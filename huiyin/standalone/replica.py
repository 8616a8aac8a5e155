"""One process of a room: its door is always open, and it works while it holds the lease."""

import asyncio
import os
import secrets
import socket
from collections.abc import Mapping, Sequence

import nats.errors
import structlog
from nats.aio.client import Client

from huiyin.embedded.system import AtWork, at_work
from huiyin.standalone.far import obeying
from shared.errors import Unavailable
from shared.messaging.relay import Relay
from shared.messaging.status import Halt, RoomStatus, read_status
from shared.room import Room
from shared.store.failures import translated
from shared.store.lease import while_held

LEASE = "room"
"""The lease under which one process relays, follows and keeps time."""

POLL = 0.1
"""Seconds between looks for events that another process of the room appended."""

BROKER_AWAY = (nats.errors.Error, TimeoutError, OSError)

log = structlog.get_logger("replica")


class Replica:
    """A room in this process, active or standing by."""

    def __init__(self, room: Room, nats_url: str, client: Client) -> None:
        self.room = room
        self.holder = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"
        self.active = False
        self.work: AtWork | None = None
        self._nats_url = nats_url
        self._client = client

    whole = False

    @property
    def working(self) -> bool:
        return self.active

    @property
    def rooms(self) -> Mapping[str, Room]:
        return {self.room.name: self.room}

    @property
    def connected(self) -> bool:
        return self._client.is_connected

    @property
    def halts(self) -> Sequence[Halt]:
        return ()

    def heard(self) -> Mapping[str, int]:
        """How far the other services' events go; a stand-by hears nothing."""
        return self.work.running[0].heard if self.work else {}

    async def statuses(self) -> Sequence[RoomStatus]:
        """How the room is: as it works here, or as its database has it."""
        if self.work:
            return [await self.work.running[0].status()]
        return [await asyncio.to_thread(self._on_record)]

    async def check_stream(self) -> None:
        """Look before the door is opened whether the room's stream was filled from this database.

        Raises Untrusted ``relay.stream-ahead`` when it was not, Unavailable ``nats.unreachable``.
        """
        try:
            await Relay(self.room.store, self._client).resync()
        except BROKER_AWAY as problem:
            raise _broker_away(problem) from problem

    async def run(self) -> None:
        """Stand by and work in turn, until cancelled.

        Raises Untrusted when database and streams contradict each other.
        """
        await while_held(self.room.store, LEASE, self.holder, self._work)

    def _on_record(self) -> RoomStatus:
        store = self.room.store
        with translated():
            return read_status(
                self.room.name, store.recorder, ends=self.room.ends, clock=store.clock
            )

    async def _work(self) -> None:
        try:
            async with (
                at_work([self.room], self._nats_url, poll=POLL) as work,
                obeying(self._client, work.running[0]),
            ):
                self.work = work
                self._become(active=True)
                await asyncio.Event().wait()
        except BROKER_AWAY as problem:
            raise _broker_away(problem) from problem
        finally:
            self.work = None
            self._become(active=False)

    def _become(self, *, active: bool) -> None:
        if self.active != active:
            self.active = active
            log.info("room active" if active else "room passive", room=self.room.name)


def _broker_away(problem: Exception) -> Unavailable:
    return Unavailable(
        "nats.unreachable",
        f"与 NATS 的联系中断（{problem!r}）。",
        "将自动重试；若一直如此, 请检查 HUIYIN_NATS_URL 与网络。",
    )
