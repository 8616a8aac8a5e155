"""Figures in the Prometheus text format, gathered when they are asked for.

What is on record already is counted there: nothing is added to the way of a command but what the
HTTP door and the writer thread note of themselves. Labels are rooms, event types, error codes and
routes: sets that this release bounds. No incident, officer or word is ever a label.
"""

import asyncio
import ipaddress
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import FastAPI, Header, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import generate_latest

from huiyin.host.host import Host
from huiyin.host.observing import HttpFigures, Observing
from huiyin.host.premises import versions
from services.deadlines.tables import count_watched
from shared.clock import system_clock
from shared.contracts.catalogue import is_known
from shared.messaging.status import RoomStatus
from shared.messaging.waiting import lagging, positions
from shared.settings import Settings
from shared.store.figures import Histogram, Totals
from shared.web import current_officer


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One look at everything."""

    rooms: Sequence[RoomStatus]
    ends: Mapping[str, int]
    now: datetime


class Metrics:
    """One process's figures, in a registry of its own."""

    def __init__(self, host: Host, settings: Settings) -> None:
        self.registry = CollectorRegistry()
        self.http = HttpFigures(self.registry)
        ProcessCollector(registry=self.registry)
        self._host = host
        self._data = settings.data
        self._totals = {name: Totals(room.store.recorder) for name, room in host.rooms.items()}

    async def exposed(self) -> bytes:
        """All figures as text; raises Unavailable when a store cannot be read."""
        rooms = await self._host.statuses()
        ends = {**self._host.heard(), **positions(rooms)}
        snapshot = Snapshot(rooms, ends, system_clock())
        return await asyncio.to_thread(self._exposed, snapshot)

    def _exposed(self, snapshot: Snapshot) -> bytes:
        gathered = _Gathered(list(self._gather(snapshot)))
        return generate_latest(self.registry) + generate_latest(gathered)

    def _gather(self, snapshot: Snapshot) -> Iterator[Metric]:
        yield _build_info()
        yield from self._events()
        yield from _relays(snapshot)
        yield from _consumers(snapshot)
        yield from _attention(snapshot)
        yield from self._commits()
        yield from self._duties(snapshot.now)
        yield from self._resources(snapshot)

    def _events(self) -> Iterator[Metric]:
        family = CounterMetricFamily(
            "huiyin_events", "Events appended, by room and type.", labels=("room", "type")
        )
        for room, totals in self._totals.items():
            for type_, count in totals.read().items():
                family.add_metric((room, type_ if is_known(type_) else "unknown"), count)
        yield family

    def _commits(self) -> Iterator[Metric]:
        sizes = HistogramMetricFamily(
            "huiyin_commit_works", "Pieces of work in one commit.", labels=("room",)
        )
        seconds = HistogramMetricFamily(
            "huiyin_commit_seconds", "Seconds that a commit took.", labels=("room",)
        )
        for name, room in self._host.rooms.items():
            _add(sizes, name, room.store.commits.sizes)
            _add(seconds, name, room.store.commits.seconds)
        yield from (sizes, seconds)

    def _duties(self, now: datetime) -> Iterator[Metric]:
        room = self._host.rooms.get("deadlines")
        if room is None:
            return
        running, overdue = room.store.read_now(lambda sql: count_watched(sql, now))
        family = GaugeMetricFamily(
            "huiyin_duties", "Duties that run, and those past their limit.", labels=("state",)
        )
        family.add_metric(("running",), running)
        family.add_metric(("overdue",), overdue)
        yield family

    def _resources(self, snapshot: Snapshot) -> Iterator[Metric]:
        place = self._data if self._data.exists() else "."
        free = shutil.disk_usage(place).free
        yield GaugeMetricFamily("huiyin_disk_free_bytes", "Free bytes of the disk.", value=free)
        yield GaugeMetricFamily(
            "huiyin_nats_connected", "Whether NATS is there.", value=self._host.client.is_connected
        )
        yield GaugeMetricFamily(
            "huiyin_working",
            "Whether this process does the rooms' own work, or stands by.",
            value=self._host.work is not None,
        )
        yield _by_room(
            "huiyin_store_bytes",
            "Bytes of a room's database.",
            {room.service: room.stored_bytes for room in snapshot.rooms},
        )


