"""How a room is: what it says when asked over NATS, and what its database says when it is down."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import nats.errors
from nats.aio.client import Client
from nats.js.errors import APIError
from pydantic import ConfigDict

from shared import VERSION
from shared.clock import Clock, from_micros
from shared.contracts.catalogue import Contract, UtcTime
from shared.contracts.envelope import decode_envelope
from shared.errors import Unavailable, Untrusted
from shared.messaging.heart import watermarks
from shared.messaging.streams import FOLLOWS
from shared.messaging.tasks import Halt, halt
from shared.store.database import Recorder
from shared.store.figures import About, about
from shared.store.sql import Sql
from shared.store.tracking import START, Parked, all_tracked, parked
from shared.store.transaction import last_position

Ends = Callable[[Sql], dict[str, int]]
"""Tells how long a room's own sequences are."""

ANSWER_WITHIN = 1.0
"""Seconds to wait until JetStream says what it keeps."""


class Upstream(Contract):
    """Where a room stands in one upstream."""

    position: int
    complete_to: UtcTime | None


class ParkedMatter(Contract):
    """A matter whose events are set aside: the first of them and how many."""

    upstream: str
    matter: str
    position: int
    type: str
    reason: str
    events: int
    since: UtcTime


_AS_PARKED = ("upstream", "matter", "position", "type", "reason")


class RoomStatus(Contract):
    """One room: its events, what it relayed and applied, and what needs somebody's attention.

    ``ends`` tells how long the sequences are that only this room keeps (the audit log).
    ``unrelayed_since`` is when the oldest event was recorded that is not in the stream yet, and
    ``relay_problem`` the code or kind of what keeps it there. Rooms of several releases answer one
    another: what is not known is passed over.
    """

    model_config = ConfigDict(extra="ignore")

    service: str
    epoch: str
    position: int
    relayed: int | None
    recorded_until: UtcTime | None
    clock: UtcTime | None
    upstreams: dict[str, Upstream]
    ends: dict[str, int]
    parked: tuple[ParkedMatter, ...]
    halts: tuple[Halt, ...]
    version: str = ""
    database: str = ""
    stored_bytes: int = 0
    unrelayed_since: UtcTime | None = None
    relay_problem: str | None = None


@dataclass(frozen=True, slots=True)
class Relaying:
    """How far a running room's relay is, and the code or kind of what hinders it."""

    position: int
    problem: str | None = None


def status_subject(service: str) -> str:
    """Where a room answers how it is."""
    return f"huiyin.control.{service}.status"


def read_status(
    service: str,
    recorder: Recorder,
    *,
    ends: Ends | None = None,
    relaying: Relaying | None = None,
    clock: Clock | None = None,
    halts: Sequence[Halt] = (),
    lies_in: About | None = None,
) -> RoomStatus:
    """What a room's database says, with what only the running room knows."""
    now, stopped = _time(clock)
    with recorder.reading() as sql:
        lies_in = lies_in or about(sql, recorder)
        return RoomStatus(
            service=service,
            position=last_position(sql, recorder),
            clock=now,
            upstreams=_upstreams(sql, service),
            ends=ends(sql) if ends else {},
            parked=_parked(sql),
            halts=(*halts, *stopped),
            version=VERSION,
            database=lies_in.database,
            stored_bytes=lies_in.bytes,
            **_written(sql),
            **_relayed(recorder, relaying),
        )


def _written(sql: Sql) -> dict[str, Any]:
    row = sql.one("SELECT epoch, recorded_until FROM store")
    until = row["recorded_until"] if row else 0
    return {
        "epoch": row["epoch"] if row else "",
        "recorded_until": from_micros(until) if until else None,
    }


def _time(clock: Clock | None) -> tuple[datetime | None, list[Halt]]:
    """What the clock says; one that jumped says nothing, and no writing is possible."""
    try:
        return clock() if clock else None, []
    except Unavailable as problem:
        return None, [halt("clock", problem)]


def _relayed(recorder: Recorder, relaying: Relaying | None) -> dict[str, Any]:
    if relaying is None:
        return {"relayed": None}
    since, waiting = None, recorder.notifications(relaying.position, 1)
    with suppress(Untrusted):  # it is not told here that it cannot be read
        since = decode_envelope(waiting[0].state).recorded_at if waiting else None
    problem = relaying.problem
    return {"relayed": relaying.position, "unrelayed_since": since, "relay_problem": problem}


def _upstreams(sql: Sql, service: str) -> dict[str, Upstream]:
    complete, at = watermarks(sql), all_tracked(sql)
    followed = dict.fromkeys((*FOLLOWS[service], *at))
    return {
        name: Upstream(position=at.get(name, START).position, complete_to=complete.get(name))
        for name in followed
    }


def _parked(sql: Sql) -> tuple[ParkedMatter, ...]:
    matters: defaultdict[tuple[str, str], list[Parked]] = defaultdict(list)
    for event in parked(sql):
        matters[event.upstream, event.matter].append(event)
    return tuple(_parked_matter(events[0], len(events)) for events in matters.values())


def _parked_matter(first: Parked, events: int) -> ParkedMatter:
    told = {name: getattr(first, name) for name in _AS_PARKED}
    return ParkedMatter(**told, events=events, since=from_micros(first.parked_at))


class Broker(Contract):
    """NATS as it is now; ``address`` is host and port without the token."""

    reachable: bool
    address: str
    version: str
    stored_bytes: int


async def examined(client: Client, address: str) -> Broker:
    """Ask; a broker or a JetStream that does not answer is not reachable."""
    at = client.connected_server_version
    version = f"{at.major}.{at.minor}.{at.patch}" if client.is_connected else ""
    try:
        kept = await client.jetstream(timeout=ANSWER_WITHIN).account_info()
    except (APIError, nats.errors.Error, TimeoutError, OSError):
        return Broker(reachable=False, address=address, version=version, stored_bytes=0)
    return Broker(reachable=True, address=address, version=version, stored_bytes=kept.storage)


def address_of(url: str) -> str:
    """Host and port of a ``nats://token@host:port`` address."""
    return url.rpartition("://")[2].rpartition("@")[2]
