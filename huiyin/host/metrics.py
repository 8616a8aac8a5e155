"""Figures in the Prometheus text format, gathered when they are asked for; and what is noted of
every HTTP request: one log line, and figures, never anything that was said.

What is on record already is counted there: nothing is added to the way of a command but what the
HTTP door and the writer thread note of themselves. Labels are rooms, event types, error codes and
routes: sets that this release bounds. No incident, officer or word is ever a label.
"""

import asyncio
import ipaddress
import re
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import structlog
from fastapi import FastAPI, Header, Request, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
)
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from huiyin.host.doctor import versions
from huiyin.host.host import Host
from services.deadlines.tables import count_watched
from shared.clock import system_clock
from shared.contracts.catalogue import is_known
from shared.logs import line
from shared.messaging.status import RoomStatus
from shared.messaging.streams import SERVICES
from shared.messaging.waiting import lagging, positions
from shared.settings import Settings
from shared.store import figures
from shared.store.figures import Totals
from shared.web import current_officer

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
OTHER = "other"
"""For whatever is not ours: a made-up path or method must not become a label."""

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

IDENTIFIER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NUMBER = re.compile(r"[A-Z0-9][A-Z0-9-]{0,31}-\d{4}-\d{6}")

log = structlog.get_logger("http")

Family = TypeVar("Family", CounterMetricFamily, GaugeMetricFamily)