def add_metrics(app: FastAPI, host: Host, settings: Settings, prefixes: Sequence[str]) -> None:
    """Note every request, and add ``/metrics`` under each prefix.

    It is open to this machine, to others with a token.
    """
    metrics = Metrics(host, settings)
    app.add_middleware(Observing, figures=metrics.http)

    async def exposed(
        request: Request, authorization: Annotated[str | None, Header()] = None
    ) -> Response:
        if not _is_here(request):
            await current_officer(request, authorization)
        return Response(await metrics.exposed(), media_type=CONTENT_TYPE_LATEST)

    for prefix in prefixes:
        app.get(f"{prefix}/metrics", include_in_schema=False)(exposed)


class _Gathered:
    """Families that were gathered for one answer."""

    def __init__(self, families: Sequence[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _is_here(request: Request) -> bool:
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _build_info() -> Metric:
    said = {key.replace("-", "_"): value for key, value in versions().items()}
    family = GaugeMetricFamily("huiyin_build_info", "What runs here.", labels=tuple(said))
    family.add_metric(tuple(said.values()), 1)
    return family


def _relays(snapshot: Snapshot) -> Iterator[Metric]:
    rooms = [room for room in snapshot.rooms if room.relayed is not None]
    at = {room.service: room.relayed or 0 for room in rooms}
    lag = {room.service: max(room.position - (room.relayed or 0), 0) for room in rooms}
    oldest = {room.service: _age(room.unrelayed_since, snapshot.now) for room in rooms}
    yield _by_room(
        "huiyin_store_position",
        "Position of a room's last event.",
        {room.service: room.position for room in snapshot.rooms},
    )
    yield _by_room("huiyin_relay_position", "How far a room's events are in its stream.", at)
    yield _by_room("huiyin_relay_lag", "Events that are not in their stream yet.", lag)
    yield _by_room("huiyin_relay_oldest_seconds", "Age of the oldest of these.", oldest)


def _consumers(snapshot: Snapshot) -> Iterator[Metric]:
    labels = ("room", "upstream")
    position = GaugeMetricFamily(
        "huiyin_consumer_position", "How far a room is in an upstream.", labels=labels
    )
    lag = GaugeMetricFamily(
        "huiyin_consumer_lag", "Events of an upstream that a room is behind.", labels=labels
    )
    age = GaugeMetricFamily(
        "huiyin_watermark_age_seconds", "Since when an upstream is not complete.", labels=labels
    )
    behind = lagging(snapshot.rooms, snapshot.ends)
    for room in snapshot.rooms:
        for name, at in room.upstreams.items():
            position.add_metric((room.service, name), at.position)
            if name in snapshot.ends:
                lag.add_metric((room.service, name), behind.get(f"{room.service}<{name}", 0))
            if at.complete_to is not None:
                age.add_metric((room.service, name), _age(at.complete_to, snapshot.now))
    yield from (position, lag, age)


def _attention(snapshot: Snapshot) -> Iterator[Metric]:
    parked = {room.service: sum(p.events for p in room.parked) for room in snapshot.rooms}
    halted = {room.service: len(room.halts) for room in snapshot.rooms}
    yield _by_room("huiyin_parked_events", "Events that are set aside.", parked)
    yield _by_room("huiyin_halted", "Parts of a room that have stopped.", halted)


def _by_room(name: str, what: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, what, labels=("room",))
    for room, value in values.items():
        family.add_metric((room,), value)
    return family


def _add(family: HistogramMetricFamily, room: str, histogram: Histogram) -> None:
    so_far, buckets = 0, []
    for bound, count in zip((*histogram.bounds, "+Inf"), histogram.counts, strict=True):
        so_far += count
        buckets.append((str(bound), so_far))
    family.add_metric((room,), buckets, histogram.total)


def _age(moment: datetime | None, now: datetime) -> float:
    return max((now - moment).total_seconds(), 0.0) if moment else 0.0