class Observing:
    """ASGI middleware around the whole door: counts and durations by route, commands by outcome."""

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        self._app = app
        self._requests = Counter(
            "huiyin_http_requests",
            "HTTP requests answered.",
            ("route", "method", "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "huiyin_http_request_seconds",
            "Seconds until an HTTP request was answered.",
            ("route", "method"),
            registry=registry,
            buckets=BOUNDS,
        )
        self._commands = Counter(
            "huiyin_commands",
            "Commands (POST) by outcome: ok, or the code of the refusal.",
            ("room", "code"),
            registry=registry,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through and note how it was answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, began = 500, time.perf_counter()

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with line(room=_room(scope["path"])) as about:
            try:
                await self._app(scope, receive, noting)
            finally:
                self._note(scope, status, time.perf_counter() - began, about)

    def _note(self, scope: Scope, status: int, seconds: float, about: dict[str, object]) -> None:
        method = scope["method"] if scope["method"] in METHODS else OTHER
        route = str(getattr(scope.get("route"), "path", None) or OTHER)
        code = str(about.setdefault("code", "ok" if status < 400 else str(status)))
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route, method).observe(seconds)
        said = {"route": route, "status": status, "seconds": round(seconds, 6), **_named(scope)}
        if method == "POST":
            self._commands.labels(about["room"], code).inc()
            log.info("command answered", **{**said, **about})
        else:
            log.debug("question answered", **{**said, **about})


def _room(path: str) -> str:
    first = path.split("/", 2)[1] if path.startswith("/") else ""
    return first if first in SERVICES else "county"


def _named(scope: Scope) -> Mapping[str, Any]:
    """The incident that the path names, if it is an id or a number and not somebody's words."""
    name = str(scope.get("path_params", {}).get("incident", ""))
    if IDENTIFIER.fullmatch(name):
        return {"incident": name}
    return {"number": name} if NUMBER.fullmatch(name) else {}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One look at everything, whose figures are gathered when it is written out."""

    host: Host
    data: Path
    totals: Mapping[str, Totals]
    rooms: Sequence[RoomStatus]
    ends: Mapping[str, int]
    now: datetime

    def collect(self) -> Iterator[Metric]:
        """All figures but those of HTTP and the process; raises Unavailable as stores do."""
        said = {key.replace("-", "_"): value for key, value in versions().items()}
        family = GaugeMetricFamily("huiyin_build_info", "What runs here.", labels=tuple(said))
        yield _filled(family, [(tuple(said.values()), 1)])
        yield self._events()
        yield from self._of_rooms()
        yield from self._consumers()
        yield from self._commits()
        yield from self._duties()
        yield from self._resources()

    def _events(self) -> Metric:
        counted = (
            ((room, type_ if is_known(type_) else "unknown"), count)
            for room, totals in self.totals.items()
            for type_, count in totals.read().items()
        )
        labels = ("room", "type")
        what = "Events appended, by room and type."
        return _filled(CounterMetricFamily("huiyin_events", what, labels=labels), counted)

    def _of_rooms(self) -> Iterator[Metric]:
        rooms = {room.service: room for room in self.rooms}
        relayed = {name: room.relayed for name, room in rooms.items() if room.relayed is not None}
        lag = {name: max(rooms[name].position - at, 0) for name, at in relayed.items()}
        oldest = {name: _age(rooms[name].unrelayed_since, self.now) for name in relayed}
        at = {name: room.position for name, room in rooms.items()}
        parked = {name: sum(p.events for p in room.parked) for name, room in rooms.items()}
        halted = {name: len(room.halts) for name, room in rooms.items()}
        stored = {name: room.stored_bytes for name, room in rooms.items()}
        yield _by_room("huiyin_store_position", "Position of a room's last event.", at)
        yield _by_room("huiyin_store_bytes", "Bytes of a room's database.", stored)
        what = "How far a room's events are in its stream."
        yield _by_room("huiyin_relay_position", what, relayed)
        yield _by_room("huiyin_relay_lag", "Events that are not in their stream yet.", lag)
        yield _by_room("huiyin_relay_oldest_seconds", "Age of the oldest of these.", oldest)
        yield _by_room("huiyin_parked_events", "Events that are set aside.", parked)
        yield _by_room("huiyin_halted", "Parts of a room that have stopped.", halted)

    def _consumers(self) -> Iterator[Metric]:
        names = ("consumer_position", "consumer_lag", "watermark_age_seconds")
        whats = (
            "How far a room is in an upstream.",
            "Events of an upstream that a room is behind.",
            "Since when an upstream is not complete.",
        )
        position, lag, age = (
            GaugeMetricFamily(f"huiyin_{name}", what, labels=("room", "upstream"))
            for name, what in zip(names, whats, strict=True)
        )
        behind = lagging(self.rooms, self.ends)
        for room in self.rooms:
            for name, at in room.upstreams.items():
                labels = (room.service, name)
                position.add_metric(labels, at.position)
                if name in self.ends:
                    lag.add_metric(labels, behind.get(f"{room.service}<{name}", 0))
                if at.complete_to is not None:
                    age.add_metric(labels, _age(at.complete_to, self.now))
        yield from (position, lag, age)

    def _commits(self) -> Iterator[Metric]:
        sizes = HistogramMetricFamily(
            "huiyin_commit_works", "Pieces of work in one commit.", labels=("room",)
        )
        seconds = HistogramMetricFamily(
            "huiyin_commit_seconds", "Seconds that a commit took.", labels=("room",)
        )
        for name, room in self.host.rooms.items():
            _add(sizes, name, room.store.commits.sizes)
            _add(seconds, name, room.store.commits.seconds)
        yield from (sizes, seconds)

    def _duties(self) -> Iterator[Metric]:
        room = self.host.rooms.get("deadlines")
        if room is None:
            return
        running, overdue = room.store.read_now(lambda sql: count_watched(sql, self.now))
        what = "Duties that run, and those past their limit."
        family = GaugeMetricFamily("huiyin_duties", what, labels=("state",))
        yield _filled(family, [(("running",), running), (("overdue",), overdue)])

    def _resources(self) -> Iterator[Metric]:
        place = self.data if self.data.exists() else "."
        free = shutil.disk_usage(place).free
        yield GaugeMetricFamily("huiyin_disk_free_bytes", "Free bytes of the disk.", value=free)
        yield GaugeMetricFamily(
            "huiyin_nats_connected", "Whether NATS is there.", value=self.host.client.is_connected
        )
        yield GaugeMetricFamily(
            "huiyin_working",
            "Whether this process does the rooms' own work, or stands by.",
            value=self.host.work is not None,
        )


def add_metrics(app: FastAPI, host: Host, settings: Settings, prefixes: Sequence[str]) -> None:
    """Note every request, and add ``/metrics`` under each prefix.

    It is open to this machine, to others with a token.
    """
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    app.add_middleware(Observing, registry=registry)
    totals = {name: Totals(room.store.recorder) for name, room in host.rooms.items()}

    async def exposed(
        request: Request, authorization: Annotated[str | None, Header()] = None
    ) -> Response:
        if not _is_here(request):
            await current_officer(request, authorization)
        rooms = await host.statuses()
        ends = {**host.heard(), **positions(rooms)}
        found = Snapshot(host, settings.data, totals, rooms, ends, system_clock())
        text = generate_latest(registry) + await asyncio.to_thread(generate_latest, found)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    for prefix in prefixes:
        app.get(f"{prefix}/metrics", include_in_schema=False)(exposed)


def _is_here(request: Request) -> bool:
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _by_room(name: str, what: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, what, labels=("room",))
    return _filled(family, (((room,), value) for room, value in values.items()))


def _filled(family: Family, values: Iterable[tuple[tuple[str, ...], float]]) -> Family:
    for labels, value in values:
        family.add_metric(labels, value)
    return family


def _add(family: HistogramMetricFamily, room: str, histogram: figures.Histogram) -> None:
    so_far, buckets = 0, []
    for bound, count in zip((*histogram.bounds, "+Inf"), histogram.counts, strict=True):
        so_far += count
        buckets.append((str(bound), so_far))
    family.add_metric((room,), buckets, histogram.total)


def _age(moment: datetime | None, now: datetime) -> float:
    return max((now - moment).total_seconds(), 0.0) if moment else 0.0
